/**
 * When sessions come due: a timer wheel of 11 levels, one per digit (6 bits) of the time. A session lies
 * on the level of the highest digit in which its time differs from the time of the wheel, in the list of
 * that digit, so that the first list of the lowest level comes next, however far off it is. A list of a
 * higher level is dealt out to lower ones when its time comes.
 *
 * A session that grows is left where it is: where it comes due it has another time, and is put there.
 * So lists hold sessions no later than they are due. Lists are linked through the sessions.
 */
import {
  SESSION_END,
  SESSION_PENDING,
  SESSION_STATE,
  SESSION_TIMER_NEXT,
  SESSION_TIMER_PREV,
  SESSIONS_AREA,
  SESSIONS_ELAPSED,
  SESSIONS_LATENESS,
  SESSIONS_LISTS,
  SESSIONS_MASKS,
  WHEEL_LEVELS,
} from "../protocol/session-layout.ts";

/** The watermark at which a session with this end takes nothing more; as in Flink the end of time is never. */
export function cleanupTime(sessions: usize, end: i64): i64 {
  const last = end - 1;
  const time = last + load<i64>(sessions, SESSIONS_LATENESS);
  return time >= last ? time : i64.MAX_VALUE;
}

/** The watermark at which something happens to a session. */
function dueTime(sessions: usize, session: usize): i64 {
  const at: usize = session + load<u32>(sessions, SESSIONS_AREA);
  const end = load<i64>(at, SESSION_END);
  const isPending = (load<u32>(at, SESSION_STATE) & SESSION_PENDING) !== 0;
  return isPending ? end - 1 : cleanupTime(sessions, end);
}

/** Puts a session that is in no list where it is due. */
export function linkTimer(sessions: usize, session: usize): void {
  const area: usize = load<u32>(sessions, SESSIONS_AREA);
  const elapsed = load<u64>(sessions, SESSIONS_ELAPSED);
  const due = max<u64>(elapsed, orderOf(dueTime(sessions, session)));
  const level: u64 = (63 - clz<u64>((elapsed ^ due) | 63)) / 6;
  const digit: u64 = (due >> (level * 6)) & 63;
  const mask: usize = sessions + ((<usize>level) << 3);
  store<u64>(mask, load<u64>(mask, SESSIONS_MASKS) | ((<u64>1) << digit), SESSIONS_MASKS);
  const list = listOf(sessions, level, digit);
  const first: usize = load<u32>(list);
  const at = session + area;
  store<u32>(at, <u32>first, SESSION_TIMER_NEXT);
  store<u32>(at, <u32>list, SESSION_TIMER_PREV);
  if (first !== 0) store<u32>(first + area, <u32>(at + SESSION_TIMER_NEXT), SESSION_TIMER_PREV);
  store<u32>(list, <u32>session);
}

/** Takes a session out of its list, if it is in one. */
export function unlinkTimer(sessions: usize, session: usize): void {
  const area: usize = load<u32>(sessions, SESSIONS_AREA);
  const at = session + area;
  const previous: usize = load<u32>(at, SESSION_TIMER_PREV);
  if (previous === 0) return;
  const next: usize = load<u32>(at, SESSION_TIMER_NEXT);
  store<u32>(previous, <u32>next);
  if (next !== 0) store<u32>(next + area, <u32>previous, SESSION_TIMER_PREV);
  store<u32>(at, 0, SESSION_TIMER_PREV);
}

/**
 * Takes the session that is due first out of its list, if it is due at the watermark. Among those of one
 * time the order is open.
 *
 * @returns 0 = none is due: the wheel has come to the watermark
 */
export function takeDue(sessions: usize, watermark: i64): usize {
  const now = orderOf(watermark);
  let level: u64 = 0;
  while (level < <u64>WHEEL_LEVELS) {
    const at: usize = sessions + ((<usize>level) << 3);
    const mask = load<u64>(at, SESSIONS_MASKS);
    if (mask === 0) {
      ++level;
      continue;
    }
    const digit = ctz<u64>(mask);
    const start = startOf(load<u64>(sessions, SESSIONS_ELAPSED), level, digit);
    if (start > now) break;
    const list = listOf(sessions, level, digit);
    store<u64>(sessions, max<u64>(load<u64>(sessions, SESSIONS_ELAPSED), start), SESSIONS_ELAPSED);
    for (let session: usize = load<u32>(list); session !== 0; session = load<u32>(list)) {
      unlinkTimer(sessions, session);
      if (level === 0 && orderOf(dueTime(sessions, session)) <= start) return session;
      linkTimer(sessions, session);
    }
    store<u64>(at, load<u64>(at, SESSIONS_MASKS) & ~((<u64>1) << digit), SESSIONS_MASKS);
    level = 0;
  }
  store<u64>(sessions, max<u64>(load<u64>(sessions, SESSIONS_ELAPSED), now), SESSIONS_ELAPSED);
  return 0;
}

/** A time as an unsigned number in the same order. */
function orderOf(time: i64): u64 {
  return <u64>(time ^ i64.MIN_VALUE);
}

/** First time of a list. */
function startOf(elapsed: u64, level: u64, digit: u64): u64 {
  const shift = level * 6;
  const above = level + 1 === <u64>WHEEL_LEVELS ? 0 : (elapsed >> (shift + 6)) << (shift + 6);
  return above | (digit << shift);
}

function listOf(sessions: usize, level: u64, digit: u64): usize {
  return sessions + SESSIONS_LISTS + ((<usize>((level << 6) | digit)) << 2);
}
