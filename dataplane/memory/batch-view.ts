/**
 * Rows in linear memory as JavaScript sees them: addresses of column buffers, see
 * protocol/view-layout.ts. One view object is opened again for many batches.
 */
import { EngineError } from "../protocol/errors.ts";
import { STATUS_DONE } from "../protocol/status.ts";
import {
  VIEW_COLUMN_COUNT,
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_LENGTH,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_SIZE,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_COLUMNS,
  VIEW_KEY_GROUPS_PTR,
  VIEW_OPS_PTR,
  VIEW_ROW_COUNT,
  VIEW_ROW_INDEXES_PTR,
  VIEW_SCHEMA_PTR,
  VIEW_TIMESTAMPS_PTR,
  VIEW_TIMESTAMPS_VALIDITY_PTR,
} from "../protocol/view-layout.ts";
import { readI64 } from "./i64.ts";
import type { Schema } from "./schema.ts";
import type { TaskMemory } from "./task-memory.ts";

/** How much of a batch is checked: every offset, or only that no buffer leaves the batch. */
export type BatchCheck = "full" | "bounds";

const NO_LIMIT = 0xffffffff;

export class BatchView {
  readonly memory: TaskMemory;
  readonly schema: Schema;
  /** Address of the view in linear memory, what kernels take. */
  readonly ptr: number;
  /** Addresses of the columns' entries in the view. */
  readonly columnPtrs: readonly number[];
  readonly schemaPtr: number;

  /** @param ptr a view of `schema` in `memory`, which this object gives back on dispose() */
  constructor(memory: TaskMemory, schema: Schema, ptr: number) {
    this.memory = memory;
    this.schema = schema;
    this.ptr = ptr;
    this.schemaPtr = schema.descriptorPtr(memory);
    this.columnPtrs = schema.columns.map(
      (_, column) => ptr + VIEW_COLUMNS + column * VIEW_COLUMN_SIZE,
    );
  }

  /** A view of no rows, to be opened with reopen(). */
  static create(memory: TaskMemory, schema: Schema): BatchView {
    const ptr = memory.alloc(viewBytes(schema));
    memory.u8.fill(0, ptr, ptr + viewBytes(schema));
    const view = new BatchView(memory, schema, ptr);
    memory.u32[(ptr + VIEW_COLUMN_COUNT) >>> 2] = schema.columns.length;
    memory.u32[(ptr + VIEW_SCHEMA_PTR) >>> 2] = view.schemaPtr;
    return view;
  }

  /** Opens a sealed batch that lies in `memory`. Errors: MR_BATCH_CORRUPT. */
  static open(memory: TaskMemory, schema: Schema, batchPtr: number): BatchView {
    const view = BatchView.create(memory, schema);
    try {
      return view.reopen(batchPtr);
    } catch (error) {
      view.dispose();
      throw error;
    }
  }

  /**
   * Opens another batch of the same schema.
   *
   * @param batchPtr  start of the batch, 8-byte aligned
   * @param byteLimit bytes that belong to it at most
   * Errors: MR_BATCH_CORRUPT.
   */
  reopen(batchPtr: number, byteLimit: number = NO_LIMIT, check: BatchCheck = "full"): this {
    const full = check === "full" ? 1 : 0;
    const status = this.memory.kernels.viewOpen(
      this.ptr,
      this.schemaPtr,
      batchPtr,
      byteLimit,
      full,
    );
    if (status !== STATUS_DONE) {
      this.memory.u32[(this.ptr + VIEW_ROW_COUNT) >>> 2] = 0;
      throw new EngineError("MR_BATCH_CORRUPT", {
        message: `header, directory or offsets at ${batchPtr} do not fit ${this.schema.columns.length} columns`,
      });
    }
    return this;
  }

  get rowCount(): number {
    return this.memory.u32[(this.ptr + VIEW_ROW_COUNT) >>> 2] as number;
  }

  /** i64 per row; 0 = no row has a timestamp. */
  get timestampsPtr(): number {
    return this.memory.u32[(this.ptr + VIEW_TIMESTAMPS_PTR) >>> 2] as number;
  }

  /** Bitmap; 0 = every row has a timestamp. */
  get timestampsValidityPtr(): number {
    return this.memory.u32[(this.ptr + VIEW_TIMESTAMPS_VALIDITY_PTR) >>> 2] as number;
  }

  /** u16 per row; 0 = absent. */
  get keyGroupsPtr(): number {
    return this.memory.u32[(this.ptr + VIEW_KEY_GROUPS_PTR) >>> 2] as number;
  }

  /** u32 per row; 0 = absent. */
  get rowIndexesPtr(): number {
    return this.memory.u32[(this.ptr + VIEW_ROW_INDEXES_PTR) >>> 2] as number;
  }

  /** u8 per row, OP_*; 0 = all inserts. */
  get opsPtr(): number {
    return this.memory.u32[(this.ptr + VIEW_OPS_PTR) >>> 2] as number;
  }

  /** Bitmap; 0 = no nulls. */
  validityPtr(column: number): number {
    return this.#word(column, VIEW_COLUMN_VALIDITY_PTR);
  }

  dataPtr(column: number): number {
    return this.#word(column, VIEW_COLUMN_DATA_PTR);
  }

  heapPtr(column: number): number {
    return this.#word(column, VIEW_COLUMN_HEAP_PTR);
  }

  /** UTF8, BINARY: bytes in the heap; LIST: values of the element column. */
  heapLength(column: number): number {
    return this.#word(column, VIEW_COLUMN_HEAP_LENGTH);
  }

  isNull(column: number, index: number): boolean {
    const validity = this.validityPtr(column);
    return validity !== 0 && !readBit(this.memory, validity, index);
  }

  /** ms; null = the row has no timestamp. */
  timestampOf(row: number): number | bigint | null {
    const timestamps = this.timestampsPtr;
    if (timestamps === 0) return null;
    const validity = this.timestampsValidityPtr;
    if (validity !== 0 && !readBit(this.memory, validity, row)) return null;
    return readI64(this.memory, timestamps + row * 8);
  }

  dispose(): void {
    this.memory.free(this.ptr, viewBytes(this.schema));
  }

  #word(column: number, offset: number): number {
    return this.memory.u32[((this.columnPtrs[column] as number) + offset) >>> 2] as number;
  }
}

/** Bit `index` of a bitmap, least significant first. */
export function readBit(memory: TaskMemory, bitmapPtr: number, index: number): boolean {
  return (((memory.u8[bitmapPtr + (index >>> 3)] as number) >>> (index & 7)) & 1) === 1;
}

/** Sets or clears a bit of a bitmap. */
export function writeBit(memory: TaskMemory, bitmapPtr: number, index: number, value: 0 | 1): void {
  const at = bitmapPtr + (index >>> 3);
  const byte = memory.u8[at] as number;
  const bit = 1 << (index & 7);
  memory.u8[at] = value === 1 ? byte | bit : byte & ~bit;
}

function viewBytes(schema: Schema): number {
  return VIEW_COLUMNS + schema.columns.length * VIEW_COLUMN_SIZE;
}
