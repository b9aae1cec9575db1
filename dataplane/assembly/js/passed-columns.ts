/**
 * Columns that compiled code passes on as they are, one row for one row: ranges of them are copied behind
 * the rows the builder has, before outputClose() shows the new ones. There are no nulls among them.
 */
import { STATUS_DONE } from "../../protocol/status.ts";
import {
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_ROW_COUNT,
} from "../../protocol/view-layout.ts";
import { appendFixed32, appendFixed64, rebaseOffsets } from "../append.ts";
import { copyBits } from "../bits.ts";
import { builderReserveHeap } from "../builder.ts";
import { appendTimestamps } from "../gather.ts";
import { viewColumn } from "../schema.ts";
import { outputFail } from "./row-output.ts";

/** Each passXs(): `count` values of a column of the view, from row `from` on, to a column of the builder. */
export function passFixed64(
  view: usize,
  source: u32,
  builder: usize,
  target: u32,
  from: u32,
  count: u32,
): void {
  const base: usize = load<u32>(builder, VIEW_ROW_COUNT);
  appendFixed64(dataOf(builder, target) + (base << 3), dataOf(view, source), 0, from, count);
}

export function passFixed32(
  view: usize,
  source: u32,
  builder: usize,
  target: u32,
  from: u32,
  count: u32,
): void {
  const base: usize = load<u32>(builder, VIEW_ROW_COUNT);
  appendFixed32(dataOf(builder, target) + (base << 2), dataOf(view, source), 0, from, count);
}

export function passBits(
  view: usize,
  source: u32,
  builder: usize,
  target: u32,
  from: u32,
  count: u32,
): void {
  const base = load<u32>(builder, VIEW_ROW_COUNT);
  copyBits(dataOf(builder, target), base, dataOf(view, source), from, count);
}

export function passTexts(
  view: usize,
  source: u32,
  builder: usize,
  target: u32,
  from: u32,
  count: u32,
): void {
  const base: usize = load<u32>(builder, VIEW_ROW_COUNT);
  const offsets = dataOf(view, source) + ((<usize>from) << 2);
  const entry = viewColumn(builder, target);
  const used = load<u32>(dataOf(builder, target) + (base << 2));
  const end = rebaseOffsets(dataOf(builder, target) + (base << 2), offsets, count, used);
  if (builderReserveHeap(builder, target, end - used) !== STATUS_DONE) {
    outputFail();
    return;
  }
  const heap: usize = load<u32>(viewColumn(view, source), VIEW_COLUMN_HEAP_PTR);
  const to: usize = load<u32>(entry, VIEW_COLUMN_HEAP_PTR);
  memory.copy(to + used, heap + load<u32>(offsets), end - used);
}

export function passTimestamps(view: usize, builder: usize, from: u32, count: u32): void {
  appendTimestamps(view, builder, 0, from, count);
}

function dataOf(view: usize, column: u32): usize {
  return load<u32>(viewColumn(view, column), VIEW_COLUMN_DATA_PTR);
}
