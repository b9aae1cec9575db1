/**
 * Rolling aggregates over keyed rows: sum, min and max keep the other fields of the key's first record;
 * minBy and maxBy answer the whole record. Each row gives a result with its own timestamp, or, for
 * bounded input, each key one at the end, with the timestamp of its last record.
 *
 * Rows are taken in runs: entries first (table-find.ts), then column after column. A run ends where a
 * group has to grow, where the output is full, and in front of a row that is refused.
 */
import { PHYSICAL_UTF8 } from "../protocol/batch-layout.ts";
import { MEMORY_ROOT_FAILED_ROW, MEMORY_ROOT_PTR } from "../protocol/memory-layout.ts";
import {
  ROLLING_FIELD,
  ROLLING_FINAL_ONLY,
  ROLLING_FUNCTION,
  ROLLING_IS_BY_ROW,
  ROLLING_KEEPS_FIRST,
  ROLLING_MAX,
  ROLLING_MAX_BY,
  ROLLING_MIN_BY,
  ROLLING_NEXT_ROW,
  ROLLING_SIZE,
  ROLLING_TABLE_PTR,
  ROLLING_WINNERS_PTR,
} from "../protocol/rolling-layout.ts";
import {
  STATUS_BAD_BATCH,
  STATUS_DONE,
  STATUS_NULL_VALUE,
  STATUS_OUT_OF_MEMORY,
  STATUS_OUTPUT_FULL,
} from "../protocol/status.ts";
import {
  SCRATCH_ENTRIES,
  SCRATCH_NEW_ROWS,
  SCRATCH_ROWS,
  TABLE_CHUNK_ROWS,
  TABLE_FIELD_COLUMN,
  TABLE_FIELD_OFFSET,
  TABLE_FIELD_PHYSICAL,
  TABLE_LAYOUT_FIELD_COUNT,
  TABLE_NEW_COUNT,
  TABLE_NONE,
  TABLE_SCRATCH_PTR,
  TABLE_STATUS,
} from "../protocol/table-layout.ts";
import {
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_ROW_COUNT,
} from "../protocol/view-layout.ts";
import { alloc, free } from "./allocator.ts";
import { builderCommit } from "./builder.ts";
import { appendSystemColumns } from "./gather.ts";
import { foldNumbers, startNumbers } from "./rolling-numbers.ts";
import { chooseRows, emitChosen, lastWinners } from "./rolling-rows.ts";
import { viewColumn } from "./schema.ts";
import { emitFields, rowsThatFit } from "./table-emit.ts";
import { emitEntries } from "./table-encode.ts";
import { storeField, storeFields, storeTimestamps } from "./table-fields.ts";
import { resolveRows } from "./table-find.ts";
import { prepareKeys, validRows } from "./table-keys.ts";
import { makeRoom } from "./table-restore.ts";
import { areOwned, fieldOf, layoutOf } from "./table-slots.ts";

const WINNERS_BYTES: u32 = TABLE_CHUNK_ROWS * 4;

/**
 * @param field      index of the aggregated field; sum, min, max: not one that is read from the key
 * @param keepsFirst minBy, maxBy: whether the first record stays among equals
 * @param finalOnly  whether results come from rollingFinish only
 * @returns its address, or 0 when out of memory
 */
export function rollingCreate(
  table: usize,
  func: u32,
  field: u32,
  keepsFirst: i32,
  finalOnly: i32,
): usize {
  const rolling = alloc(ROLLING_SIZE);
  if (rolling === 0) return 0;
  const winners = alloc(WINNERS_BYTES);
  if (winners === 0) {
    free(rolling, ROLLING_SIZE);
    return 0;
  }
  const physical = load<i32>(fieldOf(layoutOf(table), field), TABLE_FIELD_PHYSICAL);
  const isByRow = func === ROLLING_MIN_BY || func === ROLLING_MAX_BY || physical === PHYSICAL_UTF8;
  store<u32>(rolling, <u32>table, ROLLING_TABLE_PTR);
  store<u32>(rolling, func, ROLLING_FUNCTION);
  store<u32>(rolling, field, ROLLING_FIELD);
  store<i32>(rolling, keepsFirst, ROLLING_KEEPS_FIRST);
  store<i32>(rolling, finalOnly, ROLLING_FINAL_ONLY);
  store<u32>(rolling, 0, ROLLING_NEXT_ROW);
  store<u32>(rolling, <u32>winners, ROLLING_WINNERS_PTR);
  store<u32>(rolling, isByRow ? 1 : 0, ROLLING_IS_BY_ROW);
  return rolling;
}

/** Gives the aggregate back, not its table. */
export function rollingDispose(rolling: usize): void {
  free(load<u32>(rolling, ROLLING_WINNERS_PTR), WINNERS_BYTES);
  free(rolling, ROLLING_SIZE);
}

/**
 * Takes rows of a view from `row` on and appends a result for each, unless only final results are
 * asked for. Where it stopped is in ROLLING_NEXT_ROW.
 *
 * @param groups  u16 key groups of the rows, all owned by the table; 0 = all are of its only one
 * @param builder of the record's schema, without the hidden key; not used for final results
 * @returns STATUS_DONE; STATUS_OUTPUT_FULL; or STATUS_NULL_VALUE, STATUS_NULL_KEY, STATUS_NAN_KEY for
 * the next row, STATUS_BAD_BATCH, STATUS_OUT_OF_MEMORY
 */
export function rollingProcess(
  rolling: usize,
  view: usize,
  groups: usize,
  builder: usize,
  row: u32,
): i32 {
  const table: usize = load<u32>(rolling, ROLLING_TABLE_PTR);
  const rows = load<u32>(view, VIEW_ROW_COUNT);
  const isFinal = load<u32>(rolling, ROLLING_FINAL_ONLY) !== 0;
  store<u32>(rolling, row, ROLLING_NEXT_ROW);
  if (row >= rows) return STATUS_DONE;
  if (!areOwned(table, groups, row, rows - row)) return STATUS_BAD_BATCH;
  while (row < rows) {
    let count = min<u32>(TABLE_CHUNK_ROWS, rows - row);
    if (!isFinal) count = rowsThatFit(table, builder, count);
    if (count === 0) return STATUS_OUTPUT_FULL;
    count = rowsWithValues(rolling, view, row, count);
    if (count === 0) return refuse(row, STATUS_NULL_VALUE);
    count = prepareKeys(table, layoutOf(table), view, row, count);
    if (count === 0) return refuse(row, load<i32>(table, TABLE_STATUS));
    const done = takeRows(rolling, view, groups, builder, row, count);
    if (done < 0) return done;
    row += done;
    store<u32>(rolling, row, ROLLING_NEXT_ROW);
  }
  return STATUS_DONE;
}

/**
 * Folds the `count` rows from `row` on, whose entries somebody has put into the table's scratch area together
 * with those just made. Only for final results.
 *
 * @returns STATUS_DONE or STATUS_OUT_OF_MEMORY
 */
export function rollingRun(rolling: usize, view: usize, row: u32, count: u32): i32 {
  const table: usize = load<u32>(rolling, ROLLING_TABLE_PTR);
  const entries: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_ENTRIES;
  if (load<u32>(table, TABLE_NEW_COUNT) !== 0) {
    const status = startEntries(rolling, view, row, entries);
    if (status !== STATUS_DONE) return status;
  }
  return foldRows(rolling, view, 0, row, count, entries);
}

/** Appends the final result of each key, as emitEntries. */
export function rollingFinish(rolling: usize, builder: usize): i32 {
  return emitEntries(load<u32>(rolling, ROLLING_TABLE_PTR), builder);
}

function refuse(row: u32, status: i32): i32 {
  store<u32>(<usize>MEMORY_ROOT_PTR, row, MEMORY_ROOT_FAILED_ROW);
  return status;
}

/** Rows before the first whose aggregated field is null. */
function rowsWithValues(rolling: usize, view: usize, row: u32, count: u32): u32 {
  const layout = layoutOf(load<u32>(rolling, ROLLING_TABLE_PTR));
  const field = fieldOf(layout, load<u32>(rolling, ROLLING_FIELD));
  const column = viewColumn(view, load<u32>(field, TABLE_FIELD_COLUMN));
  return validRows(load<u32>(column, VIEW_COLUMN_VALIDITY_PTR), row, count);
}

/** Takes prepared rows; answers how many, or a negative status. */
function takeRows(
  rolling: usize,
  view: usize,
  groups: usize,
  builder: usize,
  row: u32,
  count: u32,
): i32 {
  const table: usize = load<u32>(rolling, ROLLING_TABLE_PTR);
  const rowGroups: usize = groups === 0 ? 0 : groups + ((<usize>row) << 1);
  const entries: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_ENTRIES;
  let from: u32 = 0;
  while (true) {
    const resolved = resolveRows(table, rowGroups, from, count);
    const taken = resolved - from;
    if (load<u32>(table, TABLE_NEW_COUNT) !== 0) {
      const status = startEntries(rolling, view, row, entries);
      if (status !== STATUS_DONE) return status;
    }
    if (taken !== 0) {
      const status = foldRows(
        rolling,
        view,
        builder,
        row + from,
        taken,
        entries + ((<usize>from) << 2),
      );
      if (status !== STATUS_DONE) return status;
    }
    from = resolved;
    if (from === count) return <i32>count;
    const status = makeRoom(table);
    if (status !== STATUS_DONE) return status;
  }
}

/** Fills the entries just made from the rows that made them. */
function startEntries(rolling: usize, view: usize, row: u32, entries: usize): i32 {
  const table: usize = load<u32>(rolling, ROLLING_TABLE_PTR);
  const count = load<u32>(table, TABLE_NEW_COUNT);
  const positions: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_NEW_ROWS;
  const index = load<u32>(rolling, ROLLING_FIELD);
  const isByRow = load<u32>(rolling, ROLLING_IS_BY_ROW) !== 0;
  const except = isByRow ? <u32>TABLE_NONE : index;
  if (!isByRow) {
    const field = fieldOf(layoutOf(table), index);
    const physical = load<i32>(field, TABLE_FIELD_PHYSICAL);
    const offset: usize = load<u32>(field, TABLE_FIELD_OFFSET);
    startNumbers(load<u32>(rolling, ROLLING_FUNCTION), physical, positions, count, entries, offset);
  }
  return storeFields(table, view, row, positions, count, entries, except);
}

/** Folds rows whose entries are known and writes their results. */
function foldRows(
  rolling: usize,
  view: usize,
  builder: usize,
  row: u32,
  count: u32,
  entries: usize,
): i32 {
  const table: usize = load<u32>(rolling, ROLLING_TABLE_PTR);
  const isFinal = load<u32>(rolling, ROLLING_FINAL_ONLY) !== 0;
  const status =
    load<u32>(rolling, ROLLING_IS_BY_ROW) !== 0
      ? foldByRow(rolling, view, builder, row, count, entries)
      : foldByNumber(rolling, view, builder, row, count, entries);
  if (status !== STATUS_DONE) return status;
  storeTimestamps(table, view, row, count, entries);
  if (!isFinal) {
    appendSystemColumns(view, builder, row, count);
    builderCommit(builder, count);
  }
  return STATUS_DONE;
}

function foldByNumber(
  rolling: usize,
  view: usize,
  builder: usize,
  row: u32,
  count: u32,
  entries: usize,
): i32 {
  const table: usize = load<u32>(rolling, ROLLING_TABLE_PTR);
  const isFinal = load<u32>(rolling, ROLLING_FINAL_ONLY) !== 0;
  const index = load<u32>(rolling, ROLLING_FIELD);
  const field = fieldOf(layoutOf(table), index);
  const column = load<u32>(field, TABLE_FIELD_COLUMN);
  const physical = load<i32>(field, TABLE_FIELD_PHYSICAL);
  const offset: usize = load<u32>(field, TABLE_FIELD_OFFSET);
  const data: usize = load<u32>(viewColumn(view, column), VIEW_COLUMN_DATA_PTR);
  const target: usize = isFinal ? 0 : load<u32>(viewColumn(builder, column), VIEW_COLUMN_DATA_PTR);
  const base = isFinal ? 0 : load<u32>(builder, VIEW_ROW_COUNT);
  const func = load<u32>(rolling, ROLLING_FUNCTION);
  foldNumbers(func, physical, data, row, count, entries, offset, target, base);
  return isFinal ? STATUS_DONE : emitFields(table, view, row, builder, entries, count, index);
}

function foldByRow(
  rolling: usize,
  view: usize,
  builder: usize,
  row: u32,
  count: u32,
  entries: usize,
): i32 {
  const table: usize = load<u32>(rolling, ROLLING_TABLE_PTR);
  const index = load<u32>(rolling, ROLLING_FIELD);
  const func = load<u32>(rolling, ROLLING_FUNCTION);
  const winners: usize = load<u32>(rolling, ROLLING_WINNERS_PTR);
  const positions: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_ROWS;
  const isWhole = func === ROLLING_MIN_BY || func === ROLLING_MAX_BY;
  const direction = func === ROLLING_MAX || func === ROLLING_MAX_BY ? 1 : -1;
  const tie = load<u32>(rolling, ROLLING_KEEPS_FIRST) !== 0 || !isWhole ? 0 : 1;
  chooseRows(table, view, row, count, entries, index, direction, tie, winners);
  if (load<u32>(rolling, ROLLING_FINAL_ONLY) === 0) {
    const status = emitByRow(rolling, view, builder, row, count, entries);
    if (status !== STATUS_DONE) return status;
  }
  const stored = lastWinners(table, count, entries, positions);
  if (isWhole) return storeFields(table, view, row, positions, stored, entries, <u32>TABLE_NONE);
  const done = storeField(table, view, row, positions, stored, entries, index);
  return done ? STATUS_DONE : STATUS_OUT_OF_MEMORY;
}

/** Results of foldByRow: whole rows, or the aggregated field alone and the rest from the entry. */
function emitByRow(
  rolling: usize,
  view: usize,
  builder: usize,
  row: u32,
  count: u32,
  entries: usize,
): i32 {
  const table: usize = load<u32>(rolling, ROLLING_TABLE_PTR);
  const index = load<u32>(rolling, ROLLING_FIELD);
  const func = load<u32>(rolling, ROLLING_FUNCTION);
  const winners: usize = load<u32>(rolling, ROLLING_WINNERS_PTR);
  if (func !== ROLLING_MIN_BY && func !== ROLLING_MAX_BY) {
    const status = emitChosen(table, view, row, count, entries, index, winners, builder);
    return status !== STATUS_DONE
      ? status
      : emitFields(table, view, row, builder, entries, count, index);
  }
  const fields = load<u32>(layoutOf(table), TABLE_LAYOUT_FIELD_COUNT);
  for (let field: u32 = 0; field < fields; ++field) {
    const status = emitChosen(table, view, row, count, entries, field, winners, builder);
    if (status !== STATUS_DONE) return status;
  }
  return STATUS_DONE;
}
