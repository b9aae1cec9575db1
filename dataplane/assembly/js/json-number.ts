/** Numbers of a JSON document. An address of 0 = it is none. */
import { lastDecimal, readDecimal } from "./decimal-read.ts";
import { numberOfText as hostNumberOfText } from "./env.ts";

const PLUS: u8 = 0x2b;
const MINUS: u8 = 0x2d;
const POINT: u8 = 0x2e;
const ZERO: u32 = 0x30;
const LETTER_E: u8 = 0x65;
/** So many digits are below 2^63. */
const DIGITS_MAX: usize = 18;
const MAX_SAFE_INTEGER: u64 = 9007199254740991;

let digits: u64 = 0;
let isNegative: bool = false;
/** It is `digits`; else it is `fraction`. */
let isWhole: bool = false;
let fraction: f64 = 0;

/** Reads the number at `at`, up to a byte that no number has. */
export function readNumber(at: usize, end: usize): usize {
  const start = at;
  isNegative = load<u8>(at) === MINUS;
  if (isNegative) ++at;
  const first = at;
  const lead = <u32>load<u8>(at) - ZERO;
  if (lead > 9) return 0;
  ++at;
  digits = lead;
  if (lead !== 0) at = readDigits(at, end);
  isWhole = at - first <= DIGITS_MAX && !(at < end && goesOn(load<u8>(at)));
  return isWhole ? at : readOther(start, end);
}

export function lastNumber(): f64 {
  if (!isWhole) return fraction;
  return isNegative ? -(<f64>digits) : <f64>digits;
}

/** Whether the number is an integer that a double holds for sure; lastInteger() is it. */
export function isSafeLast(): bool {
  if (!isWhole) {
    if (trunc<f64>(fraction) !== fraction || !(abs<f64>(fraction) <= <f64>MAX_SAFE_INTEGER)) {
      return false;
    }
    isWhole = true;
    isNegative = fraction < 0;
    digits = <u64>abs<f64>(fraction);
  }
  return digits <= MAX_SAFE_INTEGER;
}

export function lastInteger(): i64 {
  return isNegative ? -(<i64>digits) : <i64>digits;
}

/** Where the number at `at` ends. */
export function skipNumber(at: usize, end: usize): usize {
  if (load<u8>(at) === MINUS) ++at;
  const lead = <u32>load<u8>(at) - ZERO;
  if (lead > 9) return 0;
  ++at;
  if (lead !== 0) at = digitsEnd(at, end);
  if (at < end && load<u8>(at) === POINT) {
    const from: usize = at + 1;
    at = digitsEnd(from, end);
    if (at === from) return 0;
  }
  if (at < end && (load<u8>(at) | 0x20) === LETTER_E) {
    const sign = load<u8>(at, 1);
    const from: usize = sign === PLUS || sign === MINUS ? at + 2 : at + 1;
    at = digitsEnd(from, end);
    if (at === from) return 0;
  }
  return at;
}

function goesOn(byte: u8): bool {
  return byte === POINT || (byte | 0x20) === LETTER_E;
}

/** Adds digits to `digits`, which may overflow. */
function readDigits(at: usize, end: usize): usize {
  while (at + 8 <= end) {
    const eight = load<u64>(at);
    if (!areDigits(eight)) break;
    digits = digits * 100000000 + valueOfEight(eight);
    at += 8;
  }
  for (; at < end; ++at) {
    const digit = <u32>load<u8>(at) - ZERO;
    if (digit > 9) break;
    digits = digits * 10 + digit;
  }
  return at;
}

function areDigits(eight: u64): bool {
  const high = eight & 0xf0f0f0f0f0f0f0f0;
  const raised = (eight + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0;
  return (high | (raised >> 4)) === 0x3333333333333333;
}

/** Of eight ASCII digits, the first in the lowest byte: joined in pairs, then fours, then all. */
function valueOfEight(eight: u64): u64 {
  const bytes = eight - 0x3030303030303030;
  const pairs = bytes * 10 + (bytes >> 8);
  const outer = (pairs & 0x000000ff000000ff) * 0x000f424000000064;
  const inner = ((pairs >> 16) & 0x000000ff000000ff) * 0x0000271000000001;
  return (outer + inner) >> 32;
}

function digitsEnd(at: usize, end: usize): usize {
  for (; at < end; ++at) {
    if (<u32>load<u8>(at) - ZERO > 9) break;
  }
  return at;
}

/** What has a fraction, an exponent or many digits. */
function readOther(start: usize, end: usize): usize {
  const stop = skipNumber(start, end);
  if (stop === 0) return 0;
  fraction = readDecimal(start, stop, false)
    ? lastDecimal()
    : hostNumberOfText(start, <u32>(stop - start));
  return stop;
}
