/** Laying out a group of a table anew: growth, and clearing away what was deleted. */

import { STATUS_DONE, STATUS_OUT_OF_MEMORY } from "../protocol/status.ts";
import {
  GROUP_DIRTY_PTR,
  GROUP_FROZEN_DIRTY_PTR,
  GROUP_HOMES,
  GROUP_LIMIT,
  GROUP_LIVE_COUNT,
  GROUP_MASK,
  GROUP_SHIFT,
  GROUP_SLOTS_PTR,
  GROUP_USED_COUNT,
  SLOT_KEY_HASH,
  SLOT_KEY_WORD,
  SLOT_META,
  TABLE_BASE_EPOCH,
  TABLE_EMPTY_SLOTS_PTR,
  TABLE_ENCODE_GROUP,
  TABLE_ENCODE_SLOT,
  TABLE_FROZEN_EPOCH,
  TABLE_NONE,
  TABLE_SLOT_SIZE,
} from "../protocol/table-layout.ts";
import { tableAllocZeroed, tableFree } from "./table-block.ts";
import { homeOfHash, homeOfKey, homesFor } from "./table-homes.ts";
import {
  capacityOf,
  epochOf,
  groupAt,
  indexOfGroup,
  isInlineKey,
  isLive,
  releaseSlot,
} from "./table-slots.ts";
import { dropDirty, isPending, isTracking, saveImage, setBit } from "./table-track.ts";

const FIRST_CAPACITY: u32 = 8;
const LARGE_CAPACITY: u32 = 4096;
const MAX_SLOT_BYTES: u64 = 0x40000000;

/**
 * Lays a group out anew, at a size that fits what it holds and a quarter more.
 *
 * @returns STATUS_DONE, or STATUS_OUT_OF_MEMORY with nothing changed
 */
export function growGroup(table: usize, group: usize): i32 {
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  if (!saveRestOfSnapshot(table, group)) return STATUS_OUT_OF_MEMORY;
  const staying = load<u32>(group, GROUP_USED_COUNT) - forgettable(table, group);
  const capacity = capacityFor(staying + (staying >> 2) + 1);
  if (<u64>capacity * slotSize > MAX_SLOT_BYTES) return STATUS_OUT_OF_MEMORY;
  const slots = tableAllocZeroed(table, capacity * slotSize);
  if (slots === 0) return STATUS_OUT_OF_MEMORY;
  const bitmap: u32 = ((capacity + 63) >> 6) << 3;
  const hasDirty = load<u32>(group, GROUP_DIRTY_PTR) !== 0;
  const hasFrozen = load<u32>(group, GROUP_FROZEN_DIRTY_PTR) !== 0;
  const dirty = hasDirty ? tableAllocZeroed(table, bitmap) : 0;
  const frozenDirty = hasFrozen ? tableAllocZeroed(table, bitmap) : 0;
  if ((hasDirty && dirty === 0) || (hasFrozen && frozenDirty === 0)) {
    tableFree(table, slots, capacity * slotSize);
    tableFree(table, dirty, bitmap);
    tableFree(table, frozenDirty, bitmap);
    return STATUS_OUT_OF_MEMORY;
  }
  const shift: u32 = 64 - ctz<u32>(capacity);
  const homes = homesFor(table, group, capacity);
  const used = moveSlots(table, group, slots, shift, homes);
  dropDirty(table, group);
  freeSlots(table, group);
  store<u32>(group, <u32>slots, GROUP_SLOTS_PTR);
  store<u32>(group, shift, GROUP_SHIFT);
  store<u32>(group, homes, GROUP_HOMES);
  store<u32>(group, capacity - 1, GROUP_MASK);
  store<u32>(group, limitOf(capacity), GROUP_LIMIT);
  store<u32>(group, used, GROUP_USED_COUNT);
  store<u32>(group, <u32>dirty, GROUP_DIRTY_PTR);
  store<u32>(group, <u32>frozenDirty, GROUP_FROZEN_DIRTY_PTR);
  markMoved(table, group);
  return STATUS_DONE;
}

/**
 * Lays an empty table of one key group out for so many entries, so that it need not grow on the way. Does
 * nothing where there is no memory for that.
 *
 * @param homes HOMES_* of a table that held the like
 */
export function tableReserve(table: usize, entries: u32, homes: u32): void {
  const group = groupAt(table, 0);
  const capacity = capacityFor(entries + (entries >> 3) + 1);
  const bytes: u64 = <u64>capacity * load<u32>(table, TABLE_SLOT_SIZE);
  if (bytes > MAX_SLOT_BYTES || load<u32>(group, GROUP_USED_COUNT) !== 0) return;
  const slots = tableAllocZeroed(table, <u32>bytes);
  if (slots === 0) return;
  freeSlots(table, group);
  store<u32>(group, <u32>slots, GROUP_SLOTS_PTR);
  store<u32>(group, 64 - ctz<u32>(capacity), GROUP_SHIFT);
  store<u32>(group, homes, GROUP_HOMES);
  store<u32>(group, capacity - 1, GROUP_MASK);
  store<u32>(group, limitOf(capacity), GROUP_LIMIT);
}

/** Index of the home slot of an entry, computed from what its slot holds. */
function homeOfSlot(table: usize, slot: usize, shift: u32, homes: u32): u32 {
  if (isInlineKey(table)) return homeOfKey(table, load<u64>(slot, SLOT_KEY_WORD), shift, homes);
  return homeOfHash(load<u32>(slot, SLOT_KEY_HASH), shift);
}

function capacityFor(entries: u32): u32 {
  let capacity = FIRST_CAPACITY;
  while (limitOf(capacity) < entries) capacity <<= 1;
  return capacity;
}

function limitOf(capacity: u32): u32 {
  return capacity < LARGE_CAPACITY ? capacity >> 1 : (capacity >> 2) * 3;
}

/** Whether a deleted entry has to stay: a snapshot of changes still has to name it. */
function isNeeded(table: usize, group: usize, meta: u32): bool {
  const epoch = epochOf(meta);
  if (epoch === 0 || !isTracking(table)) return false;
  const isEncoded = indexOfGroup(table, group) < load<u32>(table, TABLE_ENCODE_GROUP);
  const frozen = load<u32>(table, TABLE_FROZEN_EPOCH);
  if (frozen !== 0 && epoch > frozen) return true;
  return !(frozen !== 0 && isEncoded) && epoch >= load<u32>(table, TABLE_BASE_EPOCH);
}

/** Deleted entries of a group that need not be kept. */
function forgettable(table: usize, group: usize): u32 {
  const deleted = load<u32>(group, GROUP_USED_COUNT) - load<u32>(group, GROUP_LIVE_COUNT);
  if (deleted === 0) return 0;
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  let slot: usize = load<u32>(group, GROUP_SLOTS_PTR);
  let count: u32 = 0;
  for (let left = capacityOf(group); left !== 0; --left, slot += slotSize) {
    const meta = load<u32>(slot, SLOT_META);
    if (meta !== 0 && !isLive(meta) && !isNeeded(table, group, meta)) ++count;
  }
  return count;
}

/** Copies what stays to its new home; answers how many slots that takes. */
function moveSlots(table: usize, group: usize, slots: usize, shift: u32, homes: u32): u32 {
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const end: usize = slots + ((<usize>slotSize) << (64 - shift));
  let source: usize = load<u32>(group, GROUP_SLOTS_PTR);
  let used: u32 = 0;
  for (let left = capacityOf(group); left !== 0; --left, source += slotSize) {
    const meta = load<u32>(source, SLOT_META);
    if (meta === 0) continue;
    if (!isLive(meta) && !isNeeded(table, group, meta)) {
      releaseSlot(table, source);
      continue;
    }
    let slot: usize = slots + <usize>homeOfSlot(table, source, shift, homes) * slotSize;
    while (load<u32>(slot, SLOT_META) !== 0) {
      slot += slotSize;
      if (slot === end) slot = slots;
    }
    copySlot(slot, source, slotSize);
    ++used;
  }
  return used;
}

function copySlot(target: usize, source: usize, slotSize: u32): void {
  const end: usize = source + slotSize;
  for (; source < end; source += 8, target += 8) store<u64>(target, load<u64>(source));
}

/** Sets the bits of slots that have moved, by the epochs they carry. */
function markMoved(table: usize, group: usize): void {
  const dirty: usize = load<u32>(group, GROUP_DIRTY_PTR);
  const frozenDirty: usize = load<u32>(group, GROUP_FROZEN_DIRTY_PTR);
  if ((dirty | frozenDirty) === 0) return;
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const frozen = load<u32>(table, TABLE_FROZEN_EPOCH);
  const base = load<u32>(table, TABLE_BASE_EPOCH);
  const capacity = capacityOf(group);
  let slot: usize = load<u32>(group, GROUP_SLOTS_PTR);
  for (let index: u32 = 0; index < capacity; ++index, slot += slotSize) {
    const epoch = epochOf(load<u32>(slot, SLOT_META));
    if (epoch === 0 || epoch < base) continue;
    if (epoch > frozen) {
      if (dirty !== 0) setBit(dirty, index);
    } else if (frozenDirty !== 0) {
      setBit(frozenDirty, index);
    }
  }
}

/** Saves what the encoder has not seen of a group it is in the middle of. False when out of memory. */
function saveRestOfSnapshot(table: usize, group: usize): bool {
  if (load<u32>(table, TABLE_FROZEN_EPOCH) === 0) return true;
  if (indexOfGroup(table, group) !== load<u32>(table, TABLE_ENCODE_GROUP)) return true;
  const first = load<u32>(table, TABLE_ENCODE_SLOT);
  if (first === 0 || first === <u32>TABLE_NONE) return true;
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const capacity = capacityOf(group);
  let slot: usize = <usize>load<u32>(group, GROUP_SLOTS_PTR) + first * slotSize;
  for (let index = first; index < capacity; ++index, slot += slotSize) {
    const meta = load<u32>(slot, SLOT_META);
    if (isPending(table, group, slot, meta) && !saveImage(table, group, slot)) return false;
  }
  store<u32>(table, <u32>TABLE_NONE, TABLE_ENCODE_SLOT);
  return true;
}

/** Gives the slots of a group back. */
export function freeSlots(table: usize, group: usize): void {
  const slots: usize = load<u32>(group, GROUP_SLOTS_PTR);
  if (slots === load<u32>(table, TABLE_EMPTY_SLOTS_PTR)) return;
  tableFree(table, slots, capacityOf(group) * load<u32>(table, TABLE_SLOT_SIZE));
}
