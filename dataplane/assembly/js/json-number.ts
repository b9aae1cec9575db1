/** Numbers of a JSON document. An address of 0 = it is none. */
import { decimalOf } from "./decimal-read.ts";

const PLUS: u8 = 0x2b;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const POINT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const LETTER_E: u8 = 0x65;
const MAX_SAFE_INTEGER: f64 = 9007199254740991;

/** 1 to 10^7. */
const POWERS: usize = memory.data<u32>([1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000]);

let digits: u64 = 0;
let isNegative: bool = false;
/** It is `digits`; else it is `fraction`. */
let isWhole: bool = false;
let fraction: f64 = 0;

/** Reads the number at `at`, up to a byte that no number has. */
export function readNumber(at: usize, end: usize): usize {
  const stop = readWhole(at);
  if (stop === 0 || stop > end || goesOn(load<u8>(stop))) return readOther(at, end);
  isNegative = false;
  isWhole = true;
  return stop;
}

export function lastNumber(): f64 {
  if (!isWhole) return fraction;
  return isNegative ? -(<f64>digits) : <f64>digits;
}

/** Whether the number is an integer that a double holds for sure; lastInteger() is it. */
export function isSafeLast(): bool {
  return isWhole || isSafeFraction();
}

export function lastInteger(): i64 {
  return isNegative ? -(<i64>digits) : <i64>digits;
}

/** Where the number at `at` ends. */
export function skipNumber(at: usize, end: usize): usize {
  let count = digitCount(load<u64>(at));
  if (count === 8) count += digitCount(load<u64>(at, 8));
  const stop: usize = at + count;
  const isShort = count !== 0 && count !== 16 && load<u8>(at) !== ZERO && stop <= end;
  return isShort && !goesOn(load<u8>(stop)) ? stop : skipOther(at, end);
}

function skipOther(at: usize, end: usize): usize {
  if (load<u8>(at) === MINUS) ++at;
  const first = at;
  at = digitsEnd(first, end);
  if (at === first) return 0;
  // Digits behind a zero are left to whoever looks at what follows.
  if (load<u8>(first) === ZERO) at = first + 1;
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
  return byte !== COMMA && (byte === POINT || (byte | 0x20) === LETTER_E);
}

/** Reads up to 15 digits into `digits`, without a branch for each; 0 = they are more, or no number. */
function readWhole(at: usize): usize {
  const eight = load<u64>(at);
  const count = digitCount(eight);
  if (count === 0) return 0;
  if (<u8>eight === ZERO) {
    digits = 0;
    return at + 1;
  }
  digits = valueOfDigits(eight, count);
  if (count !== 8) return at + count;
  const more = load<u64>(at, 8);
  const moreCount = digitCount(more);
  if (moreCount === 8) return 0;
  if (moreCount !== 0) {
    digits = digits * load<u32>(POWERS + (moreCount << 2)) + valueOfDigits(more, moreCount);
  }
  return at + 8 + moreCount;
}

/** Of eight bytes, how many at the beginning (lowest) are ASCII digits. */
function digitCount(eight: u64): usize {
  const values = eight ^ 0x3030303030303030;
  const others = ((values + 0x7676767676767676) | values) & 0x8080808080808080;
  return <usize>(ctz<u64>(others) >> 3);
}

/** Of the first `count` digits, 1 to 8: as many zeros as are missing go before them. */
function valueOfDigits(eight: u64, count: usize): u64 {
  return valueOfEight((eight - 0x3030303030303030) << (64 - ((<u64>count) << 3)));
}

/** Of eight digits' values, the first in the lowest byte: joined in pairs, then fours, then all. */
function valueOfEight(values: u64): u64 {
  const pairs = values * 10 + (values >> 8);
  const outer = (pairs & 0x000000ff000000ff) * 0x000f424000000064;
  const inner = ((pairs >> 16) & 0x000000ff000000ff) * 0x0000271000000001;
  return (outer + inner) >> 32;
}

function digitsEnd(from: usize, end: usize): usize {
  let at = from;
  for (let count: usize = 8; count === 8 && at < end; at += count) {
    count = digitCount(load<u64>(at));
  }
  return max<usize>(min<usize>(at, end), from);
}

/** What has a sign, a fraction, an exponent or many digits. */
function readOther(at: usize, end: usize): usize {
  if (at >= end) return 0;
  if (load<u8>(at) === MINUS) {
    if (load<u8>(at, 1) === MINUS) return 0;
    const stop = readNumber(at + 1, end);
    isNegative = true;
    fraction = -fraction;
    return stop;
  }
  const stop = skipOther(at, end);
  if (stop === 0) return 0;
  isWhole = false;
  fraction = decimalOf(at, stop);
  return stop;
}

/** Goes on with it as an integer, if it is one. */
function isSafeFraction(): bool {
  const size = abs<f64>(fraction);
  if (trunc<f64>(size) !== size || !(size <= MAX_SAFE_INTEGER)) return false;
  isWhole = true;
  isNegative = fraction < 0;
  digits = <u64>size;
  return true;
}
