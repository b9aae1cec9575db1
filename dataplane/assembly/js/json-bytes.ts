/**
 * White space, strings, literals and values that are only checked, of a JSON document. An address of 0 =
 * it is not JSON. The document may be read up to JSON_SLACK bytes beyond its end; what is found there is
 * noticed when the document turns out to end too late.
 */
import { arenaTake } from "./arena.ts";
import { skipNumber } from "./json-number.ts";
import { appendBytes, writeUnit } from "./surrogates.ts";
import { EMPTY_TEXT, Text, textOf } from "./text.ts";

/** Two keys of the longest kind, or a key and what is looked at of a value. */
export const JSON_SLACK: u32 = 128;
/** Deeper documents are JavaScript's. */
export const JSON_DEPTH_MAX: u32 = 200;

export const SPACE: u8 = 0x20;
export const QUOTE: u8 = 0x22;
export const COMMA: u8 = 0x2c;
const DIGIT_NINE: u8 = 0x39;
export const COLON: u8 = 0x3a;
export const OPEN_ARRAY: u8 = 0x5b;
const BACKSLASH: u8 = 0x5c;
export const CLOSE_ARRAY: u8 = 0x5d;
export const OPEN_OBJECT: u8 = 0x7b;
export const CLOSE_OBJECT: u8 = 0x7d;
/** The first four letters of each literal, and what follows "fals". */
const TRUE: u32 = 0x65757274;
const FALS: u32 = 0x736c6166;
const NULL: u32 = 0x6c6c756e;
const LETTER_E: u8 = 0x65;
const LETTER_U: u8 = 0x75;

let hasEscapes: bool = false;
let literalValue: bool = false;
/** A UTF-16 unit in WTF-8. */
const unitBytes: usize = memory.data(8);

export function skipSpace(at: usize, end: usize): usize {
  for (; at < end; ++at) {
    const byte = load<u8>(at);
    if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}

/** Address of the quote that ends the string whose contents begin at `at`. */
export function stringEnd(at: usize, end: usize): usize {
  hasEscapes = false;
  const first = i8x16.bitmask(specials(at));
  if (first !== 0) {
    const stop: usize = at + <usize>ctz<i32>(first);
    if (load<u8>(stop) === QUOTE && stop < end) return stop;
  }
  for (; at < end; at += 64) {
    for (let found = specialsOf64(at); found !== 0; ) {
      const index = ctz<u64>(found);
      const stop = at + <usize>index;
      if (stop >= end) return 0;
      const byte = load<u8>(stop);
      if (byte === QUOTE) return stop;
      if (byte !== BACKSLASH) return 0;
      hasEscapes = true;
      const next = escapeEnd(stop);
      if (next === 0) return 0;
      if (index === 63) at = next - 64;
      found &= ~((<u64>3) << index);
    }
  }
  return 0;
}

/** A bit for each of 64 bytes that may end a string, begin an escape, or not stand in a string. */
function specialsOf64(at: usize): u64 {
  const first = specials(at);
  const second = specials(at + 16);
  const third = specials(at + 32);
  const fourth = specials(at + 48);
  const low = <u64>(<u32>i8x16.bitmask(first) | ((<u32>i8x16.bitmask(second)) << 16));
  const high = <u64>(<u32>i8x16.bitmask(third) | ((<u32>i8x16.bitmask(fourth)) << 16));
  return low | (high << 32);
}

function specials(at: usize): v128 {
  const block = v128.load(at);
  const slashes = i8x16.eq(block, i8x16.splat(BACKSLASH));
  // A quote becomes a space, and a space none: up to 0x20 is what is a quote or below a space.
  const turned = v128.xor(block, i8x16.splat(QUOTE ^ SPACE));
  return v128.or(slashes, i8x16.eq(turned, i8x16.min_u(turned, i8x16.splat(SPACE))));
}

/** The string from `at` to `stop`, which stringEnd() has just found. */
export function stringText(at: usize, stop: usize): Text {
  return hasEscapes ? unescaped(at, stop) : textOf(at, <u32>(stop - at));
}

/** Where `true` or `false` ends; literalIsTrue() tells which. */
export function booleanEnd(at: usize): usize {
  const letters = load<u32>(at);
  literalValue = letters === TRUE;
  if (literalValue) return at + 4;
  return letters === FALS && load<u8>(at, 4) === LETTER_E ? at + 5 : 0;
}

export function literalIsTrue(): bool {
  return literalValue;
}

/** Where any value ends. */
export function skipValue(at: usize, end: usize, depth: u32): usize {
  const byte = load<u8>(at);
  if (byte === QUOTE) {
    const stop = stringEnd(at + 1, end);
    return stop === 0 ? 0 : stop + 1;
  }
  if (byte <= DIGIT_NINE) return skipNumber(at, end);
  if (byte === OPEN_OBJECT) return skipMembers(at, end, depth, CLOSE_OBJECT);
  if (byte === OPEN_ARRAY) return skipMembers(at, end, depth, CLOSE_ARRAY);
  if (load<u32>(at) === NULL) return at + 4;
  return booleanEnd(at);
}

/** Of an object or array, by the bracket that closes it. */
function skipMembers(at: usize, end: usize, depth: u32, close: u8): usize {
  if (at >= end || depth >= JSON_DEPTH_MAX) return 0;
  at = skipSpace(at + 1, end);
  if (load<u8>(at) === close) return at + 1;
  while (at < end) {
    if (close === CLOSE_OBJECT) {
      at = keyEnd(at, end);
      if (at === 0) return 0;
    }
    at = skipValue(at, end, depth + 1);
    if (at === 0) return 0;
    at = skipSpace(at, end);
    const byte = load<u8>(at);
    ++at;
    if (byte === close) return at;
    if (byte !== COMMA) return 0;
    at = skipSpace(at, end);
  }
  return 0;
}

/** Behind the key that begins at `at`, its colon and white space. */
function keyEnd(at: usize, end: usize): usize {
  if (load<u8>(at) !== QUOTE) return 0;
  const stop = stringEnd(at + 1, end);
  if (stop === 0) return 0;
  at = skipSpace(stop + 1, end);
  return load<u8>(at) === COLON ? skipSpace(at + 1, end) : 0;
}

function escapeEnd(at: usize): usize {
  const byte = load<u8>(at, 1);
  if (byte === BACKSLASH || byte === QUOTE) return at + 2;
  if (byte !== LETTER_U) return charOfEscape(byte) === 0 ? 0 : at + 2;
  for (let digit: usize = at + 2; digit < at + 6; ++digit) {
    if (hexDigit(load<u8>(digit)) > 15) return 0;
  }
  return at + 6;
}

/** 0 = there is no such escape. */
function charOfEscape(byte: u8): u8 {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
      return byte;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return 0;
  }
}

function hexDigit(byte: u8): u32 {
  const digit = <u32>byte - 0x30;
  if (digit <= 9) return digit;
  const letter = (<u32>byte | 0x20) - 0x61;
  return letter < 6 ? letter + 10 : 99;
}

/** No escape is shorter than what it stands for. */
function unescaped(at: usize, stop: usize): Text {
  const block = arenaTake(<u32>(stop - at));
  if (block === 0) return EMPTY_TEXT;
  let target = block;
  while (at < stop) {
    const bytes = v128.load(at);
    const escapes = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(BACKSLASH)));
    // Bytes too many go into the arena's slack at most.
    v128.store(target, bytes);
    const plain: usize = escapes === 0 ? 16 : ctz<i32>(escapes);
    at += plain;
    target += plain;
    if (escapes === 0 || at >= stop) continue;
    const byte = load<u8>(at, 1);
    if (byte === LETTER_U) return unitsUnescaped(block, target, at, stop);
    store<u8>(target, byte === BACKSLASH ? byte : charOfEscape(byte));
    ++target;
    at += 2;
  }
  return textOf(block, <u32>(target - block - (at - stop)));
}

/** Goes on, from an escaped unit, where each part may complete the pair that the one before began. */
function unitsUnescaped(block: usize, target: usize, at: usize, stop: usize): Text {
  while (at < stop) {
    let plain = at;
    while (plain < stop && load<u8>(plain) !== BACKSLASH) ++plain;
    if (plain > at) target = appendBytes(block, target, at, <u32>(plain - at));
    at = plain;
    if (at === stop) break;
    const byte = load<u8>(at, 1);
    if (byte === LETTER_U) {
      const end = writeUnit(unitBytes, unitOfEscape(at + 2));
      target = appendBytes(block, target, unitBytes, <u32>(end - unitBytes));
      at += 6;
    } else {
      store<u8>(target, charOfEscape(byte));
      ++target;
      at += 2;
    }
  }
  return textOf(block, <u32>(target - block));
}

function unitOfEscape(at: usize): u32 {
  let unit: u32 = 0;
  for (let digit: usize = at; digit < at + 4; ++digit) {
    unit = (unit << 4) | hexDigit(load<u8>(digit));
  }
  return unit;
}
