/**
 * Entries to rows and back. A frozen table is encoded group by group, slots first and then the images
 * saved by later changes, a bounded number of slots and rows per call; rows carry their key group and,
 * in a snapshot of changes, an op: inserts stand for "is now", deletes for "is no more".
 */
import { OP_DELETE, OP_INSERT } from "../protocol/batch-layout.ts";
import { STATUS_DONE, STATUS_OUT_OF_MEMORY, STATUS_OUTPUT_FULL } from "../protocol/status.ts";
import {
  GROUP_FROZEN_DIRTY_PTR,
  GROUP_IMAGE_COUNT,
  GROUP_IMAGES_PTR,
  GROUP_SLOTS_PTR,
  SCRATCH_ENTRIES,
  SCRATCH_ROWS,
  SLOT_META,
  TABLE_BASE_EPOCH,
  TABLE_CHUNK_ROWS,
  TABLE_DELTA,
  TABLE_ENCODE_GROUP,
  TABLE_ENCODE_IMAGE,
  TABLE_ENCODE_MODE,
  TABLE_ENCODE_SLOT,
  TABLE_FIRST_GROUP,
  TABLE_FROZEN_EPOCH,
  TABLE_GROUP_COUNT,
  TABLE_NONE,
  TABLE_SCAN_GROUP,
  TABLE_SCAN_SLOT,
  TABLE_SCANNED_GROUP,
  TABLE_SCRATCH_PTR,
  TABLE_SLOT_SIZE,
} from "../protocol/table-layout.ts";
import {
  BUILDER_KEY_GROUPS_BUF,
  BUILDER_OPS_BUF,
  BUILDER_ROW_INDEXES_BUF,
  VIEW_ROW_COUNT,
} from "../protocol/view-layout.ts";
import { builderCommit } from "./builder.ts";
import { builderRoom } from "./schema.ts";
import { emitFields, emitTimestamps, rowsThatFit } from "./table-emit.ts";
import { capacityOf, epochOf, forgetSlot, groupAt, isLive } from "./table-slots.ts";
import { belongsToSnapshot, dropFrozenDirty, releaseImages } from "./table-track.ts";

/** Slots one call looks at, at most. */
const SLOTS_PER_CALL: u32 = 65536;

/**
 * Appends rows of the frozen entries; the builder has the schema of the table's rows, key groups, and
 * ops if the snapshot is one of changes.
 *
 * @returns STATUS_OUTPUT_FULL = more to come (the builder need not be full), STATUS_DONE = all encoded
 * and the table no longer frozen, or STATUS_OUT_OF_MEMORY
 */
export function tableEncodeStep(table: usize, builder: usize): i32 {
  if (load<u32>(table, TABLE_FROZEN_EPOCH) === 0) return STATUS_DONE;
  const groups = load<u32>(table, TABLE_GROUP_COUNT);
  let budget = SLOTS_PER_CALL;
  while (load<u32>(table, TABLE_ENCODE_GROUP) < groups) {
    const index = load<u32>(table, TABLE_ENCODE_GROUP);
    const group = groupAt(table, index);
    const room = rowsThatFit(table, builder, TABLE_CHUNK_ROWS);
    if (room === 0 || budget === 0) return STATUS_OUTPUT_FULL;
    if (load<u32>(table, TABLE_ENCODE_SLOT) !== <u32>TABLE_NONE) {
      const seen = encodeSlots(table, group, index, room, budget, builder);
      if (seen === <u32>TABLE_NONE) return STATUS_OUT_OF_MEMORY;
      budget -= min<u32>(budget, seen);
    } else if (load<u32>(table, TABLE_ENCODE_IMAGE) < load<u32>(group, GROUP_IMAGE_COUNT)) {
      if (!encodeImages(table, group, index, room, builder)) return STATUS_OUT_OF_MEMORY;
    } else {
      finishGroup(table, group);
    }
  }
  const frozen = load<u32>(table, TABLE_FROZEN_EPOCH);
  store<u32>(table, frozen + 1, TABLE_BASE_EPOCH);
  store<u32>(table, 0, TABLE_FROZEN_EPOCH);
  return STATUS_DONE;
}

/**
 * Lists live entries by key group, from where TABLE_SCAN_GROUP and TABLE_SCAN_SLOT say, and moves these
 * on. All entries of one call are of the group TABLE_SCANNED_GROUP.
 *
 * @param entries u32[limit]
 * @returns entries listed; 0 = no more
 */
export function tableScan(table: usize, entries: usize, limit: u32): u32 {
  const groups = load<u32>(table, TABLE_GROUP_COUNT);
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  let count: u32 = 0;
  while (count === 0 && load<u32>(table, TABLE_SCAN_GROUP) < groups) {
    const group = groupAt(table, load<u32>(table, TABLE_SCAN_GROUP));
    store<u32>(table, load<u32>(table, TABLE_SCAN_GROUP), TABLE_SCANNED_GROUP);
    const slots: usize = load<u32>(group, GROUP_SLOTS_PTR);
    const capacity = capacityOf(group);
    let index = load<u32>(table, TABLE_SCAN_SLOT);
    for (; index < capacity && count < limit; ++index) {
      const slot = slots + <usize>index * slotSize;
      if (!isLive(load<u32>(slot, SLOT_META))) continue;
      store<u32>(entries + ((<usize>count) << 2), <u32>slot);
      ++count;
    }
    if (index < capacity) {
      store<u32>(table, index, TABLE_SCAN_SLOT);
    } else {
      store<u32>(table, load<u32>(table, TABLE_SCAN_GROUP) + 1, TABLE_SCAN_GROUP);
      store<u32>(table, 0, TABLE_SCAN_SLOT);
    }
  }
  return count;
}

/**
 * Appends a row per entry, in key-group order, from where TABLE_SCAN_GROUP and TABLE_SCAN_SLOT say.
 *
 * @returns STATUS_DONE, STATUS_OUTPUT_FULL or STATUS_OUT_OF_MEMORY
 */
export function emitEntries(table: usize, builder: usize): i32 {
  const entries: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_ENTRIES;
  while (true) {
    const room = rowsThatFit(table, builder, TABLE_CHUNK_ROWS);
    if (room === 0) return STATUS_OUTPUT_FULL;
    const count = tableScan(table, entries, room);
    if (count === 0) return STATUS_DONE;
    const group = load<u32>(table, TABLE_SCANNED_GROUP);
    const status = emitRows(table, builder, entries, count, group);
    if (status !== STATUS_DONE) return status;
  }
}

/** Writes rows of entries of one group, system columns included, and commits them. */
export function emitRows(
  table: usize,
  builder: usize,
  entries: usize,
  count: u32,
  groupIndex: u32,
): i32 {
  const status = emitFields(table, 0, 0, builder, entries, count, <u32>TABLE_NONE);
  if (status !== STATUS_DONE) return status;
  emitTimestamps(table, builder, entries, count);
  const room = builderRoom(builder);
  const base: usize = load<u32>(builder, VIEW_ROW_COUNT);
  const groups: usize = load<u32>(room, BUILDER_KEY_GROUPS_BUF);
  const rowIndexes: usize = load<u32>(room, BUILDER_ROW_INDEXES_BUF);
  const ops: usize = load<u32>(room, BUILDER_OPS_BUF);
  const keyGroup = load<u32>(table, TABLE_FIRST_GROUP) + groupIndex;
  if (rowIndexes !== 0) memory.fill(rowIndexes + (base << 2), 0, (<usize>count) << 2);
  for (let index: usize = 0; index < count; ++index) {
    if (groups !== 0) store<u16>(groups + ((base + index) << 1), <u16>keyGroup);
    if (ops !== 0) {
      const meta = load<u32>(<usize>load<u32>(entries + (index << 2)), SLOT_META);
      store<u8>(ops + base + index, isLive(meta) ? OP_INSERT : OP_DELETE);
    }
  }
  builderCommit(builder, count);
  return STATUS_DONE;
}

/** Encodes from the slots of a group; answers how many it looked at, TABLE_NONE when out of memory. */
function encodeSlots(
  table: usize,
  group: usize,
  index: u32,
  room: u32,
  budget: u32,
  builder: usize,
): u32 {
  const entries: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_ROWS;
  const first = load<u32>(table, TABLE_ENCODE_SLOT);
  const isDelta = load<u32>(table, TABLE_ENCODE_MODE) === TABLE_DELTA;
  const capacity = capacityOf(group);
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const slots: usize = load<u32>(group, GROUP_SLOTS_PTR);
  const dirty: usize = isDelta ? <usize>load<u32>(group, GROUP_FROZEN_DIRTY_PTR) : 0;
  const hasNone = isDelta && dirty === 0;
  const limit = hasNone ? first : first + min<u32>(budget, capacity - first);
  let next = first;
  let count: u32 = 0;
  while (count < room) {
    if (isDelta) next = nextSetBit(dirty, next, limit);
    if (next >= limit) break;
    const slot = slots + <usize>next * slotSize;
    const meta = load<u32>(slot, SLOT_META);
    ++next;
    if (belongsToSnapshot(table, meta)) {
      store<u32>(entries + ((<usize>count) << 2), <u32>slot);
      ++count;
    } else if (!isDelta && isPassed(table, meta)) {
      forgetSlot(table, slot);
    }
  }
  if (count !== 0 && emitRows(table, builder, entries, count, index) !== STATUS_DONE) {
    return <u32>TABLE_NONE;
  }
  if (isDelta) forgetDeleted(table, entries, count);
  store<u32>(table, hasNone || next >= capacity ? <u32>TABLE_NONE : next, TABLE_ENCODE_SLOT);
  return max<u32>(1, next - first);
}

/** Whether the slot holds a deletion that the snapshot covers, so that nobody needs it any more. */
function isPassed(table: usize, meta: u32): bool {
  const epoch = epochOf(meta);
  return epoch !== 0 && !isLive(meta) && epoch <= load<u32>(table, TABLE_FROZEN_EPOCH);
}

function forgetDeleted(table: usize, entries: usize, count: u32): void {
  for (let index: u32 = 0; index < count; ++index) {
    const slot: usize = load<u32>(entries + ((<usize>index) << 2));
    if (!isLive(load<u32>(slot, SLOT_META))) forgetSlot(table, slot);
  }
}

function encodeImages(table: usize, group: usize, index: u32, room: u32, builder: usize): bool {
  const entries: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_ROWS;
  const slotSize = load<u32>(table, TABLE_SLOT_SIZE);
  const first = load<u32>(table, TABLE_ENCODE_IMAGE);
  const images: usize = load<u32>(group, GROUP_IMAGES_PTR);
  const count = min<u32>(room, load<u32>(group, GROUP_IMAGE_COUNT) - first);
  for (let image: u32 = 0; image < count; ++image) {
    store<u32>(entries + ((<usize>image) << 2), <u32>images + (first + image) * slotSize);
  }
  store<u32>(table, first + count, TABLE_ENCODE_IMAGE);
  return emitRows(table, builder, entries, count, index) === STATUS_DONE;
}

function finishGroup(table: usize, group: usize): void {
  releaseImages(table, group);
  dropFrozenDirty(table, group);
  store<u32>(table, load<u32>(table, TABLE_ENCODE_GROUP) + 1, TABLE_ENCODE_GROUP);
  store<u32>(table, 0, TABLE_ENCODE_SLOT);
  store<u32>(table, 0, TABLE_ENCODE_IMAGE);
}

/** First set bit from `from` on, `limit` if there is none before it. */
function nextSetBit(bitmap: usize, from: u32, limit: u32): u32 {
  if (bitmap === 0 || from >= limit) return limit;
  let word = load<u32>(bitmap + ((from >> 5) << 2)) >> (from & 31);
  if (word !== 0) return min<u32>(limit, from + ctz<u32>(word));
  for (let at: u32 = (from | 31) + 1; at < limit; at += 32) {
    word = load<u32>(bitmap + ((at >> 5) << 2));
    if (word !== 0) return min<u32>(limit, at + ctz<u32>(word));
  }
  return limit;
}
