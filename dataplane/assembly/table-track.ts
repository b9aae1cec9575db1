/**
 * What changes in a table, and what it was when the table was frozen.
 *
 * An entry carries the epoch of its last change. Its first change in an epoch sets its bit in the
 * group's dirty bitmap; a freeze starts a new epoch and hands the bitmaps over to the encoder, which
 * walks groups and slots in order. A change that hits an entry the encoder has not come to yet saves a
 * copy of the slot first; copies share blocks with the slot by reference count. Entries made after the
 * freeze carry a later epoch, and the encoder passes them by.
 *
 * Before the first freeze nothing is tracked, since the first snapshot holds everything.
 */

import { STATUS_TABLE_FROZEN } from "../protocol/status.ts";
import {
  GROUP_DIRTY_PTR,
  GROUP_FROZEN_DIRTY_PTR,
  GROUP_IMAGE_CAPACITY,
  GROUP_IMAGE_COUNT,
  GROUP_IMAGES_PTR,
  SLOT_META,
  TABLE_BASE_EPOCH,
  TABLE_DELTA,
  TABLE_ENCODE_GROUP,
  TABLE_ENCODE_IMAGE,
  TABLE_ENCODE_MODE,
  TABLE_ENCODE_SLOT,
  TABLE_EPOCH,
  TABLE_FROZEN_EPOCH,
  TABLE_FULL,
  TABLE_GROUP_COUNT,
  TABLE_SLOT_SIZE,
} from "../protocol/table-layout.ts";
import { tableAlloc, tableAllocZeroed, tableFree } from "./table-block.ts";
import {
  capacityOf,
  epochOf,
  groupAt,
  indexOfGroup,
  isLive,
  releaseSlot,
  retainSlot,
  slotIndexOf,
} from "./table-slots.ts";

const FIRST_IMAGES: u32 = 8;

/**
 * Marks an entry as changed now; called before it changes, where its meta is not the current epoch.
 *
 * @returns false when out of memory: the entry must not be changed
 */
export function touch(table: usize, group: usize, slot: usize): bool {
  const meta = load<u32>(slot, SLOT_META);
  if (isPending(table, group, slot, meta) && !saveImage(table, group, slot)) return false;
  if (!markDirty(table, group, slot)) return false;
  store<u32>(slot, load<u32>(table, TABLE_EPOCH), SLOT_META);
  return true;
}

/** Sets the bit of a slot whose entry changes now. False when out of memory. */
export function markDirty(table: usize, group: usize, slot: usize): bool {
  if (!isTracking(table)) return true;
  let bitmap: usize = load<u32>(group, GROUP_DIRTY_PTR);
  if (bitmap === 0) {
    bitmap = tableAllocZeroed(table, bitmapSize(group));
    if (bitmap === 0) return false;
    store<u32>(group, <u32>bitmap, GROUP_DIRTY_PTR);
  }
  setBit(bitmap, slotIndexOf(table, group, slot));
  return true;
}

/** Whether deletions have to be remembered for a snapshot of changes. */
export function isTracking(table: usize): bool {
  return (load<u32>(table, TABLE_BASE_EPOCH) | load<u32>(table, TABLE_FROZEN_EPOCH)) !== 0;
}

/**
 * Fixes the entries as they are now for encodeStep.
 *
 * @param mode TABLE_FULL or TABLE_DELTA; with no earlier snapshot a delta holds everything
 * @returns the mode it will be encoded in, or STATUS_TABLE_FROZEN
 */
export function tableFreeze(table: usize, mode: i32): i32 {
  if (load<u32>(table, TABLE_FROZEN_EPOCH) !== 0) return STATUS_TABLE_FROZEN;
  const actual = load<u32>(table, TABLE_BASE_EPOCH) === 0 ? TABLE_FULL : mode;
  const epoch = load<u32>(table, TABLE_EPOCH);
  store<u32>(table, epoch, TABLE_FROZEN_EPOCH);
  store<u32>(table, epoch + 1, TABLE_EPOCH);
  store<u32>(table, actual, TABLE_ENCODE_MODE);
  store<u32>(table, 0, TABLE_ENCODE_GROUP);
  store<u32>(table, 0, TABLE_ENCODE_SLOT);
  store<u32>(table, 0, TABLE_ENCODE_IMAGE);
  const groups = load<u32>(table, TABLE_GROUP_COUNT);
  for (let index: u32 = 0; index < groups; ++index) {
    const group = groupAt(table, index);
    store<u32>(group, load<u32>(group, GROUP_DIRTY_PTR), GROUP_FROZEN_DIRTY_PTR);
    store<u32>(group, 0, GROUP_DIRTY_PTR);
  }
  return actual;
}

/** Gives a frozen table up before it is encoded to its end. The next snapshot holds everything. */
export function tableThaw(table: usize): void {
  if (load<u32>(table, TABLE_FROZEN_EPOCH) === 0) return;
  const groups = load<u32>(table, TABLE_GROUP_COUNT);
  for (let index: u32 = 0; index < groups; ++index) {
    const group = groupAt(table, index);
    releaseImages(table, group);
    dropDirty(table, group);
  }
  store<u32>(table, 0, TABLE_BASE_EPOCH);
  store<u32>(table, 0, TABLE_FROZEN_EPOCH);
}

/**
 * Whether the encoder still has to see the entry in a slot, judged by the slot's meta. Only for slots
 * that lie in the group now.
 */
export function isPending(table: usize, group: usize, slot: usize, meta: u32): bool {
  if (!belongsToSnapshot(table, meta)) return false;
  const index = indexOfGroup(table, group);
  const current = load<u32>(table, TABLE_ENCODE_GROUP);
  if (index !== current) return index > current;
  return slotIndexOf(table, group, slot) >= load<u32>(table, TABLE_ENCODE_SLOT);
}

/** Whether an entry with this meta is part of the snapshot being encoded. */
export function belongsToSnapshot(table: usize, meta: u32): bool {
  const frozen = load<u32>(table, TABLE_FROZEN_EPOCH);
  const epoch = epochOf(meta);
  if (frozen === 0 || epoch === 0 || epoch > frozen) return false;
  if (load<u32>(table, TABLE_ENCODE_MODE) !== TABLE_DELTA) return isLive(meta);
  return epoch >= load<u32>(table, TABLE_BASE_EPOCH);
}

/** Appends a copy of the slot to the group's images. False when out of memory. */
export function saveImage(table: usize, group: usize, slot: usize): bool {
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const count = load<u32>(group, GROUP_IMAGE_COUNT);
  const capacity = load<u32>(group, GROUP_IMAGE_CAPACITY);
  let images: usize = load<u32>(group, GROUP_IMAGES_PTR);
  if (count === capacity) {
    const larger = max<u32>(FIRST_IMAGES, capacity << 1);
    const copy = tableAlloc(table, larger * slotSize);
    if (copy === 0) return false;
    memory.copy(copy, images, count * slotSize);
    tableFree(table, images, capacity * slotSize);
    images = copy;
    store<u32>(group, <u32>images, GROUP_IMAGES_PTR);
    store<u32>(group, larger, GROUP_IMAGE_CAPACITY);
  }
  memory.copy(images + count * slotSize, slot, slotSize);
  retainSlot(table, slot);
  store<u32>(group, count + 1, GROUP_IMAGE_COUNT);
  return true;
}

/** Gives back the images of a group. */
export function releaseImages(table: usize, group: usize): void {
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const images: usize = load<u32>(group, GROUP_IMAGES_PTR);
  if (images === 0) return;
  const count = load<u32>(group, GROUP_IMAGE_COUNT);
  for (let image: u32 = 0; image < count; ++image) releaseSlot(table, images + image * slotSize);
  tableFree(table, images, load<u32>(group, GROUP_IMAGE_CAPACITY) * slotSize);
  store<u32>(group, 0, GROUP_IMAGES_PTR);
  store<u32>(group, 0, GROUP_IMAGE_COUNT);
  store<u32>(group, 0, GROUP_IMAGE_CAPACITY);
}

export function dropFrozenDirty(table: usize, group: usize): void {
  tableFree(table, load<u32>(group, GROUP_FROZEN_DIRTY_PTR), bitmapSize(group));
  store<u32>(group, 0, GROUP_FROZEN_DIRTY_PTR);
}

export function dropDirty(table: usize, group: usize): void {
  dropFrozenDirty(table, group);
  tableFree(table, load<u32>(group, GROUP_DIRTY_PTR), bitmapSize(group));
  store<u32>(group, 0, GROUP_DIRTY_PTR);
}

/** Bytes of a bitmap over the group's slots, a multiple of 8. */
function bitmapSize(group: usize): u32 {
  return ((capacityOf(group) + 63) >> 6) << 3;
}

export function setBit(bitmap: usize, index: u32): void {
  const word: usize = bitmap + ((index >> 5) << 2);
  store<u32>(word, load<u32>(word) | ((<u32>1) << (index & 31)));
}
