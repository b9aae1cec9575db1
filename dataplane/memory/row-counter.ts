/**
 * Counts a row that JavaScript wrote to a builder: row count, shown timestamps, byte length. The same
 * as the kernel builderCommit(builder, 1), without the call and the walk over all columns.
 */
import { PHYSICAL_BINARY, PHYSICAL_UTF8 } from "../protocol/batch-layout.ts";
import {
  BUILDER_BYTE_LENGTH,
  BUILDER_COLUMN_SIZE,
  BUILDER_COLUMN_VALUE_COUNT,
  BUILDER_COLUMNS,
  BUILDER_TIMESTAMP_COUNT,
  BUILDER_TIMESTAMPS_BUF,
  BUILDER_TIMESTAMPS_VALIDITY_BUF,
  VIEW_COLUMN_HEAP_LENGTH,
  VIEW_COLUMN_SIZE,
  VIEW_COLUMNS,
  VIEW_ROW_COUNT,
  VIEW_TIMESTAMPS_PTR,
  VIEW_TIMESTAMPS_VALIDITY_PTR,
} from "../protocol/view-layout.ts";
import type { Schema } from "./schema.ts";
import type { TaskMemory } from "./task-memory.ts";
import { valueBits } from "./value-bits.ts";

/** A column below a list: where its number of values is, and how many bits each takes. */
interface ListedColumn {
  readonly index: number;
  readonly bits: number;
}

export class RowCounter {
  readonly #memory: TaskMemory;
  /** Indexes in u32: of the view, and of the room behind its columns. */
  readonly #view: number;
  readonly #room: number;
  readonly #emptyBytes: number;
  readonly #rowBits: number;
  readonly #heapLengths: readonly number[];
  readonly #listed: readonly ListedColumn[];
  readonly #hasTimestamps: boolean;

  /** @param ptr an empty builder */
  constructor(memory: TaskMemory, schema: Schema, ptr: number) {
    const roomPtr = ptr + VIEW_COLUMNS + schema.columns.length * VIEW_COLUMN_SIZE;
    this.#memory = memory;
    this.#view = ptr >>> 2;
    this.#room = roomPtr >>> 2;
    this.#emptyBytes = memory.u32[this.#room + BUILDER_BYTE_LENGTH / 4] as number;
    this.#rowBits = memory.kernels.builderRowBits(ptr);
    this.#hasTimestamps = memory.u32[this.#room + BUILDER_TIMESTAMPS_BUF / 4] !== 0;
    const heapLengths: number[] = [];
    const listed: ListedColumn[] = [];
    schema.columns.forEach(({ physical, isInList }, column) => {
      if (physical === PHYSICAL_UTF8 || physical === PHYSICAL_BINARY) {
        const entry = ptr + VIEW_COLUMNS + column * VIEW_COLUMN_SIZE;
        heapLengths.push((entry + VIEW_COLUMN_HEAP_LENGTH) >>> 2);
      }
      if (!isInList) return;
      const own = roomPtr + BUILDER_COLUMNS + column * BUILDER_COLUMN_SIZE;
      const index = (own + BUILDER_COLUMN_VALUE_COUNT) >>> 2;
      listed.push({ index, bits: valueBits(physical) + 1 });
    });
    this.#heapLengths = heapLengths;
    this.#listed = listed;
  }

  /** The row at index rowCount lies completely written, its timestamp included. */
  count(): void {
    const { u32 } = this.#memory;
    const rows = (u32[this.#view + VIEW_ROW_COUNT / 4] as number) + 1;
    u32[this.#view + VIEW_ROW_COUNT / 4] = rows;
    let bits = rows * this.#rowBits;
    for (const { index, bits: each } of this.#listed) bits += (u32[index] as number) * each;
    let bytes = this.#emptyBytes + Math.floor(bits / 8);
    for (const index of this.#heapLengths) bytes += u32[index] as number;
    u32[this.#room + BUILDER_BYTE_LENGTH / 4] = Math.min(bytes, 0xffffffff);
    if (this.#hasTimestamps) this.showTimestamps();
  }

  /** Timestamps were written and counted. */
  showTimestamps(): void {
    const { u32 } = this.#memory;
    const rows = u32[this.#view + VIEW_ROW_COUNT / 4] as number;
    const room = this.#room;
    const count = u32[room + BUILDER_TIMESTAMP_COUNT / 4] as number;
    const shown = u32[room + BUILDER_TIMESTAMPS_BUF / 4] as number;
    const validity = u32[room + BUILDER_TIMESTAMPS_VALIDITY_BUF / 4] as number;
    u32[this.#view + VIEW_TIMESTAMPS_PTR / 4] = count === 0 ? 0 : shown;
    u32[this.#view + VIEW_TIMESTAMPS_VALIDITY_PTR / 4] =
      count === 0 || count === rows ? 0 : validity;
  }
}
