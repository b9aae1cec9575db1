/**
 * Strings looked for in strings, by their bytes. Positions are UTF-16 units, as JavaScript takes and
 * answers them. A position amid a surrogate pair has the pair's second half behind it, which only a
 * text that begins with it can match; such texts are given up where there are pairs.
 */
import { equalBytes } from "../bytes.ts";
import { positionOf, unitsBefore, unitsOf } from "./cursor.ts";
import { giveUp } from "./give-up.ts";
import { findBytes, findLastBytes } from "./search.ts";
import { mayMatchHalves } from "./surrogates.ts";
import { clampUnit, Text, textBytes, textPtr } from "./text.ts";

/** `text.startsWith(search, position)` */
export function textStartsWith(text: Text, search: Text, position: f64): bool {
  const needed = textBytes(search);
  if (needed === 0) return true;
  if (givesUp(text, search)) return false;
  const at = positionIn(text, clampUnit(text, position));
  return (at & 1) === 0 && isAt(text, search, at >> 1);
}

/** `text.endsWith(search, end)` */
export function textEndsWith(text: Text, search: Text, end: f64): bool {
  const needed = textBytes(search);
  if (needed === 0) return true;
  if (givesUp(text, search)) return false;
  const at = positionIn(text, clampUnit(text, end));
  return (at & 1) === 0 && at >> 1 >= needed && isAt(text, search, (at >> 1) - needed);
}

/** `text.includes(search, position)` */
export function textIncludes(text: Text, search: Text, position: f64): bool {
  return textBytes(search) === 0 || findFrom(text, search, position) !== 0;
}

/** `text.indexOf(search, position)` */
export function textIndexOf(text: Text, search: Text, position: f64): f64 {
  const ptr = textPtr(text);
  const bytes = textBytes(text);
  if (textBytes(search) === 0) {
    return <f64>min<u32>(clampUnit(text, position), unitsOf(ptr, bytes));
  }
  const found = findFrom(text, search, position);
  return found === 0 ? -1 : <f64>unitsBefore(ptr, bytes, <u32>(found - ptr));
}

/** `text.lastIndexOf(search, position)`: there NaN is the end. */
export function textLastIndexOf(text: Text, search: Text, position: f64): f64 {
  const ptr = textPtr(text);
  const bytes = textBytes(text);
  const needed = textBytes(search);
  const unit = position !== position ? bytes : clampUnit(text, position);
  if (needed === 0) return <f64>min<u32>(unit, unitsOf(ptr, bytes));
  if (givesUp(text, search) || needed > bytes) return -1;
  const last = min<u32>(positionIn(text, unit) >> 1, bytes - needed);
  const found = findLastBytes(ptr, ptr + last, textPtr(search), needed);
  return found === 0 ? -1 : <f64>unitsBefore(ptr, bytes, <u32>(found - ptr));
}

/** Address of the first occurrence at or behind a position, 0 if there is none. */
function findFrom(text: Text, search: Text, position: f64): usize {
  if (givesUp(text, search)) return 0;
  const ptr = textPtr(text);
  const at = positionIn(text, clampUnit(text, position));
  const offset = (at >> 1) + ((at & 1) << 2);
  return findBytes(ptr + offset, ptr + textBytes(text), textPtr(search), textBytes(search));
}

/** Whether the row is given up, since the text could hold half of what is looked for in a pair. */
export function givesUp(text: Text, search: Text): bool {
  const ptr = textPtr(search);
  if (!mayMatchHalves(ptr, textBytes(search), textPtr(text), textBytes(text))) return false;
  giveUp();
  return true;
}

/** Position (see cursor.ts) of a unit; the usual ones, both ends, without counting. */
function positionIn(text: Text, unit: u32): u32 {
  const bytes = textBytes(text);
  if (unit === 0) return 0;
  return unit >= bytes ? bytes << 1 : positionOf(textPtr(text), bytes, unit);
}

function isAt(text: Text, search: Text, offset: u32): bool {
  const bytes = textBytes(search);
  if (bytes > textBytes(text) - offset) return false;
  return equalBytes(textPtr(text) + offset, textPtr(search), bytes);
}
