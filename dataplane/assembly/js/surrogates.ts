/**
 * Surrogates in WTF-8: a pair is one character of four bytes, a lone one has three (ED A0..AF xx a high,
 * ED B0..BF xx a low one). Text never holds the two halves of a pair as three bytes each, so equal
 * strings have equal bytes.
 */
import { copyBytes } from "../bytes.ts";
import { hasPairs } from "./blocks.ts";

const SURROGATE_LEAD: u8 = 0xed;

export function beginsWithLow(ptr: usize, bytes: u32): bool {
  return bytes >= 3 && load<u8>(ptr) === SURROGATE_LEAD && load<u8>(ptr, 1) >= 0xb0;
}

export function endsWithHigh(ptr: usize, bytes: u32): bool {
  if (bytes < 3) return false;
  const last: usize = ptr + bytes - 3;
  return load<u8>(last) === SURROGATE_LEAD && (load<u8>(last, 1) & 0xf0) === 0xa0;
}

/**
 * Appends to what is written between `start` and `at`: two halves that meet become a pair.
 *
 * @returns where the text ends now
 */
export function appendBytes(start: usize, at: usize, ptr: usize, bytes: u32): usize {
  if (beginsWithLow(ptr, bytes) && endsWithHigh(start, <u32>(at - start))) {
    at = writePair(at - 3, unitOfThree(at - 3), unitOfThree(ptr));
    ptr += 3;
    bytes -= 3;
  }
  copyBytes(at, ptr, bytes);
  return at + bytes;
}

/** Writes one unit, 0 or 1, of the pair at `pair` as a lone surrogate; answers where it ends. */
export function writeHalf(at: usize, pair: usize, half: u32): usize {
  const point = pointOfFour(pair);
  return writeUnit(at, half === 0 ? highOf(point) : lowOf(point));
}

/** Writes a UTF-16 unit as a character of its own; answers where it ends. */
export function writeUnit(at: usize, unit: u32): usize {
  if (unit < 0x80) {
    store<u8>(at, <u8>unit);
    return at + 1;
  }
  if (unit < 0x800) {
    store<u8>(at, <u8>(0xc0 | (unit >> 6)));
    store<u8>(at, <u8>(0x80 | (unit & 0x3f)), 1);
    return at + 2;
  }
  store<u8>(at, <u8>(0xe0 | (unit >> 12)));
  store<u8>(at, <u8>(0x80 | ((unit >> 6) & 0x3f)), 1);
  store<u8>(at, <u8>(0x80 | (unit & 0x3f)), 2);
  return at + 3;
}

/** UTF-16 unit 0 or 1 of the character at `ptr`. */
export function unitAt(ptr: usize, half: u32): u32 {
  const lead = <u32>load<u8>(ptr);
  if (lead < 0x80) return lead;
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | tailAt(ptr + 1);
  if (lead < 0xf0) return unitOfThree(ptr);
  const point = pointOfFour(ptr);
  return half === 0 ? highOf(point) : lowOf(point);
}

/** Code point of the character at `ptr`. */
export function pointAt(ptr: usize): u32 {
  return load<u8>(ptr) >= 0xf0 ? pointOfFour(ptr) : unitAt(ptr, 0);
}

/** Bytes of the character that starts with `lead`. */
export function widthOf(lead: u8): u32 {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/**
 * Whether looking for a text by its bytes could miss an occurrence in another: it ends or begins with
 * half of a pair, and there are pairs.
 */
export function mayMatchHalves(needle: usize, needleBytes: u32, ptr: usize, bytes: u32): bool {
  const isHalf = beginsWithLow(needle, needleBytes) || endsWithHigh(needle, needleBytes);
  return isHalf && hasPairs(ptr, ptr + bytes);
}

function writePair(at: usize, high: u32, low: u32): usize {
  const point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
  store<u8>(at, <u8>(0xf0 | (point >> 18)));
  store<u8>(at, <u8>(0x80 | ((point >> 12) & 0x3f)), 1);
  store<u8>(at, <u8>(0x80 | ((point >> 6) & 0x3f)), 2);
  store<u8>(at, <u8>(0x80 | (point & 0x3f)), 3);
  return at + 4;
}

function unitOfThree(ptr: usize): u32 {
  const lead = <u32>load<u8>(ptr);
  return ((lead & 0x0f) << 12) | (tailAt(ptr + 1) << 6) | tailAt(ptr + 2);
}

function pointOfFour(ptr: usize): u32 {
  const lead = <u32>load<u8>(ptr);
  const high = ((lead & 7) << 18) | (tailAt(ptr + 1) << 12);
  return high | (tailAt(ptr + 2) << 6) | tailAt(ptr + 3);
}

function highOf(point: u32): u32 {
  return 0xd7c0 + (point >> 10);
}

function lowOf(point: u32): u32 {
  return 0xdc00 | (point & 0x3ff);
}

function tailAt(ptr: usize): u32 {
  return <u32>load<u8>(ptr) & 0x3f;
}
