/**
 * Key groups, bit-exact with Flink: murmurHash(hashCode(key)) mod maxParallelism. Block by block of
 * rows in the scratch region: hash each leaf of the key, sum them up by weight, finish the sums.
 */
import {
  KEY_BOOLEAN,
  KEY_DOUBLE,
  KEY_FIELD_COLUMN,
  KEY_FIELD_KIND,
  KEY_FIELD_SIZE,
  KEY_FIELD_WEIGHT,
  KEY_INT,
  KEY_LONG,
  KEY_NUMBER,
  KEY_PRESENT,
} from "../protocol/kernel-layout.ts";
import {
  MEMORY_ROOT_FAILED_ROW,
  MEMORY_ROOT_PTR,
  MEMORY_SCRATCH_PTR,
  MEMORY_SCRATCH_SIZE,
} from "../protocol/memory-layout.ts";
import { STATUS_DONE, STATUS_NAN_KEY, STATUS_NULL_KEY } from "../protocol/status.ts";
import {
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_ROW_COUNT,
} from "../protocol/view-layout.ts";
import { firstZero, isSet } from "./bits.ts";
import {
  hashDouble,
  hashEight,
  hashLong,
  hashNumber,
  hashString,
  isAscii,
  murmurHash,
} from "./java-hash.ts";
import { viewColumn } from "./schema.ts";

/** Hashes of one leaf, and the weighted sum over the leaves of a key that has several. */
const BLOCK_ROWS: u32 = MEMORY_SCRATCH_SIZE / 8;
const HASHES: usize = MEMORY_SCRATCH_PTR;
const SUMS: usize = MEMORY_SCRATCH_PTR + MEMORY_SCRATCH_SIZE / 2;

/**
 * @param keyFields      see protocol/kernel-layout.ts
 * @param maxParallelism 1 to 32768
 * @param target         u16[rowCount]
 * @returns STATUS_DONE; STATUS_NULL_KEY or STATUS_NAN_KEY with the row in the memory root
 */
export function keyGroupsOf(
  view: usize,
  keyFields: usize,
  keyFieldCount: u32,
  maxParallelism: u32,
  target: usize,
): i32 {
  const rows = load<u32>(view, VIEW_ROW_COUNT);
  const status = checkKeys(view, keyFields, keyFieldCount);
  if (status !== STATUS_DONE) return status;
  if (keyFieldCount === 1 && (maxParallelism & (maxParallelism - 1)) === 0) {
    const column = viewColumn(view, load<u32>(keyFields, KEY_FIELD_COLUMN));
    const data: usize = load<u32>(column, VIEW_COLUMN_DATA_PTR);
    const kind = load<u32>(keyFields, KEY_FIELD_KIND);
    if (kind === KEY_LONG) return groupLongs(data, target, rows, maxParallelism - 1);
    if (kind === KEY_INT) return finishByMask(data, target, rows, maxParallelism - 1);
  }
  for (let from: u32 = 0; from < rows; from += BLOCK_ROWS) {
    const count = min<u32>(BLOCK_ROWS, rows - from);
    const block = hashBlock(view, keyFields, keyFieldCount, from, count);
    finishBlock(block, target + ((<usize>from) << 1), count, maxParallelism);
  }
  return STATUS_DONE;
}

/** Hash codes of the keys of some rows; answers where they are. */
function hashBlock(
  view: usize,
  keyFields: usize,
  keyFieldCount: u32,
  from: u32,
  count: u32,
): usize {
  if (keyFieldCount === 1) {
    hashLeaf(view, keyFields, from, count);
    return HASHES;
  }
  memory.fill(SUMS, 0, BLOCK_ROWS << 2);
  for (let field: u32 = 0; field < keyFieldCount; ++field) {
    const keyField = keyFields + <usize>field * KEY_FIELD_SIZE;
    if (load<u32>(keyField, KEY_FIELD_KIND) === KEY_PRESENT) continue;
    hashLeaf(view, keyField, from, count);
    const weights = i32x4.splat(load<i32>(keyField, KEY_FIELD_WEIGHT));
    for (let at: usize = 0; at < (<usize>count) << 2; at += 16) {
      const weighted = i32x4.mul(v128.load(HASHES + at), weights);
      v128.store(SUMS + at, i32x4.add(v128.load(SUMS + at), weighted));
    }
  }
  return SUMS;
}

/** No part of a key is null or NaN. */
function checkKeys(view: usize, keyFields: usize, keyFieldCount: u32): i32 {
  const rows = load<u32>(view, VIEW_ROW_COUNT);
  for (let field: u32 = 0; field < keyFieldCount; ++field) {
    const entry = keyFields + <usize>field * KEY_FIELD_SIZE;
    const column = viewColumn(view, load<u32>(entry, KEY_FIELD_COLUMN));
    const validity: usize = load<u32>(column, VIEW_COLUMN_VALIDITY_PTR);
    if (validity !== 0) {
      const row = firstZero(validity, rows);
      if (row < rows) return failAt(row, STATUS_NULL_KEY);
    }
    const kind = load<u32>(entry, KEY_FIELD_KIND);
    if (kind === KEY_NUMBER || kind === KEY_DOUBLE) {
      const row = firstNaN(load<u32>(column, VIEW_COLUMN_DATA_PTR), rows);
      if (row < rows) return failAt(row, STATUS_NAN_KEY);
    }
  }
  return STATUS_DONE;
}

function failAt(row: u32, status: i32): i32 {
  store<u32>(<usize>MEMORY_ROOT_PTR, row, MEMORY_ROOT_FAILED_ROW);
  return status;
}

function firstNaN(values: usize, rows: u32): u32 {
  const pairs: u32 = rows & ~1;
  for (let row: u32 = 0; row < pairs; row += 2) {
    const pair = v128.load(values + ((<usize>row) << 3));
    const isNaNs = i64x2.bitmask(f64x2.ne(pair, pair));
    if (isNaNs !== 0) return row + ctz<u32>(isNaNs);
  }
  if (pairs === rows) return rows;
  const last = v128.load64_splat(values + ((<usize>pairs) << 3));
  return v128.any_true(f64x2.ne(last, last)) ? pairs : rows;
}

/** Hash codes of one leaf to HASHES; a single leaf has weight 1. */
function hashLeaf(view: usize, keyField: usize, from: u32, count: u32): void {
  const kind = load<u32>(keyField, KEY_FIELD_KIND);
  const column = viewColumn(view, load<u32>(keyField, KEY_FIELD_COLUMN));
  const data: usize = load<u32>(column, VIEW_COLUMN_DATA_PTR);
  if (kind === KEY_LONG) hashLongs(data + ((<usize>from) << 3), count);
  else if (kind === KEY_INT) memory.copy(HASHES, data + ((<usize>from) << 2), (<usize>count) << 2);
  else if (kind === KEY_NUMBER) hashNumbers(data + ((<usize>from) << 3), count);
  else if (kind === KEY_DOUBLE) hashDoubles(data + ((<usize>from) << 3), count);
  else if (kind === KEY_BOOLEAN) hashBooleans(data, from, count);
  else hashStrings(data + ((<usize>from) << 2), load<u32>(column, VIEW_COLUMN_HEAP_PTR), count);
}

/** Four i64 as low half xor high half each. */
function foldLongs(first: v128, second: v128): v128 {
  const low = v128.shuffle<i32>(first, second, 0, 2, 4, 6);
  const high = v128.shuffle<i32>(first, second, 1, 3, 5, 7);
  return v128.xor(low, high);
}

function hashLongs(values: usize, count: u32): void {
  const end: usize = HASHES + ((<usize>count) << 2);
  const vectorEnd: usize = HASHES + ((<usize>(count & ~3)) << 2);
  let target = HASHES;
  for (; target < vectorEnd; target += 16, values += 32) {
    v128.store(target, foldLongs(v128.load(values), v128.load(values, 16)));
  }
  for (; target < end; target += 4, values += 8) store<u32>(target, hashLong(load<i64>(values)));
}

function hashDoubles(values: usize, count: u32): void {
  const zero = f64x2.splat(0); // -0 + 0 is 0
  const end: usize = HASHES + ((<usize>count) << 2);
  const vectorEnd: usize = HASHES + ((<usize>(count & ~3)) << 2);
  let target = HASHES;
  for (; target < vectorEnd; target += 16, values += 32) {
    const first = f64x2.add(v128.load(values), zero);
    v128.store(target, foldLongs(first, f64x2.add(v128.load(values, 16), zero)));
  }
  for (; target < end; target += 4, values += 8) store<u32>(target, hashDouble(load<f64>(values)));
}

/** Four at a time where all four are ints, which numbers used as keys mostly are. */
function hashNumbers(values: usize, count: u32): void {
  const end: usize = HASHES + ((<usize>count) << 2);
  const vectorEnd: usize = HASHES + ((<usize>(count & ~3)) << 2);
  let target = HASHES;
  for (; target < vectorEnd; target += 16, values += 32) {
    const first = v128.load(values);
    const second = v128.load(values, 16);
    const firstInts = i32x4.trunc_sat_f64x2_s_zero(first);
    const secondInts = i32x4.trunc_sat_f64x2_s_zero(second);
    const isFirst = f64x2.eq(f64x2.convert_low_i32x4_s(firstInts), first);
    const isSecond = f64x2.eq(f64x2.convert_low_i32x4_s(secondInts), second);
    if (i64x2.all_true(v128.and(isFirst, isSecond))) {
      v128.store(target, v128.shuffle<i64>(firstInts, secondInts, 0, 2));
    } else {
      store<u32>(target, hashNumber(load<f64>(values)));
      store<u32>(target, hashNumber(load<f64>(values, 8)), 4);
      store<u32>(target, hashNumber(load<f64>(values, 16)), 8);
      store<u32>(target, hashNumber(load<f64>(values, 24)), 12);
    }
  }
  for (; target < end; target += 4, values += 8) store<u32>(target, hashNumber(load<f64>(values)));
}

function hashBooleans(bits: usize, from: u32, count: u32): void {
  for (let index: u32 = 0; index < count; ++index) {
    const hash: u32 = select<u32>(1231, 1237, isSet(bits, from + index));
    store<u32>(HASHES + ((<usize>index) << 2), hash);
  }
}

function hashStrings(offsets: usize, heap: usize, count: u32): void {
  const lastWide: u64 = ((<u64>memory.size()) << 16) - 8;
  const end: usize = HASHES + ((<usize>count) << 2);
  for (let target = HASHES; target < end; target += 4, offsets += 4) {
    const start = load<u32>(offsets);
    const length = load<u32>(offsets, 4) - start;
    const ptr: usize = heap + start;
    // Most keys are short: one word, zeros in front of the first unit add nothing.
    if (length - 1 < 8 && <u64>ptr <= lastWide) {
      const word = load<u64>(ptr) << ((8 - <u64>length) << 3);
      if (isAscii(word)) {
        store<u32>(target, hashEight(word));
        continue;
      }
    }
    store<u32>(target, hashString(ptr, length));
  }
}

function finishBlock(hashes: usize, target: usize, count: u32, maxParallelism: u32): void {
  if ((maxParallelism & (maxParallelism - 1)) === 0) {
    finishByMask(hashes, target, count, maxParallelism - 1);
    return;
  }
  for (let at: usize = 0; at < (<usize>count) << 2; at += 16) {
    v128.store(hashes + at, murmurFour(v128.load(hashes + at)));
  }
  // h / m as (h * ceil(2^s / m)) >> s is exact for h < 2^31 with s = 31 + ceil(log2(m)).
  const shift: u64 = 63 - clz<u32>(maxParallelism - 1);
  const factor = ((<u64>1) << shift) / maxParallelism + 1;
  const end: usize = hashes + ((<usize>count) << 2);
  for (; hashes < end; hashes += 4, target += 2) {
    const hash = load<u32>(hashes);
    const quotient = <u32>((<u64>hash * factor) >> shift);
    store<u16>(target, <u16>(hash - quotient * maxParallelism));
  }
}

/** The most common key in one pass. */
function groupLongs(values: usize, target: usize, count: u32, mask: u32): i32 {
  const masks = i32x4.splat(mask);
  const end: usize = target + ((<usize>count) << 1);
  const vectorEnd: usize = target + ((<usize>(count & ~7)) << 1);
  for (; target < vectorEnd; target += 16, values += 64) {
    const low = murmurFour(foldLongs(v128.load(values), v128.load(values, 16)));
    const high = murmurFour(foldLongs(v128.load(values, 32), v128.load(values, 48)));
    v128.store(target, i16x8.narrow_i32x4_u(v128.and(low, masks), v128.and(high, masks)));
  }
  for (; target < end; target += 2, values += 8) {
    store<u16>(target, <u16>(murmurHash(hashLong(load<i64>(values))) & mask));
  }
  return STATUS_DONE;
}

function finishByMask(hashes: usize, target: usize, count: u32, mask: u32): i32 {
  const masks = i32x4.splat(mask);
  const whole: u32 = count & ~7;
  for (let index: u32 = 0; index < whole; index += 8, hashes += 32, target += 16) {
    const low = v128.and(murmurFour(v128.load(hashes)), masks);
    const high = v128.and(murmurFour(v128.load(hashes, 16)), masks);
    v128.store(target, i16x8.narrow_i32x4_u(low, high));
  }
  for (let index = whole; index < count; ++index, hashes += 4, target += 2) {
    store<u16>(target, <u16>(murmurHash(load<u32>(hashes)) & mask));
  }
  return STATUS_DONE;
}

/** murmurHash of java-hash.ts, four at a time. */
function murmurFour(hash: v128): v128 {
  hash = i32x4.mul(hash, i32x4.splat(0xcc9e2d51));
  hash = i32x4.mul(v128.or(i32x4.shl(hash, 15), i32x4.shr_u(hash, 17)), i32x4.splat(0x1b873593));
  hash = v128.or(i32x4.shl(hash, 13), i32x4.shr_u(hash, 19));
  hash = i32x4.add(i32x4.add(i32x4.shl(hash, 2), hash), i32x4.splat(0xe6546b64));
  hash = v128.xor(hash, i32x4.splat(4));
  hash = i32x4.mul(v128.xor(hash, i32x4.shr_u(hash, 16)), i32x4.splat(0x85ebca6b));
  hash = i32x4.mul(v128.xor(hash, i32x4.shr_u(hash, 13)), i32x4.splat(0xc2b2ae35));
  hash = v128.xor(hash, i32x4.shr_u(hash, 16));
  return v128.and(i32x4.abs(hash), i32x4.splat(0x7fffffff));
}
