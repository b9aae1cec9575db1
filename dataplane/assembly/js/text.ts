/**
 * Strings of compiled code: WTF-8 bytes somewhere in linear memory, never changed. What JavaScript says
 * in UTF-16 units is computed from them; a slice is another text over the same bytes, unless it cuts a
 * surrogate pair.
 */
import { compareStrings, copyBytes, equalBytes } from "../bytes.ts";
import { arenaCommit, arenaExtend, arenaReserve, arenaTake } from "./arena.ts";
import { isKnownAscii, positionOf, unitsOf } from "./cursor.ts";
import { giveUp } from "./give-up.ts";
import {
  appendBytes,
  beginsWithLow,
  endsWithHigh,
  pointAt,
  unitAt,
  widthOf,
  writeHalf,
} from "./surrogates.ts";

/** Length in bytes in the high half, address in the low one. */
export type Text = u64;

export const EMPTY_TEXT: Text = 0;
/** What is made of texts and would be longer is given up. */
export const RESULT_BYTES_MAX: u64 = 8 << 20;

export function textOf(ptr: usize, bytes: u32): Text {
  return ((<u64>bytes) << 32) | <u64>ptr;
}

export function textPtr(text: Text): usize {
  return <usize>(<u32>text);
}

/** Length in bytes. */
export function textBytes(text: Text): u32 {
  return <u32>(text >> 32);
}

/** `text.length` */
export function textLength(text: Text): f64 {
  return <f64>unitsOf(textPtr(text), textBytes(text));
}

/** `left === right` */
export function textEquals(left: Text, right: Text): bool {
  if (left === right) return true;
  const bytes = textBytes(left);
  return bytes === textBytes(right) && equalBytes(textPtr(left), textPtr(right), bytes);
}

/** Below 0, 0 or above 0, by UTF-16 units. */
export function textCompare(left: Text, right: Text): i32 {
  return compareStrings(textPtr(left), textBytes(left), textPtr(right), textBytes(right));
}

/** `left + right`. A left side that was built last is lengthened in place, so that a chain copies once. */
export function textConcat(left: Text, right: Text): Text {
  const leftBytes = textBytes(left);
  const rightBytes = textBytes(right);
  if (leftBytes === 0) return right;
  if (rightBytes === 0) return left;
  const ptr = textPtr(left);
  const end: usize = ptr + leftBytes;
  const meets = beginsWithLow(textPtr(right), rightBytes) && endsWithHigh(ptr, leftBytes);
  if (!meets && arenaExtend(end, rightBytes)) {
    copyBytes(end, textPtr(right), rightBytes);
    return textOf(ptr, leftBytes + rightBytes);
  }
  const block = arenaTake(leftBytes + rightBytes);
  if (block === 0) return EMPTY_TEXT;
  copyBytes(block, ptr, leftBytes);
  const stop = appendText(block, block + leftBytes, right);
  return textOf(block, <u32>(stop - block));
}

/** Appends to what is written between `start` and `at`; answers where it ends now. See surrogates.ts. */
export function appendText(start: usize, at: usize, text: Text): usize {
  return appendBytes(start, at, textPtr(text), textBytes(text));
}

/** Room for a result of at most `bytes`, which commitText() ends; 0 = given up. */
export function reserveText(bytes: u64): usize {
  if (bytes <= RESULT_BYTES_MAX) return arenaReserve(<u32>bytes);
  giveUp();
  return 0;
}

/** The text written into what was reserved at `block`, up to `end`. */
export function commitText(block: usize, end: usize): Text {
  arenaCommit(end);
  return textOf(block, <u32>(end - block));
}

/** `text.at(index)`; gives up where that is undefined. */
export function textAt(text: Text, index: f64): Text {
  const whole = trunc<f64>(index);
  const from = whole < 0 ? whole + textLength(text) : whole;
  const found = from < 0 ? EMPTY_TEXT : textCharAt(text, from);
  if (textBytes(found) === 0) giveUp();
  return found;
}

export function textCharAt(text: Text, index: f64): Text {
  const position = positionAt(text, index);
  if (position < 0) return EMPTY_TEXT;
  const at: usize = textPtr(text) + (<u32>position >> 1);
  const width = widthOf(load<u8>(at));
  if (width < 4) return textOf(at, width);
  return (position & 1) === 0 ? cutPairs(at, 0, 1) : cutPairs(at, 1, 8);
}

/** NaN out of range. */
export function textCharCodeAt(text: Text, index: f64): f64 {
  const unit = <u32>(<i32>index);
  const ptr = textPtr(text);
  if (unit < textBytes(text) && isKnownAscii(ptr, unit)) return <f64>load<u8>(ptr + unit);
  const position = positionAt(text, index);
  if (position < 0) return NaN;
  return <f64>unitAt(textPtr(text) + (<u32>position >> 1), <u32>position & 1);
}

/** Gives up where JavaScript answers undefined. */
export function textCodePointAt(text: Text, index: f64): f64 {
  const position = positionAt(text, index);
  if (position < 0) {
    giveUp();
    return 0;
  }
  const at: usize = textPtr(text) + (<u32>position >> 1);
  return <f64>((position & 1) !== 0 ? unitAt(at, 1) : pointAt(at));
}

/** `text.slice(from, to)` */
export function textSlice(text: Text, from: f64, to: f64): Text {
  if (from < 0) from = fromEnd(text, from);
  if (to < 0) to = fromEnd(text, to);
  return sliceUnits(text, clampUnit(text, from), clampUnit(text, to));
}

/** `text.substring(from, to)` */
export function textSubstring(text: Text, from: f64, to: f64): Text {
  const left = clampUnit(text, from);
  const right = clampUnit(text, to);
  return sliceUnits(text, min<u32>(left, right), max<u32>(left, right));
}

/**
 * A UTF-16 index as JavaScript takes it: a fraction is cut off, NaN and what is negative become 0; what
 * is beyond the text becomes its length in bytes, which no index exceeds.
 */
export function clampUnit(text: Text, index: f64): u32 {
  return min<u32>(<u32>max<i32>(<i32>index, 0), textBytes(text));
}

/** Position (see cursor.ts) of the unit at an index, -1 out of range. */
function positionAt(text: Text, index: f64): i32 {
  const bytes = textBytes(text);
  const unit = <u32>(<i32>index); // huge, if it was negative
  if (unit >= bytes) return -1;
  const position = positionOf(textPtr(text), bytes, unit);
  return position === bytes << 1 ? -1 : <i32>position;
}

/** A negative index of slice() counts from the end. */
function fromEnd(text: Text, index: f64): f64 {
  const whole = trunc<f64>(index);
  return whole < 0 ? max<f64>(whole + textLength(text), 0) : 0;
}

function sliceUnits(text: Text, from: u32, to: u32): Text {
  if (from >= to) return EMPTY_TEXT;
  const ptr = textPtr(text);
  const bytes = textBytes(text);
  const left: u32 = from === 0 ? 0 : positionOf(ptr, bytes, from);
  const right = to === bytes ? bytes << 1 : positionOf(ptr, bytes, to);
  if (((left | right) & 1) === 0) return textOf(ptr + (left >> 1), (right - left) >> 1);
  return left === right ? EMPTY_TEXT : cutPairs(ptr, left, right);
}

/** Copies from one position to a later one, where one of them is amid a pair. */
function cutPairs(ptr: usize, left: u32, right: u32): Text {
  let from: usize = ptr + (left >> 1);
  const to: usize = ptr + (right >> 1);
  const block = arenaTake(<u32>(to - from) + 6);
  if (block === 0) return EMPTY_TEXT;
  let at = block;
  if ((left & 1) !== 0) {
    at = writeHalf(at, from, 1);
    from += 4;
  }
  if (from < to) {
    copyBytes(at, from, <u32>(to - from));
    at += to - from;
  }
  if ((right & 1) !== 0) at = writeHalf(at, to, 0);
  return textOf(block, <u32>(at - block));
}
