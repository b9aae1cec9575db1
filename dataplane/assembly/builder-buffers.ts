/** The buffers of a builder: made, grown, shrunk and given back. */
import {
  BUILDER_BYTE_CAPACITY,
  BUILDER_COLUMN_HEAP_CAPACITY,
  BUILDER_COLUMN_NULL_COUNT,
  BUILDER_COLUMN_VALIDITY_BUF,
  BUILDER_COLUMN_VALUE_CAPACITY,
  BUILDER_FLAGS,
  BUILDER_KEY_GROUPS_BUF,
  BUILDER_OPS_BUF,
  BUILDER_ROW_CAPACITY,
  BUILDER_ROW_INDEXES_BUF,
  BUILDER_TIMESTAMPS_BUF,
  BUILDER_TIMESTAMPS_VALIDITY_BUF,
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_OPS,
  BUILDER_WITH_ROW_INDEXES,
  BUILDER_WITH_TIMESTAMPS,
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_SCHEMA_PTR,
} from "../protocol/view-layout.ts";
import { alloc, free } from "./allocator.ts";
import {
  alignUp64,
  bitmapBytes,
  builderColumn,
  builderRoom,
  dataBytes,
  physicalOf,
  viewColumn,
} from "./schema.ts";

/** Room below a list at first; grows by doubling. */
export const LIST_VALUES: u32 = 64;
/** Buffers that grew beyond this many times the byte capacity shrink again on reset. */
const KEEP_FACTOR: u64 = 4;

/** Buffers of the system columns the builder's flags ask for; false = out of memory. */
export function createSystemColumns(builder: usize): bool {
  const room = builderRoom(builder);
  const rows = load<u32>(room, BUILDER_ROW_CAPACITY);
  const flags = load<u32>(room, BUILDER_FLAGS);
  if ((flags & BUILDER_WITH_TIMESTAMPS) !== 0) {
    store<u32>(room, <u32>alloc(rows << 3), BUILDER_TIMESTAMPS_BUF);
    store<u32>(room, <u32>alloc(bitmapBytes(rows)), BUILDER_TIMESTAMPS_VALIDITY_BUF);
    if (load<u32>(room, BUILDER_TIMESTAMPS_BUF) === 0) return false;
    if (load<u32>(room, BUILDER_TIMESTAMPS_VALIDITY_BUF) === 0) return false;
  }
  if ((flags & BUILDER_WITH_KEY_GROUPS) !== 0) {
    store<u32>(room, <u32>alloc(rows << 1), BUILDER_KEY_GROUPS_BUF);
    if (load<u32>(room, BUILDER_KEY_GROUPS_BUF) === 0) return false;
  }
  if ((flags & BUILDER_WITH_ROW_INDEXES) !== 0) {
    store<u32>(room, <u32>alloc(rows << 2), BUILDER_ROW_INDEXES_BUF);
    if (load<u32>(room, BUILDER_ROW_INDEXES_BUF) === 0) return false;
  }
  if ((flags & BUILDER_WITH_OPS) !== 0) {
    store<u32>(room, <u32>alloc(rows), BUILDER_OPS_BUF);
    if (load<u32>(room, BUILDER_OPS_BUF) === 0) return false;
  }
  return true;
}

export function freeSystemColumns(room: usize): void {
  const rows = load<u32>(room, BUILDER_ROW_CAPACITY);
  free(load<u32>(room, BUILDER_TIMESTAMPS_BUF), rows << 3);
  free(load<u32>(room, BUILDER_TIMESTAMPS_VALIDITY_BUF), bitmapBytes(rows));
  free(load<u32>(room, BUILDER_KEY_GROUPS_BUF), rows << 1);
  free(load<u32>(room, BUILDER_ROW_INDEXES_BUF), rows << 2);
  free(load<u32>(room, BUILDER_OPS_BUF), rows);
}

/** New data and validity buffers for at least `capacity` values; the first `used` are kept. */
export function growColumn(builder: usize, column: u32, used: u32, capacity: u32): bool {
  const physical = physicalOf(load<u32>(builder, VIEW_SCHEMA_PTR), column);
  const view = viewColumn(builder, column);
  const own = builderColumn(builderRoom(builder), column);
  const size = alignUp64(capacity);
  const validity = alloc(bitmapBytes(size));
  if (validity === 0) return false;
  let data: usize = 0;
  const bytes = <u32>dataBytes(physical, size);
  if (bytes !== 0) {
    data = alloc(bytes);
    if (data === 0) {
      free(validity, bitmapBytes(size));
      return false;
    }
    memory.copy(data, load<u32>(view, VIEW_COLUMN_DATA_PTR), <usize>dataBytes(physical, used));
  }
  const old: usize = load<u32>(own, BUILDER_COLUMN_VALIDITY_BUF);
  memory.fill(validity, 0xff, bitmapBytes(size));
  if (old !== 0) memory.copy(validity, old, bitmapBytes(used));
  freeValues(builder, column);
  store<u32>(view, <u32>data, VIEW_COLUMN_DATA_PTR);
  store<u32>(own, <u32>validity, BUILDER_COLUMN_VALIDITY_BUF);
  store<u32>(own, size, BUILDER_COLUMN_VALUE_CAPACITY);
  if (load<u32>(own, BUILDER_COLUMN_NULL_COUNT) !== 0) {
    store<u32>(view, <u32>validity, VIEW_COLUMN_VALIDITY_PTR);
  }
  return true;
}

/** Gives back what one huge record made grow. Cannot fail: it asks for less than it has just freed. */
export function shrinkColumn(builder: usize, column: u32): void {
  const room = builderRoom(builder);
  const view = viewColumn(builder, column);
  const own = builderColumn(room, column);
  const limit = <u64>load<u32>(room, BUILDER_BYTE_CAPACITY) * KEEP_FACTOR;
  const heapCapacity = load<u32>(own, BUILDER_COLUMN_HEAP_CAPACITY);
  if (heapCapacity > limit) {
    free(load<u32>(view, VIEW_COLUMN_HEAP_PTR), heapCapacity);
    store<u32>(view, 0, VIEW_COLUMN_HEAP_PTR);
    store<u32>(own, 0, BUILDER_COLUMN_HEAP_CAPACITY);
  }
  const capacity = load<u32>(own, BUILDER_COLUMN_VALUE_CAPACITY);
  const rows = alignUp64(load<u32>(room, BUILDER_ROW_CAPACITY));
  if (capacity > rows && (<u64>capacity) << 3 > limit) {
    freeValues(builder, column);
    store<u32>(view, 0, VIEW_COLUMN_DATA_PTR);
    store<u32>(own, 0, BUILDER_COLUMN_VALIDITY_BUF);
    growColumn(builder, column, 0, LIST_VALUES);
  }
}

function freeValues(builder: usize, column: u32): void {
  const physical = physicalOf(load<u32>(builder, VIEW_SCHEMA_PTR), column);
  const own = builderColumn(builderRoom(builder), column);
  const capacity = load<u32>(own, BUILDER_COLUMN_VALUE_CAPACITY);
  const data: usize = load<u32>(viewColumn(builder, column), VIEW_COLUMN_DATA_PTR);
  free(data, <u32>dataBytes(physical, capacity));
  free(load<u32>(own, BUILDER_COLUMN_VALIDITY_BUF), bitmapBytes(capacity));
}

export function freeColumn(builder: usize, column: u32): void {
  const own = builderColumn(builderRoom(builder), column);
  freeValues(builder, column);
  const heap: usize = load<u32>(viewColumn(builder, column), VIEW_COLUMN_HEAP_PTR);
  free(heap, load<u32>(own, BUILDER_COLUMN_HEAP_CAPACITY));
}
