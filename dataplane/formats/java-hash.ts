/**
 * Where a key goes, bit for bit as in Flink: Java's hashCode of the key, murmur-hashed into a key
 * group, and key groups dealt out to subtasks in ranges.
 *
 * Java type of a JavaScript key: string String; boolean Boolean; a number of type INT Integer, LONG
 * and TIMESTAMP Long, DOUBLE Double; any other number Integer if it is an integer of 32 bits, else
 * Long if it is an integer of 64 bits, else Double; bigint Long, beyond 64 bits BigInteger; array
 * Tuple; object as the tuple of its values in the order of their names; Map as java.util.Map. -0
 * hashes as 0: they are one key.
 */
import type { DataType } from "../protocol/types.ts";

const TWO_32 = 2 ** 32;
const TWO_63 = 2 ** 63;

/** Up to this length a string is hashed in less time than a cache answers. */
const UNCACHED_LENGTH = 24;
const CACHE_ENTRIES = 16384;
/** Longer strings are not kept: a cache must not be a store. */
const CACHED_LENGTH = 1024;

const stringHashes = new Map<string, number>();
const float64 = new Float64Array(1);
const words = new Int32Array(float64.buffer);

/** Java's String.hashCode: over UTF-16 units, wrapping at 32 bits. */
export function javaStringHash(text: string): number {
  if (text.length <= UNCACHED_LENGTH || text.length > CACHED_LENGTH) return hashUnits(text);
  const known = stringHashes.get(text);
  if (known !== undefined) return known;
  const hash = hashUnits(text);
  if (stringHashes.size >= CACHE_ENTRIES) stringHashes.clear();
  stringHashes.set(text, hash);
  return hash;
}

/** Java's hashCode of a key of type `type`; null = not declared. Keys are checked before (key-codec.ts). */
export function javaHash(key: unknown, type: DataType | null): number {
  switch (typeof key) {
    case "string":
      return javaStringHash(key);
    case "number":
      return hashTypedNumber(key, type);
    case "bigint":
      return hashBigInt(key);
    case "boolean":
      return key ? 1231 : 1237;
    default:
      return hashStructure(key, type);
  }
}

/** Flink's MathUtils.murmurHash: never negative. */
export function murmurHash(code: number): number {
  let hash = Math.imul(code, 0xcc9e2d51);
  hash = (hash << 15) | (hash >>> 17);
  hash = Math.imul(hash, 0x1b873593);
  hash = (hash << 13) | (hash >>> 19);
  hash = ((Math.imul(hash, 5) + 0xe6546b64) | 0) ^ 4;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  if (hash >= 0) return hash;
  return hash === -2147483648 ? 0 : -hash;
}

export function keyGroupOfHash(hash: number, maxParallelism: number): number {
  return murmurHash(hash) % maxParallelism;
}

/** Key group of a key whose type is not declared. */
export function keyGroupOf(key: unknown, maxParallelism: number): number {
  return keyGroupOfHash(javaHash(key, null), maxParallelism);
}

/** Subtask that a key group belongs to. */
export function operatorIndexForKeyGroup(
  maxParallelism: number,
  parallelism: number,
  keyGroup: number,
): number {
  return Math.floor((keyGroup * parallelism) / maxParallelism);
}

export interface KeyGroupRange {
  readonly start: number;
  /** Included. */
  readonly end: number;
}

/** Key groups of one subtask. */
export function keyGroupRange(
  maxParallelism: number,
  parallelism: number,
  operatorIndex: number,
): KeyGroupRange {
  return {
    start: Math.floor((operatorIndex * maxParallelism + parallelism - 1) / parallelism),
    end: Math.floor(((operatorIndex + 1) * maxParallelism - 1) / parallelism),
  };
}

const MIN_MAX_PARALLELISM = 128;
const MAX_MAX_PARALLELISM = 32768;

export function defaultMaxParallelism(parallelism: number): number {
  const wanted = parallelism + Math.floor(parallelism / 2);
  const power = wanted <= 1 ? 1 : 2 ** (32 - Math.clz32(wanted - 1));
  return Math.min(Math.max(power, MIN_MAX_PARALLELISM), MAX_MAX_PARALLELISM);
}

function hashUnits(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; ++index) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

function hashTypedNumber(key: number, type: DataType | null): number {
  switch (type?.kind) {
    case "INT":
      return key | 0;
    case "LONG":
    case "TIMESTAMP":
      return hashLong(key);
    case "DOUBLE":
      return hashDouble(key);
    default:
      return hashNumber(key);
  }
}

function hashNumber(key: number): number {
  if (key === (key | 0)) return key | 0;
  const isLong = Number.isInteger(key) && key >= -TWO_63 && key < TWO_63;
  return isLong ? hashLong(key) : hashDouble(key);
}

/** (int)(v ^ (v >>> 32)) of an integer of 64 bits. */
function hashLong(key: number): number {
  return (key | 0) ^ Math.floor(key / TWO_32);
}

function hashDouble(key: number): number {
  float64[0] = key === 0 ? 0 : key;
  return (words[0] as number) ^ (words[1] as number);
}

function hashBigInt(key: bigint): number {
  if (BigInt.asIntN(64, key) === key) return Number(BigInt.asIntN(32, key ^ (key >> 32n)));
  let magnitude = key < 0n ? -key : key;
  const parts: number[] = [];
  for (; magnitude !== 0n; magnitude >>= 32n) parts.push(Number(BigInt.asIntN(32, magnitude)));
  let hash = 0;
  for (const part of parts.reverse()) hash = (Math.imul(hash, 31) + part) | 0;
  return key < 0n ? -hash | 0 : hash;
}

function hashStructure(key: unknown, type: DataType | null): number {
  if (Array.isArray(key)) {
    return hashFields(key, (index) => elementType(type, index));
  }
  if (key instanceof Map) {
    let sum = 0;
    for (const [name, value] of key)
      sum = (sum + (javaHash(name, null) ^ javaHash(value, null))) | 0;
    return sum;
  }
  if (typeof key !== "object" || key === null) throw new TypeError(`${String(key)} is no key`);
  const record = key as Readonly<Record<string, unknown>>;
  const names = Object.keys(record).sort();
  const values = names.map((name) => record[name]);
  return hashFields(values, (index) => fieldType(type, names[index] as string));
}

function hashFields(
  values: readonly unknown[],
  typeOf: (index: number) => DataType | null,
): number {
  let hash = 0;
  values.forEach((value, index) => {
    hash = (Math.imul(hash, 31) + javaHash(value, typeOf(index))) | 0;
  });
  return hash;
}

function elementType(type: DataType | null, index: number): DataType | null {
  if (type?.kind === "TUPLE") return type.fields[index] ?? null;
  return type?.kind === "LIST" ? type.element : null;
}

function fieldType(type: DataType | null, name: string): DataType | null {
  if (type?.kind !== "ROW") return null;
  return type.fields.find((field) => field.name === name)?.type ?? null;
}
