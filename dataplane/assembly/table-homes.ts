/**
 * Where the search for a key starts. A table of one key group whose inline keys are numbers close together
 * (ids, positions) takes their lower bits: no key meets another, and neighbours lie side by side, so that a
 * row costs a third while such a table fits the caches. Several groups each have some of the numbers in no
 * order, so they hash.
 */
import {
  GROUP_HOMES,
  GROUP_LIMIT,
  GROUP_MASK,
  GROUP_SHIFT,
  GROUP_SIZE_LOG2,
  GROUP_SLOTS_PTR,
  GROUP_USED_COUNT,
  HOMES_CROWDED,
  HOMES_DENSE,
  HOMES_HASHED,
  SCRATCH_ENTRIES,
  SCRATCH_KEY_HASHES,
  SLOT_KEY_WORD,
  SLOT_META,
  TABLE_GROUP_COUNT,
  TABLE_KEYS_PTR,
  TABLE_SCRATCH_PTR,
  TABLE_SEED,
  TABLE_SLOT_SIZE,
} from "../protocol/table-layout.ts";
import { hashU64 } from "./hash.ts";
import { capacityOf, directoryBase, groupAt, isInlineKey } from "./table-slots.ts";

/** Slots a new entry may lie away from a dense home. */
const MAX_DENSE_DISTANCE: usize = 32;

/**
 * Index of the home slot of an inline key.
 *
 * @param shift 64 - log2 of the slots
 * @param homes HOMES_*
 */
export function homeOfKey(table: usize, key: u64, shift: u32, homes: u32): u32 {
  if (homes === HOMES_DENSE) return <u32>((key << (<u64>shift)) >> <u64>shift);
  return <u32>(hashU64(key, load<u64>(table, TABLE_SEED)) >> <u64>shift);
}

/** Index of the home slot of a key by its hash, which has 32 bits. */
export function homeOfHash(hash: u32, shift: u32): u32 {
  return <u32>(((<u64>hash) << 32) >> <u64>shift);
}

/** HOMES_* for laying a group out anew in `capacity` slots; a dense one that is not full is crowded. */
export function homesFor(table: usize, group: usize, capacity: u32): u32 {
  const homes = load<u32>(group, GROUP_HOMES);
  const isFull = load<u32>(group, GROUP_USED_COUNT) >= load<u32>(group, GROUP_LIMIT);
  if (homes === HOMES_CROWDED || (homes === HOMES_DENSE && !isFull)) return HOMES_CROWDED;
  if (load<u32>(table, TABLE_GROUP_COUNT) !== 1 || !isInlineKey(table)) return HOMES_HASHED;
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  let slot: usize = load<u32>(group, GROUP_SLOTS_PTR);
  let least = i64.MAX_VALUE;
  let greatest = i64.MIN_VALUE;
  for (let left = capacityOf(group); left !== 0; --left, slot += slotSize) {
    if (load<u32>(slot, SLOT_META) === 0) continue;
    const key = load<i64>(slot, SLOT_KEY_WORD);
    least = min<i64>(least, key);
    greatest = max<i64>(greatest, key);
  }
  const isDense = least <= greatest && <u64>(greatest - least) < <u64>capacity;
  return isDense ? HOMES_DENSE : HOMES_HASHED;
}

/** Whether an entry made at `slot` would lie so far from its dense home that the group had better hash. */
export function isCrowded(table: usize, group: usize, home: usize, slot: usize): bool {
  if (load<u32>(group, GROUP_HOMES) !== HOMES_DENSE) return false;
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const round: usize = slot < home ? <usize>capacityOf(group) * slotSize : 0;
  return slot + round - home > MAX_DENSE_DISTANCE * slotSize;
}

/** Writes the home slots of prepared rows to SCRATCH_ENTRIES; parameters as of resolveRows(). */
export function locateRows(table: usize, groupsPtr: usize, from: u32, count: u32): void {
  const isInline = isInlineKey(table);
  if (load<u32>(table, TABLE_GROUP_COUNT) !== 1) {
    if (isInline) locateInline(table, groupsPtr, from, count);
    else locateHashed(table, groupsPtr, from, count);
    return;
  }
  const group = groupAt(table, 0);
  if (!isInline) locateHashedIn(table, group, from, count);
  else if (load<u32>(group, GROUP_HOMES) === HOMES_DENSE) locateDenseIn(table, group, from, count);
  else locateInlineIn(table, group, from, count);
}

function locateInline(table: usize, groupsPtr: usize, from: u32, count: u32): void {
  const seed = load<u64>(table, TABLE_SEED);
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const directory = directoryBase(table);
  const keys: usize = load<u32>(table, TABLE_KEYS_PTR);
  const entries: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_ENTRIES;
  for (let row = from; row < count; ++row) {
    const key = load<u64>(keys + ((<usize>row) << 3));
    const group = groupIn(directory, groupsPtr, row);
    const home = <u32>(hashU64(key, seed) >> <u64>load<u32>(group, GROUP_SHIFT));
    store<u32>(entries + ((<usize>row) << 2), load<u32>(group, GROUP_SLOTS_PTR) + home * slotSize);
  }
}

function locateHashed(table: usize, groupsPtr: usize, from: u32, count: u32): void {
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const directory = directoryBase(table);
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  for (let row = from; row < count; ++row) {
    const at: usize = scratch + ((<usize>row) << 2);
    const group = groupIn(directory, groupsPtr, row);
    const home = homeOfHash(load<u32>(at, SCRATCH_KEY_HASHES), load<u32>(group, GROUP_SHIFT));
    store<u32>(at, load<u32>(group, GROUP_SLOTS_PTR) + home * slotSize, SCRATCH_ENTRIES);
  }
}

function groupIn(directory: usize, groupsPtr: usize, row: u32): usize {
  return directory + ((<usize>load<u16>(groupsPtr + ((<usize>row) << 1))) << GROUP_SIZE_LOG2);
}

function locateInlineIn(table: usize, group: usize, from: u32, count: u32): void {
  const seed = load<u64>(table, TABLE_SEED);
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const shift: u64 = load<u32>(group, GROUP_SHIFT);
  const slots = load<u32>(group, GROUP_SLOTS_PTR);
  const keys: usize = load<u32>(table, TABLE_KEYS_PTR);
  const entries: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_ENTRIES;
  for (let row = from; row < count; ++row) {
    const home = <u32>(hashU64(load<u64>(keys + ((<usize>row) << 3)), seed) >> shift);
    store<u32>(entries + ((<usize>row) << 2), slots + home * slotSize);
  }
}

function locateDenseIn(table: usize, group: usize, from: u32, count: u32): void {
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const mask = load<u32>(group, GROUP_MASK);
  const slots = load<u32>(group, GROUP_SLOTS_PTR);
  const keys: usize = load<u32>(table, TABLE_KEYS_PTR);
  const entries: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_ENTRIES;
  for (let row = from; row < count; ++row) {
    const home = load<u32>(keys + ((<usize>row) << 3)) & mask;
    store<u32>(entries + ((<usize>row) << 2), slots + home * slotSize);
  }
}

function locateHashedIn(table: usize, group: usize, from: u32, count: u32): void {
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const shift = load<u32>(group, GROUP_SHIFT);
  const slots = load<u32>(group, GROUP_SLOTS_PTR);
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  for (let row = from; row < count; ++row) {
    const at: usize = scratch + ((<usize>row) << 2);
    const home = homeOfHash(load<u32>(at, SCRATCH_KEY_HASHES), shift);
    store<u32>(at, slots + home * slotSize, SCRATCH_ENTRIES);
  }
}
