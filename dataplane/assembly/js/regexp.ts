/**
 * What the matchers of regular expressions share. A matcher is generated for each pattern (see
 * control/compiler/emit/regexp); it works on addresses of characters, between the start and the end of a
 * text, and answers 0 where there is no match. A group that took no part is 0 as well.
 */
import { giveUp } from "./give-up.ts";
import { LIST_HEADER_BYTES, reserveList } from "./list.ts";
import { pointAt, widthOf } from "./surrogates.ts";
import { EMPTY_TEXT, Text, textPtr } from "./text.ts";

/** Choices that may be taken back in one search. */
const STEPS_MAX: u32 = 1_000_000;
/** Iterations that may lie on the stack. */
const DEPTH_MAX: u32 = 1000;
/** Where texts begin that are nowhere: no address of a character is 0. */
const NOWHERE: usize = 8;
const LOW_BITS: u64 = 0x03ff_0000_0000_0000; // 0 to 9
const HIGH_BITS: u64 = 0x07ff_fffe_87ff_fffe; // A to Z, _, a to z

let steps: u32 = 0;
let depth: u32 = 0;

/** Begins a call; answers where the text begins. */
export function regexpOpen(text: Text): usize {
  steps = 0;
  depth = 0;
  const ptr = textPtr(text);
  return ptr === 0 ? NOWHERE : ptr;
}

/** Before a choice that may be taken back; false = the row is given up. */
export function regexpStep(): bool {
  if (++steps <= STEPS_MAX) return true;
  giveUp();
  return false;
}

/** Like regexpStep(), for a choice within itself; regexpLeave() when it is taken back. */
export function regexpEnter(): bool {
  if (++depth > DEPTH_MAX) steps = STEPS_MAX;
  return regexpStep();
}

export function regexpLeave(): void {
  --depth;
}

/** Address of the next character, `end + 1` at the end. */
export function regexpNext(at: usize, end: usize): usize {
  return at >= end ? end + 1 : at + widthOf(load<u8>(at));
}

/** Address of the character in front of one. */
export function regexpBack(at: usize): usize {
  do {
    --at;
  } while ((load<u8>(at) & 0xc0) === 0x80);
  return at;
}

/** `\b` */
export function regexpBoundary(start: usize, at: usize, end: usize): bool {
  const isBehindWord = at > start && isWord(load<u8>(at - 1));
  return isBehindWord !== (at < end && isWord(load<u8>(at)));
}

/** `^` with the flag m. */
export function regexpLineStart(start: usize, at: usize): bool {
  return at === start || isLineEnd(regexpBack(at));
}

/** `$` with the flag m. */
export function regexpLineEnd(at: usize, end: usize): bool {
  return at === end || isLineEnd(at);
}

/** A list for a text of `bytes`, with `perMatch` elements at every place and behind the last; 0 = given up. */
export function regexpReserve(bytes: u32, perMatch: u32): usize {
  const count = (<u64>bytes + 2) * <u64>perMatch;
  return reserveList(<u32>min<u64>(count, <u64>u32.MAX_VALUE));
}

/** `match[index]`; gives up where that is undefined, and without a match. */
export function regexpGroup(groups: usize, index: f64): Text {
  const group = groupAt(groups, index);
  if (group === 0) giveUp();
  return group;
}

/** Whether `match?.[index]` is not undefined. */
export function regexpHasGroup(groups: usize, index: f64): bool {
  return groupAt(groups, index) !== 0;
}

/** Matches that are there; gives up if there are none, which is null. */
export function regexpFound(matches: usize): usize {
  if (load<u32>(matches) === 0) giveUp();
  return matches;
}

function groupAt(groups: usize, index: f64): Text {
  const at = <u32>index;
  if (at >= load<u32>(groups) || <f64>at !== index) return EMPTY_TEXT;
  return load<u64>(groups + LIST_HEADER_BYTES + ((<usize>at) << 3));
}

function isWord(byte: u8): bool {
  const bits = byte < 64 ? LOW_BITS : HIGH_BITS;
  return byte < 0x80 && ((bits >> (byte & 63)) & 1) !== 0;
}

function isLineEnd(at: usize): bool {
  const point = pointAt(at);
  return point === 0x0a || point === 0x0d || point === 0x2028 || point === 0x2029;
}
