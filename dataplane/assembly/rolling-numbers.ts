/**
 * sum, min and max of one fixed-width field over a run of rows, in order. Entries made by the run start
 * from the neutral value of the function, so that no row is a special case: -0 for sums of doubles (it
 * leaves any number as it is, and a lone -0 stays -0), the last value of the order for min and max.
 *
 * Doubles are ordered as by Double.compare of Java: -0 before 0, NaN behind everything.
 */
import { PHYSICAL_BOOL, PHYSICAL_F64, PHYSICAL_I32 } from "../protocol/batch-layout.ts";
import { ROLLING_MAX, ROLLING_MIN, ROLLING_SUM } from "../protocol/rolling-layout.ts";
import { isSet } from "./bits.ts";
import { putBit } from "./table-value.ts";

/**
 * Starts the field of the entries that `positions` made.
 *
 * @param offset of the field in the slot
 */
export function startNumbers(
  func: u32,
  physical: i32,
  positions: usize,
  count: u32,
  entries: usize,
  offset: usize,
): void {
  const isMin = func === ROLLING_MIN;
  const end: usize = positions + ((<usize>count) << 2);
  for (; positions < end; positions += 4) {
    const slot: usize = load<u32>(entries + ((<usize>load<u32>(positions)) << 2));
    const at: usize = slot + offset;
    if (physical === PHYSICAL_F64) {
      const neutral = func === ROLLING_SUM ? -0.0 : isMin ? f64.NaN : -f64.MAX_VALUE * 2.0;
      store<f64>(at, neutral);
    } else if (physical === PHYSICAL_I32) {
      store<i32>(at, func === ROLLING_SUM ? 0 : isMin ? i32.MAX_VALUE : i32.MIN_VALUE);
    } else if (physical === PHYSICAL_BOOL) {
      store<u8>(at, isMin ? 1 : 0);
    } else {
      store<i64>(at, func === ROLLING_SUM ? 0 : isMin ? i64.MAX_VALUE : i64.MIN_VALUE);
    }
  }
}

/**
 * Folds `count` rows into their entries.
 *
 * @param data   the column; its rows from `row` on are folded
 * @param target 0, or data of the output column, written from `base` on
 */
export function foldNumbers(
  func: u32,
  physical: i32,
  data: usize,
  row: u32,
  count: u32,
  entries: usize,
  offset: usize,
  target: usize,
  base: u32,
): void {
  if (physical === PHYSICAL_BOOL) {
    foldBits(func === ROLLING_MAX, data, row, count, entries, offset, target, base);
    return;
  }
  const log2: usize = physical === PHYSICAL_I32 ? 2 : 3;
  const values: usize = data + ((<usize>row) << log2);
  const out: usize = target === 0 ? 0 : target + ((<usize>base) << log2);
  if (func === ROLLING_SUM) {
    if (physical === PHYSICAL_F64) foldSum<f64>(values, count, entries, offset, out);
    else if (physical === PHYSICAL_I32) foldSum<i32>(values, count, entries, offset, out);
    else foldSum<i64>(values, count, entries, offset, out);
  } else if (physical === PHYSICAL_F64) {
    foldOrdered(func === ROLLING_MAX, values, count, entries, offset, out);
  } else if (physical === PHYSICAL_I32) {
    if (func === ROLLING_MIN) foldMin<i32>(values, count, entries, offset, out);
    else foldMax<i32>(values, count, entries, offset, out);
  } else if (func === ROLLING_MIN) {
    foldMin<i64>(values, count, entries, offset, out);
  } else {
    foldMax<i64>(values, count, entries, offset, out);
  }
}

/** A number with the order that Double.compare gives: -0 before 0, every NaN the same and last. */
export function orderOf(value: f64): i64 {
  const bits = value !== value ? 0x7ff8000000000000 : reinterpret<i64>(value);
  return bits ^ ((bits >> 63) & i64.MAX_VALUE);
}

function foldSum<T extends number>(
  values: usize,
  count: u32,
  entries: usize,
  offset: usize,
  out: usize,
): void {
  const end: usize = entries + ((<usize>count) << 2);
  if (out === 0) {
    for (; entries < end; entries += 4, values += sizeof<T>()) {
      const at: usize = <usize>load<u32>(entries) + offset;
      store<T>(at, add<T>(load<T>(at), load<T>(values)));
    }
    return;
  }
  for (; entries < end; entries += 4, values += sizeof<T>(), out += sizeof<T>()) {
    const at: usize = <usize>load<u32>(entries) + offset;
    const sum = add<T>(load<T>(at), load<T>(values));
    store<T>(at, sum);
    store<T>(out, sum);
  }
}

function foldMin<T>(values: usize, count: u32, entries: usize, offset: usize, out: usize): void {
  const end: usize = entries + ((<usize>count) << 2);
  for (; entries < end; entries += 4, values += sizeof<T>()) {
    const at: usize = <usize>load<u32>(entries) + offset;
    const value = load<T>(values);
    const known = load<T>(at);
    const least: T = value < known ? value : known;
    store<T>(at, least);
    if (out !== 0) {
      store<T>(out, least);
      out += sizeof<T>();
    }
  }
}

function foldMax<T>(values: usize, count: u32, entries: usize, offset: usize, out: usize): void {
  const end: usize = entries + ((<usize>count) << 2);
  for (; entries < end; entries += 4, values += sizeof<T>()) {
    const at: usize = <usize>load<u32>(entries) + offset;
    const value = load<T>(values);
    const known = load<T>(at);
    const greatest: T = value > known ? value : known;
    store<T>(at, greatest);
    if (out !== 0) {
      store<T>(out, greatest);
      out += sizeof<T>();
    }
  }
}

/** Doubles; among equals (only NaNs can differ) the new one is taken, as Flink's comparator does. */
function foldOrdered(
  isMax: bool,
  values: usize,
  count: u32,
  entries: usize,
  offset: usize,
  out: usize,
): void {
  const end: usize = entries + ((<usize>count) << 2);
  for (; entries < end; entries += 4, values += 8) {
    const at: usize = <usize>load<u32>(entries) + offset;
    const value = load<f64>(values);
    const known = load<f64>(at);
    const order = orderOf(value);
    const knownOrder = orderOf(known);
    const isTaken = isMax ? order >= knownOrder : order <= knownOrder;
    const result = isTaken ? value : known;
    store<f64>(at, result);
    if (out !== 0) {
      store<f64>(out, result);
      out += 8;
    }
  }
}

function foldBits(
  isMax: bool,
  data: usize,
  row: u32,
  count: u32,
  entries: usize,
  offset: usize,
  target: usize,
  base: u32,
): void {
  for (let index: u32 = 0; index < count; ++index) {
    const at: usize = <usize>load<u32>(entries + ((<usize>index) << 2)) + offset;
    const known: u32 = load<u8>(at);
    const value: u32 = isSet(data, row + index) ? 1 : 0;
    const result = isMax ? known | value : known & value;
    store<u8>(at, result);
    if (target !== 0) putBit(target, base + index, result !== 0);
  }
}
