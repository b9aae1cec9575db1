/** Rows of a snapshot back into a table, and the deletion of rows: entries by the keys of a view. */
import { OP_DELETE } from "../protocol/batch-layout.ts";
import { STATUS_BAD_BATCH, STATUS_DONE, STATUS_OUT_OF_MEMORY } from "../protocol/status.ts";
import {
  GROUP_SIZE_LOG2,
  SCRATCH_ENTRIES,
  SCRATCH_ROWS,
  TABLE_CHUNK_ROWS,
  TABLE_GROW_GROUP,
  TABLE_NONE,
  TABLE_SCRATCH_PTR,
  TABLE_STATUS,
} from "../protocol/table-layout.ts";
import { VIEW_KEY_GROUPS_PTR, VIEW_OPS_PTR, VIEW_ROW_COUNT } from "../protocol/view-layout.ts";
import { storeFields, storeTimestamps } from "./table-fields.ts";
import { findRow, removeEntry, resolveRows } from "./table-find.ts";
import { growGroup } from "./table-grow.ts";
import { prepareKeys } from "./table-keys.ts";
import { directoryBase, layoutOf, ownsGroups } from "./table-slots.ts";

/**
 * Takes all rows of a view, in order: a delete removes the entry of its key, any other op makes or
 * replaces it whole.
 *
 * @returns STATUS_DONE, STATUS_BAD_BATCH where key groups are absent or not the table's, or what is
 * wrong with a key; rows before it are taken
 */
export function tableRestore(table: usize, view: usize): i32 {
  const rows = load<u32>(view, VIEW_ROW_COUNT);
  const groups: usize = load<u32>(view, VIEW_KEY_GROUPS_PTR);
  if (rows === 0) return STATUS_DONE;
  if (groups === 0 || !ownsGroups(table, groups, rows)) return STATUS_BAD_BATCH;
  let row: u32 = 0;
  while (row < rows) {
    const count = min<u32>(TABLE_CHUNK_ROWS, rows - row);
    const ready = prepareKeys(table, layoutOf(table), view, row, count);
    if (ready === 0) return load<i32>(table, TABLE_STATUS);
    const status = takeRows(table, view, row, ready);
    if (status !== STATUS_DONE) return status;
    row += ready;
  }
  return STATUS_DONE;
}

/** Takes prepared rows, runs of deletes and of other ops in turn. */
function takeRows(table: usize, view: usize, row: u32, count: u32): i32 {
  const ops: usize = load<u32>(view, VIEW_OPS_PTR);
  let from: u32 = 0;
  while (from < count) {
    const deletes = isDelete(ops, row + from);
    let end = from + 1;
    while (end < count && isDelete(ops, row + end) === deletes) ++end;
    const status = deletes
      ? deleteRows(table, view, row, from, end)
      : replaceRows(table, view, row, from, end);
    if (status !== STATUS_DONE) return status;
    from = end;
  }
  return STATUS_DONE;
}

function isDelete(ops: usize, row: u32): bool {
  return ops !== 0 && load<u8>(ops + row) === OP_DELETE;
}

function replaceRows(table: usize, view: usize, row: u32, from: u32, end: u32): i32 {
  const groups: usize = <usize>load<u32>(view, VIEW_KEY_GROUPS_PTR) + ((<usize>row) << 1);
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  const entries: usize = scratch + SCRATCH_ENTRIES;
  const positions: usize = scratch + SCRATCH_ROWS;
  while (from < end) {
    const resolved = resolveRows(table, groups, from, end);
    for (let index = from; index < resolved; ++index) {
      store<u32>(positions + ((<usize>(index - from)) << 2), index);
    }
    const count = resolved - from;
    const status = storeFields(table, view, row, positions, count, entries, <u32>TABLE_NONE);
    if (status !== STATUS_DONE) return status;
    storeTimestamps(table, view, row + from, count, entries + ((<usize>from) << 2));
    if (resolved < end) {
      const growth = makeRoom(table);
      if (growth !== STATUS_DONE) return growth;
    }
    from = resolved;
  }
  return STATUS_DONE;
}

function deleteRows(table: usize, view: usize, row: u32, from: u32, end: u32): i32 {
  const groups: usize = <usize>load<u32>(view, VIEW_KEY_GROUPS_PTR) + ((<usize>row) << 1);
  for (let index = from; index < end; ++index) {
    const keyGroup: usize = load<u16>(groups + ((<usize>index) << 1));
    const group = directoryBase(table) + (keyGroup << GROUP_SIZE_LOG2);
    const slot = findRow(table, group, index);
    if (slot !== 0 && !removeEntry(table, group, slot)) return STATUS_OUT_OF_MEMORY;
  }
  return STATUS_DONE;
}

/** After resolveRows stopped early: lets the group grow, or says why it stopped. */
export function makeRoom(table: usize): i32 {
  const status = load<i32>(table, TABLE_STATUS);
  if (status !== STATUS_DONE) return status;
  return growGroup(table, load<u32>(table, TABLE_GROW_GROUP));
}
