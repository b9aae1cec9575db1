/**
 * A table: keyed entries by key group, each group an open-addressing table of its own with linear
 * probing. Groups start without slots, double when they fill up and shrink with what they hold; one
 * group is laid out again at a time. Small groups stay half empty, where mispredicted probes cost most;
 * big ones fill to three quarters, where cache misses do.
 */
import {
  GROUP_MASK,
  GROUP_SHIFT,
  GROUP_SIZE,
  GROUP_SLOTS_PTR,
  SCRATCH_SIZE,
  SLOT_META,
  TABLE_BASE_EPOCH,
  TABLE_BYTE_COUNT,
  TABLE_DIRECTORY_PTR,
  TABLE_EMPTY_SLOTS_PTR,
  TABLE_ENTRY_COUNT,
  TABLE_EPOCH,
  TABLE_FIRST_EPOCH,
  TABLE_FIRST_GROUP,
  TABLE_FROZEN_EPOCH,
  TABLE_GROUP_COUNT,
  TABLE_KEY_BUFFER_PTR,
  TABLE_KEY_BUFFER_SIZE,
  TABLE_LAYOUT_PTR,
  TABLE_LAYOUT_SLOT_SIZE,
  TABLE_MAGIC,
  TABLE_ROOT_SIZE,
  TABLE_SCRATCH_PTR,
  TABLE_SEED,
  TABLE_SLOT_SIZE,
} from "../protocol/table-layout.ts";
import { alloc, blockSize, free } from "./allocator.ts";
import { dropChunks, tableAlloc, tableAllocZeroed, tableFree } from "./table-block.ts";
import { freeSlots } from "./table-grow.ts";
import { capacityOf, groupAt, releaseSlot } from "./table-slots.ts";
import { dropDirty, releaseImages } from "./table-track.ts";

const EMPTY_CAPACITY: u32 = 2;

/**
 * @param layout     its layout descriptor; lives as long as the table
 * @param firstGroup first key group it holds
 * @param groupCount key groups it holds
 * @returns its address, or 0 when out of memory
 */
export function tableCreate(layout: usize, firstGroup: u32, groupCount: u32, seed: u64): usize {
  const table = alloc(TABLE_ROOT_SIZE);
  if (table === 0) return 0;
  memory.fill(table, 0, TABLE_ROOT_SIZE);
  const slotSize = load<u32>(layout, TABLE_LAYOUT_SLOT_SIZE);
  store<u32>(table, TABLE_MAGIC);
  store<u32>(table, <u32>layout, TABLE_LAYOUT_PTR);
  store<u32>(table, groupCount, TABLE_GROUP_COUNT);
  store<u32>(table, firstGroup, TABLE_FIRST_GROUP);
  store<u32>(table, slotSize, TABLE_SLOT_SIZE);
  store<u32>(table, TABLE_FIRST_EPOCH, TABLE_EPOCH);
  store<u64>(table, seed, TABLE_SEED);
  store<u64>(table, blockSize(TABLE_ROOT_SIZE), TABLE_BYTE_COUNT);
  const empty = tableAllocZeroed(table, EMPTY_CAPACITY * slotSize);
  const directory = tableAllocZeroed(table, groupCount * GROUP_SIZE);
  const scratch = tableAlloc(table, SCRATCH_SIZE);
  store<u32>(table, <u32>empty, TABLE_EMPTY_SLOTS_PTR);
  store<u32>(table, <u32>directory, TABLE_DIRECTORY_PTR);
  store<u32>(table, <u32>scratch, TABLE_SCRATCH_PTR);
  if (empty === 0 || directory === 0 || scratch === 0) {
    freeRoot(table);
    return 0;
  }
  for (let index: u32 = 0; index < groupCount; ++index) resetGroup(table, groupAt(table, index));
  return table;
}

/** Gives back every block, the root and all it refers to; not the layout. */
export function tableDispose(table: usize): void {
  tableClear(table);
  freeRoot(table);
}

/** Removes all entries. A snapshot being encoded is given up; the next one holds everything. */
export function tableClear(table: usize): void {
  const groups = load<u32>(table, TABLE_GROUP_COUNT);
  for (let index: u32 = 0; index < groups; ++index) {
    const group = groupAt(table, index);
    releaseImages(table, group);
    dropDirty(table, group);
    releaseSlots(table, group);
    resetGroup(table, group);
  }
  dropChunks(table);
  store<u32>(table, 0, TABLE_ENTRY_COUNT);
  store<u32>(table, 0, TABLE_BASE_EPOCH);
  store<u32>(table, 0, TABLE_FROZEN_EPOCH);
}

function resetGroup(table: usize, group: usize): void {
  memory.fill(group, 0, GROUP_SIZE);
  store<u32>(group, load<u32>(table, TABLE_EMPTY_SLOTS_PTR), GROUP_SLOTS_PTR);
  store<u32>(group, 64 - ctz<u32>(EMPTY_CAPACITY), GROUP_SHIFT);
  store<u32>(group, EMPTY_CAPACITY - 1, GROUP_MASK);
}

function releaseSlots(table: usize, group: usize): void {
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  let slot: usize = load<u32>(group, GROUP_SLOTS_PTR);
  for (let left = capacityOf(group); left !== 0; --left, slot += slotSize) {
    if (load<u32>(slot, SLOT_META) !== 0) releaseSlot(table, slot);
  }
  freeSlots(table, group);
}

function freeRoot(table: usize): void {
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const groupCount = load<u32>(table, TABLE_GROUP_COUNT);
  tableFree(table, load<u32>(table, TABLE_EMPTY_SLOTS_PTR), EMPTY_CAPACITY * slotSize);
  tableFree(table, load<u32>(table, TABLE_DIRECTORY_PTR), groupCount * GROUP_SIZE);
  tableFree(table, load<u32>(table, TABLE_SCRATCH_PTR), SCRATCH_SIZE);
  tableFree(table, load<u32>(table, TABLE_KEY_BUFFER_PTR), load<u32>(table, TABLE_KEY_BUFFER_SIZE));
  free(table, TABLE_ROOT_SIZE);
}
