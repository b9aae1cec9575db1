/**
 * Folds of keyed rows: what is around the user's function. protocol/fold-layout.ts says how the
 * values so far, the results and the state go together.
 *
 * A run ends where a group has to grow, where the output is full, and in front of a row that is refused.
 */
import {
  FOLD_BASE,
  FOLD_ENTRIES_PTR,
  FOLD_FINAL_ONLY,
  FOLD_ROW_LAYOUT_PTR,
  FOLD_SIZE,
  FOLD_SOURCES_PTR,
  FOLD_TABLE_PTR,
} from "../protocol/fold-layout.ts";
import { MEMORY_ROOT_FAILED_ROW, MEMORY_ROOT_PTR } from "../protocol/memory-layout.ts";
import { STATUS_BAD_BATCH, STATUS_DONE } from "../protocol/status.ts";
import {
  SCRATCH_ENTRIES,
  SCRATCH_NEW_ROWS,
  SCRATCH_ROWS,
  TABLE_CHUNK_ROWS,
  TABLE_LAYOUT_MARK_OFFSET,
  TABLE_NEW_COUNT,
  TABLE_NONE,
  TABLE_SCRATCH_PTR,
  TABLE_STATUS,
} from "../protocol/table-layout.ts";
import { VIEW_COLUMN_COUNT, VIEW_ROW_COUNT, VIEW_SCHEMA_PTR } from "../protocol/view-layout.ts";
import { alloc, free } from "./allocator.ts";
import { appendColumn } from "./append.ts";
import { builderCommit } from "./builder.ts";
import { appendSystemColumns } from "./gather.ts";
import { lastWinners } from "./rolling-rows.ts";
import { subtreeSizeOf } from "./schema.ts";
import { emitFields, rowsThatFit } from "./table-emit.ts";
import { emitEntries } from "./table-encode.ts";
import { storeFields, storeTimestamps } from "./table-fields.ts";
import { resolveRows } from "./table-find.ts";
import { prepareKeys } from "./table-keys.ts";
import { makeRoom } from "./table-restore.ts";
import { areOwned, layoutOf } from "./table-slots.ts";

const LIST_BYTES: u32 = TABLE_CHUNK_ROWS * 4;
/** Mark of an entry that a row of the run has made and no row has come to. */
const NEW: u32 = 0xfffffffe;
/** In front of the position of the row that a row is folded behind. */
const RESULT: u32 = 0x80000000;

/**
 * @param rowLayout where the key of rows lies, as a layout of a table; 0 = rows are as entries
 * @param finalOnly whether results come from foldFinish only
 * @returns its address, or 0 when out of memory
 */
export function foldCreate(table: usize, rowLayout: usize, finalOnly: i32): usize {
  const fold = alloc(FOLD_SIZE);
  if (fold === 0) return 0;
  const lists = alloc(2 * LIST_BYTES);
  if (lists === 0) {
    free(fold, FOLD_SIZE);
    return 0;
  }
  store<u32>(fold, <u32>table, FOLD_TABLE_PTR);
  store<i32>(fold, finalOnly, FOLD_FINAL_ONLY);
  store<u32>(fold, 0, FOLD_BASE);
  store<u32>(fold, <u32>lists, FOLD_ENTRIES_PTR);
  store<u32>(fold, <u32>lists + LIST_BYTES, FOLD_SOURCES_PTR);
  store<u32>(fold, <u32>(rowLayout === 0 ? layoutOf(table) : rowLayout), FOLD_ROW_LAYOUT_PTR);
  return fold;
}

/** Gives the fold back, not its table. */
export function foldDispose(fold: usize): void {
  free(load<u32>(fold, FOLD_ENTRIES_PTR), 2 * LIST_BYTES);
  free(fold, FOLD_SIZE);
}

/**
 * Begins a run at row `row` of a view, which has it.
 *
 * @param groups u16 key groups of the rows, all owned by the table; 0 = all are of its only one
 * @param values empty builder of the entries' schema, without the hidden key: gets the values so far
 * @param output of that schema too; not used for final results
 * @returns rows of the run; 0 = the output is full; or STATUS_NULL_KEY, STATUS_NAN_KEY for row `row`,
 * STATUS_BAD_BATCH, STATUS_OUT_OF_MEMORY
 */
export function foldBegin(
  fold: usize,
  view: usize,
  groups: usize,
  row: u32,
  values: usize,
  output: usize,
): i32 {
  const table: usize = load<u32>(fold, FOLD_TABLE_PTR);
  const rows = load<u32>(view, VIEW_ROW_COUNT);
  if (!areOwned(table, groups, row, rows - row)) return STATUS_BAD_BATCH;
  let count = min<u32>(TABLE_CHUNK_ROWS, rows - row);
  if (load<u32>(fold, FOLD_FINAL_ONLY) === 0) count = rowsThatFit(table, output, count);
  if (count === 0) return 0;
  const rowLayout: usize = load<u32>(fold, FOLD_ROW_LAYOUT_PTR);
  count = prepareKeys(table, rowLayout, view, row, count);
  if (count === 0) {
    store<u32>(<usize>MEMORY_ROOT_PTR, row, MEMORY_ROOT_FAILED_ROW);
    return load<i32>(table, TABLE_STATUS);
  }
  const rowGroups: usize = groups === 0 ? 0 : groups + ((<usize>row) << 1);
  let resolved = resolveRows(table, rowGroups, 0, count);
  while (resolved === 0) {
    const status = makeRoom(table);
    if (status !== STATUS_DONE) return status;
    resolved = resolveRows(table, rowGroups, 0, count);
  }
  const status = foldRun(fold, view, row, resolved, values);
  return status === STATUS_DONE ? <i32>resolved : status;
}

/**
 * The same for the `count` rows from `row` on whose entries somebody has put into the table's scratch area
 * together with those just made.
 *
 * @returns STATUS_DONE or STATUS_OUT_OF_MEMORY
 */
export function foldRun(fold: usize, view: usize, row: u32, count: u32, values: usize): i32 {
  const table: usize = load<u32>(fold, FOLD_TABLE_PTR);
  if (load<u32>(fold, FOLD_ROW_LAYOUT_PTR) === <u32>layoutOf(table)) {
    const status = startEntries(table, view, row);
    if (status !== STATUS_DONE) return status;
  }
  const known = findSources(fold, count);
  store<u32>(fold, known, FOLD_BASE);
  const entries: usize = load<u32>(fold, FOLD_ENTRIES_PTR);
  const emitted = emitFields(table, 0, 0, values, entries, known, <u32>TABLE_NONE);
  if (emitted !== STATUS_DONE) return emitted;
  builderCommit(values, known);
  return STATUS_DONE;
}

/**
 * Ends the run: `values` has a result for each of its rows.
 *
 * @returns STATUS_DONE or STATUS_OUT_OF_MEMORY
 */
export function foldEnd(
  fold: usize,
  view: usize,
  row: u32,
  count: u32,
  values: usize,
  output: usize,
): i32 {
  const table: usize = load<u32>(fold, FOLD_TABLE_PTR);
  const base = load<u32>(fold, FOLD_BASE);
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  const entries: usize = scratch + SCRATCH_ENTRIES;
  const positions: usize = scratch + SCRATCH_ROWS;
  const stored = lastWinners(table, count, entries, positions);
  const status = storeFields(table, values, base, positions, stored, entries, <u32>TABLE_NONE);
  if (status !== STATUS_DONE) return status;
  storeTimestamps(table, view, row, count, entries);
  if (load<u32>(fold, FOLD_FINAL_ONLY) !== 0) return STATUS_DONE;
  return appendResults(view, row, count, values, base, output);
}

/** Appends the final result of each key, as emitEntries. */
export function foldFinish(fold: usize, output: usize): i32 {
  return emitEntries(load<u32>(fold, FOLD_TABLE_PTR), output);
}

/** The first record of a key is its value. */
function startEntries(table: usize, view: usize, row: u32): i32 {
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  const count = load<u32>(table, TABLE_NEW_COUNT);
  const positions: usize = scratch + SCRATCH_NEW_ROWS;
  const entries: usize = scratch + SCRATCH_ENTRIES;
  return storeFields(table, view, row, positions, count, entries, <u32>TABLE_NONE);
}

/**
 * Fills the lists of the fold. The mark of an entry is the position of the last row that had its key, so
 * that lastWinners() lists these.
 *
 * @returns keys that had a value before the run
 */
function findSources(fold: usize, count: u32): u32 {
  const table: usize = load<u32>(fold, FOLD_TABLE_PTR);
  const mark: usize = load<u32>(layoutOf(table), TABLE_LAYOUT_MARK_OFFSET);
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  const entries: usize = scratch + SCRATCH_ENTRIES;
  const known: usize = load<u32>(fold, FOLD_ENTRIES_PTR);
  const sources: usize = load<u32>(fold, FOLD_SOURCES_PTR);
  markRows(entries, 0, count, mark, <u32>TABLE_NONE);
  markRows(entries, scratch + SCRATCH_NEW_ROWS, load<u32>(table, TABLE_NEW_COUNT), mark, NEW);
  let base: u32 = 0;
  for (let position: u32 = 0; position < count; ++position) {
    const slot: usize = load<u32>(entries + ((<usize>position) << 2));
    const last = load<u32>(slot + mark);
    let source = last | RESULT;
    if (last === NEW) {
      source = <u32>TABLE_NONE;
    } else if (last === <u32>TABLE_NONE) {
      store<u32>(known + ((<usize>base) << 2), <u32>slot);
      source = base++;
    }
    store<u32>(sources + ((<usize>position) << 2), source);
    store<u32>(slot + mark, position);
  }
  const end: usize = sources + ((<usize>count) << 2);
  for (let at = sources; at < end; at += 4) {
    const source = load<u32>(at);
    if (source !== <u32>TABLE_NONE && source >= RESULT) store<u32>(at, base + (source & ~RESULT));
  }
  return base;
}

/** @param positions u32 each; 0 = the first `count` rows */
function markRows(entries: usize, positions: usize, count: u32, mark: usize, value: u32): void {
  for (let index: usize = 0; index < <usize>count; ++index) {
    const position = positions === 0 ? index : <usize>load<u32>(positions + (index << 2));
    store<u32>(<usize>load<u32>(entries + (position << 2)) + mark, value);
  }
}

function appendResults(
  view: usize,
  row: u32,
  count: u32,
  values: usize,
  from: u32,
  output: usize,
): i32 {
  const schema: usize = load<u32>(output, VIEW_SCHEMA_PTR);
  const columns = load<u32>(output, VIEW_COLUMN_COUNT);
  const base = load<u32>(output, VIEW_ROW_COUNT);
  for (let column: u32 = 0; column < columns; column += subtreeSizeOf(schema, column)) {
    const status = appendColumn(values, output, column, base, 0, from, count);
    if (status !== STATUS_DONE) return status;
  }
  appendSystemColumns(view, output, row, count);
  builderCommit(output, count);
  return STATUS_DONE;
}
