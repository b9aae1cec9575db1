/** Builders: a view of the rows appended so far and the room for more; see protocol/view-layout.ts. */
import { BATCH_HEADER_SIZE, COLUMN_ENTRY_SIZE, PHYSICAL_LIST } from "../protocol/batch-layout.ts";
import { STATUS_DONE, STATUS_OUT_OF_MEMORY } from "../protocol/status.ts";
import {
  BUILDER_BYTE_CAPACITY,
  BUILDER_BYTE_LENGTH,
  BUILDER_COLUMN_HEAP_CAPACITY,
  BUILDER_COLUMN_NULL_COUNT,
  BUILDER_COLUMN_SIZE,
  BUILDER_COLUMN_VALIDITY_BUF,
  BUILDER_COLUMN_VALUE_CAPACITY,
  BUILDER_COLUMN_VALUE_COUNT,
  BUILDER_COLUMNS,
  BUILDER_FLAGS,
  BUILDER_KEY_GROUPS_BUF,
  BUILDER_OPS_BUF,
  BUILDER_ROW_CAPACITY,
  BUILDER_ROW_INDEXES_BUF,
  BUILDER_TIMESTAMP_COUNT,
  BUILDER_TIMESTAMPS_BUF,
  BUILDER_TIMESTAMPS_VALIDITY_BUF,
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_OPS,
  BUILDER_WITH_ROW_INDEXES,
  BUILDER_WITH_TIMESTAMPS,
  SEAL_SEGMENT_SIZE,
  SEAL_SEGMENTS,
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
import { alloc, blockSize, free } from "./allocator.ts";
import {
  createSystemColumns,
  freeColumn,
  freeSystemColumns,
  growColumn,
  LIST_VALUES,
  shrinkColumn,
} from "./builder-buffers.ts";
import {
  alignUp64,
  bitmapBytes,
  builderColumn,
  builderRoom,
  columnCountOf,
  hasOffsets,
  physicalOf,
  subtreeSizeOf,
  valueBits,
  viewColumn,
} from "./schema.ts";

/** Kernels may write this many bytes behind the end of a heap. */
export const HEAP_SLACK: u32 = 64;

/**
 * @param rowCapacity  rows it has room for, > 0
 * @param byteCapacity full at this sealed size
 * @param flags        BUILDER_WITH_*
 * @returns its address, or 0 when out of memory
 */
export function builderCreate(
  schemaPtr: usize,
  rowCapacity: u32,
  byteCapacity: u32,
  flags: u32,
): usize {
  const columns = columnCountOf(schemaPtr);
  const builder = alloc(builderBytes(columns));
  if (builder === 0) return 0;
  memory.fill(builder, 0, builderBytes(columns));
  store<u32>(builder, columns, VIEW_COLUMN_COUNT);
  store<u32>(builder, <u32>schemaPtr, VIEW_SCHEMA_PTR);
  const room = builderRoom(builder);
  store<u32>(room, rowCapacity, BUILDER_ROW_CAPACITY);
  store<u32>(room, byteCapacity, BUILDER_BYTE_CAPACITY);
  store<u32>(room, flags, BUILDER_FLAGS);
  let done = createSystemColumns(builder);
  let listEnd: u32 = 0;
  for (let column: u32 = 0; done && column < columns; ++column) {
    const isInList = column < listEnd;
    done = growColumn(builder, column, 0, isInList ? LIST_VALUES : rowCapacity);
    if (!isInList && physicalOf(schemaPtr, column) === PHYSICAL_LIST) {
      listEnd = column + subtreeSizeOf(schemaPtr, column);
    }
  }
  if (!done) {
    builderDispose(builder);
    return 0;
  }
  builderReset(builder);
  return builder;
}

/** Gives all buffers and the builder itself back. */
export function builderDispose(builder: usize): void {
  const columns = load<u32>(builder, VIEW_COLUMN_COUNT);
  for (let column: u32 = 0; column < columns; ++column) freeColumn(builder, column);
  freeSystemColumns(builderRoom(builder));
  free(builder, builderBytes(columns));
}

/** Forgets all rows; keeps the buffers, but for those that grew far beyond the byte capacity. */
export function builderReset(builder: usize): void {
  const schemaPtr: usize = load<u32>(builder, VIEW_SCHEMA_PTR);
  const columns = load<u32>(builder, VIEW_COLUMN_COUNT);
  const room = builderRoom(builder);
  const validity: usize = load<u32>(room, BUILDER_TIMESTAMPS_VALIDITY_BUF);
  if (validity !== 0) memory.fill(validity, 0, bitmapBytes(load<u32>(room, BUILDER_ROW_CAPACITY)));
  store<u32>(builder, 0, VIEW_ROW_COUNT);
  store<u32>(builder, 0, VIEW_TIMESTAMPS_PTR);
  store<u32>(builder, 0, VIEW_TIMESTAMPS_VALIDITY_PTR);
  store<u32>(builder, load<u32>(room, BUILDER_KEY_GROUPS_BUF), VIEW_KEY_GROUPS_PTR);
  store<u32>(builder, load<u32>(room, BUILDER_ROW_INDEXES_BUF), VIEW_ROW_INDEXES_PTR);
  store<u32>(builder, load<u32>(room, BUILDER_OPS_BUF), VIEW_OPS_PTR);
  store<u32>(room, 0, BUILDER_TIMESTAMP_COUNT);
  for (let column: u32 = 0; column < columns; ++column) {
    shrinkColumn(builder, column);
    const view = viewColumn(builder, column);
    const own = builderColumn(room, column);
    store<u32>(view, 0, VIEW_COLUMN_VALIDITY_PTR);
    store<u32>(view, 0, VIEW_COLUMN_HEAP_LENGTH);
    store<u32>(own, 0, BUILDER_COLUMN_VALUE_COUNT);
    if (load<u32>(own, BUILDER_COLUMN_NULL_COUNT) !== 0) {
      const bytes = bitmapBytes(load<u32>(own, BUILDER_COLUMN_VALUE_CAPACITY));
      memory.fill(load<u32>(own, BUILDER_COLUMN_VALIDITY_BUF), 0xff, bytes);
      store<u32>(own, 0, BUILDER_COLUMN_NULL_COUNT);
    }
    if (hasOffsets(physicalOf(schemaPtr, column))) {
      store<u32>(<usize>load<u32>(view, VIEW_COLUMN_DATA_PTR), 0);
    }
  }
  updateByteLength(builder);
}

/**
 * Makes room for `bytes` more in the heap of a UTF8 or BINARY column (and HEAP_SLACK besides).
 *
 * @returns STATUS_DONE, or STATUS_OUT_OF_MEMORY with nothing changed
 */
export function builderReserveHeap(builder: usize, column: u32, bytes: u32): i32 {
  const view = viewColumn(builder, column);
  const own = builderColumn(builderRoom(builder), column);
  const length = load<u32>(view, VIEW_COLUMN_HEAP_LENGTH);
  const capacity = load<u32>(own, BUILDER_COLUMN_HEAP_CAPACITY);
  const needed: u64 = <u64>length + bytes + HEAP_SLACK;
  if (needed <= capacity) return STATUS_DONE;
  if (needed > <u64>i32.MAX_VALUE) return STATUS_OUT_OF_MEMORY;
  const larger = blockSize(max<u32>(<u32>needed, capacity << 1));
  const heap = alloc(larger);
  if (heap === 0) return STATUS_OUT_OF_MEMORY;
  const old: usize = load<u32>(view, VIEW_COLUMN_HEAP_PTR);
  memory.copy(heap, old, length);
  free(old, capacity);
  store<u32>(view, <u32>heap, VIEW_COLUMN_HEAP_PTR);
  store<u32>(own, larger, BUILDER_COLUMN_HEAP_CAPACITY);
  return STATUS_DONE;
}

/**
 * Makes room for `count` more values in the element column of a LIST and in the structs' fields below
 * it, down to the next lists.
 *
 * @returns STATUS_DONE, or STATUS_OUT_OF_MEMORY (rows already there stay as they are)
 */
export function builderReserveValues(builder: usize, column: u32, count: u32): i32 {
  const schemaPtr: usize = load<u32>(builder, VIEW_SCHEMA_PTR);
  const room = builderRoom(builder);
  const end = column + subtreeSizeOf(schemaPtr, column);
  while (column < end) {
    const own = builderColumn(room, column);
    const used = load<u32>(own, BUILDER_COLUMN_VALUE_COUNT);
    const capacity = load<u32>(own, BUILDER_COLUMN_VALUE_CAPACITY);
    const needed: u64 = <u64>used + count;
    if (needed > capacity) {
      if (needed > 1 << 28) return STATUS_OUT_OF_MEMORY;
      const larger = max<u32>(<u32>needed, capacity << 1);
      if (!growColumn(builder, column, used, larger)) return STATUS_OUT_OF_MEMORY;
    }
    const isList = physicalOf(schemaPtr, column) === PHYSICAL_LIST;
    column += isList ? subtreeSizeOf(schemaPtr, column) : 1;
  }
  return STATUS_DONE;
}

/** Counts `count` values written to the element column of a LIST and to the structs' fields below it. */
export function builderCommitValues(builder: usize, column: u32, count: u32): void {
  const schemaPtr: usize = load<u32>(builder, VIEW_SCHEMA_PTR);
  const room = builderRoom(builder);
  const list = viewColumn(builder, column - 1);
  const end = column + subtreeSizeOf(schemaPtr, column);
  store<u32>(list, load<u32>(list, VIEW_COLUMN_HEAP_LENGTH) + count, VIEW_COLUMN_HEAP_LENGTH);
  while (column < end) {
    const own = builderColumn(room, column);
    const used = load<u32>(own, BUILDER_COLUMN_VALUE_COUNT);
    store<u32>(own, used + count, BUILDER_COLUMN_VALUE_COUNT);
    const isList = physicalOf(schemaPtr, column) === PHYSICAL_LIST;
    column += isList ? subtreeSizeOf(schemaPtr, column) : 1;
  }
}

/** Counts `rows` rows that lie completely written behind the last one. */
export function builderCommit(builder: usize, rows: u32): void {
  const room = builderRoom(builder);
  const rowCount = load<u32>(builder, VIEW_ROW_COUNT) + rows;
  const timestamps = load<u32>(room, BUILDER_TIMESTAMP_COUNT);
  store<u32>(builder, rowCount, VIEW_ROW_COUNT);
  const shown: u32 = timestamps === 0 ? 0 : load<u32>(room, BUILDER_TIMESTAMPS_BUF);
  const isPartial = timestamps !== 0 && timestamps !== rowCount;
  const validity: u32 = isPartial ? load<u32>(room, BUILDER_TIMESTAMPS_VALIDITY_BUF) : 0;
  store<u32>(builder, shown, VIEW_TIMESTAMPS_PTR);
  store<u32>(builder, validity, VIEW_TIMESTAMPS_VALIDITY_PTR);
  updateByteLength(builder);
}

/** Whether it is full by rows or by bytes. */
export function builderIsFull(builder: usize): bool {
  const room = builderRoom(builder);
  const rows = load<u32>(builder, VIEW_ROW_COUNT);
  if (rows >= load<u32>(room, BUILDER_ROW_CAPACITY)) return true;
  // Never while it is empty: the directory of a very wide schema alone can pass the byte capacity.
  return rows > 0 && load<u32>(room, BUILDER_BYTE_LENGTH) >= load<u32>(room, BUILDER_BYTE_CAPACITY);
}

/** Bytes of the builder itself, seal area included. */
export function builderBytes(columns: u32): u32 {
  const segments: u32 = 6 + 3 * columns;
  return (
    sealAreaOffset(columns) +
    alignUp64(BATCH_HEADER_SIZE + columns * COLUMN_ENTRY_SIZE) +
    SEAL_SEGMENTS +
    segments * SEAL_SEGMENT_SIZE
  );
}

export function sealAreaOffset(columns: u32): u32 {
  const view: u32 = VIEW_COLUMNS + columns * VIEW_COLUMN_SIZE;
  return alignUp64(view + BUILDER_COLUMNS + columns * BUILDER_COLUMN_SIZE);
}

/**
 * Sealed size with room for a validity bitmap everywhere: never less than what seal() will say.
 * memory/row-counter.ts counts the same way.
 */
function updateByteLength(builder: usize): void {
  const schemaPtr: usize = load<u32>(builder, VIEW_SCHEMA_PTR);
  const columns = load<u32>(builder, VIEW_COLUMN_COUNT);
  const room = builderRoom(builder);
  let bits: u64 = <u64>load<u32>(builder, VIEW_ROW_COUNT) * builderRowBits(builder);
  let bytes = emptyBytes(columns);
  let listEnd: u32 = 0;
  for (let column: u32 = 0; column < columns; ++column) {
    const physical = physicalOf(schemaPtr, column);
    if (column < listEnd) {
      const values = load<u32>(builderColumn(room, column), BUILDER_COLUMN_VALUE_COUNT);
      bits += <u64>values * (valueBits(physical) + 1);
    }
    if (physical === PHYSICAL_LIST) {
      listEnd = max<u32>(listEnd, column + subtreeSizeOf(schemaPtr, column));
    } else {
      bytes += load<u32>(viewColumn(builder, column), VIEW_COLUMN_HEAP_LENGTH);
    }
  }
  store<u32>(room, <u32>min<u64>(bytes + (bits >> 3), u32.MAX_VALUE), BUILDER_BYTE_LENGTH);
}

/** Header, directory and, for each buffer there can be, up to 64 bytes to the next one (offsets: one more). */
function emptyBytes(columns: u32): u64 {
  return (
    alignUp64(BATCH_HEADER_SIZE + columns * COLUMN_ENTRY_SIZE) +
    6 * 64 +
    <u64>columns * (3 * 64 + 4)
  );
}

/** Bits a row takes in the system columns. */
function systemBits(flags: u32): u32 {
  let bits: u32 = 0;
  if ((flags & BUILDER_WITH_TIMESTAMPS) !== 0) bits += 65;
  if ((flags & BUILDER_WITH_KEY_GROUPS) !== 0) bits += 16;
  if ((flags & BUILDER_WITH_ROW_INDEXES) !== 0) bits += 32;
  if ((flags & BUILDER_WITH_OPS) !== 0) bits += 8;
  return bits;
}

/** Bits of a row in system columns and in all columns outside lists, heaps not counted. */
export function builderRowBits(builder: usize): u32 {
  const schemaPtr: usize = load<u32>(builder, VIEW_SCHEMA_PTR);
  const columns = load<u32>(builder, VIEW_COLUMN_COUNT);
  let bits = systemBits(load<u32>(builderRoom(builder), BUILDER_FLAGS));
  for (let column: u32 = 0; column < columns; ) {
    const physical = physicalOf(schemaPtr, column);
    bits += valueBits(physical) + 1;
    column += physical === PHYSICAL_LIST ? subtreeSizeOf(schemaPtr, column) : 1;
  }
  return bits;
}
