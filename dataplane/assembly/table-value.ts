/**
 * A LIST or STRUCT value as the bytes of a block: per value u8 present, then if it is 1: BOOL u8; I32;
 * I64; F64; UTF8 and BINARY u32 length + bytes; LIST u32 count + values; STRUCT its fields.
 */
import {
  PHYSICAL_BOOL,
  PHYSICAL_F64,
  PHYSICAL_I64,
  PHYSICAL_LIST,
  PHYSICAL_STRUCT,
} from "../protocol/batch-layout.ts";
import { STATUS_DONE } from "../protocol/status.ts";
import {
  BUILDER_COLUMN_NULL_COUNT,
  BUILDER_COLUMN_VALIDITY_BUF,
  BUILDER_COLUMN_VALUE_COUNT,
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_LENGTH,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_SCHEMA_PTR,
} from "../protocol/view-layout.ts";
import { isSet } from "./bits.ts";
import { builderCommitValues, builderReserveHeap, builderReserveValues } from "./builder.ts";
import { copyBytes } from "./bytes.ts";
import {
  builderColumn,
  builderRoom,
  hasOffsets,
  physicalOf,
  subtreeSizeOf,
  viewColumn,
} from "./schema.ts";

const LENGTH_PREFIX: u32 = 4;

/** Bytes that writeValue takes. */
export function valueLength(view: usize, column: u32, row: u32): u32 {
  const schemaPtr: usize = load<u32>(view, VIEW_SCHEMA_PTR);
  if (isNull(view, column, row)) return 1;
  const physical = physicalOf(schemaPtr, column);
  if (physical === PHYSICAL_STRUCT) {
    let length: u32 = 1;
    const end = column + subtreeSizeOf(schemaPtr, column);
    for (let field = column + 1; field < end; field += subtreeSizeOf(schemaPtr, field)) {
      length += valueLength(view, field, row);
    }
    return length;
  }
  if (!hasOffsets(physical)) return 1 + fixedWidth(physical);
  const at = offsetAt(view, column, row);
  const first = load<u32>(at);
  const last = load<u32>(at, 4);
  if (physical !== PHYSICAL_LIST) return 1 + LENGTH_PREFIX + last - first;
  let length: u32 = 1 + LENGTH_PREFIX;
  for (let element = first; element < last; ++element) {
    length += valueLength(view, column + 1, element);
  }
  return length;
}

/** Writes the value of a row of a view; answers the address behind it. */
export function writeValue(view: usize, column: u32, row: u32, target: usize): usize {
  const schemaPtr: usize = load<u32>(view, VIEW_SCHEMA_PTR);
  const present = !isNull(view, column, row);
  store<u8>(target++, present ? 1 : 0);
  if (!present) return target;
  const physical = physicalOf(schemaPtr, column);
  if (physical === PHYSICAL_STRUCT) {
    const end = column + subtreeSizeOf(schemaPtr, column);
    for (let field = column + 1; field < end; field += subtreeSizeOf(schemaPtr, field)) {
      target = writeValue(view, field, row, target);
    }
    return target;
  }
  const data: usize = load<u32>(viewColumn(view, column), VIEW_COLUMN_DATA_PTR);
  if (physical === PHYSICAL_BOOL) {
    store<u8>(target, isSet(data, row) ? 1 : 0);
    return target + 1;
  }
  if (!hasOffsets(physical)) {
    const width = fixedWidth(physical);
    copyBytes(target, data + row * width, width);
    return target + width;
  }
  const at = offsetAt(view, column, row);
  const first = load<u32>(at);
  const last = load<u32>(at, 4);
  store<u32>(target, last - first);
  target += LENGTH_PREFIX;
  if (physical === PHYSICAL_LIST) {
    for (let element = first; element < last; ++element) {
      target = writeValue(view, column + 1, element, target);
    }
    return target;
  }
  const heap: usize = load<u32>(viewColumn(view, column), VIEW_COLUMN_HEAP_PTR);
  copyBytes(target, heap + first, last - first);
  return target + last - first;
}

/**
 * Writes a value into row `row` of a builder's column and of all columns below it.
 *
 * @returns the address behind what was read, or 0 when out of memory
 */
export function readValue(builder: usize, column: u32, row: u32, source: usize): usize {
  const schemaPtr: usize = load<u32>(builder, VIEW_SCHEMA_PTR);
  if (load<u8>(source++) === 0) {
    putNull(builder, column, row);
    return source;
  }
  const physical = physicalOf(schemaPtr, column);
  if (physical === PHYSICAL_STRUCT) {
    const end = column + subtreeSizeOf(schemaPtr, column);
    for (let field = column + 1; field < end; field += subtreeSizeOf(schemaPtr, field)) {
      source = readValue(builder, field, row, source);
      if (source === 0) return 0;
    }
    return source;
  }
  const data: usize = load<u32>(viewColumn(builder, column), VIEW_COLUMN_DATA_PTR);
  if (physical === PHYSICAL_BOOL) {
    putBit(data, row, load<u8>(source) !== 0);
    return source + 1;
  }
  if (!hasOffsets(physical)) {
    const width = fixedWidth(physical);
    copyBytes(data + row * width, source, width);
    return source + width;
  }
  const length = load<u32>(source);
  source += LENGTH_PREFIX;
  if (physical === PHYSICAL_LIST) return readList(builder, column, row, source, length);
  if (!putBytes(builder, column, row, source, length)) return 0;
  return source + length;
}

/** A null, in the fields of a STRUCT too. */
export function putNull(builder: usize, column: u32, row: u32): void {
  const schemaPtr: usize = load<u32>(builder, VIEW_SCHEMA_PTR);
  const view = viewColumn(builder, column);
  const data: usize = load<u32>(view, VIEW_COLUMN_DATA_PTR);
  const physical = physicalOf(schemaPtr, column);
  putNullBit(builder, column, row);
  if (physical === PHYSICAL_STRUCT) {
    const end = column + subtreeSizeOf(schemaPtr, column);
    for (let field = column + 1; field < end; field += subtreeSizeOf(schemaPtr, field)) {
      putNull(builder, field, row);
    }
  } else if (physical === PHYSICAL_BOOL) {
    putBit(data, row, false);
  } else if (hasOffsets(physical)) {
    const at: usize = data + ((<usize>row) << 2);
    store<u32>(at, load<u32>(at), 4);
  } else {
    memory.fill(data + row * fixedWidth(physical), 0, fixedWidth(physical));
  }
}

/** The validity bit of a null alone: the value is written all the same. */
export function putNullBit(builder: usize, column: u32, row: u32): void {
  const own = builderColumn(builderRoom(builder), column);
  const validity: usize = load<u32>(own, BUILDER_COLUMN_VALIDITY_BUF);
  putBit(validity, row, false);
  store<u32>(own, load<u32>(own, BUILDER_COLUMN_NULL_COUNT) + 1, BUILDER_COLUMN_NULL_COUNT);
  store<u32>(viewColumn(builder, column), <u32>validity, VIEW_COLUMN_VALIDITY_PTR);
}

/** Appends to the heap of a UTF8 or BINARY column. False when out of memory. */
export function putBytes(builder: usize, column: u32, row: u32, source: usize, length: u32): bool {
  if (builderReserveHeap(builder, column, length) !== STATUS_DONE) return false;
  const view = viewColumn(builder, column);
  const heapLength = load<u32>(view, VIEW_COLUMN_HEAP_LENGTH);
  const at: usize = <usize>load<u32>(view, VIEW_COLUMN_DATA_PTR) + ((<usize>row) << 2);
  copyBytes(<usize>load<u32>(view, VIEW_COLUMN_HEAP_PTR) + heapLength, source, length);
  store<u32>(view, heapLength + length, VIEW_COLUMN_HEAP_LENGTH);
  store<u32>(at, heapLength + length, 4);
  return true;
}

export function putBit(bitmap: usize, index: u32, value: bool): void {
  const at: usize = bitmap + (index >> 3);
  const bit: u32 = (<u32>1) << (index & 7);
  const byte: u32 = load<u8>(at);
  store<u8>(at, value ? byte | bit : byte & ~bit);
}

export function isNull(view: usize, column: u32, row: u32): bool {
  const validity: usize = load<u32>(viewColumn(view, column), VIEW_COLUMN_VALIDITY_PTR);
  return validity !== 0 && !isSet(validity, row);
}

function readList(builder: usize, column: u32, row: u32, source: usize, count: u32): usize {
  if (builderReserveValues(builder, column + 1, count) !== STATUS_DONE) return 0;
  const own = builderColumn(builderRoom(builder), column + 1);
  const base = load<u32>(own, BUILDER_COLUMN_VALUE_COUNT);
  for (let element: u32 = 0; element < count; ++element) {
    source = readValue(builder, column + 1, base + element, source);
    if (source === 0) return 0;
  }
  builderCommitValues(builder, column + 1, count);
  const view = viewColumn(builder, column);
  const at: usize = <usize>load<u32>(view, VIEW_COLUMN_DATA_PTR) + ((<usize>row) << 2);
  store<u32>(at, base + count, 4);
  return source;
}

function offsetAt(view: usize, column: u32, row: u32): usize {
  const offsets: usize = load<u32>(viewColumn(view, column), VIEW_COLUMN_DATA_PTR);
  return offsets + ((<usize>row) << 2);
}

function fixedWidth(physical: i32): u32 {
  if (physical === PHYSICAL_BOOL) return 1;
  return physical === PHYSICAL_I64 || physical === PHYSICAL_F64 ? 8 : 4;
}
