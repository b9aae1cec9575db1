/** Reading a schema descriptor and the addresses inside views and builders; see protocol/view-layout.ts. */

import {
  PHYSICAL_BOOL,
  PHYSICAL_F64,
  PHYSICAL_I32,
  PHYSICAL_I64,
  PHYSICAL_STRUCT,
} from "../protocol/batch-layout.ts";
import {
  BUILDER_COLUMN_SIZE,
  BUILDER_COLUMNS,
  SCHEMA_COLUMN_COUNT,
  SCHEMA_COLUMN_PHYSICAL,
  SCHEMA_COLUMN_SIZE,
  SCHEMA_COLUMN_SUBTREE_SIZE,
  SCHEMA_COLUMNS,
  VIEW_COLUMN_COUNT,
  VIEW_COLUMN_SIZE,
  VIEW_COLUMNS,
} from "../protocol/view-layout.ts";

export function columnCountOf(schema: usize): u32 {
  return load<u32>(schema, SCHEMA_COLUMN_COUNT);
}

export function physicalOf(schema: usize, column: u32): i32 {
  const entry = schema + SCHEMA_COLUMNS + <usize>column * SCHEMA_COLUMN_SIZE;
  return <i32>load<u8>(entry, SCHEMA_COLUMN_PHYSICAL);
}

/** 1 + all descendants. */
export function subtreeSizeOf(schema: usize, column: u32): u32 {
  const entry = schema + SCHEMA_COLUMNS + <usize>column * SCHEMA_COLUMN_SIZE;
  return <u32>load<u16>(entry, SCHEMA_COLUMN_SUBTREE_SIZE);
}

/** Address of a column's entry in a view. */
export function viewColumn(view: usize, column: u32): usize {
  return view + VIEW_COLUMNS + <usize>column * VIEW_COLUMN_SIZE;
}

/** Address of what a builder has beyond its view. */
export function builderRoom(builder: usize): usize {
  return builder + VIEW_COLUMNS + <usize>load<u32>(builder, VIEW_COLUMN_COUNT) * VIEW_COLUMN_SIZE;
}

/** Address of a column's entry behind the builder's view; `room` is builderRoom(builder). */
export function builderColumn(room: usize, column: u32): usize {
  return room + BUILDER_COLUMNS + <usize>column * BUILDER_COLUMN_SIZE;
}

export function alignUp64(bytes: u32): u32 {
  return (bytes + 63) & ~63;
}

/** Bits one value takes in the data buffer; UTF8, BINARY and LIST have one more offset besides. */
export function valueBits(physical: i32): u32 {
  if (physical === PHYSICAL_I64 || physical === PHYSICAL_F64) return 64;
  if (physical === PHYSICAL_BOOL) return 1;
  return physical === PHYSICAL_STRUCT ? 0 : 32;
}

/** UTF8, BINARY or LIST: data is u32 offsets[n + 1]. */
export function hasOffsets(physical: i32): bool {
  return valueBits(physical) === 32 && physical !== PHYSICAL_I32;
}

/** Bytes of the data buffer of `count` values. */
export function dataBytes(physical: i32, count: u32): u64 {
  const values: u64 = hasOffsets(physical) ? <u64>count + 1 : <u64>count;
  return (values * valueBits(physical) + 7) >> 3;
}

export function bitmapBytes(count: u32): u32 {
  return (count + 7) >> 3;
}
