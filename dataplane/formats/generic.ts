/**
 * GENERIC values: MessagePack (msgpackr, with its extensions). Correct everywhere, fast nowhere.
 *
 * What comes back as it was: null, undefined, booleans, numbers (with NaN, infinities and -0), bigints
 * of any size, strings (with lone surrogates), Uint8Array, Date (invalid ones too), arrays, plain
 * objects, Map, Set. What does not: a Buffer comes back as a Uint8Array, an object without prototype
 * as a plain one, a hole of an array as undefined, one object met twice as two, symbol keys not at
 * all. Functions, symbols, class instances and circular structures are refused.
 *
 * msgpackr loses -0, lone surrogates and the key `__proto__`. A value that has any of these is packed
 * as a tree of tagged arrays behind ESCAPED, a byte that no MessagePack begins with.
 */
// Not the main entry: on Node it looks for a native addon, in every worker.
import { Packr } from "msgpackr/pack";

import { EngineError } from "../protocol/errors.ts";
import { kindText } from "./type-text.ts";
import { decodeWtf8, encodeWtf8, isWellFormed } from "./wtf8.ts";

/** Whose value it is, for error messages; `path` is its place in the record. */
export interface ValuePlace {
  readonly operator: string;
  readonly path: string;
}

const MAX_DEPTH = 200;
const ESCAPED = 0xc1;

const TAG_ARRAY = 0;
const TAG_OBJECT = 1;
const TAG_MAP = 2;
const TAG_SET = 3;
const TAG_STRING = 4;
const TAG_MINUS_ZERO = 5;

// Records keep plain objects and Maps apart; copies, because the bytes may lie in linear memory.
const packr = new Packr({ useRecords: true, moreTypes: true, copyBuffers: true });

/** Errors: MR_TYPE_UNSUPPORTED. The answer is valid until the next call. */
export function packGeneric(value: unknown, place: ValuePlace): Uint8Array {
  if (!needsEscape(value, place, "", 0)) return packr.pack(value);
  return Buffer.concat([Buffer.of(ESCAPED), packr.pack(escapeValue(value))]);
}

export function unpackGeneric(bytes: Uint8Array): unknown {
  if (bytes[0] !== ESCAPED) return packr.unpack(bytes);
  return unescapeValue(packr.unpack(bytes.subarray(1)));
}

/** Errors: MR_TYPE_UNSUPPORTED. */
export function checkGeneric(value: unknown, place: ValuePlace): void {
  needsEscape(value, place, "", 0);
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A copy that shares nothing with `value`. */
export function cloneValue<V>(value: V): V;
export function cloneValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneValue);
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof Map) {
    return new Map([...value].map(([key, item]) => [cloneValue(key), cloneValue(item)]));
  }
  if (value instanceof Set) return new Set([...value].map(cloneValue));
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = { ...value };
  for (const name of Object.keys(copy)) {
    if (typeof copy[name] === "object") define(copy, name, cloneValue(copy[name]));
  }
  return copy;
}

/** Whether msgpackr would lose something of a value that can be packed. */
function needsEscape(value: unknown, place: ValuePlace, path: string, depth: number): boolean {
  switch (typeof value) {
    case "string":
      return !isWellFormed(value);
    case "number":
      return Object.is(value, -0);
    case "function":
    case "symbol":
      throw unsupported(place, path, typeof value);
    case "object":
      return value !== null && objectNeedsEscape(value, place, path, depth);
    default:
      return false;
  }
}

function objectNeedsEscape(value: object, place: ValuePlace, path: string, depth: number): boolean {
  if (depth > MAX_DEPTH) throw unsupported(place, path, "circular or too deep structure");
  if (value instanceof Uint8Array || value instanceof Date) return false;
  let isLossy = false;
  const visit = (item: unknown, step: string): void => {
    if (needsEscape(item, place, path + step, depth + 1)) isLossy = true;
  };
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      visit(item, `[${index}]`);
    });
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      visit(key, ".keys()");
      visit(item, `.get(${typeof key === "object" ? kindText(key) : String(key)})`);
    }
  } else if (value instanceof Set) {
    for (const item of value) visit(item, ".values()");
  } else if (isPlainObject(value)) {
    for (const name of Object.keys(value)) {
      if (name === "__proto__" || !isWellFormed(name)) isLossy = true;
      visit(value[name], `.${name}`);
    }
  } else {
    throw unsupported(place, path, kindText(value));
  }
  return isLossy;
}

function unsupported(place: ValuePlace, path: string, actual: string): EngineError {
  const { operator } = place;
  return new EngineError("MR_TYPE_UNSUPPORTED", { operator, path: place.path + path, actual });
}

function escapeValue(value: unknown): unknown {
  if (Object.is(value, -0)) return [TAG_MINUS_ZERO];
  if (typeof value === "string") return isWellFormed(value) ? value : [TAG_STRING, wtf8(value)];
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array || value instanceof Date) return value;
  if (Array.isArray(value)) return [TAG_ARRAY, ...value.map(escapeValue)];
  if (value instanceof Map) return [TAG_MAP, ...[...value].flat().map(escapeValue)];
  if (value instanceof Set) return [TAG_SET, ...[...value].map(escapeValue)];
  return [TAG_OBJECT, ...Object.entries(value).flat().map(escapeValue)];
}

function unescapeValue(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const [tag, ...items] = value as readonly unknown[];
  switch (tag) {
    case TAG_MINUS_ZERO:
      return -0;
    case TAG_STRING: {
      const bytes = items[0] as Uint8Array;
      return decodeWtf8(bytes, 0, bytes.length);
    }
    case TAG_ARRAY:
      return items.map(unescapeValue);
    case TAG_SET:
      return new Set(items.map(unescapeValue));
    case TAG_MAP:
      return new Map(pairs(items));
    default: {
      const record = {};
      for (const [name, item] of pairs(items)) define(record, name as string, item);
      return record;
    }
  }
}

function pairs(items: readonly unknown[]): [unknown, unknown][] {
  const result: [unknown, unknown][] = [];
  for (let index = 0; index < items.length; index += 2) {
    result.push([unescapeValue(items[index]), unescapeValue(items[index + 1])]);
  }
  return result;
}

/** Sets a property of any name; assignment to `__proto__` would set the prototype. */
function define(record: object, name: string, value: unknown): void {
  Object.defineProperty(record, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function wtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.subarray(0, encodeWtf8(bytes, 0, text, 0));
}
