/** Decimal numbers as text, backwards from the last digit. */
import { arenaCommit, arenaReserve } from "./arena.ts";
import { powerOfTen } from "./powers.ts";
import { EMPTY_TEXT, Text, textOf } from "./text.ts";

/** A sign, twenty digits, a point and zeros in front of a fraction. */
const BLOCK_BYTES: u32 = 48;
const MINUS: u8 = 0x2d;
const POINT: u8 = 0x2e;
const ZERO: u8 = 0x30;

/** The two digits of 0 to 99. */
const PAIRS: usize = memory.data<u8>([
  48, 48, 48, 49, 48, 50, 48, 51, 48, 52, 48, 53, 48, 54, 48, 55, 48, 56, 48, 57, 49, 48, 49, 49,
  49, 50, 49, 51, 49, 52, 49, 53, 49, 54, 49, 55, 49, 56, 49, 57, 50, 48, 50, 49, 50, 50, 50, 51,
  50, 52, 50, 53, 50, 54, 50, 55, 50, 56, 50, 57, 51, 48, 51, 49, 51, 50, 51, 51, 51, 52, 51, 53,
  51, 54, 51, 55, 51, 56, 51, 57, 52, 48, 52, 49, 52, 50, 52, 51, 52, 52, 52, 53, 52, 54, 52, 55,
  52, 56, 52, 57, 53, 48, 53, 49, 53, 50, 53, 51, 53, 52, 53, 53, 53, 54, 53, 55, 53, 56, 53, 57,
  54, 48, 54, 49, 54, 50, 54, 51, 54, 52, 54, 53, 54, 54, 54, 55, 54, 56, 54, 57, 55, 48, 55, 49,
  55, 50, 55, 51, 55, 52, 55, 53, 55, 54, 55, 55, 55, 56, 55, 57, 56, 48, 56, 49, 56, 50, 56, 51,
  56, 52, 56, 53, 56, 54, 56, 55, 56, 56, 56, 57, 57, 48, 57, 49, 57, 50, 57, 51, 57, 52, 57, 53,
  57, 54, 57, 55, 57, 56, 57, 57,
]);

/** Numbers up to 99 are slices of the table. */
export function integerToText(value: i64): Text {
  if (<u64>value < 10) return textOf(PAIRS + ((<usize>value) << 1) + 1, 1);
  if (<u64>value < 100) return textOf(PAIRS + ((<usize>value) << 1), 2);
  return decimalToText(value < 0 ? -value : value, 0, value < 0);
}

/** `digits` / 10^`places`, with all its places. */
export function decimalToText(digits: u64, places: u32, isNegative: bool): Text {
  const block = arenaReserve(BLOCK_BYTES);
  if (block === 0) return EMPTY_TEXT;
  const end: usize = block + BLOCK_BYTES;
  let at = end;
  if (places !== 0) {
    const power = <u64>powerOfTen(places);
    at = writeDigits(at, digits % power);
    while (at > end - places) store<u8>(--at, ZERO);
    store<u8>(--at, POINT);
    digits /= power;
  }
  at = writeDigits(at, digits);
  if (isNegative) store<u8>(--at, MINUS);
  arenaCommit(end);
  return textOf(at, <u32>(end - at));
}

/** Writes at least one digit in front of `at`; answers where they begin. */
function writeDigits(at: usize, value: u64): usize {
  while (value >= 100) {
    const rest = value / 100;
    at -= 2;
    store<u16>(at, load<u16>(PAIRS + ((<usize>(value - rest * 100)) << 1)));
    value = rest;
  }
  if (value >= 10) {
    at -= 2;
    store<u16>(at, load<u16>(PAIRS + ((<usize>value) << 1)));
  } else {
    store<u8>(--at, ZERO + <u8>value);
  }
  return at;
}
