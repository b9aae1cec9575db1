/**
 * Canonical bytes of a key whose type is not declared: equal keys have equal bytes.
 *
 * Equality is that of a JavaScript Map, by value for structures: 0 and -0 are one key, number 1 and
 * bigint 1n are two (as Java's Integer and Long are), "1" is a third. Arrays are equal element by
 * element, objects and Maps whatever the order of their entries.
 *
 *   tag  key       bytes behind the tag (numbers little-endian)
 *     1  string    u32 byte length, WTF-8
 *     2  number    i32, if it is an integer of 32 bits
 *     3  number    f64, otherwise
 *     4  bigint    i64
 *     5  bigint    beyond 64 bits: string as in 1, decimal
 *     6  true
 *     7  false
 *     8  array     u32 count, elements
 *     9  object    u32 count, then name as in 1 and value, by name in order of code units
 *    10  Map       u32 count, then key and value, in order of the keys' bytes
 *
 * Refused: null and undefined (MR_KEY_NULL), NaN (MR_KEY_NAN), also inside structures; everything
 * else (MR_KEY_TYPE): Uint8Array, Date, Set, class instances, functions, symbols.
 */
import { EngineError } from "../protocol/errors.ts";
import { isPlainObject } from "./generic.ts";
import { kindText } from "./type-text.ts";
import { decodeWtf8, encodeWtf8, wtf8Length } from "./wtf8.ts";

const TAG_STRING = 1;
const TAG_INT = 2;
const TAG_DOUBLE = 3;
const TAG_LONG = 4;
const TAG_BIGINT = 5;
const TAG_TRUE = 6;
const TAG_FALSE = 7;
const TAG_ARRAY = 8;
const TAG_OBJECT = 9;
const TAG_MAP = 10;

const MAX_DEPTH = 100;
const INITIAL_BYTES = 256;

/** Where a key was found, for error messages. */
export interface KeyPlace {
  readonly operator: string;
  row: number;
}

/** Encodes one key after the other into a buffer of its own. */
export class KeyEncoder {
  #bytes: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;

  /**
   * The answer is valid until the next call.
   * Errors: MR_KEY_NULL, MR_KEY_NAN, MR_KEY_TYPE.
   */
  encode(key: unknown, place: KeyPlace): Uint8Array {
    this.#length = 0;
    this.#write(key, place, 0);
    return this.#bytes.subarray(0, this.#length);
  }

  #write(key: unknown, place: KeyPlace, depth: number): void {
    switch (typeof key) {
      case "string":
        this.#string(TAG_STRING, key);
        break;
      case "number":
        this.#number(key, place);
        break;
      case "bigint":
        this.#bigint(key);
        break;
      case "boolean":
        this.#tag(key ? TAG_TRUE : TAG_FALSE, 0);
        break;
      default:
        this.#structure(key, place, depth);
    }
  }

  #structure(key: unknown, place: KeyPlace, depth: number): void {
    if (key === null || key === undefined) throw nullKey(key, place);
    if (depth > MAX_DEPTH) throw keyType("circular or too deep structure", place);
    if (Array.isArray(key)) {
      this.#count(TAG_ARRAY, key.length);
      for (const item of key) this.#write(item, place, depth + 1);
    } else if (key instanceof Map) {
      this.#map(key, place, depth);
    } else if (isPlainObject(key)) {
      const names = Object.keys(key).sort();
      this.#count(TAG_OBJECT, names.length);
      for (const name of names) {
        this.#string(TAG_STRING, name);
        this.#write(key[name], place, depth + 1);
      }
    } else {
      throw keyType(kindText(key), place);
    }
  }

  #map(map: ReadonlyMap<unknown, unknown>, place: KeyPlace, depth: number): void {
    this.#count(TAG_MAP, map.size);
    const start = this.#length;
    const entries: { readonly key: Buffer; readonly whole: Buffer }[] = [];
    for (const [key, value] of map) {
      this.#length = start;
      this.#write(key, place, depth + 1);
      const keyEnd = this.#length;
      this.#write(value, place, depth + 1);
      const whole = Buffer.from(this.#bytes.subarray(start, this.#length));
      entries.push({ key: whole.subarray(0, keyEnd - start), whole });
    }
    entries.sort((a, b) => a.key.compare(b.key));
    this.#length = start;
    for (const { whole } of entries) {
      this.#reserve(whole.length);
      whole.copy(this.#bytes, this.#length);
      this.#length += whole.length;
    }
  }

  #number(key: number, place: KeyPlace): void {
    if (Number.isNaN(key)) throw nanKey(place);
    if (key === (key | 0)) {
      const at = this.#tag(TAG_INT, 4);
      this.#bytes.writeInt32LE(key | 0, at);
    } else {
      const at = this.#tag(TAG_DOUBLE, 8);
      this.#bytes.writeDoubleLE(key, at);
    }
  }

  #bigint(key: bigint): void {
    if (BigInt.asIntN(64, key) === key) {
      const at = this.#tag(TAG_LONG, 8);
      this.#bytes.writeBigInt64LE(key, at);
    } else {
      this.#string(TAG_BIGINT, String(key));
    }
  }

  #string(tag: number, text: string): void {
    const bytes = wtf8Length(text);
    const at = this.#tag(tag, 4 + bytes);
    this.#bytes.writeUInt32LE(bytes, at);
    encodeWtf8(this.#bytes, at + 4, text, 0);
  }

  #count(tag: number, count: number): void {
    const at = this.#tag(tag, 4);
    this.#bytes.writeUInt32LE(count, at);
  }

  /** Writes a tag and makes room for what follows; answers where that begins. */
  #tag(tag: number, bytes: number): number {
    this.#reserve(1 + bytes);
    const at = this.#length;
    this.#bytes[at] = tag;
    this.#length = at + 1 + bytes;
    return at + 1;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** The key whose bytes KeyEncoder answered. */
export function decodeKey(bytes: Uint8Array): unknown {
  return new KeyDecoder(bytes).read();
}

/** Checks a key of a declared type. Errors: MR_KEY_NULL, MR_KEY_NAN. */
export function checkKey(key: unknown, place: KeyPlace): void {
  if (key === null || key === undefined) throw nullKey(key, place);
  if (typeof key === "number") {
    if (Number.isNaN(key)) throw nanKey(place);
  } else if (typeof key === "object") {
    for (const part of Array.isArray(key) ? key : Object.values(key)) checkKey(part, place);
  }
}

class KeyDecoder {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): unknown {
    const tag = this.#bytes[this.#at++];
    switch (tag) {
      case TAG_STRING:
        return this.#string();
      case TAG_INT:
        return this.#bytes.readInt32LE(this.#skip(4));
      case TAG_DOUBLE:
        return this.#bytes.readDoubleLE(this.#skip(8));
      case TAG_LONG:
        return this.#bytes.readBigInt64LE(this.#skip(8));
      case TAG_BIGINT:
        return BigInt(this.#string());
      case TAG_TRUE:
      case TAG_FALSE:
        return tag === TAG_TRUE;
      case TAG_ARRAY:
        return Array.from({ length: this.#count() }, () => this.read());
      case TAG_OBJECT:
        return Object.fromEntries(this.#pairs());
      case TAG_MAP:
        return new Map(this.#pairs());
      default:
        throw new EngineError("MR_BATCH_CORRUPT", { message: `key tag ${tag}` });
    }
  }

  #pairs(): [string, unknown][] {
    return Array.from({ length: this.#count() }, () => [this.read() as string, this.read()]);
  }

  #string(): string {
    const length = this.#count();
    const start = this.#skip(length);
    return decodeWtf8(this.#bytes, start, start + length);
  }

  #count(): number {
    return this.#bytes.readUInt32LE(this.#skip(4));
  }

  #skip(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}

function nullKey(key: unknown, { operator, row }: KeyPlace): EngineError {
  return new EngineError("MR_KEY_NULL", { operator, row, value: String(key) });
}

function nanKey({ operator, row }: KeyPlace): EngineError {
  return new EngineError("MR_KEY_NAN", { operator, row });
}

function keyType(actual: string, { operator }: KeyPlace): EngineError {
  return new EngineError("MR_KEY_TYPE", { operator, actual });
}
