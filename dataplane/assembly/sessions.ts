/**
 * Session windows of event time: which session each row belongs to. Rows are taken in runs: entries of
 * their keys first, then session by session, then whoever folds (rolling.ts, fold.ts) takes the run, whose
 * sessions lie in the scratch area where else entries do. A run ends behind a row that fires a session at
 * once, in front of a late row, one that joins two sessions and one that is refused, and where a group
 * has to grow.
 */
import { BATCH_MAX_ROWS } from "../protocol/batch-layout.ts";
import { MEMORY_ROOT_FAILED_ROW, MEMORY_ROOT_PTR } from "../protocol/memory-layout.ts";
import {
  SESSION_END,
  SESSION_LIVE,
  SESSION_PENDING,
  SESSION_START,
  SESSION_STATE,
  SESSIONS_AREA,
  SESSIONS_END_COLUMN,
  SESSIONS_FIRING,
  SESSIONS_GAP,
  SESSIONS_LATE_COUNT,
  SESSIONS_LATE_PTR,
  SESSIONS_LATENESS,
  SESSIONS_READY,
  SESSIONS_ROW,
  SESSIONS_ROW_LAYOUT_PTR,
  SESSIONS_SIZE,
  SESSIONS_TABLE_PTR,
  SESSIONS_TARGET,
  SESSIONS_VACANT,
  SESSIONS_VALUE_COLUMN,
  SESSIONS_WATERMARK,
} from "../protocol/session-layout.ts";
import { STATUS_BAD_BATCH, STATUS_DONE, STATUS_NULL_VALUE } from "../protocol/status.ts";
import {
  SCRATCH_ENTRIES,
  TABLE_CHUNK_ROWS,
  TABLE_NEW_COUNT,
  TABLE_NONE,
  TABLE_SCRATCH_PTR,
  TABLE_STATUS,
} from "../protocol/table-layout.ts";
import {
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_ROW_COUNT,
  VIEW_TIMESTAMPS_PTR,
} from "../protocol/view-layout.ts";
import { alloc, free } from "./allocator.ts";
import { viewColumn } from "./schema.ts";
import { isLate, placeRow, touchedFrom } from "./session-place.ts";
import { addTo, dropOthers, makeRoomFor, tableOf } from "./session-slots.ts";
import { resolveRows } from "./table-find.ts";
import { prepareKeys, validRows } from "./table-keys.ts";
import { areOwned, layoutOf } from "./table-slots.ts";

const LATE_BYTES: u32 = BATCH_MAX_ROWS * 4;
/** State and next of a key's only session, which is still to fire, as one word. */
const ALONE: u64 = SESSION_LIVE | SESSION_PENDING;

/**
 * @param table       empty; its slots have an area for sessions
 * @param area        offset of that
 * @param rowLayout   where the key of rows lies, as a layout of a table; 0 = rows are as entries
 * @param valueColumn column that must not be null; TABLE_NONE = none
 * @param endColumn   column of a session's end in rows of a snapshot
 * @returns its address, or 0 when out of memory
 */
export function sessionsCreate(
  table: usize,
  area: u32,
  rowLayout: usize,
  gap: i64,
  lateness: i64,
  valueColumn: u32,
  endColumn: u32,
): usize {
  const sessions = alloc(SESSIONS_SIZE);
  if (sessions === 0) return 0;
  const late = alloc(LATE_BYTES);
  if (late === 0) {
    free(sessions, SESSIONS_SIZE);
    return 0;
  }
  memory.fill(sessions, 0, SESSIONS_SIZE);
  store<u32>(sessions, <u32>table, SESSIONS_TABLE_PTR);
  store<u32>(sessions, area, SESSIONS_AREA);
  const layout = rowLayout === 0 ? layoutOf(table) : rowLayout;
  store<u32>(sessions, <u32>layout, SESSIONS_ROW_LAYOUT_PTR);
  store<i64>(sessions, gap, SESSIONS_GAP);
  store<i64>(sessions, lateness, SESSIONS_LATENESS);
  store<i64>(sessions, i64.MIN_VALUE, SESSIONS_WATERMARK);
  store<u32>(sessions, valueColumn, SESSIONS_VALUE_COLUMN);
  store<u32>(sessions, endColumn, SESSIONS_END_COLUMN);
  store<u32>(sessions, <u32>late, SESSIONS_LATE_PTR);
  return sessions;
}

/** Gives all back but the table. */
export function sessionsDispose(sessions: usize): void {
  dropOthers(sessions);
  free(load<u32>(sessions, SESSIONS_LATE_PTR), LATE_BYTES);
  free(sessions, SESSIONS_SIZE);
}

/**
 * Begins the next run: the rows from SESSIONS_ROW on, which all have a timestamp. SESSIONS_FIRING, where it
 * is set afterwards, is to be put out behind it.
 *
 * @param groups u16 key groups of the view's rows, all owned by the table; 0 = all are of its only one
 * @returns rows of the run; 0 = the batch is over, or SESSIONS_TARGET is set; or STATUS_NULL_VALUE,
 * STATUS_NULL_KEY, STATUS_NAN_KEY for the next row, STATUS_WINDOW_MERGE, STATUS_BAD_BATCH, STATUS_OUT_OF_MEMORY
 */
export function sessionsAssign(sessions: usize, view: usize, groups: usize): i32 {
  const rowLayout: usize = load<u32>(sessions, SESSIONS_ROW_LAYOUT_PTR);
  while (true) {
    if (load<u32>(sessions, SESSIONS_READY) === 0) {
      const status = resolveSessions(sessions, rowLayout, view, groups);
      if (status !== STATUS_DONE) return status;
      if (load<u32>(sessions, SESSIONS_READY) === 0) return 0;
    }
    const run = assignRows(sessions, view);
    if (run !== 0 || load<u32>(sessions, SESSIONS_TARGET) !== 0) return run;
  }
}

/** Ends a run. */
export function sessionsTake(sessions: usize, count: u32): void {
  const entries: usize = <usize>load<u32>(tableOf(sessions), TABLE_SCRATCH_PTR) + SCRATCH_ENTRIES;
  const left = load<u32>(sessions, SESSIONS_READY) - count;
  memory.copy(entries, entries + ((<usize>count) << 2), (<usize>left) << 2);
  store<u32>(sessions, left, SESSIONS_READY);
  addTo(sessions + SESSIONS_ROW, count);
}

/**
 * Finds or makes the entries of the rows from SESSIONS_ROW on, as many as go; none only at the view's end.
 *
 * @param layout says where the key of these rows lies
 */
export function resolveSessions(sessions: usize, layout: usize, view: usize, groups: usize): i32 {
  const table = tableOf(sessions);
  const row = load<u32>(sessions, SESSIONS_ROW);
  const left = load<u32>(view, VIEW_ROW_COUNT) - row;
  if (left === 0) return STATUS_DONE;
  if (!areOwned(table, groups, row, left)) return STATUS_BAD_BATCH;
  const count = prepareKeys(table, layout, view, row, min<u32>(TABLE_CHUNK_ROWS, left));
  if (count === 0) return refuse(row, load<i32>(table, TABLE_STATUS));
  const rowGroups: usize = groups === 0 ? 0 : groups + ((<usize>row) << 1);
  while (true) {
    const resolved = resolveRows(table, rowGroups, 0, count);
    addTo(sessions + SESSIONS_VACANT, load<u32>(table, TABLE_NEW_COUNT));
    store<u32>(sessions, resolved, SESSIONS_READY);
    if (resolved !== 0) return STATUS_DONE;
    const status = makeRoomFor(sessions);
    if (status !== STATUS_DONE) return status;
  }
}

/** Puts sessions in place of entries; answers how many rows that was, or a negative status. */
function assignRows(sessions: usize, view: usize): i32 {
  const table = tableOf(sessions);
  const area: usize = load<u32>(sessions, SESSIONS_AREA);
  const gap = load<i64>(sessions, SESSIONS_GAP);
  const lastEnd = i64.MAX_VALUE - load<i64>(sessions, SESSIONS_LATENESS);
  const row: usize = load<u32>(sessions, SESSIONS_ROW);
  const ready = load<u32>(sessions, SESSIONS_READY);
  const times: usize = <usize>load<u32>(view, VIEW_TIMESTAMPS_PTR) + (row << 3);
  const entries: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_ENTRIES;
  const limit = rowsWithValues(sessions, view, ready);
  if (limit === 0) return refuseNull(sessions, load<i64>(times));
  store<u32>(table, 0, TABLE_NEW_COUNT);
  store<i32>(table, STATUS_DONE, TABLE_STATUS);
  store<u32>(sessions, 0, SESSIONS_FIRING);
  let position: u32 = 0;
  while (position < limit) {
    const entry: usize = load<u32>(entries + ((<usize>position) << 2));
    const at = entry + area;
    const time = load<i64>(times + ((<usize>position) << 3));
    const end = time + gap;
    const start = load<i64>(at, SESSION_START);
    const known = load<i64>(at, SESSION_END);
    const last = max<i64>(known, end);
    const isAlone = load<u64>(at, SESSION_STATE) === ALONE && last <= lastEnd;
    if (isAlone && time <= known && end >= start) {
      store<i64>(at, min<i64>(start, time), SESSION_START);
      store<i64>(at, last, SESSION_END);
      ++position;
      continue;
    }
    const session = placeRow(sessions, entry, time, position);
    if (session === 0) break;
    store<u32>(entries + ((<usize>position) << 2), <u32>session);
    ++position;
    if (load<u32>(sessions, SESSIONS_FIRING) !== 0) break;
  }
  const status = load<i32>(table, TABLE_STATUS);
  if (position !== 0 || status !== STATUS_DONE) return position === 0 ? status : <i32>position;
  if (load<u32>(sessions, SESSIONS_TARGET) === 0) leaveOut(sessions, load<i64>(times));
  return 0;
}

/** The first row that is ready belongs to no session. Flink's test of records is another than that of windows. */
function leaveOut(sessions: usize, time: i64): void {
  if (time + load<i64>(sessions, SESSIONS_LATENESS) <= load<i64>(sessions, SESSIONS_WATERMARK)) {
    const count = load<u32>(sessions, SESSIONS_LATE_COUNT);
    const rows: usize = load<u32>(sessions, SESSIONS_LATE_PTR);
    store<u32>(rows + ((<usize>count) << 2), load<u32>(sessions, SESSIONS_ROW));
    store<u32>(sessions, count + 1, SESSIONS_LATE_COUNT);
  }
  sessionsTake(sessions, 1);
}

/** Rows before the first whose value is null. */
function rowsWithValues(sessions: usize, view: usize, count: u32): u32 {
  const column = load<u32>(sessions, SESSIONS_VALUE_COLUMN);
  if (column === <u32>TABLE_NONE) return count;
  const validity: usize = load<u32>(viewColumn(view, column), VIEW_COLUMN_VALIDITY_PTR);
  return validRows(validity, load<u32>(sessions, SESSIONS_ROW), count);
}

/** A null of a late row harms nobody. */
function refuseNull(sessions: usize, time: i64): i32 {
  const scratch: usize = load<u32>(tableOf(sessions), TABLE_SCRATCH_PTR);
  const end = time + load<i64>(sessions, SESSIONS_GAP);
  const touched = touchedFrom(sessions, load<u32>(scratch, SCRATCH_ENTRIES), time, end);
  if (touched !== 0 || !isLate(sessions, end)) {
    return refuse(load<u32>(sessions, SESSIONS_ROW), STATUS_NULL_VALUE);
  }
  leaveOut(sessions, time);
  return STATUS_DONE;
}

function refuse(row: u32, status: i32): i32 {
  store<u32>(<usize>MEMORY_ROOT_PTR, row, MEMORY_ROOT_FAILED_ROW);
  return status;
}
