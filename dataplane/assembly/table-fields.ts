/**
 * From rows of a view into the fields of entries, one column at a time. `positions` is a list of
 * u32 positions in the run of rows that starts at `row`; `entries` has the slot of every position.
 */
import {
  PHYSICAL_BOOL,
  PHYSICAL_F64,
  PHYSICAL_I32,
  PHYSICAL_I64,
  PHYSICAL_LIST,
  PHYSICAL_STRUCT,
} from "../protocol/batch-layout.ts";
import { STATUS_DONE, STATUS_OUT_OF_MEMORY } from "../protocol/status.ts";
import {
  BLOCK_BYTES,
  TABLE_FIELD_COLUMN,
  TABLE_FIELD_IS_KEY,
  TABLE_FIELD_MAX_LENGTH,
  TABLE_FIELD_NULLS_SEEN,
  TABLE_FIELD_OFFSET,
  TABLE_FIELD_PHYSICAL,
  TABLE_LAYOUT_FIELD_COUNT,
  TABLE_LAYOUT_FLAGS_OFFSET,
  TABLE_LAYOUT_TIMESTAMP_OFFSET,
  TABLE_LAYOUT_TIMESTAMPS_SEEN,
} from "../protocol/table-layout.ts";
import {
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_TIMESTAMPS_PTR,
  VIEW_TIMESTAMPS_VALIDITY_PTR,
} from "../protocol/view-layout.ts";
import { isSet } from "./bits.ts";
import { viewColumn } from "./schema.ts";
import { blockCreate, blockOf, blockRelease } from "./table-block.ts";
import { fieldOf, layoutOf } from "./table-slots.ts";
import { isNull, valueLength, writeValue } from "./table-value.ts";

/**
 * Stores all fields but `except` (TABLE_NONE = store all). The entries have been touched.
 *
 * @returns STATUS_DONE, or STATUS_OUT_OF_MEMORY with some of it stored
 */
export function storeFields(
  table: usize,
  view: usize,
  row: u32,
  positions: usize,
  count: u32,
  entries: usize,
  except: u32,
): i32 {
  if (count === 0) return STATUS_DONE;
  const fields = load<u32>(layoutOf(table), TABLE_LAYOUT_FIELD_COUNT);
  for (let field: u32 = 0; field < fields; ++field) {
    if (field === except) continue;
    if (!storeField(table, view, row, positions, count, entries, field))
      return STATUS_OUT_OF_MEMORY;
  }
  return STATUS_DONE;
}

/** Stores one field. False when out of memory. */
export function storeField(
  table: usize,
  view: usize,
  row: u32,
  positions: usize,
  count: u32,
  entries: usize,
  index: u32,
): bool {
  const field = fieldOf(layoutOf(table), index);
  if (load<u32>(field, TABLE_FIELD_IS_KEY) !== 0) return true;
  const column = viewColumn(view, load<u32>(field, TABLE_FIELD_COLUMN));
  const data: usize = load<u32>(column, VIEW_COLUMN_DATA_PTR);
  const offset: usize = load<u32>(field, TABLE_FIELD_OFFSET);
  const physical = load<i32>(field, TABLE_FIELD_PHYSICAL);
  storeNulls(table, column, row, positions, count, entries, index);
  if (physical === PHYSICAL_I64 || physical === PHYSICAL_F64) {
    storeFixed<u64>(data + ((<usize>row) << 3), positions, count, entries, offset);
  } else if (physical === PHYSICAL_I32) {
    storeFixed<u32>(data + ((<usize>row) << 2), positions, count, entries, offset);
  } else if (physical === PHYSICAL_BOOL) {
    for (let at = positions; at < positions + ((<usize>count) << 2); at += 4) {
      const position = load<u32>(at);
      const slot: usize = load<u32>(entries + ((<usize>position) << 2));
      store<u8>(slot + offset, isSet(data, row + position) ? 1 : 0);
    }
  } else {
    return storeBlocks(table, view, row, positions, count, entries, field);
  }
  return true;
}

/** Stores timestamps of `count` rows from `row` on, in order, where the layout keeps them. */
export function storeTimestamps(
  table: usize,
  view: usize,
  row: u32,
  count: u32,
  entries: usize,
): void {
  const layout = layoutOf(table);
  const offset: usize = load<u32>(layout, TABLE_LAYOUT_TIMESTAMP_OFFSET);
  if (offset === 0) return;
  const flag = load<u32>(layout, TABLE_LAYOUT_FIELD_COUNT);
  const word: usize = load<u32>(layout, TABLE_LAYOUT_FLAGS_OFFSET) + ((flag >> 5) << 2);
  const bit: u32 = (<u32>1) << (flag & 31);
  const timestamps: usize = load<u32>(view, VIEW_TIMESTAMPS_PTR);
  const validity: usize = load<u32>(view, VIEW_TIMESTAMPS_VALIDITY_PTR);
  if (timestamps === 0 && load<u32>(layout, TABLE_LAYOUT_TIMESTAMPS_SEEN) === 0) return;
  store<u32>(layout, 1, TABLE_LAYOUT_TIMESTAMPS_SEEN);
  if (timestamps !== 0 && validity === 0) {
    storeAllTimestamps(timestamps + ((<usize>row) << 3), count, entries, offset, word, bit);
    return;
  }
  for (let position: u32 = 0; position < count; ++position) {
    const slot: usize = load<u32>(entries + ((<usize>position) << 2));
    const flags = load<u32>(slot + word);
    if (timestamps === 0 || (validity !== 0 && !isSet(validity, row + position))) {
      if ((flags & bit) !== 0) store<u32>(slot + word, flags & ~bit);
      continue;
    }
    store<u32>(slot + word, flags | bit);
    store<i64>(slot + offset, load<i64>(timestamps + ((<usize>(row + position)) << 3)));
  }
}

function storeAllTimestamps(
  timestamps: usize,
  count: u32,
  entries: usize,
  offset: usize,
  word: usize,
  bit: u32,
): void {
  const end: usize = entries + ((<usize>count) << 2);
  for (; entries < end; entries += 4, timestamps += 8) {
    const slot: usize = load<u32>(entries);
    store<u32>(slot + word, load<u32>(slot + word) | bit);
    store<i64>(slot + offset, load<i64>(timestamps));
  }
}

function storeFixed<T>(
  values: usize,
  positions: usize,
  count: u32,
  entries: usize,
  offset: usize,
): void {
  const end: usize = positions + ((<usize>count) << 2);
  for (; positions < end; positions += 4) {
    const position: usize = load<u32>(positions);
    const slot: usize = load<u32>(entries + (position << 2));
    store<T>(slot + offset, load<T>(values + position * sizeof<T>()));
  }
}

function storeNulls(
  table: usize,
  column: usize,
  row: u32,
  positions: usize,
  count: u32,
  entries: usize,
  index: u32,
): void {
  const layout = layoutOf(table);
  const field = fieldOf(layout, index);
  const validity: usize = load<u32>(column, VIEW_COLUMN_VALIDITY_PTR);
  if (validity === 0 && load<u32>(field, TABLE_FIELD_NULLS_SEEN) === 0) return;
  const word: usize = load<u32>(layout, TABLE_LAYOUT_FLAGS_OFFSET) + ((index >> 5) << 2);
  const bit: u32 = (<u32>1) << (index & 31);
  let nulls: u32 = 0;
  const end: usize = positions + ((<usize>count) << 2);
  for (; positions < end; positions += 4) {
    const position = load<u32>(positions);
    const slot: usize = load<u32>(entries + ((<usize>position) << 2));
    const flags = load<u32>(slot + word);
    const isAbsent = validity !== 0 && !isSet(validity, row + position);
    store<u32>(slot + word, isAbsent ? flags | bit : flags & ~bit);
    nulls |= isAbsent ? 1 : 0;
  }
  if (nulls !== 0) store<u32>(field, 1, TABLE_FIELD_NULLS_SEEN);
}

/** UTF8, BINARY, LIST and STRUCT: a new block each; the old one loses a reference. */
function storeBlocks(
  table: usize,
  view: usize,
  row: u32,
  positions: usize,
  count: u32,
  entries: usize,
  field: usize,
): bool {
  const column = load<u32>(field, TABLE_FIELD_COLUMN);
  const offset: usize = load<u32>(field, TABLE_FIELD_OFFSET);
  const physical = load<i32>(field, TABLE_FIELD_PHYSICAL);
  const isNested = physical === PHYSICAL_LIST || physical === PHYSICAL_STRUCT;
  const heap: usize = load<u32>(viewColumn(view, column), VIEW_COLUMN_HEAP_PTR);
  const offsets: usize = load<u32>(viewColumn(view, column), VIEW_COLUMN_DATA_PTR);
  let maxLength = load<u32>(field, TABLE_FIELD_MAX_LENGTH);
  const end: usize = positions + ((<usize>count) << 2);
  for (; positions < end; positions += 4) {
    const position = load<u32>(positions);
    const slot: usize = <usize>load<u32>(entries + ((<usize>position) << 2)) + offset;
    let block: usize = 0;
    if (!isNull(view, column, row + position)) {
      let length: u32 = 0;
      if (isNested) {
        length = valueLength(view, column, row + position);
        block = blockCreate(table, length);
        if (block !== 0) writeValue(view, column, row + position, block + BLOCK_BYTES);
      } else {
        const at: usize = offsets + ((<usize>(row + position)) << 2);
        const start = load<u32>(at);
        length = load<u32>(at, 4) - start;
        block = blockOf(table, heap + start, length);
      }
      if (block === 0) return false;
      maxLength = max<u32>(maxLength, length);
    }
    blockRelease(table, load<u32>(slot));
    store<u32>(slot, <u32>block);
  }
  store<u32>(field, maxLength, TABLE_FIELD_MAX_LENGTH);
  return true;
}
