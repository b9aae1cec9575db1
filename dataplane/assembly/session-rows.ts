/**
 * Sessions as rows of a snapshot and back: the value with the session's end as one more column behind the
 * record's, its start as timestamp, and as op whether it is still to fire (insert) or has fired.
 */
import { OP_INSERT, OP_UPDATE_AFTER } from "../protocol/batch-layout.ts";
import {
  SESSION_END,
  SESSION_NEXT,
  SESSION_PENDING,
  SESSION_START,
  SESSION_STATE,
  SESSIONS_CURSOR,
  SESSIONS_END_COLUMN,
  SESSIONS_READY,
  SESSIONS_ROW,
} from "../protocol/session-layout.ts";
import {
  STATUS_BAD_BATCH,
  STATUS_DONE,
  STATUS_OUT_OF_MEMORY,
  STATUS_OUTPUT_FULL,
} from "../protocol/status.ts";
import {
  SCRATCH_ENTRIES,
  SCRATCH_ROWS,
  TABLE_CHUNK_ROWS,
  TABLE_FIRST_GROUP,
  TABLE_KEY_COLUMN,
  TABLE_KEY_SIZE,
  TABLE_LAYOUT_HIDDEN_KEY,
  TABLE_LAYOUT_KEY_COUNT,
  TABLE_LAYOUT_KEYS,
  TABLE_NONE,
  TABLE_SCANNED_GROUP,
  TABLE_SCRATCH_PTR,
} from "../protocol/table-layout.ts";
import {
  BUILDER_KEY_GROUPS_BUF,
  BUILDER_OPS_BUF,
  BUILDER_TIMESTAMP_COUNT,
  BUILDER_TIMESTAMPS_BUF,
  BUILDER_TIMESTAMPS_VALIDITY_BUF,
  VIEW_COLUMN_DATA_PTR,
  VIEW_OPS_PTR,
  VIEW_ROW_COUNT,
  VIEW_TIMESTAMPS_PTR,
} from "../protocol/view-layout.ts";
import { setBits } from "./bits.ts";
import { builderCommit } from "./builder.ts";
import { builderRoom, viewColumn } from "./schema.ts";
import { placeAt } from "./session-place.ts";
import { areaOf, createSession, tableOf } from "./session-slots.ts";
import { resolveSessions, sessionsTake } from "./sessions.ts";
import { emitFields, rowsThatFit } from "./table-emit.ts";
import { tableScan } from "./table-encode.ts";
import { storeFields } from "./table-fields.ts";
import { layoutOf } from "./table-slots.ts";

/**
 * Appends a row per session, from where the table was rewound to.
 *
 * @param builder of the schema of state rows, with key groups, ops and timestamps
 * @returns STATUS_DONE, STATUS_OUTPUT_FULL or STATUS_OUT_OF_MEMORY
 */
export function sessionsEncode(sessions: usize, builder: usize): i32 {
  const table = tableOf(sessions);
  const list: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_ROWS;
  while (true) {
    const room = rowsThatFit(table, builder, TABLE_CHUNK_ROWS);
    if (room === 0) return STATUS_OUTPUT_FULL;
    const count = listSessions(sessions, builder, list, room);
    if (count === 0) return STATUS_DONE;
    shiftKey(table, 1);
    const status = emitFields(table, 0, 0, builder, list, count, <u32>TABLE_NONE);
    shiftKey(table, -1);
    if (status !== STATUS_DONE) return status;
    emitAreas(sessions, builder, list, count);
    builderCommit(builder, count);
  }
}

/**
 * Takes rows of a snapshot.
 *
 * @param groups as of sessionsAssign()
 * @returns STATUS_DONE, STATUS_BAD_BATCH, STATUS_OUT_OF_MEMORY or what is wrong with a key
 */
export function sessionsRestore(sessions: usize, view: usize, groups: usize): i32 {
  const table = tableOf(sessions);
  if (load<u32>(view, VIEW_ROW_COUNT) === 0) return STATUS_DONE;
  if (load<u32>(view, VIEW_TIMESTAMPS_PTR) === 0) return STATUS_BAD_BATCH;
  store<u32>(sessions, 0, SESSIONS_ROW);
  store<u32>(sessions, 0, SESSIONS_READY);
  shiftKey(table, 1);
  let status = resolveSessions(sessions, layoutOf(table), view, groups);
  while (status === STATUS_DONE && load<u32>(sessions, SESSIONS_READY) !== 0) {
    const count = load<u32>(sessions, SESSIONS_READY);
    status = restoreRows(sessions, view, count);
    if (status !== STATUS_DONE) break;
    sessionsTake(sessions, count);
    status = resolveSessions(sessions, layoutOf(table), view, groups);
  }
  shiftKey(table, -1);
  return status;
}

function restoreRows(sessions: usize, view: usize, count: u32): i32 {
  const table = tableOf(sessions);
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  const row: usize = load<u32>(sessions, SESSIONS_ROW);
  const column = viewColumn(view, load<u32>(sessions, SESSIONS_END_COLUMN));
  const starts: usize = <usize>load<u32>(view, VIEW_TIMESTAMPS_PTR) + (row << 3);
  const ends: usize = <usize>load<u32>(column, VIEW_COLUMN_DATA_PTR) + (row << 3);
  const ops: usize = load<u32>(view, VIEW_OPS_PTR);
  for (let position: usize = 0; position < <usize>count; ++position) {
    const at = scratch + (position << 2);
    const start = load<i64>(starts + (position << 3));
    const session = createSession(sessions, load<u32>(at, SCRATCH_ENTRIES), start);
    if (session === 0) return STATUS_OUT_OF_MEMORY;
    const isPending = ops === 0 || load<u8>(ops + row + position) === OP_INSERT;
    const end = load<i64>(ends + (position << 3));
    placeAt(sessions, session, start, end, isPending ? SESSION_PENDING : 0);
    store<u32>(at, <u32>session, SCRATCH_ENTRIES);
    store<u32>(at, <u32>position, SCRATCH_ROWS);
  }
  const entries = scratch + SCRATCH_ENTRIES;
  const positions = scratch + SCRATCH_ROWS;
  return storeFields(table, view, <u32>row, positions, count, entries, <u32>TABLE_NONE);
}

/** Lists the sessions that come next, all of one key behind each other, and writes their key groups. */
function listSessions(sessions: usize, builder: usize, list: usize, limit: u32): u32 {
  const table = tableOf(sessions);
  const base: usize = load<u32>(builder, VIEW_ROW_COUNT);
  const groups: usize = load<u32>(builderRoom(builder), BUILDER_KEY_GROUPS_BUF);
  let session: usize = load<u32>(sessions, SESSIONS_CURSOR);
  let count: u32 = 0;
  while (count < limit) {
    if (session === 0) {
      if (tableScan(table, list + ((<usize>count) << 2), 1) === 0) break;
      session = load<u32>(list + ((<usize>count) << 2));
    }
    const at = areaOf(sessions, session);
    if (load<u32>(at, SESSION_STATE) !== 0) {
      const group = load<u32>(table, TABLE_FIRST_GROUP) + load<u32>(table, TABLE_SCANNED_GROUP);
      store<u16>(groups + ((base + count) << 1), <u16>group);
      store<u32>(list + ((<usize>count) << 2), <u32>session);
      ++count;
    }
    session = load<u32>(at, SESSION_NEXT);
  }
  store<u32>(sessions, <u32>session, SESSIONS_CURSOR);
  return count;
}

function emitAreas(sessions: usize, builder: usize, list: usize, count: u32): void {
  const room = builderRoom(builder);
  const base: usize = load<u32>(builder, VIEW_ROW_COUNT);
  const column = viewColumn(builder, load<u32>(sessions, SESSIONS_END_COLUMN));
  const ends: usize = <usize>load<u32>(column, VIEW_COLUMN_DATA_PTR) + (base << 3);
  const starts: usize = <usize>load<u32>(room, BUILDER_TIMESTAMPS_BUF) + (base << 3);
  const ops: usize = <usize>load<u32>(room, BUILDER_OPS_BUF) + base;
  for (let index: usize = 0; index < <usize>count; ++index) {
    const at = areaOf(sessions, load<u32>(list + (index << 2)));
    const isPending = (load<u32>(at, SESSION_STATE) & SESSION_PENDING) !== 0;
    store<i64>(ends + (index << 3), load<i64>(at, SESSION_END));
    store<i64>(starts + (index << 3), load<i64>(at, SESSION_START));
    store<u8>(ops + index, isPending ? OP_INSERT : OP_UPDATE_AFTER);
  }
  setBits(load<u32>(room, BUILDER_TIMESTAMPS_VALIDITY_BUF), <u32>base, count);
  store<u32>(room, load<u32>(room, BUILDER_TIMESTAMP_COUNT) + count, BUILDER_TIMESTAMP_COUNT);
}

/** In rows of a snapshot a hidden key lies behind the column of the end, so further back than in others. */
function shiftKey(table: usize, by: i32): void {
  const layout = layoutOf(table);
  const hiddenKey = load<u32>(layout, TABLE_LAYOUT_HIDDEN_KEY);
  if (hiddenKey === <u32>TABLE_NONE) return;
  store<u32>(layout, hiddenKey + by, TABLE_LAYOUT_HIDDEN_KEY);
  const keys = load<u32>(layout, TABLE_LAYOUT_KEY_COUNT);
  let key = layout + TABLE_LAYOUT_KEYS;
  for (let left = keys; left !== 0; --left, key += TABLE_KEY_SIZE) {
    store<u32>(key, load<u32>(key, TABLE_KEY_COLUMN) + by, TABLE_KEY_COLUMN);
  }
}
