/** Results of sessions, in the order of their last times, which they have. */
import {
  SESSION_END,
  SESSION_OTHER,
  SESSION_PENDING,
  SESSION_STATE,
  SESSIONS_FIRING,
  SESSIONS_WATERMARK,
} from "../protocol/session-layout.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../protocol/status.ts";
import {
  SCRATCH_ROWS,
  TABLE_CHUNK_ROWS,
  TABLE_NONE,
  TABLE_SCRATCH_PTR,
} from "../protocol/table-layout.ts";
import {
  BUILDER_TIMESTAMP_COUNT,
  BUILDER_TIMESTAMPS_BUF,
  BUILDER_TIMESTAMPS_VALIDITY_BUF,
  VIEW_ROW_COUNT,
} from "../protocol/view-layout.ts";
import { setBits } from "./bits.ts";
import { builderCommit } from "./builder.ts";
import { builderRoom } from "./schema.ts";
import { areaOf, dropVacant, removeSession, tableOf } from "./session-slots.ts";
import { cleanupTime, linkTimer, takeDue } from "./session-timers.ts";
import { emitFields, rowsThatFit } from "./table-emit.ts";

/**
 * Puts out the sessions that fire at a watermark, and drops those that take nothing more.
 *
 * @param builder of the record's schema, without the hidden key, with timestamps
 * @returns STATUS_DONE, STATUS_OUTPUT_FULL or STATUS_OUT_OF_MEMORY
 */
export function sessionsFire(sessions: usize, watermark: i64, builder: usize): i32 {
  const table = tableOf(sessions);
  const list: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_ROWS;
  store<i64>(sessions, watermark, SESSIONS_WATERMARK);
  while (true) {
    const room = rowsThatFit(table, builder, TABLE_CHUNK_ROWS);
    if (room === 0) return STATUS_OUTPUT_FULL;
    const count = takeFiring(sessions, watermark, list, room);
    if (count === 0) break;
    const status = emitSessions(sessions, builder, list, count);
    if (status !== STATUS_DONE) return status;
    // Entries last: another session of the key takes their place when they go.
    settle(sessions, watermark, list, count, SESSION_OTHER);
    settle(sessions, watermark, list, count, 0);
  }
  dropVacant(sessions);
  return STATUS_DONE;
}

/** Puts out SESSIONS_FIRING. @returns STATUS_DONE, STATUS_OUTPUT_FULL or STATUS_OUT_OF_MEMORY */
export function sessionsEmit(sessions: usize, builder: usize): i32 {
  const table = tableOf(sessions);
  const list: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_ROWS;
  if (rowsThatFit(table, builder, 1) === 0) return STATUS_OUTPUT_FULL;
  store<u32>(list, load<u32>(sessions, SESSIONS_FIRING));
  store<u32>(sessions, 0, SESSIONS_FIRING);
  return emitSessions(sessions, builder, list, 1);
}

/** Lists sessions that fire, in order. One that goes meanwhile goes at once, or waits until those have. */
function takeFiring(sessions: usize, watermark: i64, list: usize, limit: u32): u32 {
  let count: u32 = 0;
  while (count < limit) {
    const session = takeDue(sessions, watermark);
    if (session === 0) break;
    const state = load<u32>(areaOf(sessions, session), SESSION_STATE);
    if ((state & SESSION_PENDING) !== 0) {
      store<u32>(list + ((<usize>count) << 2), <u32>session);
      ++count;
    } else if (count === 0) {
      removeSession(sessions, session);
    } else {
      linkTimer(sessions, session);
      break;
    }
  }
  return count;
}

function emitSessions(sessions: usize, builder: usize, list: usize, count: u32): i32 {
  const status = emitFields(tableOf(sessions), 0, 0, builder, list, count, <u32>TABLE_NONE);
  if (status !== STATUS_DONE) return status;
  const room = builderRoom(builder);
  const base = load<u32>(builder, VIEW_ROW_COUNT);
  let target: usize = <usize>load<u32>(room, BUILDER_TIMESTAMPS_BUF) + ((<usize>base) << 3);
  const end: usize = list + ((<usize>count) << 2);
  for (let at = list; at < end; at += 4, target += 8) {
    store<i64>(target, load<i64>(areaOf(sessions, load<u32>(at)), SESSION_END) - 1);
  }
  setBits(load<u32>(room, BUILDER_TIMESTAMPS_VALIDITY_BUF), base, count);
  store<u32>(room, load<u32>(room, BUILDER_TIMESTAMP_COUNT) + count, BUILDER_TIMESTAMP_COUNT);
  builderCommit(builder, count);
  return STATUS_DONE;
}

/** What becomes of sessions that have fired: of the key's entries, or of the others. */
function settle(sessions: usize, watermark: i64, list: usize, count: u32, kind: u32): void {
  const end: usize = list + ((<usize>count) << 2);
  for (let at = list; at < end; at += 4) {
    const session: usize = load<u32>(at);
    if (session === 0) continue;
    const area = areaOf(sessions, session);
    const state = load<u32>(area, SESSION_STATE);
    if ((state & SESSION_OTHER) !== kind) continue;
    // Its slot may be gone when the list is gone through again.
    store<u32>(at, 0);
    store<u32>(area, state & ~SESSION_PENDING, SESSION_STATE);
    if (cleanupTime(sessions, load<i64>(area, SESSION_END)) <= watermark) {
      removeSession(sessions, session);
    } else {
      linkTimer(sessions, session);
    }
  }
}
