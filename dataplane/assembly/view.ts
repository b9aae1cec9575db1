/** Opening a sealed RowBatch into a view: every address is checked before anything reads through it. */
import {
  BATCH_BYTE_LENGTH,
  BATCH_COLUMN_COUNT,
  BATCH_HEADER_SIZE,
  BATCH_KEY_GROUPS_OFFSET,
  BATCH_MAGIC,
  BATCH_OPS_OFFSET,
  BATCH_ROW_COUNT,
  BATCH_ROW_INDEXES_OFFSET,
  BATCH_TIMESTAMPS_OFFSET,
  BATCH_TIMESTAMPS_VALIDITY_OFFSET,
  COLUMN_DATA_OFFSET,
  COLUMN_ENTRY_SIZE,
  COLUMN_HEAP_LENGTH,
  COLUMN_HEAP_OFFSET,
  COLUMN_VALIDITY_OFFSET,
  PHYSICAL_LIST,
  PHYSICAL_STRUCT,
} from "../protocol/batch-layout.ts";
import { STATUS_BAD_BATCH, STATUS_DONE } from "../protocol/status.ts";
import {
  VIEW_COLUMN_COUNT,
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_LENGTH,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_KEY_GROUPS_PTR,
  VIEW_OPS_PTR,
  VIEW_ROW_COUNT,
  VIEW_ROW_INDEXES_PTR,
  VIEW_SCHEMA_PTR,
  VIEW_TIMESTAMPS_PTR,
  VIEW_TIMESTAMPS_VALIDITY_PTR,
} from "../protocol/view-layout.ts";
import {
  bitmapBytes,
  columnCountOf,
  dataBytes,
  hasOffsets,
  physicalOf,
  subtreeSizeOf,
  viewColumn,
} from "./schema.ts";

/** No batch has more rows, so that sizes in bits stay far from overflow. */
const MAX_ROWS: u32 = 1 << 28;

/**
 * Fills a view with the addresses of a batch. The view stays unchanged where the batch is refused
 * before its columns are read, and must not be used after any refusal.
 *
 * @param viewPtr  view with room for the schema's columns
 * @param batchPtr start of the batch, 8-byte aligned
 * @param limit    bytes that belong to the batch at most
 * @param full     1 = look at every offset; 0 = only at the first and last of each column
 * @returns STATUS_DONE, or STATUS_BAD_BATCH
 */
export function viewOpen(
  viewPtr: usize,
  schemaPtr: usize,
  batchPtr: usize,
  limit: u32,
  full: i32,
): i32 {
  const memoryEnd: u64 = (<u64>memory.size()) << 16;
  if ((batchPtr & 7) !== 0 || <u64>batchPtr + BATCH_HEADER_SIZE > memoryEnd)
    return STATUS_BAD_BATCH;
  if (load<u32>(batchPtr) !== <u32>BATCH_MAGIC) return STATUS_BAD_BATCH;
  const byteLength = load<u32>(batchPtr, BATCH_BYTE_LENGTH);
  const columns = load<u32>(batchPtr, BATCH_COLUMN_COUNT);
  const rows = load<u32>(batchPtr, BATCH_ROW_COUNT);
  if ((byteLength & 63) !== 0 || byteLength > limit) return STATUS_BAD_BATCH;
  if (<u64>batchPtr + byteLength > memoryEnd) return STATUS_BAD_BATCH;
  if (columns !== columnCountOf(schemaPtr) || rows > MAX_ROWS) return STATUS_BAD_BATCH;
  const bodyOffset: u32 = BATCH_HEADER_SIZE + columns * COLUMN_ENTRY_SIZE;
  if (bodyOffset > byteLength) return STATUS_BAD_BATCH;
  store<u32>(viewPtr, rows, VIEW_ROW_COUNT);
  store<u32>(viewPtr, columns, VIEW_COLUMN_COUNT);
  store<u32>(viewPtr, <u32>schemaPtr, VIEW_SCHEMA_PTR);
  if (!openSystemColumns(viewPtr, batchPtr, bodyOffset)) return STATUS_BAD_BATCH;
  return openColumns(viewPtr, batchPtr, 0, columns, rows, full) ? STATUS_DONE : STATUS_BAD_BATCH;
}

function openSystemColumns(viewPtr: usize, batchPtr: usize, bodyOffset: u32): bool {
  const rows: u64 = load<u32>(batchPtr, BATCH_ROW_COUNT);
  const timestamps = load<u32>(batchPtr, BATCH_TIMESTAMPS_OFFSET);
  const validity = load<u32>(batchPtr, BATCH_TIMESTAMPS_VALIDITY_OFFSET);
  const keyGroups = load<u32>(batchPtr, BATCH_KEY_GROUPS_OFFSET);
  const rowIndexes = load<u32>(batchPtr, BATCH_ROW_INDEXES_OFFSET);
  const ops = load<u32>(batchPtr, BATCH_OPS_OFFSET);
  if (timestamps !== 0 && !isInside(batchPtr, bodyOffset, timestamps, rows << 3)) return false;
  if (validity !== 0 && !isInside(batchPtr, bodyOffset, validity, (rows + 7) >> 3)) return false;
  if (keyGroups !== 0 && !isInside(batchPtr, bodyOffset, keyGroups, rows << 1)) return false;
  if (rowIndexes !== 0 && !isInside(batchPtr, bodyOffset, rowIndexes, rows << 2)) return false;
  if (ops !== 0 && !isInside(batchPtr, bodyOffset, ops, rows)) return false;
  store<u32>(viewPtr, addressOf(batchPtr, timestamps), VIEW_TIMESTAMPS_PTR);
  store<u32>(viewPtr, addressOf(batchPtr, validity), VIEW_TIMESTAMPS_VALIDITY_PTR);
  store<u32>(viewPtr, addressOf(batchPtr, keyGroups), VIEW_KEY_GROUPS_PTR);
  store<u32>(viewPtr, addressOf(batchPtr, rowIndexes), VIEW_ROW_INDEXES_PTR);
  store<u32>(viewPtr, addressOf(batchPtr, ops), VIEW_OPS_PTR);
  return true;
}

/** Columns `from` to `end` (not included), all of `count` values; descends into lists and structs. */
function openColumns(
  viewPtr: usize,
  batchPtr: usize,
  from: u32,
  end: u32,
  count: u32,
  full: i32,
): bool {
  const schemaPtr: usize = load<u32>(viewPtr, VIEW_SCHEMA_PTR);
  for (let column = from; column < end; ) {
    if (!openColumn(viewPtr, batchPtr, column, count, full)) return false;
    const next = column + subtreeSizeOf(schemaPtr, column);
    if (next > column + 1) {
      const isList = physicalOf(schemaPtr, column) === PHYSICAL_LIST;
      const children = isList
        ? load<u32>(viewColumn(viewPtr, column), VIEW_COLUMN_HEAP_LENGTH)
        : count;
      if (!openColumns(viewPtr, batchPtr, column + 1, next, children, full)) return false;
    }
    column = next;
  }
  return true;
}

function openColumn(viewPtr: usize, batchPtr: usize, column: u32, count: u32, full: i32): bool {
  const schemaPtr: usize = load<u32>(viewPtr, VIEW_SCHEMA_PTR);
  const physical = physicalOf(schemaPtr, column);
  const entry = batchPtr + BATCH_HEADER_SIZE + <usize>column * COLUMN_ENTRY_SIZE;
  const target = viewColumn(viewPtr, column);
  const bodyOffset: u32 = BATCH_HEADER_SIZE + columnCountOf(schemaPtr) * COLUMN_ENTRY_SIZE;
  const validity = load<u32>(entry, COLUMN_VALIDITY_OFFSET);
  const data = load<u32>(entry, COLUMN_DATA_OFFSET);
  const heap = load<u32>(entry, COLUMN_HEAP_OFFSET);
  const heapLength = load<u32>(entry, COLUMN_HEAP_LENGTH);
  if (validity !== 0 && !isInside(batchPtr, bodyOffset, validity, bitmapBytes(count))) return false;
  if (physical === PHYSICAL_STRUCT) {
    if ((data | heap | heapLength) !== 0) return false;
  } else if (!isInside(batchPtr, bodyOffset, data, dataBytes(physical, count))) {
    return false;
  }
  if (!hasOffsets(physical) || physical === PHYSICAL_LIST) {
    if (heap !== 0) return false;
    if (physical !== PHYSICAL_LIST && heapLength !== 0) return false;
    if (heapLength > MAX_ROWS) return false;
  } else if (!isInside(batchPtr, bodyOffset, heap, heapLength)) {
    return false;
  }
  store<u32>(target, addressOf(batchPtr, validity), VIEW_COLUMN_VALIDITY_PTR);
  store<u32>(target, addressOf(batchPtr, data), VIEW_COLUMN_DATA_PTR);
  store<u32>(target, addressOf(batchPtr, heap), VIEW_COLUMN_HEAP_PTR);
  store<u32>(target, heapLength, VIEW_COLUMN_HEAP_LENGTH);
  if (!hasOffsets(physical)) return true;
  const offsets = batchPtr + data;
  if (load<u32>(offsets) !== 0 || load<u32>(offsets + ((<usize>count) << 2)) !== heapLength)
    return false;
  return full === 0 || isAscending(offsets, count);
}

/** Whether offsets[i] <= offsets[i + 1] for all i < count, four at a time. */
function isAscending(offsets: usize, count: u32): bool {
  let wrong = i32x4.splat(0);
  const end: usize = offsets + ((<usize>(count & ~3)) << 2);
  for (; offsets < end; offsets += 16) {
    wrong = v128.or(wrong, i32x4.gt_u(v128.load(offsets), v128.load(offsets, 4)));
  }
  let isWrong = v128.any_true(wrong);
  for (let rest: u32 = count & 3; rest !== 0; --rest, offsets += 4) {
    isWrong = isWrong || load<u32>(offsets) > load<u32>(offsets, 4);
  }
  return !isWrong;
}

function isInside(batchPtr: usize, bodyOffset: u32, offset: u32, bytes: u64): bool {
  if ((offset & 63) !== 0 || offset < bodyOffset) return false;
  return <u64>offset + bytes <= <u64>load<u32>(batchPtr, BATCH_BYTE_LENGTH);
}

function addressOf(batchPtr: usize, offset: u32): u32 {
  return offset === 0 ? 0 : <u32>batchPtr + offset;
}
