/** Strings made of strings. What grows beyond RESULT_BYTES_MAX is given up. */
import { copyBytes } from "../bytes.ts";
import { arenaReserve, arenaTake } from "./arena.ts";
import { blockMask, findByte, loadBlock } from "./blocks.ts";
import { unitsOf } from "./cursor.ts";
import { giveUp } from "./give-up.ts";
import { countBytes, findBytes } from "./search.ts";
import { appendBytes, beginsWithLow, endsWithHigh, widthOf, writeHalf } from "./surrogates.ts";
import {
  appendText,
  commitText,
  EMPTY_TEXT,
  RESULT_BYTES_MAX,
  reserveText,
  Text,
  textBytes,
  textConcat,
  textOf,
  textPtr,
  textSlice,
} from "./text.ts";
import { givesUp } from "./text-search.ts";
import { skipSpace, skipSpaceBack } from "./white-space.ts";

const DOLLAR: u8 = 0x24;
const UPPER_A: i8 = 0x41;
const LOWER_A: i8 = 0x61;
const CASE_BIT: i8 = 0x20;
const LETTERS: i8 = 26;

/** One half of a pair, while it is copied. */
const half: usize = memory.data(8, 8);

export function textTrim(text: Text): Text {
  return textTrimEnd(textTrimStart(text));
}

export function textTrimStart(text: Text): Text {
  const end: usize = textPtr(text) + textBytes(text);
  const from = skipSpace(textPtr(text), end);
  return textOf(from, <u32>(end - from));
}

export function textTrimEnd(text: Text): Text {
  const ptr = textPtr(text);
  return textOf(ptr, <u32>(skipSpaceBack(ptr, ptr + textBytes(text)) - ptr));
}

/** Gives up beyond ASCII. */
export function textToLowerCase(text: Text): Text {
  return flipLetters(text, UPPER_A);
}

/** Gives up beyond ASCII. */
export function textToUpperCase(text: Text): Text {
  return flipLetters(text, LOWER_A);
}

/** Replaces the first occurrence; gives up if the replacement has a "$", which may mean a pattern. */
export function textReplace(text: Text, search: Text, replacement: Text): Text {
  const ptr = textPtr(text);
  const bytes = textBytes(text);
  const searchBytes = textBytes(search);
  if (givesUp(text, search)) return text;
  const end: usize = ptr + bytes;
  const found = searchBytes === 0 ? ptr : findBytes(ptr, end, textPtr(search), searchBytes);
  if (found === 0 && searchBytes !== 0) return text;
  if (givesUpReplacement(replacement)) return text;
  const block = arenaReserve(bytes + textBytes(replacement));
  if (block === 0) return text;
  const before = <u32>(found - ptr);
  copyBytes(block, ptr, before);
  let at = appendText(block, block + before, replacement);
  const rest: usize = found + searchBytes;
  at = appendBytes(block, at, rest, <u32>(end - rest));
  return commitText(block, at);
}

/** Replaces every occurrence; gives up as textReplace() does. */
export function textReplaceAll(text: Text, search: Text, replacement: Text): Text {
  const searchBytes = textBytes(search);
  if (searchBytes === 0) return interleave(text, replacement);
  if (givesUp(text, search)) return text;
  let from = textPtr(text);
  const end: usize = from + textBytes(text);
  const count = countBytes(from, end, textPtr(search), searchBytes);
  if (count === 0) return text;
  if (givesUpReplacement(replacement)) return text;
  const kept = textBytes(text) - count * searchBytes;
  const block = reserveText(<u64>kept + <u64>count * textBytes(replacement));
  if (block === 0) return text;
  let at = block;
  for (let index: u32 = 0; index < count; ++index) {
    const found = findBytes(from, end, textPtr(search), searchBytes);
    at = appendBytes(block, at, from, <u32>(found - from));
    at = appendText(block, at, replacement);
    from = found + searchBytes;
  }
  at = appendBytes(block, at, from, <u32>(end - from));
  return commitText(block, at);
}

export function textPadStart(text: Text, length: f64, fill: Text): Text {
  return textConcat(paddingFor(text, length, fill), text);
}

export function textPadEnd(text: Text, length: f64, fill: Text): Text {
  return textConcat(text, paddingFor(text, length, fill));
}

/** Gives up where JavaScript throws: below 0 and at infinity. */
export function textRepeat(text: Text, count: f64): Text {
  const times = trunc<f64>(count);
  const bytes = textBytes(text);
  if (times < 0 || times === Infinity) giveUp();
  if (!(times > 0) || bytes === 0) return EMPTY_TEXT;
  if (times === 1) return text;
  const total = times * <f64>bytes;
  const block = reserveText(<u64>min<f64>(total, <f64>RESULT_BYTES_MAX + 1));
  return block === 0 ? text : commitText(block, writeRepeated(block, text, <u32>times));
}

/** Upper case to lower case or back, told by the first letter of the case that changes. */
function flipLetters(text: Text, firstLetter: i8): Text {
  const ptr = textPtr(text);
  const bytes = textBytes(text);
  let high: u32 = 0;
  let letters: u32 = 0;
  for (let offset: u32 = 0; offset < bytes; offset += 16) {
    const count = min<u32>(bytes - offset, 16);
    const block = loadBlock(ptr + offset, count);
    high |= <u32>i8x16.bitmask(block) & blockMask(count);
    letters |= <u32>i8x16.bitmask(lettersOf(block, firstLetter)) & blockMask(count);
  }
  if (high !== 0) giveUp();
  if (high !== 0 || letters === 0) return text;
  const target = arenaTake(bytes);
  if (target === 0) return text;
  // The last block is written whole: the arena has that slack.
  for (let offset: u32 = 0; offset < bytes; offset += 16) {
    const block = loadBlock(ptr + offset, min<u32>(bytes - offset, 16));
    const flips = v128.and(lettersOf(block, firstLetter), i8x16.splat(CASE_BIT));
    v128.store(target + offset, v128.xor(block, flips));
  }
  return textOf(target, bytes);
}

function lettersOf(block: v128, firstLetter: i8): v128 {
  const index = i8x16.sub(block, i8x16.splat(firstLetter));
  return i8x16.lt_u(index, i8x16.splat(LETTERS));
}

function givesUpReplacement(replacement: Text): bool {
  const end: usize = textPtr(replacement) + textBytes(replacement);
  if (findByte(textPtr(replacement), end, DOLLAR) === end) return false;
  giveUp();
  return true;
}

/** The replacement of the empty text: before every UTF-16 unit and at the end. */
function interleave(text: Text, replacement: Text): Text {
  if (textBytes(replacement) === 0 || givesUpReplacement(replacement)) return text;
  const ptr = textPtr(text);
  const bytes = textBytes(text);
  const units = unitsOf(ptr, bytes);
  // A pair of four bytes becomes two halves of three.
  const block = reserveText(((<u64>bytes) << 1) + (<u64>units + 1) * textBytes(replacement));
  if (block === 0) return text;
  let at = appendText(block, block, replacement);
  for (let offset: u32 = 0; offset < bytes; ) {
    const char: usize = ptr + offset;
    const width = widthOf(load<u8>(char));
    if (width < 4) {
      at = appendText(block, appendBytes(block, at, char, width), replacement);
    } else {
      for (let index: u32 = 0; index < 2; ++index) {
        const stop = writeHalf(half, char, index);
        at = appendText(block, appendBytes(block, at, half, <u32>(stop - half)), replacement);
      }
    }
    offset += width;
  }
  return commitText(block, at);
}

/** What is missing to a length in UTF-16 units, from `fill` repeated. */
function paddingFor(text: Text, length: f64, fill: Text): Text {
  const units = <f64>unitsOf(textPtr(text), textBytes(text));
  const fillUnits = <f64>unitsOf(textPtr(fill), textBytes(fill));
  if (fillUnits === 0 || !(trunc<f64>(length) > units)) return EMPTY_TEXT;
  const missing = trunc<f64>(length) - units;
  if (missing > <f64>RESULT_BYTES_MAX) {
    giveUp();
    return EMPTY_TEXT;
  }
  const times = <u32>(missing / fillUnits);
  const rest = textSlice(fill, 0, missing - <f64>times * fillUnits);
  const block = reserveText(<u64>times * textBytes(fill) + textBytes(rest));
  if (block === 0) return EMPTY_TEXT;
  const at = writeRepeated(block, fill, times);
  return commitText(block, appendText(block, at, rest));
}

/** Writes a text several times; answers where it ends. */
function writeRepeated(block: usize, text: Text, times: u32): usize {
  const ptr = textPtr(text);
  const bytes = textBytes(text);
  if (times === 0) return block;
  if (beginsWithLow(ptr, bytes) && endsWithHigh(ptr, bytes)) {
    let at = block;
    for (let index: u32 = 0; index < times; ++index) at = appendBytes(block, at, ptr, bytes);
    return at;
  }
  const total = bytes * times;
  copyBytes(block, ptr, bytes);
  for (let done = bytes; done < total; done <<= 1) {
    copyBytes(block + done, block, min<u32>(done, total - done));
  }
  return block + total;
}
