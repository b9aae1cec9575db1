/** Values of a JSON document of which it is known what they are: each goes into a slot. */
import { booleanEnd, literalIsTrue, stringEnd, stringText } from "./json-bytes.ts";
import { isSafeLast, lastInteger, lastNumber, readNumber } from "./json-number.ts";

/**
 * Each parseX() reads the value at `at` into `slot` and answers where it ends; 0 = it is none of this kind,
 * or none that the slot can hold.
 */
export function parseF64(at: usize, end: usize, slot: usize): usize {
  at = readNumber(at, end);
  store<f64>(slot, lastNumber());
  return at;
}

export function parseI64(at: usize, end: usize, slot: usize): usize {
  at = readNumber(at, end);
  if (at === 0 || !isSafeLast()) return 0;
  store<i64>(slot, lastInteger());
  return at;
}

export function parseI32(at: usize, end: usize, slot: usize): usize {
  at = readNumber(at, end);
  if (at === 0 || !isSafeLast()) return 0;
  const value = lastInteger();
  if (<i64>(<i32>value) !== value) return 0;
  store<i32>(slot, <i32>value);
  return at;
}

export function parseBool(at: usize, _end: usize, slot: usize): usize {
  at = booleanEnd(at);
  store<u64>(slot, literalIsTrue() ? 1 : 0);
  return at;
}

/** From behind the quote that begins the string. */
export function parseText(at: usize, end: usize, slot: usize): usize {
  const stop = stringEnd(at, end);
  if (stop === 0) return 0;
  store<u64>(slot, stringText(at, stop));
  return stop + 1;
}
