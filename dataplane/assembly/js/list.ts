/** Lists of compiled code: {u32 count, u32 0}, then eight bytes per element. */
import { arenaCommit, arenaReserve } from "./arena.ts";
import { byteMask, countByte, MASK_BYTES } from "./blocks.ts";
import { unitsOf } from "./cursor.ts";
import { giveUp } from "./give-up.ts";
import { countBytes, findBytes } from "./search.ts";
import { widthOf } from "./surrogates.ts";
import {
  appendText,
  commitText,
  EMPTY_TEXT,
  reserveText,
  Text,
  textBytes,
  textCharAt,
  textOf,
  textPtr,
} from "./text.ts";
import { givesUp } from "./text-search.ts";

export const LIST_HEADER_BYTES: usize = 8;

/** More do not fit into the arena of a row. */
const ELEMENTS_MAX: u32 = 1 << 21;
/** Up to so many bytes, room for as many pieces is cheaper than to count them first. */
const UNCOUNTED_BYTES: u32 = 512;

const emptyList: usize = memory.data(8, 8);

export function listLength(list: usize): f64 {
  return <f64>load<u32>(list);
}

/** `text.split(separator)`; the pieces are slices of the text. */
export function textSplit(text: Text, separator: Text): usize {
  const bytes = textBytes(separator);
  if (bytes === 0) return splitUnits(text);
  const ptr = textPtr(separator);
  if (givesUp(text, separator)) return emptyList;
  return bytes === 1 ? splitAtByte(text, load<u8>(ptr)) : splitAtBytes(text, ptr, bytes);
}

/** `list.join(separator)` of a list of texts. */
export function listJoin(list: usize, separator: Text): Text {
  const count = load<u32>(list);
  if (count === 0) return EMPTY_TEXT;
  const first: usize = list + LIST_HEADER_BYTES;
  if (count === 1) return load<u64>(first);
  const end: usize = first + ((<usize>count) << 3);
  let bytes: u64 = <u64>(count - 1) * textBytes(separator);
  for (let slot = first; slot < end; slot += 8) bytes += textBytes(load<u64>(slot));
  const block = reserveText(bytes);
  if (block === 0) return EMPTY_TEXT;
  let at = appendText(block, block, load<u64>(first));
  for (let slot: usize = first + 8; slot < end; slot += 8) {
    at = appendText(block, appendText(block, at, separator), load<u64>(slot));
  }
  return commitText(block, at);
}

/** Each unit is a piece, also half of a pair. */
function splitUnits(text: Text): usize {
  const ptr = textPtr(text);
  const bytes = textBytes(text);
  const units = unitsOf(ptr, bytes);
  if (units === 0) return emptyList;
  const list = takeList(units);
  if (list === 0) return emptyList;
  let slot: usize = list + LIST_HEADER_BYTES;
  for (let at: usize = ptr; at < ptr + bytes; ) {
    const width = widthOf(load<u8>(at));
    const char = textOf(at, width);
    if (width < 4) {
      store<u64>(slot, char);
      slot += 8;
    } else {
      store<u64>(slot, textCharAt(char, 0));
      store<u64>(slot + 8, textCharAt(char, 1));
      slot += 16;
    }
    at += width;
  }
  return list;
}

function splitAtByte(text: Text, byte: u8): usize {
  let piece = textPtr(text);
  const bytes = textBytes(text);
  const end: usize = piece + bytes;
  const most = bytes > UNCOUNTED_BYTES ? countByte(piece, end, byte) : bytes;
  const list = reserveList(most + 1);
  if (list === 0) return emptyList;
  const wanted = i8x16.splat(<i8>byte);
  let slot: usize = list + LIST_HEADER_BYTES;
  for (let at = piece; at < end; at += MASK_BYTES) {
    // One loop for all of a short text: how often it turns is what the processor cannot foresee.
    let found = byteMask(at, min<u32>(<u32>(end - at), MASK_BYTES), wanted);
    for (; found !== 0; found &= found - 1) {
      const stop: usize = at + <usize>ctz<u64>(found);
      store<u64>(slot, textOf(piece, <u32>(stop - piece)));
      slot += 8;
      piece = stop + 1;
    }
  }
  store<u64>(slot, textOf(piece, <u32>(end - piece)));
  return closeList(list, slot + 8);
}

function splitAtBytes(text: Text, separator: usize, separatorBytes: u32): usize {
  let piece = textPtr(text);
  const bytes = textBytes(text);
  const end: usize = piece + bytes;
  const isCounted = bytes > UNCOUNTED_BYTES;
  const most = isCounted ? countBytes(piece, end, separator, separatorBytes) : bytes;
  const list = reserveList(most + 1);
  if (list === 0) return emptyList;
  let slot: usize = list + LIST_HEADER_BYTES;
  for (;;) {
    const found = findBytes(piece, end, separator, separatorBytes);
    if (found === 0) break;
    store<u64>(slot, textOf(piece, <u32>(found - piece)));
    slot += 8;
    piece = found + separatorBytes;
  }
  store<u64>(slot, textOf(piece, <u32>(end - piece)));
  return closeList(list, slot + 8);
}

/** A list of exactly `count` elements, to be filled; 0 = given up. */
function takeList(count: u32): usize {
  const list = reserveList(count);
  return list === 0 ? 0 : closeList(list, list + LIST_HEADER_BYTES + ((<usize>count) << 3));
}

/** Room for a list of at most `count` elements, to be closed; 0 = given up. */
export function reserveList(count: u32): usize {
  if (count > ELEMENTS_MAX) {
    giveUp();
    return 0;
  }
  return arenaReserve(<u32>LIST_HEADER_BYTES + (count << 3));
}

/** Ends a list that was reserved. */
export function closeList(list: usize, end: usize): usize {
  store<u64>(list, <u64>((end - list - LIST_HEADER_BYTES) >> 3));
  arenaCommit(end);
  return list;
}
