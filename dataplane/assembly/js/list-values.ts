/** Elements of lists, 8 bytes each behind the header: see list.ts. */
import { arenaAlloc } from "./arena.ts";
import { giveUp } from "./give-up.ts";
import { LIST_HEADER_BYTES } from "./list.ts";
import { EMPTY_TEXT, Text } from "./text.ts";

/** An empty list with room for `capacity` elements, which a literal has few of. */
export function listOf(capacity: u32): usize {
  const list = arenaAlloc(<u32>LIST_HEADER_BYTES + (capacity << 3));
  store<u64>(list, 0);
  return list;
}

export function listPushText(list: usize, value: Text): usize {
  store<u64>(nextElement(list), value);
  return list;
}

export function listPushF64(list: usize, value: f64): usize {
  store<f64>(nextElement(list), value);
  return list;
}

export function listPushBool(list: usize, value: bool): usize {
  store<u64>(nextElement(list), value ? 1 : 0);
  return list;
}

/** Elements at an index of JavaScript; what would be undefined gives the row up. */
export function listElementText(list: usize, index: f64): Text {
  const at = elementAt(list, index);
  return at === 0 ? EMPTY_TEXT : load<u64>(at);
}

export function listElementF64(list: usize, index: f64): f64 {
  const at = elementAt(list, index);
  return at === 0 ? 0 : load<f64>(at);
}

export function listElementBool(list: usize, index: f64): bool {
  const at = elementAt(list, index);
  return at !== 0 && load<u64>(at) !== 0;
}

/** The same at a small integer. */
export function listAtText(list: usize, index: i32): Text {
  if (!hasElement(list, index)) return EMPTY_TEXT;
  return listGetText(list, index);
}

export function listAtF64(list: usize, index: i32): f64 {
  if (!hasElement(list, index)) return 0;
  return listGetF64(list, index);
}

export function listAtBool(list: usize, index: i32): bool {
  if (!hasElement(list, index)) return false;
  return listGetBool(list, index);
}

/** Number of elements. */
export function listCount(list: usize): u32 {
  return load<u32>(list);
}

/** Elements by position, in range. */
export function listGetText(list: usize, position: u32): Text {
  return load<u64>(list + LIST_HEADER_BYTES + ((<usize>position) << 3));
}

export function listGetF64(list: usize, position: u32): f64 {
  return load<f64>(list + LIST_HEADER_BYTES + ((<usize>position) << 3));
}

export function listGetBool(list: usize, position: u32): bool {
  return load<u64>(list + LIST_HEADER_BYTES + ((<usize>position) << 3)) !== 0;
}

function nextElement(list: usize): usize {
  const count = load<u32>(list);
  store<u32>(list, count + 1);
  return list + LIST_HEADER_BYTES + ((<usize>count) << 3);
}

function hasElement(list: usize, index: i32): bool {
  const isInside = <u32>index < load<u32>(list);
  if (!isInside) giveUp();
  return isInside;
}

function elementAt(list: usize, index: f64): usize {
  if (index >= 0 && index < <f64>load<u32>(list) && trunc<f64>(index) === index) {
    return list + LIST_HEADER_BYTES + ((<usize>(<u32>index)) << 3);
  }
  giveUp();
  return 0;
}
