/** Event times of rows that lie in a builder already. */
import {
  BUILDER_TIMESTAMP_COUNT,
  BUILDER_TIMESTAMPS_BUF,
  BUILDER_TIMESTAMPS_VALIDITY_BUF,
  VIEW_TIMESTAMPS_PTR,
  VIEW_TIMESTAMPS_VALIDITY_PTR,
} from "../protocol/view-layout.ts";
import { copyBits, isSet, setBits } from "./bits.ts";
import { builderCommit } from "./builder.ts";
import { copyBytes } from "./bytes.ts";
import { builderRoom } from "./schema.ts";
import { timeRange } from "./time-range.ts";

/**
 * Gives `count` rows of a builder, from `from` on, other times.
 *
 * @param times i64[count]; where the builder keeps those of these rows, they lie there already
 * @param shift ms that are added to each, wrapping around
 */
export function setTimes(builder: usize, from: u32, count: u32, times: usize, shift: i64): void {
  const room = builderRoom(builder);
  const target: usize = <usize>load<u32>(room, BUILDER_TIMESTAMPS_BUF) + ((<usize>from) << 3);
  const bitmap: usize = load<u32>(room, BUILDER_TIMESTAMPS_VALIDITY_BUF);
  if (target !== times) copyBytes(target, times, (<u32>count) << 3);
  if (shift !== 0) {
    const end = target + ((<usize>count) << 3);
    for (let at = target; at < end; at += 8) store<i64>(at, load<i64>(at) + shift);
  }
  const known = copyBits(bitmap, from, bitmap, from, count);
  setBits(bitmap, from, count);
  const counted = load<u32>(room, BUILDER_TIMESTAMP_COUNT);
  store<u32>(room, counted + count - known, BUILDER_TIMESTAMP_COUNT);
  builderCommit(builder, 0);
}

const bounds: usize = memory.data(16);

/** The latest time of rows `from` to `to` of a view; i64.MIN_VALUE = none of them has one. */
export function latestTime(view: usize, from: u32, to: u32): i64 {
  let latest = i64.MIN_VALUE;
  const times: usize = load<u32>(view, VIEW_TIMESTAMPS_PTR);
  if (times === 0) return latest;
  const validity: usize = load<u32>(view, VIEW_TIMESTAMPS_VALIDITY_PTR);
  if (validity === 0) {
    if (from >= to) return latest;
    timeRange(times + ((<usize>from) << 3), to - from, bounds);
    return load<i64>(bounds, 8);
  }
  for (let row = from; row < to; ++row) {
    if (isSet(validity, row)) latest = max<i64>(latest, load<i64>(times + ((<usize>row) << 3)));
  }
  return latest;
}
