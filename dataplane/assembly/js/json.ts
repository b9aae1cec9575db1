/**
 * `JSON.parse(text)` where it is known what is wanted of the document: its shape. Values go into slots, and
 * what is not wanted is checked and skipped. Gives up where JavaScript throws, where a value is missing or
 * of another type than the shape says, and where the document is nested deeper than anybody writes.
 *
 * Documents of one source mostly have their keys in one order. The plan of an object holds the keys of the
 * one before; as long as the next one has the same, a key is one comparison of its bytes.
 */
import {
  JSON_ANY,
  JSON_ARRAY,
  JSON_ARRAY_MEMBERS,
  JSON_BOOL,
  JSON_ENTRY_BLOCK_MASK,
  JSON_ENTRY_KEY,
  JSON_ENTRY_KEY_BYTES,
  JSON_ENTRY_KEY_MAX,
  JSON_ENTRY_MEMBER,
  JSON_ENTRY_SIZE,
  JSON_F64,
  JSON_I32,
  JSON_I64,
  JSON_MEMBER_COUNT,
  JSON_MEMBER_KIND,
  JSON_MEMBER_NAME,
  JSON_MEMBER_NAME_BYTES,
  JSON_MEMBER_SIZE,
  JSON_MEMBER_TARGET,
  JSON_NO_MEMBER,
  JSON_OBJECT,
  JSON_OBJECT_CLOSED,
  JSON_OBJECT_MEMBERS,
  JSON_OBJECT_PLAN,
  JSON_OBJECT_PLAN_CAPACITY,
  JSON_OBJECT_REQUIRED,
  JSON_PLAN_ENTRY_COUNT,
  JSON_PLAN_HEADER_SIZE,
  JSON_ROOT,
  JSON_SLOT_BYTES,
  JSON_TEXT,
} from "../../protocol/json-shape-layout.ts";
import { copyBytes, equalBytes } from "../bytes.ts";
import { arenaTake } from "./arena.ts";
import { giveUp } from "./give-up.ts";
import {
  booleanEnd,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  JSON_DEPTH_MAX,
  JSON_SLACK,
  literalIsTrue,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
  skipSpace,
  skipValue,
  stringEnd,
  stringText,
} from "./json-bytes.ts";
import { isSafeLast, lastInteger, lastNumber, readNumber } from "./json-number.ts";
import { Text, textBytes, textPtr } from "./text.ts";

/** What no block has in common with a key: see readKey(). */
const NEVER: u32 = 0xffffffff;

let shape: usize = 0;
let state: usize = 0;
let end: usize = 0;
/** Of the key that was read last. */
let keyMember: u32 = JSON_NO_MEMBER;

/** Fills the slots of `stateBlock`; they are zeros if the row is given up. */
export function jsonRead(text: Text, shapeBlock: usize, stateBlock: usize): void {
  shape = shapeBlock;
  state = stateBlock;
  const from = readable(text);
  if (from === 0) return;
  end = from + textBytes(text);
  let at: usize = skipSpace(from, end);
  if (at < end) at = readMember(at, shape + JSON_ROOT, 0);
  else at = 0;
  if (at !== 0 && at < end) at = skipSpace(at, end);
  if (at !== end) {
    giveUp();
    memory.fill(state, 0, load<u32>(shape, JSON_SLOT_BYTES));
  }
}

export function jsonF64(stateBlock: usize, slot: u32): f64 {
  return load<f64>(stateBlock + slot);
}

export function jsonI64(stateBlock: usize, slot: u32): i64 {
  return load<i64>(stateBlock + slot);
}

export function jsonI32(stateBlock: usize, slot: u32): i32 {
  return load<i32>(stateBlock + slot);
}

export function jsonBool(stateBlock: usize, slot: u32): bool {
  return load<u8>(stateBlock + slot) !== 0;
}

export function jsonText(stateBlock: usize, slot: u32): Text {
  return load<u64>(stateBlock + slot);
}

/** Address of the document's bytes, with JSON_SLACK bytes of memory behind them: a copy at the end of memory. */
function readable(text: Text): usize {
  const ptr = textPtr(text);
  const bytes = textBytes(text);
  if (<u64>ptr + bytes + JSON_SLACK <= (<u64>memory.size()) << 16) return ptr;
  const block = arenaTake(bytes + JSON_SLACK);
  if (block !== 0) copyBytes(block, ptr, bytes);
  return block;
}

/** Reads the value at `at` as `member` says; answers where it ends, 0 = give up. */
function readMember(at: usize, member: usize, depth: u32): usize {
  const slot = state + load<u32>(member, JSON_MEMBER_TARGET);
  switch (<i32>load<u16>(member, JSON_MEMBER_KIND)) {
    case JSON_ANY:
      return skipValue(at, end, depth);
    case JSON_TEXT: {
      if (load<u8>(at) !== QUOTE) return 0;
      const stop = stringEnd(at + 1, end);
      if (stop === 0) return 0;
      store<u64>(slot, stringText(at + 1, stop));
      return stop + 1;
    }
    case JSON_F64:
      at = readNumber(at, end);
      store<f64>(slot, lastNumber());
      return at;
    case JSON_I64:
      at = readNumber(at, end);
      if (at === 0 || !isSafeLast()) return 0;
      store<i64>(slot, lastInteger());
      return at;
    case JSON_I32: {
      at = readNumber(at, end);
      if (at === 0 || !isSafeLast()) return 0;
      const value = lastInteger();
      if (<i64>(<i32>value) !== value) return 0;
      store<i32>(slot, <i32>value);
      return at;
    }
    case JSON_BOOL:
      at = booleanEnd(at);
      store<u64>(slot, literalIsTrue() ? 1 : 0);
      return at;
    case JSON_OBJECT:
      return readObject(at, shape + load<u32>(member, JSON_MEMBER_TARGET), depth);
    case JSON_ARRAY:
      return readArray(at, shape + load<u32>(member, JSON_MEMBER_TARGET), depth);
    default:
      return 0;
  }
}

function readObject(at: usize, object: usize, depth: u32): usize {
  if (at >= end || load<u8>(at) !== OPEN_OBJECT || depth >= JSON_DEPTH_MAX) return 0;
  ++at;
  if (load<u8>(at) <= SPACE) at = skipSpace(at, end);
  const required = load<u64>(object, JSON_OBJECT_REQUIRED);
  if (load<u8>(at) === CLOSE_OBJECT) return required === 0 ? at + 1 : 0;
  const plan: usize = state + load<u32>(object, JSON_OBJECT_PLAN);
  let entry: usize = plan + JSON_PLAN_HEADER_SIZE;
  const last: usize = entry + load<u32>(plan, JSON_PLAN_ENTRY_COUNT) * JSON_ENTRY_SIZE;
  let seen: u64 = 0;
  for (; at < end; entry += JSON_ENTRY_SIZE) {
    let member: u32 = 0;
    if (entry < last && isKeyOf(entry, at)) {
      member = load<u32>(entry, JSON_ENTRY_MEMBER);
      at += load<u32>(entry, JSON_ENTRY_KEY_BYTES);
    } else {
      at = readKey(at, object, plan, entry);
      if (at === 0) return 0;
      member = keyMember;
    }
    if (load<u8>(at) <= SPACE) at = skipSpace(at, end);
    if (member === JSON_NO_MEMBER) {
      at = skipValue(at, end, depth + 1);
    } else {
      seen |= (<u64>1) << member;
      const wanted: usize = object + JSON_OBJECT_MEMBERS + member * JSON_MEMBER_SIZE;
      at = readMember(at, wanted, depth + 1);
    }
    if (at === 0) return 0;
    if (load<u8>(at) <= SPACE) at = skipSpace(at, end);
    const byte = load<u8>(at);
    ++at;
    if (byte === CLOSE_OBJECT) return (seen & required) === required ? at : 0;
    if (byte !== COMMA) return 0;
    if (load<u8>(at) <= SPACE) at = skipSpace(at, end);
  }
  return 0;
}

function isKeyOf(entry: usize, at: usize): bool {
  const same = i8x16.eq(v128.load(at), v128.load(entry, JSON_ENTRY_KEY));
  const mask = load<u32>(entry, JSON_ENTRY_BLOCK_MASK);
  if ((<u32>i8x16.bitmask(same) & mask) !== mask) return false;
  const bytes = load<u32>(entry, JSON_ENTRY_KEY_BYTES);
  return bytes <= 16 || equalBytes(at + 16, entry + JSON_ENTRY_KEY + 16, bytes - 16);
}

/**
 * Reads a key that is not the one of the plan, and puts it there for the next object. Answers where its
 * value may begin, 0 = give up; `keyMember` is whose value it is.
 */
function readKey(at: usize, object: usize, plan: usize, entry: usize): usize {
  if (load<u8>(at) !== QUOTE) return 0;
  const stop = stringEnd(at + 1, end);
  if (stop === 0) return 0;
  const key = stringText(at + 1, stop);
  keyMember = memberOf(object, key);
  if (keyMember === JSON_NO_MEMBER && load<u32>(object, JSON_OBJECT_CLOSED) !== 0) return 0;
  const colon = skipSpace(stop + 1, end);
  if (load<u8>(colon) !== COLON) return 0;
  note(object, plan, entry, at, <u32>(colon + 1 - at));
  return colon + 1;
}

/** Puts a key into the plan, if there is room. */
function note(object: usize, plan: usize, entry: usize, key: usize, bytes: u32): void {
  const index = <u32>(entry - plan - JSON_PLAN_HEADER_SIZE) / JSON_ENTRY_SIZE;
  if (index >= load<u32>(object, JSON_OBJECT_PLAN_CAPACITY)) return;
  const isShort = bytes <= <u32>JSON_ENTRY_KEY_MAX;
  store<u32>(entry, keyMember, JSON_ENTRY_MEMBER);
  store<u32>(entry, bytes, JSON_ENTRY_KEY_BYTES);
  store<u32>(entry, isShort ? ((<u32>1) << min<u32>(bytes, 16)) - 1 : NEVER, JSON_ENTRY_BLOCK_MASK);
  if (isShort) copyBytes(entry + JSON_ENTRY_KEY, key, bytes);
  if (index === load<u32>(plan, JSON_PLAN_ENTRY_COUNT)) {
    store<u32>(plan, index + 1, JSON_PLAN_ENTRY_COUNT);
  }
}

function memberOf(object: usize, key: Text): u32 {
  const bytes = textBytes(key);
  const count = load<u32>(object, JSON_MEMBER_COUNT);
  let member: usize = object + JSON_OBJECT_MEMBERS;
  for (let index: u32 = 0; index < count; ++index, member += JSON_MEMBER_SIZE) {
    if (load<u16>(member, JSON_MEMBER_NAME_BYTES) !== bytes) continue;
    const name: usize = shape + load<u32>(member, JSON_MEMBER_NAME);
    if (equalBytes(name, textPtr(key), bytes)) return index;
  }
  return JSON_NO_MEMBER;
}

function readArray(at: usize, array: usize, depth: u32): usize {
  if (at >= end || load<u8>(at) !== OPEN_ARRAY || depth >= JSON_DEPTH_MAX) return 0;
  const count = load<u32>(array, JSON_MEMBER_COUNT);
  let member: usize = array + JSON_ARRAY_MEMBERS;
  at = skipSpace(at + 1, end);
  for (let index: u32 = 0; index < count; ++index, member += JSON_MEMBER_SIZE) {
    if (index !== 0) {
      if (load<u8>(at) !== COMMA) return 0;
      at = skipSpace(at + 1, end);
    }
    at = readMember(at, member, depth + 1);
    if (at === 0 || at > end) return 0;
    at = skipSpace(at, end);
  }
  return load<u8>(at) === CLOSE_ARRAY ? at + 1 : 0;
}
