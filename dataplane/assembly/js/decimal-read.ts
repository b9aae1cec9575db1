/**
 * Decimal numbers of text. Here they are read where the result is exact for sure: digits that fit a double
 * and a power of ten that does too, joined by one multiplication or division, which rounds once.
 * Everything else the host reads.
 */
import { numberOfText as hostNumberOfText, parseFloatOfText as hostParseFloat } from "./env.ts";
import { EXACT_POWER_MAX, powerOfTen } from "./powers.ts";

const PLUS: u8 = 0x2b;
const MINUS: u8 = 0x2d;
const POINT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const LETTER_E: u8 = 0x65;
/** Adding a digit to more could overflow. */
const DIGITS_MAX: u64 = 1_000_000_000_000_000_000;
const EXACT_MAX: u64 = 1 << 53;
/** An exponent this big is not exact anyway. */
const EXPONENT_MAX: i32 = 1000;

let digits: u64 = 0;
let isTooLong: bool = false;
let value: f64 = 0;

/** `Number(text)` of the bytes between two addresses, at least one, with no white space around them. */
export function decimalOf(at: usize, end: usize): f64 {
  return readDecimal(at, end, false) ? value : hostNumberOfText(at, <u32>(end - at));
}

/** `parseFloat(text)` of these. */
export function decimalPrefixOf(at: usize, end: usize): f64 {
  return readDecimal(at, end, true) ? value : hostParseFloat(at, <u32>(end - at));
}

/**
 * Reads a number that begins at `at` into `value`.
 *
 * @param isPrefix anything may follow, as with parseFloat(); else the number ends at `end`
 * @returns false = the host must read it
 */
function readDecimal(at: usize, end: usize, isPrefix: bool): bool {
  if (at >= end) return false;
  const sign = load<u8>(at);
  if (sign === MINUS || sign === PLUS) ++at;
  digits = 0;
  isTooLong = false;
  const start = at;
  at = readDigits(at, end);
  let count = <u32>(at - start);
  let exponent: i32 = 0;
  if (at < end && load<u8>(at) === POINT) {
    const fraction: usize = at + 1;
    at = readDigits(fraction, end);
    exponent = -(<i32>(at - fraction));
    count += <u32>(at - fraction);
  }
  if (count === 0 || isTooLong) return false;
  if (at < end) {
    const hasExponent = (load<u8>(at) | 0x20) === LETTER_E;
    if (isPrefix === hasExponent) return false;
    if (hasExponent && !readExponent(at + 1, end)) return false;
    if (hasExponent) exponent += exponentRead;
  }
  return join(exponent, sign === MINUS);
}

let exponentRead: i32 = 0;

/** An exponent that goes up to the end. */
function readExponent(at: usize, end: usize): bool {
  if (at >= end) return false;
  const sign = load<u8>(at);
  if (sign === MINUS || sign === PLUS) ++at;
  if (at >= end) return false;
  let exponent: i32 = 0;
  for (; at < end; ++at) {
    const digit = <u32>load<u8>(at) - ZERO;
    if (digit > 9 || exponent > EXPONENT_MAX) return false;
    exponent = exponent * 10 + <i32>digit;
  }
  exponentRead = sign === MINUS ? -exponent : exponent;
  return true;
}

function readDigits(at: usize, end: usize): usize {
  for (; at < end; ++at) {
    const digit = <u32>load<u8>(at) - ZERO;
    if (digit > 9) break;
    if (digits > DIGITS_MAX) isTooLong = true;
    digits = digits * 10 + <u64>digit;
  }
  return at;
}

function join(exponent: i32, isNegative: bool): bool {
  const power = exponent < 0 ? -exponent : exponent;
  if (exponent !== 0 && (digits > EXACT_MAX || power > <i32>EXACT_POWER_MAX)) return false;
  const whole = <f64>digits;
  let joined = whole;
  if (exponent > 0) joined = whole * powerOfTen(<u32>power);
  else if (exponent < 0) joined = whole / powerOfTen(<u32>power);
  value = isNegative ? -joined : joined;
  return true;
}
