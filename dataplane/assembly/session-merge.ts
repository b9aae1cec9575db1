/**
 * Two sessions that become one. Which of them is folded into the other follows from their bounds: Flink
 * puts windows that merge into a Java HashSet of 16 buckets and goes on with the first one in it.
 */
import {
  SESSION_END,
  SESSION_OTHER,
  SESSION_PENDING,
  SESSION_START,
  SESSION_STATE,
  SESSIONS_COUNT,
  SESSIONS_HELD_ENTRY,
  SESSIONS_SOURCE,
  SESSIONS_TARGET,
} from "../protocol/session-layout.ts";
import { STATUS_DONE } from "../protocol/status.ts";
import {
  SCRATCH_ENTRIES,
  SCRATCH_ROWS,
  TABLE_NEW_COUNT,
  TABLE_NONE,
  TABLE_SCRATCH_PTR,
} from "../protocol/table-layout.ts";
import { builderCommit } from "./builder.ts";
import { addTo, areaOf, moveToEntry, removeSession, tableOf } from "./session-slots.ts";
import { linkTimer, unlinkTimer } from "./session-timers.ts";
import { emitFields } from "./table-emit.ts";
import { releaseFields } from "./table-slots.ts";

const BUCKETS: u32 = 16;

/** Says which of two sessions, which one row touches, is folded into which. */
export function beginMerge(sessions: usize, a: usize, b: usize): void {
  const order = <i32>bucketOf(areaOf(sessions, a)) - <i32>bucketOf(areaOf(sessions, b));
  const isEarlier =
    load<i64>(areaOf(sessions, a), SESSION_START) < load<i64>(areaOf(sessions, b), SESSION_START);
  const isFirst = order === 0 ? isEarlier : order < 0;
  store<u32>(sessions, <u32>(isFirst ? a : b), SESSIONS_TARGET);
  store<u32>(sessions, <u32>(isFirst ? b : a), SESSIONS_SOURCE);
}

/**
 * Writes the value of SESSIONS_SOURCE as a row, for a run of this one row into SESSIONS_TARGET.
 *
 * @param builder empty, of the schema of the table's rows
 * @returns STATUS_DONE or STATUS_OUT_OF_MEMORY
 */
export function sessionsBeginMerge(sessions: usize, builder: usize): i32 {
  const table = tableOf(sessions);
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  store<u32>(scratch, load<u32>(sessions, SESSIONS_SOURCE), SCRATCH_ROWS);
  const status = emitFields(table, 0, 0, builder, scratch + SCRATCH_ROWS, 1, <u32>TABLE_NONE);
  if (status !== STATUS_DONE) return status;
  builderCommit(builder, 1);
  store<u32>(sessions, load<u32>(scratch, SCRATCH_ENTRIES), SESSIONS_HELD_ENTRY);
  store<u32>(scratch, load<u32>(sessions, SESSIONS_TARGET), SCRATCH_ENTRIES);
  store<u32>(table, 0, TABLE_NEW_COUNT);
  return STATUS_DONE;
}

/** Makes the two sessions one, behind that run. */
export function sessionsEndMerge(sessions: usize): void {
  const table = tableOf(sessions);
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  const entry: usize = load<u32>(sessions, SESSIONS_HELD_ENTRY);
  const source: usize = load<u32>(sessions, SESSIONS_SOURCE);
  const target: usize = load<u32>(sessions, SESSIONS_TARGET);
  const from = areaOf(sessions, source);
  const into = areaOf(sessions, target);
  const start = min<i64>(load<i64>(from, SESSION_START), load<i64>(into, SESSION_START));
  const end = max<i64>(load<i64>(from, SESSION_END), load<i64>(into, SESSION_END));
  const pending = load<u32>(from, SESSION_STATE) & SESSION_PENDING;
  let session = target;
  if ((load<u32>(from, SESSION_STATE) & SESSION_OTHER) !== 0) {
    removeSession(sessions, source);
  } else {
    unlinkTimer(sessions, source);
    releaseFields(table, source);
    addTo(sessions + SESSIONS_COUNT, -1);
    moveToEntry(sessions, source, target);
    session = source;
  }
  const at = areaOf(sessions, session);
  unlinkTimer(sessions, session);
  store<i64>(at, start, SESSION_START);
  store<i64>(at, end, SESSION_END);
  store<u32>(at, load<u32>(at, SESSION_STATE) | pending, SESSION_STATE);
  linkTimer(sessions, session);
  store<u32>(scratch, <u32>entry, SCRATCH_ENTRIES);
  store<u32>(sessions, 0, SESSIONS_TARGET);
  store<u32>(sessions, 0, SESSIONS_SOURCE);
}

/** Of a window in a Java HashSet; the hash is that of Flink's TimeWindow. */
function bucketOf(at: usize): u32 {
  let bits = <u64>load<i64>(at, SESSION_START) + <u64>load<i64>(at, SESSION_END);
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  bits = bits ^ (bits >> 31);
  const hash = <u32>bits;
  return (hash ^ (hash >> 16)) & (BUCKETS - 1);
}
