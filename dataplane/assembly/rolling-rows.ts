/**
 * minBy and maxBy, and min and max of strings: results that come from whole rows or values of any
 * length. Per run of rows: compare in order and note which row each result comes from (its winner, or
 * the entry as it was before the run), write results, then store into each entry what it ended with.
 * So an entry changes at most once per run, however many of its rows were better than the last.
 */
import {
  PHYSICAL_BOOL,
  PHYSICAL_F64,
  PHYSICAL_I32,
  PHYSICAL_LIST,
  PHYSICAL_STRUCT,
  PHYSICAL_UTF8,
} from "../protocol/batch-layout.ts";
import { STATUS_DONE, STATUS_OUT_OF_MEMORY } from "../protocol/status.ts";
import {
  BLOCK_BYTES,
  BLOCK_LENGTH,
  TABLE_FIELD_COLUMN,
  TABLE_FIELD_NULLS_SEEN,
  TABLE_FIELD_OFFSET,
  TABLE_FIELD_PHYSICAL,
  TABLE_LAYOUT_FLAGS_OFFSET,
  TABLE_LAYOUT_MARK_OFFSET,
  TABLE_NONE,
} from "../protocol/table-layout.ts";
import {
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_ROW_COUNT,
} from "../protocol/view-layout.ts";
import { appendColumn } from "./append.ts";
import { isSet } from "./bits.ts";
import { compareStrings } from "./bytes.ts";
import { orderOf } from "./rolling-numbers.ts";
import { viewColumn } from "./schema.ts";
import { fieldOf, layoutOf } from "./table-slots.ts";
import { putBit, putBytes, putNull, putNullBit, readValue } from "./table-value.ts";

/**
 * Finds the winner of every row. `winners` gets positions in the run, or TABLE_NONE.
 *
 * @param direction -1 = the least wins, 1 = the greatest
 * @param tie       1 = the last one wins among equals, 0 = the first one
 */
export function chooseRows(
  table: usize,
  view: usize,
  row: u32,
  count: u32,
  entries: usize,
  index: u32,
  direction: i32,
  tie: i32,
  winners: usize,
): void {
  const layout = layoutOf(table);
  const field = fieldOf(layout, index);
  const mark: usize = load<u32>(layout, TABLE_LAYOUT_MARK_OFFSET);
  const offset: usize = load<u32>(field, TABLE_FIELD_OFFSET);
  const physical = load<i32>(field, TABLE_FIELD_PHYSICAL);
  const column = viewColumn(view, load<u32>(field, TABLE_FIELD_COLUMN));
  const data: usize = load<u32>(column, VIEW_COLUMN_DATA_PTR);
  for (let position: u32 = 0; position < count; ++position) {
    store<u32>(<usize>load<u32>(entries + ((<usize>position) << 2)) + mark, <u32>TABLE_NONE);
  }
  // A better row has an order times direction above 0; an equal one wins if that is allowed.
  const least = 1 - tie;
  if (physical === PHYSICAL_I32) {
    const values: usize = data + ((<usize>row) << 2);
    chooseFixed<i32>(values, count, entries, offset, mark, direction, least, winners);
  } else if (physical === PHYSICAL_F64) {
    const values: usize = data + ((<usize>row) << 3);
    chooseFixed<f64>(values, count, entries, offset, mark, direction, least, winners);
  } else if (physical === PHYSICAL_BOOL) {
    chooseBits(data, row, count, entries, offset, mark, direction, least, winners);
  } else if (physical === PHYSICAL_UTF8) {
    chooseTexts(column, row, count, entries, offset, mark, direction, least, winners);
  } else {
    const values: usize = data + ((<usize>row) << 3);
    chooseFixed<i64>(values, count, entries, offset, mark, direction, least, winners);
  }
}

/**
 * Lists the positions whose rows entries ended with: what has to be stored.
 *
 * @returns their number
 */
export function lastWinners(table: usize, count: u32, entries: usize, positions: usize): u32 {
  const mark: usize = load<u32>(layoutOf(table), TABLE_LAYOUT_MARK_OFFSET);
  let listed: u32 = 0;
  for (let position: u32 = 0; position < count; ++position) {
    const slot: usize = load<u32>(entries + ((<usize>position) << 2));
    if (load<u32>(slot + mark) !== position) continue;
    store<u32>(positions + ((<usize>listed) << 2), position);
    ++listed;
  }
  return listed;
}

/**
 * Writes one field of the results: from the winner's row, else from the entry as it was.
 *
 * @returns STATUS_DONE, or STATUS_OUT_OF_MEMORY
 */
export function emitChosen(
  table: usize,
  view: usize,
  row: u32,
  count: u32,
  entries: usize,
  index: u32,
  winners: usize,
  builder: usize,
): i32 {
  const layout = layoutOf(table);
  const field = fieldOf(layout, index);
  const column = load<u32>(field, TABLE_FIELD_COLUMN);
  const offset: usize = load<u32>(field, TABLE_FIELD_OFFSET);
  const physical = load<i32>(field, TABLE_FIELD_PHYSICAL);
  const source = viewColumn(view, column);
  const nulls =
    load<u32>(source, VIEW_COLUMN_VALIDITY_PTR) | load<u32>(field, TABLE_FIELD_NULLS_SEEN);
  const base = load<u32>(builder, VIEW_ROW_COUNT);
  if (nulls === 0 && physical < PHYSICAL_UTF8 && physical !== PHYSICAL_BOOL) {
    const data: usize = load<u32>(source, VIEW_COLUMN_DATA_PTR);
    const target: usize = load<u32>(viewColumn(builder, column), VIEW_COLUMN_DATA_PTR);
    if (physical === PHYSICAL_I32) {
      emitFixed<u32>(
        data + ((<usize>row) << 2),
        count,
        entries,
        offset,
        winners,
        target + ((<usize>base) << 2),
      );
    } else {
      emitFixed<u64>(
        data + ((<usize>row) << 3),
        count,
        entries,
        offset,
        winners,
        target + ((<usize>base) << 3),
      );
    }
    return STATUS_DONE;
  }
  const word: usize = load<u32>(layout, TABLE_LAYOUT_FLAGS_OFFSET) + ((index >> 5) << 2);
  const bit: u32 = (<u32>1) << (index & 31);
  for (let position: u32 = 0; position < count; ++position) {
    const winner = load<u32>(winners + ((<usize>position) << 2));
    const target = base + position;
    if (winner !== <u32>TABLE_NONE) {
      const status = appendColumn(view, builder, column, target, 0, row + winner, 1);
      if (status !== STATUS_DONE) return status;
      continue;
    }
    const slot: usize = load<u32>(entries + ((<usize>position) << 2));
    if (!emitFromSlot(builder, column, physical, target, slot + offset))
      return STATUS_OUT_OF_MEMORY;
    const isNested = physical === PHYSICAL_LIST || physical === PHYSICAL_STRUCT;
    if (!isNested && (load<u32>(slot + word) & bit) !== 0) putNullBit(builder, column, target);
  }
  return STATUS_DONE;
}

function emitFixed<T>(
  values: usize,
  count: u32,
  entries: usize,
  offset: usize,
  winners: usize,
  target: usize,
): void {
  for (let position: u32 = 0; position < count; ++position) {
    const winner: usize = load<u32>(winners + ((<usize>position) << 2));
    const kept: usize = <usize>load<u32>(entries + ((<usize>position) << 2)) + offset;
    const source: usize = winner === <usize>TABLE_NONE ? kept : values + winner * sizeof<T>();
    store<T>(target, load<T>(source));
    target += sizeof<T>();
  }
}

function emitFromSlot(
  builder: usize,
  column: u32,
  physical: i32,
  target: u32,
  source: usize,
): bool {
  const data: usize = load<u32>(viewColumn(builder, column), VIEW_COLUMN_DATA_PTR);
  if (physical === PHYSICAL_I32) {
    store<u32>(data + ((<usize>target) << 2), load<u32>(source));
  } else if (physical === PHYSICAL_BOOL) {
    putBit(data, target, load<u8>(source) !== 0);
  } else if (physical < PHYSICAL_UTF8) {
    store<u64>(data + ((<usize>target) << 3), load<u64>(source));
  } else {
    const block: usize = load<u32>(source);
    if (physical === PHYSICAL_LIST || physical === PHYSICAL_STRUCT) {
      if (block !== 0) return readValue(builder, column, target, block + BLOCK_BYTES) !== 0;
      putNull(builder, column, target);
    } else {
      const length = block === 0 ? 0 : load<u32>(block, BLOCK_LENGTH);
      return putBytes(builder, column, target, block + BLOCK_BYTES, length);
    }
  }
  return true;
}

/** Notes the winner of a position, given how its row compares with the winner so far. */
function settle(
  order: i32,
  least: i32,
  slot: usize,
  mark: usize,
  position: u32,
  winners: usize,
): void {
  if (order >= least) store<u32>(slot + mark, position);
  store<u32>(winners + ((<usize>position) << 2), load<u32>(slot + mark));
}

function chooseFixed<T>(
  values: usize,
  count: u32,
  entries: usize,
  offset: usize,
  mark: usize,
  direction: i32,
  least: i32,
  winners: usize,
): void {
  for (let position: u32 = 0; position < count; ++position) {
    const slot: usize = load<u32>(entries + ((<usize>position) << 2));
    const winner: usize = load<u32>(slot + mark);
    const kept = winner === <usize>TABLE_NONE ? slot + offset : values + winner * sizeof<T>();
    const value = orderAt<T>(values + <usize>position * sizeof<T>());
    const known = orderAt<T>(kept);
    const order = (value > known ? 1 : 0) - (value < known ? 1 : 0);
    settle(order * direction, least, slot, mark, position, winners);
  }
}

function orderAt<T>(at: usize): i64 {
  if (isFloat<T>()) return orderOf(load<f64>(at));
  return <i64>load<T>(at);
}

function chooseBits(
  data: usize,
  row: u32,
  count: u32,
  entries: usize,
  offset: usize,
  mark: usize,
  direction: i32,
  least: i32,
  winners: usize,
): void {
  for (let position: u32 = 0; position < count; ++position) {
    const slot: usize = load<u32>(entries + ((<usize>position) << 2));
    const winner = load<u32>(slot + mark);
    const known =
      winner === <u32>TABLE_NONE ? load<u8>(slot + offset) !== 0 : isSet(data, row + winner);
    const order = (isSet(data, row + position) ? 1 : 0) - (known ? 1 : 0);
    settle(order * direction, least, slot, mark, position, winners);
  }
}

function chooseTexts(
  column: usize,
  row: u32,
  count: u32,
  entries: usize,
  offset: usize,
  mark: usize,
  direction: i32,
  least: i32,
  winners: usize,
): void {
  const heap: usize = load<u32>(column, VIEW_COLUMN_HEAP_PTR);
  const offsets: usize = <usize>load<u32>(column, VIEW_COLUMN_DATA_PTR) + ((<usize>row) << 2);
  for (let position: u32 = 0; position < count; ++position) {
    const slot: usize = load<u32>(entries + ((<usize>position) << 2));
    const winner: usize = load<u32>(slot + mark);
    const at: usize = offsets + ((<usize>position) << 2);
    const start = load<u32>(at);
    let known: usize = 0;
    let knownLength: u32 = 0;
    if (winner === <usize>TABLE_NONE) {
      const block: usize = load<u32>(slot + offset);
      known = block + BLOCK_BYTES;
      knownLength = load<u32>(block, BLOCK_LENGTH);
    } else {
      const other = load<u32>(offsets + (winner << 2));
      known = heap + other;
      knownLength = load<u32>(offsets + (winner << 2), 4) - other;
    }
    const length = load<u32>(at, 4) - start;
    const compared = compareStrings(heap + start, length, known, knownLength);
    const order = (compared > 0 ? 1 : 0) - (compared < 0 ? 1 : 0);
    settle(order * direction, least, slot, mark, position, winners);
  }
}
