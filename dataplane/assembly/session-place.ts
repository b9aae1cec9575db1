/** Which of the sessions of its key a row belongs to: one that it touches, or one of its own. */
import {
  SESSION_END,
  SESSION_LIVE,
  SESSION_NEXT,
  SESSION_OTHER,
  SESSION_PENDING,
  SESSION_START,
  SESSION_STATE,
  SESSIONS_END,
  SESSIONS_FIRING,
  SESSIONS_GAP,
  SESSIONS_LATENESS,
  SESSIONS_START,
  SESSIONS_WATERMARK,
} from "../protocol/session-layout.ts";
import { STATUS_OUT_OF_MEMORY, STATUS_WINDOW_MERGE } from "../protocol/status.ts";
import {
  SCRATCH_NEW_ROWS,
  TABLE_NEW_COUNT,
  TABLE_SCRATCH_PTR,
  TABLE_STATUS,
} from "../protocol/table-layout.ts";
import { beginMerge } from "./session-merge.ts";
import { areaOf, createSession, tableOf } from "./session-slots.ts";
import { cleanupTime, linkTimer, unlinkTimer } from "./session-timers.ts";

/**
 * The session of a row that is not simply in the only one of its key. Rows touch at most two, since those
 * lie further apart than the gap.
 *
 * @returns 0 = the run ends in front of the row: it is late; it joins two sessions (SESSIONS_TARGET, if it is
 * the first of the run); or the status of the table says why
 */
export function placeRow(sessions: usize, entry: usize, time: i64, position: u32): usize {
  const end = time + load<i64>(sessions, SESSIONS_GAP);
  const first = touchedFrom(sessions, entry, time, end);
  if (first === 0) return isLate(sessions, end) ? 0 : begin(sessions, entry, time, position);
  const found = areaOf(sessions, first);
  // It is the latest that a row behind its start can touch: later ones were looked at before.
  const isOther = (load<u32>(found, SESSION_STATE) & SESSION_OTHER) !== 0;
  if (isOther && time >= load<i64>(found, SESSION_START)) {
    return extend(sessions, first, time, end);
  }
  const next: usize = load<u32>(found, SESSION_NEXT);
  const second = touchedFrom(sessions, next, time, end);
  if (second === 0) return extend(sessions, first, time, end);
  if (position !== 0) return 0;
  const other = areaOf(sessions, second);
  const start = min<i64>(load<i64>(found, SESSION_START), load<i64>(other, SESSION_START));
  const last = max<i64>(load<i64>(found, SESSION_END), load<i64>(other, SESSION_END));
  if (mayBecome(sessions, min<i64>(start, time), max<i64>(last, end))) {
    beginMerge(sessions, first, second);
  }
  return 0;
}

/** The first session, from one of a key's on, that a row touches; 0 = none. */
export function touchedFrom(sessions: usize, session: usize, time: i64, end: i64): usize {
  while (session !== 0) {
    const at = areaOf(sessions, session);
    const state = load<u32>(at, SESSION_STATE);
    const isBehind = time > load<i64>(at, SESSION_END);
    if ((state & SESSION_LIVE) !== 0 && !isBehind && end >= load<i64>(at, SESSION_START)) break;
    // Those behind it are earlier.
    if (isBehind && (state & SESSION_OTHER) !== 0) return 0;
    session = load<u32>(at, SESSION_NEXT);
  }
  return session;
}

/** Whether there can be no session with this end any more. */
export function isLate(sessions: usize, end: i64): bool {
  return cleanupTime(sessions, end) <= load<i64>(sessions, SESSIONS_WATERMARK);
}

/** @returns the session; 0 = it must not grow so */
function extend(sessions: usize, session: usize, time: i64, rowEnd: i64): usize {
  const at = areaOf(sessions, session);
  const start = min<i64>(load<i64>(at, SESSION_START), time);
  const end = max<i64>(load<i64>(at, SESSION_END), rowEnd);
  const isSame = start === load<i64>(at, SESSION_START) && end === load<i64>(at, SESSION_END);
  if (!isSame && !mayBecome(sessions, start, end)) return 0;
  const state = load<u32>(at, SESSION_STATE);
  store<i64>(at, start, SESSION_START);
  store<i64>(at, end, SESSION_END);
  if (end - 1 <= load<i64>(sessions, SESSIONS_WATERMARK)) {
    store<u32>(sessions, <u32>session, SESSIONS_FIRING);
  } else if ((state & SESSION_PENDING) === 0) {
    // It had fired, and was to go later than it fires now.
    store<u32>(at, state | SESSION_PENDING, SESSION_STATE);
    unlinkTimer(sessions, session);
    linkTimer(sessions, session);
  }
  return session;
}

/** As Flink, whose sum of last time and lateness may wrap, refuses a session that is over once it is one. */
function mayBecome(sessions: usize, start: i64, end: i64): bool {
  const time = end - 1 + load<i64>(sessions, SESSIONS_LATENESS);
  if (time > load<i64>(sessions, SESSIONS_WATERMARK)) return true;
  store<i64>(sessions, start, SESSIONS_START);
  store<i64>(sessions, end, SESSIONS_END);
  store<i32>(tableOf(sessions), STATUS_WINDOW_MERGE, TABLE_STATUS);
  return false;
}

function begin(sessions: usize, entry: usize, time: i64, position: u32): usize {
  const table = tableOf(sessions);
  const session = createSession(sessions, entry, time);
  if (session === 0) {
    store<i32>(table, STATUS_OUT_OF_MEMORY, TABLE_STATUS);
    return 0;
  }
  const end = time + load<i64>(sessions, SESSIONS_GAP);
  const isOver = end - 1 <= load<i64>(sessions, SESSIONS_WATERMARK);
  placeAt(sessions, session, time, end, isOver ? 0 : SESSION_PENDING);
  if (isOver) store<u32>(sessions, <u32>session, SESSIONS_FIRING);
  const count = load<u32>(table, TABLE_NEW_COUNT);
  const positions: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_NEW_ROWS;
  store<u32>(positions + ((<usize>count) << 2), position);
  store<u32>(table, count + 1, TABLE_NEW_COUNT);
  return session;
}

/** Gives a session that was just made its bounds, and a timer. */
export function placeAt(sessions: usize, session: usize, start: i64, end: i64, pending: u32): void {
  const at = areaOf(sessions, session);
  store<i64>(at, start, SESSION_START);
  store<i64>(at, end, SESSION_END);
  const state = load<u32>(at, SESSION_STATE) | SESSION_LIVE | pending;
  store<u32>(at, state, SESSION_STATE);
  linkTimer(sessions, session);
}
