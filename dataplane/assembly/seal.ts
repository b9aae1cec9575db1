/**
 * Sealing: header and directory of the rows in a builder, and the list of memory segments that are the
 * batch, so that the host copies each byte once, straight to where the batch goes. Padding behind each
 * buffer is zeroed in place; the builder takes no more rows until its next reset.
 */
import {
  BATCH_BYTE_LENGTH,
  BATCH_COLUMN_COUNT,
  BATCH_HEADER_SIZE,
  BATCH_KEY_GROUPS_OFFSET,
  BATCH_MAGIC,
  BATCH_MAX_TIMESTAMP,
  BATCH_MIN_TIMESTAMP,
  BATCH_OPS_OFFSET,
  BATCH_ROW_COUNT,
  BATCH_ROW_INDEXES_OFFSET,
  BATCH_SCHEMA_ID,
  BATCH_TIMESTAMPS_OFFSET,
  BATCH_TIMESTAMPS_VALIDITY_OFFSET,
  COLUMN_DATA_OFFSET,
  COLUMN_ENTRY_SIZE,
  COLUMN_HEAP_LENGTH,
  COLUMN_HEAP_OFFSET,
  COLUMN_VALIDITY_OFFSET,
  PHYSICAL_BOOL,
  PHYSICAL_LIST,
  PHYSICAL_STRUCT,
} from "../protocol/batch-layout.ts";
import {
  BUILDER_COLUMN_VALUE_COUNT,
  SEAL_BYTE_LENGTH,
  SEAL_SEGMENT_COUNT,
  SEAL_SEGMENT_LENGTH,
  SEAL_SEGMENT_PTR,
  SEAL_SEGMENT_SIZE,
  SEAL_SEGMENTS,
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
import { isSet } from "./bits.ts";
import { sealAreaOffset } from "./builder.ts";
import {
  alignUp64,
  bitmapBytes,
  builderColumn,
  builderRoom,
  dataBytes,
  hasOffsets,
  physicalOf,
  subtreeSizeOf,
  viewColumn,
} from "./schema.ts";

/**
 * Writes the seal area of a builder.
 *
 * @returns the byte length of the sealed batch, or 0 if it does not fit in 2 GiB
 */
export function builderSeal(builder: usize, schemaId: u32): u32 {
  const columns = load<u32>(builder, VIEW_COLUMN_COUNT);
  const rows = load<u32>(builder, VIEW_ROW_COUNT);
  const header = builder + sealAreaOffset(columns);
  const headerSize = alignUp64(BATCH_HEADER_SIZE + columns * COLUMN_ENTRY_SIZE);
  const area = header + headerSize;
  memory.fill(header, 0, headerSize);
  store<u32>(area, 0, SEAL_SEGMENT_COUNT);
  store<u32>(area, 0, SEAL_BYTE_LENGTH);
  addSegment(area, header, headerSize);
  store<u32>(header, BATCH_MAGIC);
  store<u32>(header, rows, BATCH_ROW_COUNT);
  store<u32>(header, schemaId, BATCH_SCHEMA_ID);
  store<u32>(header, columns, BATCH_COLUMN_COUNT);
  sealTimestamps(builder, header, area);
  store<u32>(
    header,
    addPresent(area, load<u32>(builder, VIEW_KEY_GROUPS_PTR), rows << 1),
    BATCH_KEY_GROUPS_OFFSET,
  );
  store<u32>(
    header,
    addPresent(area, load<u32>(builder, VIEW_ROW_INDEXES_PTR), rows << 2),
    BATCH_ROW_INDEXES_OFFSET,
  );
  store<u32>(header, addPresent(area, load<u32>(builder, VIEW_OPS_PTR), rows), BATCH_OPS_OFFSET);
  let listEnd: u32 = 0;
  for (let column: u32 = 0; column < columns; ++column) {
    const own = builderColumn(builderRoom(builder), column);
    const count = column < listEnd ? load<u32>(own, BUILDER_COLUMN_VALUE_COUNT) : rows;
    if (!sealColumn(builder, column, count, header, area)) return 0;
    if (physicalOf(load<u32>(builder, VIEW_SCHEMA_PTR), column) === PHYSICAL_LIST) {
      const end = column + subtreeSizeOf(load<u32>(builder, VIEW_SCHEMA_PTR), column);
      listEnd = max<u32>(listEnd, end);
    }
  }
  const byteLength = load<u32>(area, SEAL_BYTE_LENGTH);
  store<u32>(header, byteLength, BATCH_BYTE_LENGTH);
  return byteLength;
}

function sealColumn(builder: usize, column: u32, count: u32, header: usize, area: usize): bool {
  const physical = physicalOf(load<u32>(builder, VIEW_SCHEMA_PTR), column);
  const view = viewColumn(builder, column);
  const entry = header + BATCH_HEADER_SIZE + <usize>column * COLUMN_ENTRY_SIZE;
  const validity: usize = load<u32>(view, VIEW_COLUMN_VALIDITY_PTR);
  const data: usize = load<u32>(view, VIEW_COLUMN_DATA_PTR);
  const heapLength = load<u32>(view, VIEW_COLUMN_HEAP_LENGTH);
  const bytes = dataBytes(physical, count);
  const sum: u64 = bytes + heapLength + count + load<u32>(area, SEAL_BYTE_LENGTH) + 192;
  if (sum > <u64>i32.MAX_VALUE) return false;
  if (validity !== 0) {
    clearTail(validity, count);
    store<u32>(entry, addSegment(area, validity, bitmapBytes(count)), COLUMN_VALIDITY_OFFSET);
  }
  if (physical === PHYSICAL_STRUCT) return true;
  if (physical === PHYSICAL_BOOL) clearTail(data, count);
  store<u32>(entry, addSegment(area, data, <u32>bytes), COLUMN_DATA_OFFSET);
  store<u32>(entry, heapLength, COLUMN_HEAP_LENGTH);
  if (hasOffsets(physical) && physical !== PHYSICAL_LIST) {
    const heap: usize = load<u32>(view, VIEW_COLUMN_HEAP_PTR);
    store<u32>(entry, addSegment(area, heap, heapLength), COLUMN_HEAP_OFFSET);
  }
  return true;
}

function sealTimestamps(builder: usize, header: usize, area: usize): void {
  const rows = load<u32>(builder, VIEW_ROW_COUNT);
  const timestamps: usize = load<u32>(builder, VIEW_TIMESTAMPS_PTR);
  const validity: usize = load<u32>(builder, VIEW_TIMESTAMPS_VALIDITY_PTR);
  store<u32>(header, addPresent(area, timestamps, rows << 3), BATCH_TIMESTAMPS_OFFSET);
  store<u32>(
    header,
    addPresent(area, validity, bitmapBytes(rows)),
    BATCH_TIMESTAMPS_VALIDITY_OFFSET,
  );
  let least = i64.MAX_VALUE;
  let greatest = i64.MIN_VALUE;
  if (timestamps !== 0) {
    for (let row: u32 = 0; row < rows; ++row) {
      if (validity !== 0 && !isSet(validity, row)) continue;
      const timestamp = load<i64>(timestamps + ((<usize>row) << 3));
      least = min<i64>(least, timestamp);
      greatest = max<i64>(greatest, timestamp);
    }
  }
  store<i64>(header, least, BATCH_MIN_TIMESTAMP);
  store<i64>(header, greatest, BATCH_MAX_TIMESTAMP);
}

function addPresent(area: usize, ptr: usize, bytes: u32): u32 {
  return ptr === 0 ? 0 : addSegment(area, ptr, bytes);
}

/** Appends a buffer padded with zeros to a multiple of 64; answers its offset in the batch. */
function addSegment(area: usize, ptr: usize, bytes: u32): u32 {
  const offset = load<u32>(area, SEAL_BYTE_LENGTH);
  if (bytes === 0) return offset;
  const count = load<u32>(area, SEAL_SEGMENT_COUNT);
  const segment = area + SEAL_SEGMENTS + <usize>count * SEAL_SEGMENT_SIZE;
  const padded = alignUp64(bytes);
  if (padded !== bytes) memory.fill(ptr + bytes, 0, padded - bytes);
  store<u32>(segment, <u32>ptr, SEAL_SEGMENT_PTR);
  store<u32>(segment, padded, SEAL_SEGMENT_LENGTH);
  store<u32>(area, count + 1, SEAL_SEGMENT_COUNT);
  store<u32>(area, offset + padded, SEAL_BYTE_LENGTH);
  return offset;
}

/** Zeroes the bits of the last byte of a bitmap that belong to no row. */
function clearTail(bitmap: usize, count: u32): void {
  const rest = count & 7;
  if (rest === 0) return;
  const last = bitmap + (count >> 3);
  store<u8>(last, <u32>load<u8>(last) & ((1 << rest) - 1));
}
