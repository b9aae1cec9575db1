/**
 * Sessions as slots: how they are made and go, and how groups of their table are laid out anew. That moves
 * entries, so that their timers and the sessions that hang on them have to follow.
 */

import {
  SESSION_NEXT,
  SESSION_OTHER,
  SESSION_START,
  SESSION_STATE,
  SESSION_TIMER_PREV,
  SESSIONS_AREA,
  SESSIONS_COUNT,
  SESSIONS_TABLE_PTR,
  SESSIONS_VACANT,
} from "../protocol/session-layout.ts";
import { STATUS_DONE } from "../protocol/status.ts";
import {
  GROUP_SLOTS_PTR,
  SLOT_FLAGS,
  SLOT_KEY_BLOCK,
  SLOT_KEY_WORD,
  SLOT_META,
  TABLE_GROUP_COUNT,
  TABLE_GROW_GROUP,
  TABLE_SLOT_SIZE,
  TABLE_STATUS,
} from "../protocol/table-layout.ts";
import { linkTimer, unlinkTimer } from "./session-timers.ts";
import { tableClear } from "./table.ts";
import { blockRelease, blockRetain, tableAlloc, tableFree } from "./table-block.ts";
import { removeEntry } from "./table-find.ts";
import { growGroup } from "./table-grow.ts";
import { capacityOf, groupAt, isInlineKey, isLive, releaseFields } from "./table-slots.ts";

/** Behind the slot of a session that is not its key's entry: the address of the entry, in 8 bytes. */
const OWNER_BYTES: u32 = 8;
/** So many vacant entries are not worth laying a table out anew. */
const MIN_VACANT: u32 = 1024;

export function tableOf(sessions: usize): usize {
  return load<u32>(sessions, SESSIONS_TABLE_PTR);
}

/** Where the bounds of a session lie. */
export function areaOf(sessions: usize, session: usize): usize {
  return session + load<u32>(sessions, SESSIONS_AREA);
}

/**
 * Room for a session more of a key, without bounds, values and timer. Those that hang on an entry are in order,
 * the latest first: rows are mostly of that one.
 *
 * @param start ms, of the session
 * @returns the entry if it is vacant; 0 when out of memory
 */
export function createSession(sessions: usize, entry: usize, start: i64): usize {
  let at = areaOf(sessions, entry);
  if (load<u32>(at, SESSION_STATE) === 0) {
    addTo(sessions + SESSIONS_VACANT, -1);
    addTo(sessions + SESSIONS_COUNT, 1);
    return entry;
  }
  const table = tableOf(sessions);
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const session = tableAlloc(table, slotSize + OWNER_BYTES);
  if (session === 0) return 0;
  memory.fill(session, 0, slotSize + OWNER_BYTES);
  store<u64>(session, load<u64>(entry, SLOT_KEY_WORD), SLOT_KEY_WORD);
  store<u32>(session, load<u32>(entry, SLOT_META), SLOT_META);
  if (!isInlineKey(table)) blockRetain(load<u32>(entry, SLOT_KEY_BLOCK));
  store<u32>(session + slotSize, <u32>entry);
  let next: usize = load<u32>(at, SESSION_NEXT);
  while (next !== 0 && load<i64>(areaOf(sessions, next), SESSION_START) > start) {
    at = areaOf(sessions, next);
    next = load<u32>(at, SESSION_NEXT);
  }
  store<u32>(areaOf(sessions, session), <u32>next, SESSION_NEXT);
  store<u32>(areaOf(sessions, session), SESSION_OTHER, SESSION_STATE);
  store<u32>(at, <u32>session, SESSION_NEXT);
  addTo(sessions + SESSIONS_COUNT, 1);
  return session;
}

/** Another session of the key may take the place of one that was its entry. */
export function removeSession(sessions: usize, session: usize): void {
  const table = tableOf(sessions);
  unlinkTimer(sessions, session);
  releaseFields(table, session);
  addTo(sessions + SESSIONS_COUNT, -1);
  const at = areaOf(sessions, session);
  const next: usize = load<u32>(at, SESSION_NEXT);
  if ((load<u32>(at, SESSION_STATE) & SESSION_OTHER) !== 0) {
    dropOther(sessions, session);
  } else if (next !== 0) {
    moveToEntry(sessions, session, next);
  } else {
    memory.fill(session + SLOT_FLAGS, 0, load<u32>(table, TABLE_SLOT_SIZE) - SLOT_FLAGS);
    addTo(sessions + SESSIONS_VACANT, 1);
  }
}

/** Puts another session of the key into the entry, in place of what is neither in a list nor refers to anything. */
export function moveToEntry(sessions: usize, entry: usize, other: usize): void {
  const slotSize = load<u32>(tableOf(sessions), TABLE_SLOT_SIZE);
  const at = areaOf(sessions, entry);
  unlinkTimer(sessions, other);
  const rest = load<u32>(at, SESSION_NEXT);
  memory.copy(entry + SLOT_FLAGS, other + SLOT_FLAGS, slotSize - SLOT_FLAGS);
  store<u32>(at, rest, SESSION_NEXT);
  store<u32>(at, load<u32>(at, SESSION_STATE) & ~SESSION_OTHER, SESSION_STATE);
  store<u32>(at, 0, SESSION_TIMER_PREV);
  dropOther(sessions, other);
  linkTimer(sessions, entry);
}

/** Gives all memory of sessions that are no entries back. */
export function dropOthers(sessions: usize): void {
  const table = tableOf(sessions);
  const groups = load<u32>(table, TABLE_GROUP_COUNT);
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  for (let index: u32 = 0; index < groups; ++index) {
    let slot: usize = load<u32>(groupAt(table, index), GROUP_SLOTS_PTR);
    for (let left = capacityOf(groupAt(table, index)); left !== 0; --left, slot += slotSize) {
      if (!isLive(load<u32>(slot, SLOT_META))) continue;
      const at = areaOf(sessions, slot);
      for (let other: usize = load<u32>(at, SESSION_NEXT); other !== 0; ) {
        releaseFields(table, other);
        dropOther(sessions, other);
        other = load<u32>(at, SESSION_NEXT);
      }
    }
  }
}

/** After resolveRows() stopped early: lets the group grow, or says why it stopped. */
export function makeRoomFor(sessions: usize): i32 {
  const table = tableOf(sessions);
  const status = load<i32>(table, TABLE_STATUS);
  return status !== STATUS_DONE ? status : layOut(sessions, load<u32>(table, TABLE_GROW_GROUP));
}

/** Gives memory back where most of it is for keys that have no session. No row may have been resolved. */
export function dropVacant(sessions: usize): void {
  const table = tableOf(sessions);
  const vacant = load<u32>(sessions, SESSIONS_VACANT);
  if (load<u32>(sessions, SESSIONS_COUNT) === 0) {
    if (vacant !== 0) tableClear(table);
    store<u32>(sessions, 0, SESSIONS_VACANT);
    return;
  }
  if (vacant < MIN_VACANT || vacant >> 1 < load<u32>(sessions, SESSIONS_COUNT)) return;
  const groups = load<u32>(table, TABLE_GROUP_COUNT);
  for (let index: u32 = 0; index < groups; ++index) layOut(sessions, groupAt(table, index));
}

/** Lays a group out anew, without its vacant entries. @returns STATUS_DONE or STATUS_OUT_OF_MEMORY */
function layOut(sessions: usize, group: usize): i32 {
  const table = tableOf(sessions);
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  let slot: usize = load<u32>(group, GROUP_SLOTS_PTR);
  for (let left = capacityOf(group); left !== 0; --left, slot += slotSize) {
    if (!isLive(load<u32>(slot, SLOT_META))) continue;
    if (load<u32>(areaOf(sessions, slot), SESSION_STATE) !== 0) {
      unlinkTimer(sessions, slot);
    } else {
      removeEntry(table, group, slot);
      addTo(sessions + SESSIONS_VACANT, -1);
    }
  }
  const status = growGroup(table, group);
  slot = load<u32>(group, GROUP_SLOTS_PTR);
  for (let left = capacityOf(group); left !== 0; --left, slot += slotSize) {
    if (!isLive(load<u32>(slot, SLOT_META))) continue;
    linkTimer(sessions, slot);
    let other: usize = load<u32>(areaOf(sessions, slot), SESSION_NEXT);
    while (other !== 0) {
      store<u32>(other + slotSize, <u32>slot);
      other = load<u32>(areaOf(sessions, other), SESSION_NEXT);
    }
  }
  return status;
}

/** Takes a session that is no entry from its key, and frees its slot; its values are somebody else's. */
function dropOther(sessions: usize, other: usize): void {
  const table = tableOf(sessions);
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  let before = areaOf(sessions, load<u32>(other + slotSize));
  for (
    let next: usize = load<u32>(before, SESSION_NEXT);
    next !== other;
    next = load<u32>(before, SESSION_NEXT)
  ) {
    before = areaOf(sessions, next);
  }
  store<u32>(before, load<u32>(areaOf(sessions, other), SESSION_NEXT), SESSION_NEXT);
  if (!isInlineKey(table)) blockRelease(table, load<u32>(other, SLOT_KEY_BLOCK));
  tableFree(table, other, slotSize + OWNER_BYTES);
}

export function addTo(counter: usize, difference: i32): void {
  store<i32>(counter, load<i32>(counter) + difference);
}
