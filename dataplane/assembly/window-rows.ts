/** Rows by their event time: which windows they belong to, and the time that results of a window have. */
import { MEMORY_ROOT_FAILED_ROW, MEMORY_ROOT_PTR } from "../protocol/memory-layout.ts";
import { STATUS_DONE, STATUS_NULL_TIMESTAMP } from "../protocol/status.ts";
import {
  BUILDER_TIMESTAMP_COUNT,
  BUILDER_TIMESTAMPS_BUF,
  BUILDER_TIMESTAMPS_VALIDITY_BUF,
  VIEW_ROW_COUNT,
  VIEW_TIMESTAMPS_PTR,
  VIEW_TIMESTAMPS_VALIDITY_PTR,
} from "../protocol/view-layout.ts";
import { isSet, setBits } from "./bits.ts";
import { builderCommit } from "./builder.ts";
import { builderRoom } from "./schema.ts";
import { timeRange } from "./time-range.ts";

/**
 * The first and the last time of a view that has rows.
 *
 * @param bounds i64[2], the result
 * @returns STATUS_DONE, or STATUS_NULL_TIMESTAMP for a row without one
 */
export function timeBounds(view: usize, bounds: usize): i32 {
  const rows = load<u32>(view, VIEW_ROW_COUNT);
  const times: usize = load<u32>(view, VIEW_TIMESTAMPS_PTR);
  if (times === 0) return refuse(0);
  const validity: usize = load<u32>(view, VIEW_TIMESTAMPS_VALIDITY_PTR);
  if (validity !== 0) {
    for (let row: u32 = 0; row < rows; ++row) if (!isSet(validity, row)) return refuse(row);
  }
  timeRange(times, rows, bounds);
  return STATUS_DONE;
}

function refuse(row: u32): i32 {
  store<u32>(<usize>MEMORY_ROOT_PTR, row, MEMORY_ROOT_FAILED_ROW);
  return STATUS_NULL_TIMESTAMP;
}

/**
 * Numbers the panes that rows are in, from the one that starts at `first`.
 *
 * @param first  the view's rows all have a time within 2^63 of it; those before get the last number, and
 *               are out of order
 * @param paneMs from 1
 * @param last   the number of all panes from the last one on
 * @param channels u16[rowCount], the result
 * @returns 1 if no row is of an earlier pane than one before it, else 0
 */
export function paneChannels(
  view: usize,
  first: i64,
  paneMs: i64,
  last: u32,
  channels: usize,
): i32 {
  const rows = load<u32>(view, VIEW_ROW_COUNT);
  let times: usize = load<u32>(view, VIEW_TIMESTAMPS_PTR);
  const end: usize = channels + ((<usize>rows) << 1);
  // Neighbours are mostly in one pane: a division per change of pane is enough.
  let start: i64 = 0;
  let channel: u32 = 0;
  let isAscending: i32 = 1;
  for (; channels < end; channels += 2, times += 8) {
    const distance = load<i64>(times) - first;
    if (distance < 0) {
      store<u16>(channels, <u16>last);
      isAscending = 0;
      continue;
    }
    if (<u64>(distance - start) >= <u64>paneMs) {
      if (distance < start) isAscending = 0;
      const pane = distance / paneMs;
      start = pane * paneMs;
      channel = <u32>min<i64>(pane, last);
    }
    store<u16>(channels, <u16>channel);
  }
  return isAscending;
}

/** Gives the rows of a builder from `from` on this time; those before have one. */
export function stampRows(builder: usize, from: u32, time: i64): void {
  const room = builderRoom(builder);
  const rows = load<u32>(builder, VIEW_ROW_COUNT);
  const buffer: usize = load<u32>(room, BUILDER_TIMESTAMPS_BUF);
  const end: usize = buffer + ((<usize>rows) << 3);
  for (let at: usize = buffer + ((<usize>from) << 3); at < end; at += 8) store<i64>(at, time);
  setBits(load<u32>(room, BUILDER_TIMESTAMPS_VALIDITY_BUF), from, rows - from);
  store<u32>(room, rows, BUILDER_TIMESTAMP_COUNT);
  builderCommit(builder, 0);
}
