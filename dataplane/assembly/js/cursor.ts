/**
 * UTF-16 indexes of a text and the bytes that they stand for. Of the text that was asked about last, it is
 * remembered how far it is ASCII, where both are the same; of the last long one, how far its units were
 * counted: a loop over indexes stays linear. Texts do not change within a row; forgetTexts() is called
 * between rows.
 *
 * A position is twice the offset of a character's first byte, plus 1 if it is the second unit of a
 * surrogate pair.
 */
import { asciiEnd, countUnits, unitsOfBlock } from "./blocks.ts";

/** Counting so many bytes costs no more than looking up what is remembered. */
const SHORT_BYTES: u32 = 64;
/** How much further than asked for is looked for what is not ASCII. */
const AHEAD_BYTES: u32 = 16;

let measuredPtr: usize = 0;
let measuredBytes: u32 = 0;
let measuredUnits: u32 = 0;

/** The bytes at this address are ASCII, so many of them. */
let asciiPtr: usize = 0;
let asciiBytes: u32 = 0;

/** `cursorUnits` UTF-16 units of characters start in the first `cursorOffset` bytes of the text. */
let cursorPtr: usize = 0;
let cursorBytes: u32 = 0;
let cursorOffset: u32 = 0;
let cursorUnits: u32 = 0;

export function forgetTexts(): void {
  measuredPtr = 0;
  asciiPtr = 0;
  asciiBytes = 0;
  cursorPtr = 0;
}

/** Length of a text in UTF-16 units. */
export function unitsOf(ptr: usize, bytes: u32): u32 {
  if (bytes <= SHORT_BYTES) return countUnits(ptr, ptr + bytes);
  if (ptr === measuredPtr && bytes === measuredBytes) return measuredUnits;
  measuredPtr = ptr;
  measuredBytes = bytes;
  measuredUnits = countUnits(ptr, ptr + bytes);
  return measuredUnits;
}

/** Whether a text at this address is known to be ASCII up to this unit: a short way for loops. */
export function isKnownAscii(ptr: usize, unit: u32): bool {
  return ptr === asciiPtr && unit < asciiBytes;
}

/** Position of a UTF-16 unit; `bytes << 1` if the text is not that long. `unit` is at most `bytes`. */
export function positionOf(ptr: usize, bytes: u32, unit: u32): u32 {
  if (ptr === asciiPtr && unit < asciiBytes) return unit << 1;
  const ascii = asciiPrefix(ptr, bytes, unit);
  if (unit <= ascii) return unit << 1;
  if (ptr !== cursorPtr || bytes !== cursorBytes || unit < cursorUnits) {
    return walk(ptr, bytes, unit, ascii, ascii);
  }
  return walk(ptr, bytes, unit, cursorOffset, cursorUnits);
}

/** UTF-16 units before the character that starts at `offset`. */
export function unitsBefore(ptr: usize, bytes: u32, offset: u32): u32 {
  const ascii = asciiPrefix(ptr, bytes, offset);
  if (offset <= ascii) return offset;
  if (ptr !== cursorPtr || bytes !== cursorBytes || offset < cursorOffset) {
    return countOn(ptr, bytes, offset, ascii, ascii);
  }
  return countOn(ptr, bytes, offset, cursorOffset, cursorUnits);
}

/** How far the text is ASCII; more than `least` bytes, if it goes on so far. */
function asciiPrefix(ptr: usize, bytes: u32, least: u32): u32 {
  const known = ptr === asciiPtr ? min<u32>(asciiBytes, bytes) : 0;
  if (known > least) return known;
  const end: usize = ptr + min<u32>(bytes, least + AHEAD_BYTES);
  asciiPtr = ptr;
  asciiBytes = <u32>(asciiEnd(ptr + known, end) - ptr);
  return asciiBytes;
}

function countOn(ptr: usize, bytes: u32, offset: u32, from: u32, units: u32): u32 {
  const counted = units + countUnits(ptr + from, ptr + offset);
  if (bytes > SHORT_BYTES) moveCursor(ptr, bytes, offset, counted);
  return counted;
}

/** Goes on from `offset`, before which `units` were counted. */
function walk(ptr: usize, bytes: u32, unit: u32, offset: u32, units: u32): u32 {
  let count: u32 = 0;
  for (; offset < bytes; offset += count) {
    count = min<u32>(bytes - offset, 16);
    const inBlock = unitsOfBlock(ptr + offset, count);
    if (units + inBlock > unit) break;
    units += inBlock;
  }
  if (bytes > SHORT_BYTES) moveCursor(ptr, bytes, offset, units);
  if (offset === bytes) return bytes << 1;
  return walkBytes(ptr, bytes, unit, offset, units);
}

function walkBytes(ptr: usize, bytes: u32, unit: u32, offset: u32, units: u32): u32 {
  for (; offset < bytes; ++offset) {
    const byte = <u32>load<u8>(ptr + offset);
    if ((byte & 0xc0) === 0x80) continue;
    const width: u32 = byte >= 0xf0 ? 2 : 1;
    if (unit < units + width) return (offset << 1) | (unit - units);
    units += width;
  }
  return bytes << 1;
}

function moveCursor(ptr: usize, bytes: u32, offset: u32, units: u32): void {
  cursorPtr = ptr;
  cursorBytes = bytes;
  cursorOffset = offset;
  cursorUnits = units;
}
