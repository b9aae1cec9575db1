/**
 * Appending rows of a view to a builder, column after column. Rows are a range or a selection vector
 * (u32[] of row numbers). The builder never passes its byte capacity by a row too many, but takes a
 * single row of any size when it is empty.
 *
 * The builder's schema may be a prefix of the view's: the hidden key column is dropped like that.
 * System columns the builder has room for are taken from the view; where the view has none, rows have
 * no timestamp, key group 0, their own row number as row index, and are inserts.
 */
import { PHYSICAL_LIST, PHYSICAL_STRUCT } from "../protocol/batch-layout.ts";
import { STATUS_DONE } from "../protocol/status.ts";
import {
  BUILDER_BYTE_CAPACITY,
  BUILDER_BYTE_LENGTH,
  BUILDER_KEY_GROUPS_BUF,
  BUILDER_OPS_BUF,
  BUILDER_ROW_CAPACITY,
  BUILDER_ROW_INDEXES_BUF,
  BUILDER_TIMESTAMP_COUNT,
  BUILDER_TIMESTAMPS_BUF,
  BUILDER_TIMESTAMPS_VALIDITY_BUF,
  VIEW_COLUMN_COUNT,
  VIEW_COLUMN_DATA_PTR,
  VIEW_KEY_GROUPS_PTR,
  VIEW_OPS_PTR,
  VIEW_ROW_COUNT,
  VIEW_ROW_INDEXES_PTR,
  VIEW_SCHEMA_PTR,
  VIEW_TIMESTAMPS_PTR,
  VIEW_TIMESTAMPS_VALIDITY_PTR,
} from "../protocol/view-layout.ts";
import { appendColumn, appendFixed32, appendFixed64 } from "./append.ts";
import { copyBits, gatherBits, setBits } from "./bits.ts";
import { builderCommit, builderRowBits } from "./builder.ts";
import {
  builderRoom,
  hasOffsets,
  physicalOf,
  subtreeSizeOf,
  valueBits,
  viewColumn,
} from "./schema.ts";

/**
 * Appends up to `count` rows from row `from` on.
 *
 * @param keyGroups u16 per row of the view, 0 = the view's own
 * @returns rows taken, fewer than `count` if the builder is full; or STATUS_OUT_OF_MEMORY
 */
export function gatherRange(
  view: usize,
  from: u32,
  count: u32,
  builder: usize,
  keyGroups: usize,
): i32 {
  return gather(view, 0, from, count, builder, keyGroups);
}

/**
 * Appends up to `count` rows: those at selection[from] and behind.
 *
 * @param selection u32[], rows of the view in any order
 * @param keyGroups u16 per row of the view, 0 = the view's own
 * @returns rows taken, fewer than `count` if the builder is full; or STATUS_OUT_OF_MEMORY
 */
export function gatherSelected(
  view: usize,
  selection: usize,
  from: u32,
  count: u32,
  builder: usize,
  keyGroups: usize,
): i32 {
  const rows = selection + ((<usize>from) << 2);
  // All rows to one channel, or long runs of them: ranges are copied, not picked.
  if (isRange(rows, count)) return gather(view, 0, load<u32>(rows), count, builder, keyGroups);
  return gather(view, rows, 0, count, builder, keyGroups);
}

function isRange(rows: usize, count: u32): bool {
  if (count === 0) return false;
  const first = load<u32>(rows);
  // The last one first: it alone tells most selections apart.
  if (load<u32>(rows + ((<usize>(count - 1)) << 2)) !== first + count - 1) return false;
  for (let i: u32 = 1; i < count; ++i) {
    if (load<u32>(rows + ((<usize>i) << 2)) !== first + i) return false;
  }
  return true;
}

function gather(
  view: usize,
  rows: usize,
  from: u32,
  count: u32,
  builder: usize,
  keyGroups: usize,
): i32 {
  const schemaPtr: usize = load<u32>(builder, VIEW_SCHEMA_PTR);
  const columns = load<u32>(builder, VIEW_COLUMN_COUNT);
  const base = load<u32>(builder, VIEW_ROW_COUNT);
  const taken = rowsThatFit(view, rows, from, count, builder);
  if (taken === 0) return 0;
  for (let column: u32 = 0; column < columns; column += subtreeSizeOf(schemaPtr, column)) {
    const status = appendColumn(view, builder, column, base, rows, from, taken);
    if (status !== STATUS_DONE) return status;
  }
  appendTimestamps(view, builder, rows, from, taken);
  appendSystem(view, builder, rows, from, taken, keyGroups);
  builderCommit(builder, taken);
  return taken;
}

/** How many of the rows the builder takes now. */
function rowsThatFit(view: usize, rows: usize, from: u32, count: u32, builder: usize): u32 {
  const room = builderRoom(builder);
  const base = load<u32>(builder, VIEW_ROW_COUNT);
  const wanted = min<u32>(count, load<u32>(room, BUILDER_ROW_CAPACITY) - base);
  const byteLength = load<u32>(room, BUILDER_BYTE_LENGTH);
  const byteCapacity = load<u32>(room, BUILDER_BYTE_CAPACITY);
  const least: u32 = base === 0 && wanted !== 0 ? 1 : 0;
  if (byteLength >= byteCapacity) return least;
  const budget = (<u64>(byteCapacity - byteLength)) << 3;
  const fixed: u64 = builderRowBits(builder);
  const viewRows = load<u32>(view, VIEW_ROW_COUNT);
  const most = rows === 0 ? budget : variableBits(view, builder, 0, 0, viewRows, budget);
  if (fixed * wanted + most <= budget) return wanted; // even all rows of the view would fit
  const variable = variableBits(view, builder, rows, from, wanted, budget);
  if (fixed * wanted + variable <= budget) return wanted;
  if (variable === 0) return max<u32>(least, <u32>(budget / fixed));
  let bits: u64 = 0;
  let fitting: u32 = 0;
  for (; fitting < wanted; ++fitting) {
    bits += fixed + variableBits(view, builder, rows, from + fitting, 1, budget);
    if (bits > budget) break;
    if (rows !== 0) rows += 4;
  }
  return max<u32>(least, fitting);
}

/** Bits of `count` rows in heaps and below lists; stops counting beyond `enough`. */
function variableBits(
  view: usize,
  builder: usize,
  rows: usize,
  from: u32,
  count: u32,
  enough: u64,
): u64 {
  const schemaPtr: usize = load<u32>(builder, VIEW_SCHEMA_PTR);
  const columns = load<u32>(builder, VIEW_COLUMN_COUNT);
  let bits: u64 = 0;
  for (let column: u32 = 0; column < columns && bits <= enough; ) {
    const physical = physicalOf(schemaPtr, column);
    if (hasOffsets(physical)) {
      if (rows === 0) {
        bits += partBits(view, schemaPtr, column, from, from + count);
      } else {
        for (let index: u32 = 0; index < count && bits <= enough; ++index) {
          const row = load<u32>(rows + ((<usize>index) << 2));
          bits += partBits(view, schemaPtr, column, row, row + 1);
        }
      }
    }
    column += physical === PHYSICAL_LIST ? subtreeSizeOf(schemaPtr, column) : 1;
  }
  return bits;
}

/** Bits that values `from` to `to` of a UTF8, BINARY or LIST column have in its heap or below it. */
function partBits(view: usize, schemaPtr: usize, column: u32, from: u32, to: u32): u64 {
  const offsets: usize = load<u32>(viewColumn(view, column), VIEW_COLUMN_DATA_PTR);
  const first = load<u32>(offsets + ((<usize>from) << 2));
  const last = load<u32>(offsets + ((<usize>to) << 2));
  if (physicalOf(schemaPtr, column) !== PHYSICAL_LIST) return (<u64>(last - first)) << 3;
  return elementBits(view, schemaPtr, column + 1, first, last);
}

/** Bits of values `from` to `to` of a column below a list, descendants and heaps included. */
function elementBits(view: usize, schemaPtr: usize, column: u32, from: u32, to: u32): u64 {
  const physical = physicalOf(schemaPtr, column);
  let bits: u64 = <u64>(to - from) * (valueBits(physical) + 1);
  if (hasOffsets(physical)) {
    bits += partBits(view, schemaPtr, column, from, to);
  } else if (physical === PHYSICAL_STRUCT) {
    const end = column + subtreeSizeOf(schemaPtr, column);
    for (let field = column + 1; field < end; field += subtreeSizeOf(schemaPtr, field)) {
      bits += elementBits(view, schemaPtr, field, from, to);
    }
  }
  return bits;
}

/** Appends the system columns of a range of rows; the caller writes the others and commits. */
export function appendSystemColumns(view: usize, builder: usize, from: u32, count: u32): void {
  appendTimestamps(view, builder, 0, from, count);
  appendSystem(view, builder, 0, from, count, 0);
}

export function appendTimestamps(
  view: usize,
  builder: usize,
  rows: usize,
  from: u32,
  count: u32,
): void {
  const room = builderRoom(builder);
  const base = load<u32>(builder, VIEW_ROW_COUNT);
  const target: usize = load<u32>(room, BUILDER_TIMESTAMPS_BUF);
  const source: usize = load<u32>(view, VIEW_TIMESTAMPS_PTR);
  if (target === 0 || source === 0) return;
  const bitmap: usize = load<u32>(room, BUILDER_TIMESTAMPS_VALIDITY_BUF);
  const validity: usize = load<u32>(view, VIEW_TIMESTAMPS_VALIDITY_PTR);
  appendFixed64(target + ((<usize>base) << 3), source, rows, from, count);
  let present = count;
  if (validity === 0) setBits(bitmap, base, count);
  else if (rows === 0) present = copyBits(bitmap, base, validity, from, count);
  else present = gatherBits(bitmap, base, validity, rows, count);
  const counted = load<u32>(room, BUILDER_TIMESTAMP_COUNT);
  store<u32>(room, counted + present, BUILDER_TIMESTAMP_COUNT);
}

function appendSystem(
  view: usize,
  builder: usize,
  rows: usize,
  from: u32,
  count: u32,
  keyGroups: usize,
): void {
  const room = builderRoom(builder);
  const base: usize = load<u32>(builder, VIEW_ROW_COUNT);
  const groups: usize = load<u32>(room, BUILDER_KEY_GROUPS_BUF);
  if (groups !== 0) {
    const source: usize = keyGroups !== 0 ? keyGroups : load<u32>(view, VIEW_KEY_GROUPS_PTR);
    appendKeyGroups(groups + (base << 1), source, rows, from, count);
  }
  const indexes: usize = load<u32>(room, BUILDER_ROW_INDEXES_BUF);
  if (indexes !== 0) {
    const source: usize = load<u32>(view, VIEW_ROW_INDEXES_PTR);
    if (source !== 0) appendFixed32(indexes + (base << 2), source, rows, from, count);
    else writeRowNumbers(indexes + (base << 2), rows, from, count);
  }
  const ops: usize = load<u32>(room, BUILDER_OPS_BUF);
  if (ops !== 0) appendOps(ops + base, load<u32>(view, VIEW_OPS_PTR), rows, from, count);
}

function appendKeyGroups(target: usize, source: usize, rows: usize, from: u32, count: u32): void {
  if (source === 0) {
    memory.fill(target, 0, (<usize>count) << 1);
  } else if (rows === 0) {
    memory.copy(target, source + ((<usize>from) << 1), (<usize>count) << 1);
  } else {
    const end: usize = target + ((<usize>count) << 1);
    const fourEnd: usize = target + ((<usize>(count & ~3)) << 1);
    for (; target < fourEnd; target += 8, rows += 16) {
      store<u16>(target, load<u16>(source + ((<usize>load<u32>(rows)) << 1)));
      store<u16>(target, load<u16>(source + ((<usize>load<u32>(rows, 4)) << 1)), 2);
      store<u16>(target, load<u16>(source + ((<usize>load<u32>(rows, 8)) << 1)), 4);
      store<u16>(target, load<u16>(source + ((<usize>load<u32>(rows, 12)) << 1)), 6);
    }
    for (; target < end; target += 2, rows += 4) {
      store<u16>(target, load<u16>(source + ((<usize>load<u32>(rows)) << 1)));
    }
  }
}

function appendOps(target: usize, source: usize, rows: usize, from: u32, count: u32): void {
  if (source === 0) {
    memory.fill(target, 0, count);
  } else if (rows === 0) {
    memory.copy(target, source + from, count);
  } else {
    const end: usize = target + count;
    for (; target < end; ++target, rows += 4) {
      store<u8>(target, load<u8>(source + load<u32>(rows)));
    }
  }
}

function writeRowNumbers(target: usize, rows: usize, from: u32, count: u32): void {
  if (rows !== 0) {
    memory.copy(target, rows, (<usize>count) << 2);
    return;
  }
  const end: usize = target + ((<usize>count) << 2);
  for (; target < end; target += 4, ++from) store<u32>(target, from);
}
