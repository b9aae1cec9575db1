/** Addresses inside a table and the references its slots hold; see protocol/table-layout.ts. */
import {
  GROUP_MASK,
  GROUP_SIZE_LOG2,
  GROUP_SLOTS_PTR,
  SLOT_KEY_BLOCK,
  SLOT_KEY_WORD,
  SLOT_META,
  TABLE_DELETED,
  TABLE_DIRECTORY_PTR,
  TABLE_FIELD_SIZE,
  TABLE_FIRST_GROUP,
  TABLE_GROUP_COUNT,
  TABLE_KEY_INLINE,
  TABLE_KEY_SIZE,
  TABLE_LAYOUT_FIELD_COUNT,
  TABLE_LAYOUT_KEY_COUNT,
  TABLE_LAYOUT_KEY_KIND,
  TABLE_LAYOUT_KEYS,
  TABLE_LAYOUT_PTR,
  TABLE_LAYOUT_VARIABLE_COUNT,
  TABLE_SLOT_SIZE,
} from "../protocol/table-layout.ts";
import { blockRelease, blockRetain } from "./table-block.ts";

export function layoutOf(table: usize): usize {
  return load<u32>(table, TABLE_LAYOUT_PTR);
}

/** Address of a field of the layout. */
export function fieldOf(layout: usize, field: u32): usize {
  const keys: usize = layout + TABLE_LAYOUT_KEYS;
  const fields: usize = keys + <usize>load<u32>(layout, TABLE_LAYOUT_KEY_COUNT) * TABLE_KEY_SIZE;
  return fields + <usize>field * TABLE_FIELD_SIZE;
}

export function isInlineKey(table: usize): bool {
  return load<u32>(layoutOf(table), TABLE_LAYOUT_KEY_KIND) === TABLE_KEY_INLINE;
}

/** Directory entry `index`, counted from the table's first key group. */
export function groupAt(table: usize, index: u32): usize {
  return <usize>load<u32>(table, TABLE_DIRECTORY_PTR) + ((<usize>index) << GROUP_SIZE_LOG2);
}

export function indexOfGroup(table: usize, group: usize): u32 {
  return <u32>(group - load<u32>(table, TABLE_DIRECTORY_PTR)) >> GROUP_SIZE_LOG2;
}

/** What to add a key group, shifted by GROUP_SIZE_LOG2, to: may lie before the directory. */
export function directoryBase(table: usize): usize {
  const skipped: usize = (<usize>load<u32>(table, TABLE_FIRST_GROUP)) << GROUP_SIZE_LOG2;
  return <usize>load<u32>(table, TABLE_DIRECTORY_PTR) - skipped;
}

/** Whether all of `count` key groups belong to the table. */
export function ownsGroups(table: usize, groupsPtr: usize, count: u32): bool {
  const first = load<u32>(table, TABLE_FIRST_GROUP);
  const groupCount = load<u32>(table, TABLE_GROUP_COUNT);
  const firsts = i16x8.splat(<i16>first);
  const lasts = i16x8.splat(<i16>(groupCount - 1));
  let foreign = i16x8.splat(0);
  let row: u32 = 0;
  for (const vectors = count & ~7; row < vectors; row += 8) {
    const groups = i16x8.sub(v128.load(groupsPtr + ((<usize>row) << 1)), firsts);
    foreign = v128.or(foreign, i16x8.gt_u(groups, lasts));
  }
  let isForeign = v128.any_true(foreign);
  for (; row < count; ++row) {
    const group: u32 = <u32>load<u16>(groupsPtr + ((<usize>row) << 1)) - first;
    isForeign = isForeign || group >= groupCount;
  }
  return !isForeign;
}

/** Whether rows from `row` on belong to the table; without key groups, it has but one. */
export function areOwned(table: usize, groups: usize, row: u32, count: u32): bool {
  if (groups === 0) return load<u32>(table, TABLE_GROUP_COUNT) === 1;
  return ownsGroups(table, groups + ((<usize>row) << 1), count);
}

export function slotIndexOf(table: usize, group: usize, slot: usize): u32 {
  return <u32>(slot - load<u32>(group, GROUP_SLOTS_PTR)) / load<u32>(table, TABLE_SLOT_SIZE);
}

export function capacityOf(group: usize): u32 {
  return load<u32>(group, GROUP_MASK) + 1;
}

/** Epoch of an entry's last change, deletion included; 0 = empty or forgotten. */
export function epochOf(meta: u32): u32 {
  return meta & ~(<u32>TABLE_DELETED);
}

export function isLive(meta: u32): bool {
  return <i32>meta > 0;
}

/** One more reference to everything a slot, or a copy of one, refers to. */
export function retainSlot(table: usize, slot: usize): void {
  if (!isInlineKey(table)) blockRetain(load<u32>(slot, SLOT_KEY_BLOCK));
  const layout = layoutOf(table);
  let offsets = variableOffsets(layout);
  for (
    let left = load<u32>(layout, TABLE_LAYOUT_VARIABLE_COUNT);
    left !== 0;
    --left, offsets += 4
  ) {
    blockRetain(load<u32>(slot + load<u32>(offsets)));
  }
}

/** One reference less to everything a slot refers to; the slot must not be read any more. */
export function releaseSlot(table: usize, slot: usize): void {
  if (!isInlineKey(table)) blockRelease(table, load<u32>(slot, SLOT_KEY_BLOCK));
  releaseFields(table, slot);
}

/** The same for its fields alone. */
export function releaseFields(table: usize, slot: usize): void {
  const layout = layoutOf(table);
  let offsets = variableOffsets(layout);
  for (
    let left = load<u32>(layout, TABLE_LAYOUT_VARIABLE_COUNT);
    left !== 0;
    --left, offsets += 4
  ) {
    blockRelease(table, load<u32>(slot + load<u32>(offsets)));
  }
}

/** Forgets a deleted entry: its slot stays used until its group is laid out again. */
export function forgetSlot(table: usize, slot: usize): void {
  releaseSlot(table, slot);
  memory.fill(slot, 0, load<u32>(table, TABLE_SLOT_SIZE));
  store<u64>(slot, 0, SLOT_KEY_WORD);
  store<u32>(slot, <u32>TABLE_DELETED, SLOT_META);
}

function variableOffsets(layout: usize): usize {
  return fieldOf(layout, load<u32>(layout, TABLE_LAYOUT_FIELD_COUNT));
}
