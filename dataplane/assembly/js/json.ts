/**
 * `JSON.parse(text)` where it is known what is wanted of the document: its shape. Values go into slots, and
 * what is not wanted is checked and skipped. Gives up where JavaScript throws, where a value is missing or
 * of another type than the shape says, and where the document is nested deeper than anybody writes.
 *
 * Documents of one source mostly have their keys in one order, and the same white space. The plan of an
 * object holds what stood before each value of the one before; as long as the next one has the same, all
 * that is between two values is one comparison of bytes.
 */
import {
  JSON_ANY,
  JSON_ARRAY,
  JSON_ARRAY_MEMBERS,
  JSON_BOOL,
  JSON_ENTRY_BLOCK_MASK,
  JSON_ENTRY_LEAD,
  JSON_ENTRY_LEAD_BYTES,
  JSON_ENTRY_LEAD_MAX,
  JSON_ENTRY_MEMBER,
  JSON_ENTRY_SEEN,
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
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  JSON_DEPTH_MAX,
  JSON_SLACK,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
  skipSpace,
  skipValue,
  stringEnd,
  stringText,
} from "./json-bytes.ts";
import { parseBool, parseF64, parseI32, parseI64, parseText } from "./json-values.ts";
import { Text, textBytes, textPtr } from "./text.ts";

/** What no block has in common with a lead: see isNext(). */
const NEVER: u32 = 0xffffffff;

let shape: usize = 0;
let state: usize = 0;
let end: usize = 0;
/** Whose value follows the lead that was read last, 0 = none: the object has ended. */
let leadMember: usize = 0;
/** Its bit among the object's members. */
let leadSeen: u64 = 0;
/** Of a key that is not known: any value. */
const unknown: usize = memory.data(JSON_MEMBER_SIZE, 8);

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

/** Whether JSON_SLACK bytes behind the document can be read. */
export function jsonHasSlack(end: usize): bool {
  return <u64>end + JSON_SLACK <= (<u64>memory.size()) << 16;
}

/** Address of the document's bytes, with JSON_SLACK bytes of memory behind them: a copy at the end of memory. */
function readable(text: Text): usize {
  const ptr = textPtr(text);
  const bytes = textBytes(text);
  if (jsonHasSlack(ptr + bytes)) return ptr;
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
    case JSON_TEXT:
      return load<u8>(at) === QUOTE ? parseText(at + 1, end, slot) : 0;
    case JSON_F64:
      return parseF64(at, end, slot);
    case JSON_I64:
      return parseI64(at, end, slot);
    case JSON_I32:
      return parseI32(at, end, slot);
    case JSON_BOOL:
      return parseBool(at, end, slot);
    case JSON_OBJECT:
      return readObject(at, shape + load<u32>(member, JSON_MEMBER_TARGET), depth);
    case JSON_ARRAY:
      return readArray(at, shape + load<u32>(member, JSON_MEMBER_TARGET), depth);
    default:
      return 0;
  }
}

function readObject(at: usize, object: usize, depth: u32): usize {
  if (depth >= JSON_DEPTH_MAX) return 0;
  const required = load<u64>(object, JSON_OBJECT_REQUIRED);
  const plan: usize = state + load<u32>(object, JSON_OBJECT_PLAN);
  let entry: usize = plan + JSON_PLAN_HEADER_SIZE;
  const last: usize = entry + load<u32>(plan, JSON_PLAN_ENTRY_COUNT) * JSON_ENTRY_SIZE;
  let seen: u64 = 0;
  for (; at < end; entry += JSON_ENTRY_SIZE) {
    let member: usize = 0;
    if (entry < last && isNext(entry, at)) {
      at += load<u32>(entry, JSON_ENTRY_LEAD_BYTES);
      member = load<u32>(entry, JSON_ENTRY_MEMBER);
      seen |= load<u64>(entry, JSON_ENTRY_SEEN);
    } else {
      at = readLead(at, object, plan, entry);
      if (leadMember === 0) return (seen & required) === required ? at : 0;
      member = leadMember;
      seen |= leadSeen;
    }
    if (load<u8>(at) <= SPACE) at = skipSpace(at, end);
    at = readMember(at, member, depth + 1);
    if (at === 0) return 0;
    if (load<u8>(at) === CLOSE_OBJECT) return (seen & required) === required ? at + 1 : 0;
  }
  return 0;
}

/** Whether what stands at `at` is what the entry has before its value. */
function isNext(entry: usize, at: usize): bool {
  const same = i8x16.eq(v128.load(at), v128.load(entry, JSON_ENTRY_LEAD));
  const mask = load<u32>(entry, JSON_ENTRY_BLOCK_MASK);
  if ((<u32>i8x16.bitmask(same) & mask) !== mask) return false;
  const bytes = load<u32>(entry, JSON_ENTRY_LEAD_BYTES);
  return bytes <= 16 || equalBytes(at + 16, entry + JSON_ENTRY_LEAD + 16, bytes - 16);
}

/**
 * Reads what stands before a value, from the brace or comma on, where it is not what the plan has, and puts
 * it there for the next object. Answers where the value begins, or behind the object if it ends here
 * (`leadMember` is 0 then); 0 = give up.
 */
function readLead(start: usize, object: usize, plan: usize, entry: usize): usize {
  leadMember = 0;
  const isFirst = entry === plan + JSON_PLAN_HEADER_SIZE;
  let at = skipSpace(start, end);
  const byte = load<u8>(at);
  if (byte === CLOSE_OBJECT && !isFirst) return at + 1;
  if (byte !== (isFirst ? OPEN_OBJECT : COMMA)) return 0;
  at = skipSpace(at + 1, end);
  if (isFirst && load<u8>(at) === CLOSE_OBJECT) return at + 1;
  if (at >= end || load<u8>(at) !== QUOTE) return 0;
  const stop = stringEnd(at + 1, end);
  if (stop === 0) return 0;
  const key = stringText(at + 1, stop);
  at = skipSpace(stop + 1, end);
  if (at >= end || load<u8>(at) !== COLON) return 0;
  at = skipSpace(at + 1, end);
  const index = memberOf(object, key);
  if (index < 0 && load<u32>(object, JSON_OBJECT_CLOSED) !== 0) return 0;
  leadMember = index < 0 ? unknown : object + JSON_OBJECT_MEMBERS + index * JSON_MEMBER_SIZE;
  leadSeen = index < 0 ? 0 : (<u64>1) << index;
  note(object, plan, entry, start, <u32>(at - start));
  return at;
}

/** Puts a lead into the plan, if there is room. */
function note(object: usize, plan: usize, entry: usize, lead: usize, bytes: u32): void {
  const index = <u32>(entry - plan - JSON_PLAN_HEADER_SIZE) / JSON_ENTRY_SIZE;
  if (index >= load<u32>(object, JSON_OBJECT_PLAN_CAPACITY)) return;
  const isShort = bytes <= <u32>JSON_ENTRY_LEAD_MAX;
  store<u32>(entry, <u32>leadMember, JSON_ENTRY_MEMBER);
  store<u32>(entry, bytes, JSON_ENTRY_LEAD_BYTES);
  store<u32>(entry, isShort ? ((<u32>1) << min<u32>(bytes, 16)) - 1 : NEVER, JSON_ENTRY_BLOCK_MASK);
  store<u64>(entry, leadSeen, JSON_ENTRY_SEEN);
  if (isShort) copyBytes(entry + JSON_ENTRY_LEAD, lead, bytes);
  if (index === load<u32>(plan, JSON_PLAN_ENTRY_COUNT)) {
    store<u32>(plan, index + 1, JSON_PLAN_ENTRY_COUNT);
  }
}

/** Index of the member, -1 = there is none of this name. */
function memberOf(object: usize, key: Text): i32 {
  const bytes = textBytes(key);
  const count = load<u32>(object, JSON_MEMBER_COUNT);
  let member: usize = object + JSON_OBJECT_MEMBERS;
  for (let index: u32 = 0; index < count; ++index, member += JSON_MEMBER_SIZE) {
    if (load<u16>(member, JSON_MEMBER_NAME_BYTES) !== bytes) continue;
    const name: usize = shape + load<u32>(member, JSON_MEMBER_NAME);
    if (equalBytes(name, textPtr(key), bytes)) return index;
  }
  return -1;
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
