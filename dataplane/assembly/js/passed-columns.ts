/**
 * Columns that compiled code passes on as they are, one row for one row: ranges of them are copied behind
 * the rows the builder has, before outputClose() shows the new ones.
 */
import { STATUS_DONE } from "../../protocol/status.ts";
import { VIEW_ROW_COUNT } from "../../protocol/view-layout.ts";
import { appendBytes, appendFixed32, appendFixed64, appendValidity } from "../append.ts";
import { copyBits } from "../bits.ts";
import { appendTimestamps } from "../gather.ts";
import { viewColumn } from "../schema.ts";
import { dataOf } from "./row-input.ts";
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
  const entry = viewColumn(view, source);
  const base = load<u32>(builder, VIEW_ROW_COUNT);
  const status = appendBytes(entry, builder, target, base, 0, from, count);
  if (status !== STATUS_DONE) outputFail();
}

/** Which of the values are null; columns of records have nothing else. */
export function passNulls(
  view: usize,
  source: u32,
  builder: usize,
  target: u32,
  from: u32,
  count: u32,
): void {
  const base = load<u32>(builder, VIEW_ROW_COUNT);
  appendValidity(view, source, builder, target, base, 0, from, count);
}

export function passTimestamps(view: usize, builder: usize, from: u32, count: u32): void {
  appendTimestamps(view, builder, 0, from, count);
}
