/**
 * Finding the entries of a run of rows, in three passes: first the home slot of every row (table-homes.ts),
 * then a look at each (table-match.ts), then the rows whose entry is not there, in order. The loads of the
 * second pass do not wait for one another, so that cache misses overlap (at a million keys a quarter faster
 * than one pass), and no branch depends on a number that is the key. Linear probing: SIMD tags gained
 * nothing at the loads the groups are kept at, and cost a third where the table exceeds the cache.
 *
 * resolveRows stops in front of a row whose group must grow, since growing moves slots: the caller
 * finishes with the rows so far, calls growGroup for TABLE_GROW_GROUP and goes on behind them.
 */
import { STATUS_DONE, STATUS_OUT_OF_MEMORY } from "../protocol/status.ts";
import {
  BLOCK_BYTES,
  BLOCK_LENGTH,
  GROUP_HOMES,
  GROUP_LIMIT,
  GROUP_LIVE_COUNT,
  GROUP_SHIFT,
  GROUP_SIZE_LOG2,
  GROUP_SLOTS_PTR,
  GROUP_USED_COUNT,
  SCRATCH_ENTRIES,
  SCRATCH_KEY_HASHES,
  SCRATCH_KEY_LENGTHS,
  SCRATCH_KEY_PTRS,
  SCRATCH_KEYS,
  SCRATCH_MISSED,
  SCRATCH_NEW_ROWS,
  SLOT_FIELDS,
  SLOT_FLAGS,
  SLOT_KEY_BLOCK,
  SLOT_KEY_HASH,
  SLOT_KEY_WORD,
  SLOT_META,
  TABLE_DELETED,
  TABLE_ENTRY_COUNT,
  TABLE_EPOCH,
  TABLE_GROW_GROUP,
  TABLE_KEYS_PTR,
  TABLE_MAX_KEY_LENGTH,
  TABLE_NEW_COUNT,
  TABLE_SCRATCH_PTR,
  TABLE_SLOT_SIZE,
  TABLE_STATUS,
} from "../protocol/table-layout.ts";
import { equalBytes } from "./bytes.ts";
import { blockOf } from "./table-block.ts";
import { homeOfHash, homeOfKey, isCrowded, locateRows } from "./table-homes.ts";
import { matchBytes, matchInline } from "./table-match.ts";
import {
  capacityOf,
  directoryBase,
  forgetSlot,
  groupAt,
  isInlineKey,
  isLive,
  releaseFields,
} from "./table-slots.ts";
import { isTracking, markDirty, touch } from "./table-track.ts";

/**
 * Finds or makes the entries of prepared rows `from` to `count`; what it answers lies in the scratch
 * area: the slot of each row, and which rows made theirs.
 *
 * @param groupsPtr u16 key groups of the prepared rows, all owned by the table; 0 = it has only one
 * @returns first row not resolved; below `count` either TABLE_GROW_GROUP is set, or the status
 */
export function resolveRows(table: usize, groupsPtr: usize, from: u32, count: u32): u32 {
  store<u32>(table, 0, TABLE_NEW_COUNT);
  store<u32>(table, 0, TABLE_GROW_GROUP);
  store<i32>(table, STATUS_DONE, TABLE_STATUS);
  locateRows(table, groupsPtr, from, count);
  if (isInlineKey(table)) {
    return probeInlineRows(table, groupsPtr, matchInline(table, from, count), count);
  }
  return probeBytesRows(table, groupsPtr, matchBytes(table, from, count), count);
}

/** The live entry of one prepared row, 0 if there is none. */
export function findRow(table: usize, group: usize, row: u32): usize {
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const isInline = isInlineKey(table);
  const keys: usize = isInline ? <usize>load<u32>(table, TABLE_KEYS_PTR) : scratch + SCRATCH_KEYS;
  const key = load<u64>(keys + ((<usize>row) << 3));
  const at: usize = scratch + ((<usize>row) << 2);
  const shift = load<u32>(group, GROUP_SHIFT);
  const home = isInline
    ? homeOfKey(table, key, shift, load<u32>(group, GROUP_HOMES))
    : homeOfHash(load<u32>(at, SCRATCH_KEY_HASHES), shift);
  const slots: usize = load<u32>(group, GROUP_SLOTS_PTR);
  const end: usize = slots + <usize>capacityOf(group) * slotSize;
  let slot: usize = slots + <usize>home * slotSize;
  while (true) {
    const meta = load<u32>(slot, SLOT_META);
    if (meta === 0) return 0;
    const isSame = isInline ? load<u64>(slot, SLOT_KEY_WORD) === key : hasKey(slot, at, key);
    if (isSame && isLive(meta)) return slot;
    slot += slotSize;
    if (slot === end) slot = slots;
  }
}

/** Deletes a live entry. False when out of memory: then nothing has changed. */
export function removeEntry(table: usize, group: usize, slot: usize): bool {
  if (load<u32>(slot, SLOT_META) !== load<u32>(table, TABLE_EPOCH) && !touch(table, group, slot)) {
    return false;
  }
  if (isTracking(table)) {
    store<u32>(slot, load<u32>(table, TABLE_EPOCH) | <u32>TABLE_DELETED, SLOT_META);
  } else {
    forgetSlot(table, slot);
  }
  store<u32>(group, load<u32>(group, GROUP_LIVE_COUNT) - 1, GROUP_LIVE_COUNT);
  store<u32>(table, load<u32>(table, TABLE_ENTRY_COUNT) - 1, TABLE_ENTRY_COUNT);
  return true;
}

/** Directory entry of a row's key group. */
function groupOf(table: usize, groupsPtr: usize, row: u32): usize {
  if (groupsPtr === 0) return groupAt(table, 0);
  const directory = directoryBase(table);
  return directory + ((<usize>load<u16>(groupsPtr + ((<usize>row) << 1))) << GROUP_SIZE_LOG2);
}

/** Finds or makes the entries of the missed rows. @returns first row that could not have one, or `count` */
function probeInlineRows(table: usize, groupsPtr: usize, missed: u32, count: u32): u32 {
  const keys: usize = load<u32>(table, TABLE_KEYS_PTR);
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  for (let index: u32 = 0; index < missed; ++index) {
    const row = load<u32>(scratch + ((<usize>index) << 2), SCRATCH_MISSED);
    const at: usize = scratch + ((<usize>row) << 2);
    const key = load<u64>(keys + ((<usize>row) << 3));
    const slot: usize = load<u32>(at, SCRATCH_ENTRIES);
    const found = probeInline(table, groupOf(table, groupsPtr, row), slot, key, row);
    if (found === 0) return row;
    store<u32>(at, <u32>found, SCRATCH_ENTRIES);
  }
  return count;
}

/** Goes on from a slot that was not a plain hit. A group always has an empty slot, so this ends. */
function probeInline(table: usize, group: usize, home: usize, key: u64, row: u32): usize {
  const epoch = load<u32>(table, TABLE_EPOCH);
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const slots: usize = load<u32>(group, GROUP_SLOTS_PTR);
  const end: usize = slots + <usize>capacityOf(group) * slotSize;
  let slot = home;
  while (true) {
    const meta = load<u32>(slot, SLOT_META);
    if (meta === 0) break;
    if (load<u64>(slot, SLOT_KEY_WORD) === key) {
      if (meta === epoch) return slot;
      if (meta !== <u32>TABLE_DELETED) return change(table, group, slot, row);
    }
    slot += slotSize;
    if (slot === end) slot = slots;
  }
  if (isCrowded(table, group, home, slot)) {
    store<u32>(table, <u32>group, TABLE_GROW_GROUP);
    return 0;
  }
  if (!occupy(table, group, slot)) return 0;
  store<u64>(slot, key, SLOT_KEY_WORD);
  countNew(table, group, row);
  return slot;
}

/** probeInlineRows for keys that are blocks. */
function probeBytesRows(table: usize, groupsPtr: usize, missed: u32, count: u32): u32 {
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  for (let index: u32 = 0; index < missed; ++index) {
    const row = load<u32>(scratch + ((<usize>index) << 2), SCRATCH_MISSED);
    const at: usize = scratch + ((<usize>row) << 2);
    const head = load<u64>(scratch + ((<usize>row) << 3), SCRATCH_KEYS);
    const slot: usize = load<u32>(at, SCRATCH_ENTRIES);
    const found = probeBytes(table, groupOf(table, groupsPtr, row), slot, at, head, row);
    if (found === 0) return row;
    store<u32>(at, <u32>found, SCRATCH_ENTRIES);
  }
  return count;
}

/** Like probeInline; `at` is where the key of the row is described in the scratch area. */
function probeBytes(
  table: usize,
  group: usize,
  slot: usize,
  at: usize,
  head: u64,
  row: u32,
): usize {
  const epoch = load<u32>(table, TABLE_EPOCH);
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const slots: usize = load<u32>(group, GROUP_SLOTS_PTR);
  const end: usize = slots + <usize>capacityOf(group) * slotSize;
  while (true) {
    const meta = load<u32>(slot, SLOT_META);
    if (meta === 0) break;
    if (meta !== <u32>TABLE_DELETED && hasKey(slot, at, head)) {
      return meta === epoch ? slot : change(table, group, slot, row);
    }
    slot += slotSize;
    if (slot === end) slot = slots;
  }
  if (!occupy(table, group, slot)) return 0;
  const length = load<u32>(at, SCRATCH_KEY_LENGTHS);
  const block = blockOf(table, load<u32>(at, SCRATCH_KEY_PTRS), length);
  if (block === 0) {
    store<u32>(slot, 0, SLOT_META);
    store<i32>(table, STATUS_OUT_OF_MEMORY, TABLE_STATUS);
    return 0;
  }
  store<u32>(slot, <u32>block, SLOT_KEY_BLOCK);
  store<u32>(slot, load<u32>(at, SCRATCH_KEY_HASHES), SLOT_KEY_HASH);
  if (length > load<u32>(table, TABLE_MAX_KEY_LENGTH))
    store<u32>(table, length, TABLE_MAX_KEY_LENGTH);
  countNew(table, group, row);
  return slot;
}

/** Whether a slot that is not empty has the key described at `at`; `head` are its first eight bytes. */
function hasKey(slot: usize, at: usize, head: u64): bool {
  if (load<u32>(slot, SLOT_KEY_HASH) !== load<u32>(at, SCRATCH_KEY_HASHES)) return false;
  const block: usize = load<u32>(slot, SLOT_KEY_BLOCK);
  if (block === 0) return false; // forgotten
  const length = load<u32>(block, BLOCK_LENGTH);
  if (length !== load<u32>(at, SCRATCH_KEY_LENGTHS)) return false;
  if (load<u64>(block, BLOCK_BYTES) !== head) return false;
  if (length <= 8) return true;
  const bytes: usize = load<u32>(at, SCRATCH_KEY_PTRS);
  return equalBytes(block + BLOCK_BYTES, bytes, length);
}

/** Takes an empty slot of the group. False if the group must grow first, or out of memory. */
function occupy(table: usize, group: usize, slot: usize): bool {
  if (load<u32>(group, GROUP_USED_COUNT) >= load<u32>(group, GROUP_LIMIT)) {
    store<u32>(table, <u32>group, TABLE_GROW_GROUP);
    return false;
  }
  if (!markDirty(table, group, slot)) {
    store<i32>(table, STATUS_OUT_OF_MEMORY, TABLE_STATUS);
    return false;
  }
  store<u32>(slot, load<u32>(table, TABLE_EPOCH), SLOT_META);
  return true;
}

function countNew(table: usize, group: usize, row: u32): void {
  store<u32>(group, load<u32>(group, GROUP_USED_COUNT) + 1, GROUP_USED_COUNT);
  noteNew(table, group, row);
}

function noteNew(table: usize, group: usize, row: u32): void {
  const count = load<u32>(table, TABLE_NEW_COUNT);
  const newRows: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_NEW_ROWS;
  store<u32>(newRows + ((<usize>count) << 2), row);
  store<u32>(table, count + 1, TABLE_NEW_COUNT);
  store<u32>(group, load<u32>(group, GROUP_LIVE_COUNT) + 1, GROUP_LIVE_COUNT);
  store<u32>(table, load<u32>(table, TABLE_ENTRY_COUNT) + 1, TABLE_ENTRY_COUNT);
}

/** First change of an entry in this epoch, or a deleted one made again in its old slot. */
function change(table: usize, group: usize, slot: usize, row: u32): usize {
  const meta = load<u32>(slot, SLOT_META);
  if (!touch(table, group, slot)) {
    store<i32>(table, STATUS_OUT_OF_MEMORY, TABLE_STATUS);
    return 0;
  }
  if (isLive(meta)) return slot;
  releaseFields(table, slot);
  memory.fill(slot + SLOT_FIELDS, 0, load<u32>(table, TABLE_SLOT_SIZE) - SLOT_FIELDS);
  store<u32>(slot, 0, SLOT_FLAGS);
  noteNew(table, group, row);
  return slot;
}
