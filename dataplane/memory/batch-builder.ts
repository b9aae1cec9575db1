/**
 * Rows under construction. JavaScript writers put values straight into the column buffers at index
 * `rowCount` (below lists: at `valueCount(column)`), then commit the row:
 *
 *   fixed width   store at dataPtr(column); BOOL writes its bit in any case
 *   UTF8, BINARY  reserveHeap(column, n), bytes to heapEnd(column), then endHeap(column, index, n)
 *   LIST          start = valueCount(column + 1); reserveValues(column + 1, n); write the elements at
 *                 start..; commitValues(column + 1, n); then endList(column, index)
 *   null          setNull(column, index) and a neutral value as above, for every descendant too
 *
 * A sealed builder takes no more rows until reset().
 */
import {
  BATCH_HEADER_SIZE,
  BATCH_MAX_BYTES,
  BATCH_MAX_ROWS,
  COLUMN_ENTRY_SIZE,
} from "../protocol/batch-layout.ts";
import { EngineError } from "../protocol/errors.ts";
import {
  BUILDER_BYTE_CAPACITY,
  BUILDER_BYTE_LENGTH,
  BUILDER_COLUMN_NULL_COUNT,
  BUILDER_COLUMN_SIZE,
  BUILDER_COLUMN_VALIDITY_BUF,
  BUILDER_COLUMN_VALUE_COUNT,
  BUILDER_COLUMNS,
  BUILDER_FLAGS,
  BUILDER_ROW_CAPACITY,
  BUILDER_TIMESTAMP_COUNT,
  BUILDER_TIMESTAMPS_BUF,
  BUILDER_TIMESTAMPS_VALIDITY_BUF,
  SEAL_SEGMENT_COUNT,
  SEAL_SEGMENT_LENGTH,
  SEAL_SEGMENT_PTR,
  SEAL_SEGMENT_SIZE,
  SEAL_SEGMENTS,
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_LENGTH,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_SIZE,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_COLUMNS,
} from "../protocol/view-layout.ts";
import { BatchView, readBit, writeBit } from "./batch-view.ts";
import { copyBytes } from "./copy-bytes.ts";
import { writeI64 } from "./i64.ts";
import { RowCounter } from "./row-counter.ts";
import type { Schema } from "./schema.ts";
import type { TaskMemory } from "./task-memory.ts";

export interface BuilderOptions {
  /** Default BATCH_MAX_ROWS. */
  readonly rowCapacity?: number;
  /** Sealed size at which it is full; default BATCH_MAX_BYTES. */
  readonly byteCapacity?: number;
  /** BUILDER_WITH_*: system columns it has room for; default none. */
  readonly flags?: number;
}

export class BatchBuilder extends BatchView {
  readonly #room: number;
  readonly #sealArea: number;
  readonly #counter: RowCounter;

  /** Errors: MR_MEMORY_EXHAUSTED. */
  constructor(memory: TaskMemory, schema: Schema, options: BuilderOptions = {}) {
    super(memory, schema, createBuilder(memory, schema, options));
    const columns = schema.columns.length;
    this.#room = this.ptr + VIEW_COLUMNS + columns * VIEW_COLUMN_SIZE;
    const end = this.#room + BUILDER_COLUMNS + columns * BUILDER_COLUMN_SIZE;
    const header = BATCH_HEADER_SIZE + columns * COLUMN_ENTRY_SIZE;
    this.#sealArea = this.ptr + alignUp64(end - this.ptr) + alignUp64(header);
    this.#counter = new RowCounter(memory, schema, this.ptr);
  }

  get rowCapacity(): number {
    return this.#roomWord(BUILDER_ROW_CAPACITY);
  }

  get byteCapacity(): number {
    return this.#roomWord(BUILDER_BYTE_CAPACITY);
  }

  get flags(): number {
    return this.#roomWord(BUILDER_FLAGS);
  }

  /** Sealed size of the rows so far, an upper bound. */
  get byteLength(): number {
    return this.#roomWord(BUILDER_BYTE_LENGTH);
  }

  get isFull(): boolean {
    const rows = this.rowCount;
    // Never while it is empty: the directory of a very wide schema alone can pass the byte capacity.
    return rows >= this.rowCapacity || (rows > 0 && this.byteLength >= this.byteCapacity);
  }

  reset(): void {
    this.memory.kernels.builderReset(this.ptr);
  }

  /** Values of a column below a list so far; for other columns use rowCount. */
  valueCount(column: number): number {
    return this.memory.u32[(this.#columnPtr(column) + BUILDER_COLUMN_VALUE_COUNT) >>> 2] as number;
  }

  /** Address behind the last byte of a column's heap. */
  heapEnd(column: number): number {
    const entry = (this.columnPtrs[column] as number) >>> 2;
    const { u32 } = this.memory;
    return (
      (u32[entry + VIEW_COLUMN_HEAP_PTR / 4] as number) +
      (u32[entry + VIEW_COLUMN_HEAP_LENGTH / 4] as number)
    );
  }

  /** Makes room for `bytes` more in a column's heap. Errors: MR_MEMORY_EXHAUSTED. Views may be made anew. */
  reserveHeap(column: number, bytes: number): void {
    const status = this.memory.kernels.builderReserveHeap(this.ptr, column, bytes);
    if (status < 0) throw this.memory.exhausted(bytes);
  }

  /** Ends value `index` of a UTF8 or BINARY column, `bytes` long, written at heapEnd(). */
  endHeap(column: number, index: number, bytes: number): void {
    const entry = (this.columnPtrs[column] as number) >>> 2;
    const { u32 } = this.memory;
    const length = (u32[entry + VIEW_COLUMN_HEAP_LENGTH / 4] as number) + bytes;
    const offsets = (u32[entry + VIEW_COLUMN_DATA_PTR / 4] as number) >>> 2;
    u32[entry + VIEW_COLUMN_HEAP_LENGTH / 4] = length;
    u32[offsets + index + 1] = length;
  }

  /**
   * Makes room for `count` more values in the element column of a list and the struct fields below it,
   * down to the next lists. Errors: MR_MEMORY_EXHAUSTED. Views may be made anew.
   */
  reserveValues(elementColumn: number, count: number): void {
    const status = this.memory.kernels.builderReserveValues(this.ptr, elementColumn, count);
    if (status < 0) throw this.memory.exhausted(count * 8);
  }

  /** Counts `count` values written below a list. */
  commitValues(elementColumn: number, count: number): void {
    this.memory.kernels.builderCommitValues(this.ptr, elementColumn, count);
  }

  /** Ends value `index` of a LIST column behind its committed elements. */
  endList(column: number, index: number): void {
    this.endHeap(column, index, 0);
  }

  setNull(column: number, index: number): void {
    const { u32 } = this.memory;
    const own = this.#columnPtr(column) >>> 2;
    const validity = u32[own + BUILDER_COLUMN_VALIDITY_BUF / 4] as number;
    writeBit(this.memory, validity, index, 0);
    const nulls = own + BUILDER_COLUMN_NULL_COUNT / 4;
    u32[nulls] = (u32[nulls] as number) + 1;
    u32[((this.columnPtrs[column] as number) + VIEW_COLUMN_VALIDITY_PTR) >>> 2] = validity;
  }

  /** Counts the row written at index rowCount. A timestamp needs BUILDER_WITH_TIMESTAMPS. */
  commitRow(timestampMs: number | bigint | null = null): void {
    if (timestampMs !== null) this.#writeTimestamp(this.rowCount, timestampMs);
    this.#counter.count();
  }

  /** Counts `rows` rows written behind the last one, without timestamps. */
  commitRows(rows: number): void {
    this.memory.kernels.builderCommit(this.ptr, rows);
  }

  /**
   * Counts rows written behind the last one, one per timestamp, to which `shiftMs` is added. Needs
   * BUILDER_WITH_TIMESTAMPS.
   */
  commitRowsAt(timestampsMs: BigInt64Array, shiftMs = 0n): void {
    const room = this.#room >>> 2;
    const timestamps = this.memory.u32[room + BUILDER_TIMESTAMPS_BUF / 4] as number;
    if (timestamps === 0) throw new TypeError("this builder has no room for timestamps");
    const row = this.rowCount;
    const { buffer, byteOffset, byteLength, length } = timestampsMs;
    copyBytes(this.memory.u8, timestamps + 8 * row, new Uint8Array(buffer, byteOffset, byteLength));
    this.memory.kernels.builderCommit(this.ptr, length);
    this.memory.kernels.setTimes(this.ptr, row, length, timestamps + 8 * row, shiftMs);
  }

  /**
   * Appends up to `count` rows of a view from `startRow` on; its schema is this one's, or longer by a
   * hidden key. Stops in front of a row that would pass the byte capacity, but takes one into an empty
   * builder in any case.
   *
   * @returns rows taken; fewer than `count` = full
   * Errors: MR_MEMORY_EXHAUSTED.
   */
  appendRows(view: BatchView, startRow: number, count: number): number {
    const taken = this.memory.kernels.gatherRange(view.ptr, startRow, count, this.ptr, 0);
    if (taken < 0) throw this.memory.exhausted(0);
    return taken;
  }

  /** Gives row `row`, which is there already, another timestamp. Needs BUILDER_WITH_TIMESTAMPS. */
  setTimestamp(row: number, timestampMs: number | bigint): void {
    this.#writeTimestamp(row, timestampMs);
    this.#counter.showTimestamps();
  }

  /**
   * Gives `count` rows from `row` on, which are there already, other timestamps. Needs
   * BUILDER_WITH_TIMESTAMPS.
   *
   * @param ptr i64[count], ms, in the same memory
   */
  setTimestamps(row: number, count: number, ptr: number): void {
    this.memory.kernels.setTimes(this.ptr, row, count, ptr, 0n);
  }

  /** Exact size of the sealed batch. */
  sealedLength(): number {
    return this.#seal(0);
  }

  /**
   * Copies the sealed batch to `target`, whose room must be sealedLength() at least.
   *
   * @returns its byte length
   */
  sealInto(target: Uint8Array, offset: number, schemaId: number): number {
    const byteLength = this.#seal(schemaId);
    const { u32, memory } = this.memory;
    const area = this.#sealArea >>> 2;
    const count = u32[area + SEAL_SEGMENT_COUNT / 4] as number;
    let at = offset;
    let segment = area + SEAL_SEGMENTS / 4;
    for (let index = 0; index < count; ++index, segment += SEAL_SEGMENT_SIZE / 4) {
      const length = u32[segment + SEAL_SEGMENT_LENGTH / 4] as number;
      const ptr = u32[segment + SEAL_SEGMENT_PTR / 4] as number;
      copyBytes(target, at, new Uint8Array(memory.buffer, ptr, length));
      at += length;
    }
    return byteLength;
  }

  override dispose(): void {
    this.memory.kernels.builderDispose(this.ptr);
  }

  #seal(schemaId: number): number {
    const byteLength = this.memory.kernels.builderSeal(this.ptr, schemaId);
    if (byteLength === 0) {
      throw new EngineError("MR_BATCH_CORRUPT", { message: "a sealed batch would exceed 2 GiB" });
    }
    return byteLength;
  }

  #writeTimestamp(row: number, timestampMs: number | bigint): void {
    const { u32 } = this.memory;
    const room = this.#room >>> 2;
    const timestamps = u32[room + BUILDER_TIMESTAMPS_BUF / 4] as number;
    if (timestamps === 0) throw new TypeError("this builder has no room for timestamps");
    writeI64(this.memory, timestamps + row * 8, timestampMs);
    const validity = u32[room + BUILDER_TIMESTAMPS_VALIDITY_BUF / 4] as number;
    if (readBit(this.memory, validity, row)) return;
    writeBit(this.memory, validity, row, 1);
    const counter = room + BUILDER_TIMESTAMP_COUNT / 4;
    u32[counter] = (u32[counter] as number) + 1;
  }

  #columnPtr(column: number): number {
    return this.#room + BUILDER_COLUMNS + column * BUILDER_COLUMN_SIZE;
  }

  #roomWord(offset: number): number {
    return this.memory.u32[(this.#room + offset) >>> 2] as number;
  }
}

function createBuilder(memory: TaskMemory, schema: Schema, options: BuilderOptions): number {
  const { rowCapacity = BATCH_MAX_ROWS, byteCapacity = BATCH_MAX_BYTES, flags = 0 } = options;
  if (rowCapacity < 1) throw new TypeError(`rowCapacity is ${rowCapacity}; expected at least 1`);
  const schemaPtr = schema.descriptorPtr(memory);
  const ptr = memory.kernels.builderCreate(schemaPtr, rowCapacity, byteCapacity, flags) >>> 0;
  if (ptr === 0) throw memory.exhausted(0);
  return ptr;
}

function alignUp64(bytes: number): number {
  return (bytes + 63) & ~63;
}
