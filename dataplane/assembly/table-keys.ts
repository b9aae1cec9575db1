/**
 * Keys of a run of rows, made ready for the table: inline keys as u64[n], others as address, length
 * and hash of their bytes. -0 becomes 0; nulls and NaN end the run.
 */
import {
  PHYSICAL_BOOL,
  PHYSICAL_F64,
  PHYSICAL_I32,
  PHYSICAL_I64,
  PHYSICAL_STRUCT,
} from "../protocol/batch-layout.ts";
import {
  STATUS_DONE,
  STATUS_NAN_KEY,
  STATUS_NULL_KEY,
  STATUS_OUT_OF_MEMORY,
} from "../protocol/status.ts";
import {
  SCRATCH_KEY_HASHES,
  SCRATCH_KEY_LENGTHS,
  SCRATCH_KEY_PTRS,
  SCRATCH_KEYS,
  TABLE_KEY_BUFFER_PTR,
  TABLE_KEY_BUFFER_SIZE,
  TABLE_KEY_BYTES,
  TABLE_KEY_COLUMN,
  TABLE_KEY_INLINE,
  TABLE_KEY_PHYSICAL,
  TABLE_KEY_SIZE,
  TABLE_KEYS_PTR,
  TABLE_LAYOUT_KEY_COUNT,
  TABLE_LAYOUT_KEY_KIND,
  TABLE_LAYOUT_KEYS,
  TABLE_SCRATCH_PTR,
  TABLE_SEED,
  TABLE_STATUS,
} from "../protocol/table-layout.ts";
import {
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_VALIDITY_PTR,
} from "../protocol/view-layout.ts";
import { isSet } from "./bits.ts";
import { copyBytes } from "./bytes.ts";
import { hashBytes } from "./hash.ts";
import { viewColumn } from "./schema.ts";
import { tableAlloc, tableFree } from "./table-block.ts";

const LENGTH_PREFIX: u32 = 4;

/**
 * Prepares the keys of up to `count` rows, at most TABLE_CHUNK_ROWS.
 *
 * @param layout that of the table, or of rows of another type: says which columns are the key
 * @returns rows prepared: fewer if a key is refused; if that is the first one, 0 with the status set
 */
export function prepareKeys(table: usize, layout: usize, view: usize, row: u32, count: u32): u32 {
  const ready = rowsWithKeys(table, layout, view, row, count);
  if (ready === 0) return 0;
  const kind = load<u32>(layout, TABLE_LAYOUT_KEY_KIND);
  if (kind === TABLE_KEY_INLINE) return prepareInline(table, layout, view, row, ready);
  if (kind === TABLE_KEY_BYTES) {
    const column = viewColumn(view, load<u32>(layout, TABLE_LAYOUT_KEYS));
    const offsets: usize = <usize>load<u32>(column, VIEW_COLUMN_DATA_PTR) + ((<usize>row) << 2);
    hashKeys(table, ready, offsets, load<u32>(column, VIEW_COLUMN_HEAP_PTR));
  } else if (encodeComposite(table, layout, view, row, ready)) {
    hashKeys(table, ready, 0, 0);
  } else {
    store<i32>(table, STATUS_OUT_OF_MEMORY, TABLE_STATUS);
    return 0;
  }
  return ready;
}

/** Rows before the first whose key is refused. */
function rowsWithKeys(table: usize, layout: usize, view: usize, row: u32, count: u32): u32 {
  const keys = load<u32>(layout, TABLE_LAYOUT_KEY_COUNT);
  let refusal = STATUS_DONE;
  for (let index: u32 = 0; index < keys; ++index) {
    const key = layout + TABLE_LAYOUT_KEYS + <usize>index * TABLE_KEY_SIZE;
    const column = viewColumn(view, load<u32>(key, TABLE_KEY_COLUMN));
    const valid = validRows(load<u32>(column, VIEW_COLUMN_VALIDITY_PTR), row, count);
    if (valid < count) {
      count = valid;
      refusal = STATUS_NULL_KEY;
    }
    if (load<u32>(key, TABLE_KEY_PHYSICAL) !== PHYSICAL_F64) continue;
    const numbers = rowsBeforeNaN(load<u32>(column, VIEW_COLUMN_DATA_PTR), row, count);
    if (numbers < count) {
      count = numbers;
      refusal = STATUS_NAN_KEY;
    }
  }
  if (count === 0) store<i32>(table, refusal, TABLE_STATUS);
  return count;
}

/** Rows before the first null; all of them where there is no bitmap. */
export function validRows(validity: usize, row: u32, count: u32): u32 {
  if (validity === 0) return count;
  for (let index: u32 = 0; index < count; ++index) {
    if (!isSet(validity, row + index)) return index;
  }
  return count;
}

function rowsBeforeNaN(data: usize, row: u32, count: u32): u32 {
  const values: usize = data + ((<usize>row) << 3);
  for (let index: u32 = 0; index < count; ++index) {
    const value = load<f64>(values + ((<usize>index) << 3));
    if (value !== value) return index;
  }
  return count;
}

function prepareInline(table: usize, layout: usize, view: usize, row: u32, count: u32): u32 {
  const column = viewColumn(view, load<u32>(layout, TABLE_LAYOUT_KEYS));
  const physical = load<i32>(layout, TABLE_LAYOUT_KEYS + TABLE_KEY_PHYSICAL);
  const data: usize = load<u32>(column, VIEW_COLUMN_DATA_PTR);
  const keys: usize = <usize>load<u32>(table, TABLE_SCRATCH_PTR) + SCRATCH_KEYS;
  store<u32>(table, <u32>keys, TABLE_KEYS_PTR);
  if (physical === PHYSICAL_I64) {
    store<u32>(table, <u32>(data + ((<usize>row) << 3)), TABLE_KEYS_PTR);
  } else if (physical === PHYSICAL_I32) {
    for (let index: u32 = 0; index < count; ++index) {
      const value = <i64>load<i32>(data + ((<usize>(row + index)) << 2));
      store<i64>(keys + ((<usize>index) << 3), value);
    }
  } else if (physical === PHYSICAL_F64) {
    for (let index: u32 = 0; index < count; ++index) {
      const value = load<f64>(data + ((<usize>(row + index)) << 3)) + 0.0; // -0 + 0 is 0
      store<f64>(keys + ((<usize>index) << 3), value);
    }
  } else {
    for (let index: u32 = 0; index < count; ++index) {
      store<u64>(keys + ((<usize>index) << 3), isSet(data, row + index) ? 1 : 0);
    }
  }
  return count;
}

/**
 * Hashes of keys, and the first eight bytes of each. Keys of up to 16 bytes are read as two words whatever
 * their length, since a branch on the length costs more than the bytes do.
 *
 * @param offsets u32[count + 1] of the keys in `heap`, which are located on the way; 0 = they have been
 */
function hashKeys(table: usize, count: u32, offsets: usize, heap: u32): void {
  const seed = load<u64>(table, TABLE_SEED);
  const lastWide: u64 = ((<u64>memory.size()) << 16) - 16;
  let scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  let heads: usize = scratch + SCRATCH_KEYS;
  const end: usize = scratch + ((<usize>count) << 2);
  for (; scratch < end; scratch += 4, heads += 8) {
    if (offsets !== 0) {
      const start = load<u32>(offsets);
      store<u32>(scratch, heap + start, SCRATCH_KEY_PTRS);
      store<u32>(scratch, load<u32>(offsets, 4) - start, SCRATCH_KEY_LENGTHS);
      offsets += 4;
    }
    const bytes: usize = load<u32>(scratch, SCRATCH_KEY_PTRS);
    const length = load<u32>(scratch, SCRATCH_KEY_LENGTHS);
    let hash: u64 = 0;
    if (length <= 16 && <u64>bytes <= lastWide) {
      const head = load<u64>(bytes) & lowBytes(min<u32>(length, 8));
      const tail = load<u64>(bytes, 8) & lowBytes(max<u32>(length, 8) - 8);
      store<u64>(heads, head);
      hash = hashWords(head, tail, length, seed);
    } else if (length <= 16) {
      const head = readHead(bytes, length);
      const tail = length > 8 ? readHead(bytes + 8, length - 8) : 0;
      store<u64>(heads, head);
      hash = hashWords(head, tail, length, seed);
    } else {
      store<u64>(heads, load<u64>(bytes));
      hash = hashBytes(bytes, length, seed);
    }
    store<u32>(scratch, <u32>(hash >> 32), SCRATCH_KEY_HASHES);
  }
}

function hashWords(head: u64, tail: u64, length: u32, seed: u64): u64 {
  const first = (head ^ seed) * 0x9e3779b97f4a7c15;
  const hash = (rotl<u64>(first, 29) ^ tail ^ length) * 0xd6e8feb86659fd93;
  return hash ^ (hash << 32);
}

/** A word whose lowest `count` bytes, 0 to 8, are set. */
function lowBytes(count: u32): u64 {
  return select<u64>(0, u64.MAX_VALUE >> (64 - ((<u64>count) << 3)), count === 0);
}

/** Up to 8 bytes as one word, reading only them. */
function readHead(ptr: usize, length: u32): u64 {
  if (length >= 8) return load<u64>(ptr);
  let word: u64 = 0;
  for (let index: u32 = 0; index < length; ++index) {
    word |= (<u64>load<u8>(ptr + index)) << ((<u64>index) << 3);
  }
  return word;
}

/** Writes the keys one behind the other into the table's key buffer. False when out of memory. */
function encodeComposite(table: usize, layout: usize, view: usize, row: u32, count: u32): bool {
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  let total: u64 = 0;
  for (let index: u32 = 0; index < count; ++index) {
    const length = compositeLength(layout, view, row + index);
    store<u32>(scratch + ((<usize>index) << 2), length, SCRATCH_KEY_LENGTHS);
    total += length;
  }
  if (!reserveKeyBuffer(table, total)) return false;
  let target: usize = load<u32>(table, TABLE_KEY_BUFFER_PTR);
  for (let index: u32 = 0; index < count; ++index) {
    store<u32>(scratch + ((<usize>index) << 2), <u32>target, SCRATCH_KEY_PTRS);
    target = writeComposite(layout, view, row + index, target);
  }
  return true;
}

function reserveKeyBuffer(table: usize, bytes: u64): bool {
  const size = load<u32>(table, TABLE_KEY_BUFFER_SIZE);
  if (bytes <= size) return true;
  if (bytes > <u64>i32.MAX_VALUE) return false;
  const larger = max<u32>(<u32>bytes, size << 1);
  const buffer = tableAlloc(table, larger);
  if (buffer === 0) return false;
  tableFree(table, load<u32>(table, TABLE_KEY_BUFFER_PTR), size);
  store<u32>(table, <u32>buffer, TABLE_KEY_BUFFER_PTR);
  store<u32>(table, larger, TABLE_KEY_BUFFER_SIZE);
  return true;
}

function compositeLength(layout: usize, view: usize, row: u32): u32 {
  const keys = load<u32>(layout, TABLE_LAYOUT_KEY_COUNT);
  let length: u32 = 0;
  for (let index: u32 = 0; index < keys; ++index) {
    const key = layout + TABLE_LAYOUT_KEYS + <usize>index * TABLE_KEY_SIZE;
    const physical = load<i32>(key, TABLE_KEY_PHYSICAL);
    if (physical === PHYSICAL_STRUCT) continue;
    const width = keyWidth(physical);
    if (width !== 0) {
      length += width;
      continue;
    }
    const column = viewColumn(view, load<u32>(key, TABLE_KEY_COLUMN));
    const at: usize = <usize>load<u32>(column, VIEW_COLUMN_DATA_PTR) + ((<usize>row) << 2);
    length += LENGTH_PREFIX + load<u32>(at, 4) - load<u32>(at);
  }
  return length;
}

function writeComposite(layout: usize, view: usize, row: u32, target: usize): usize {
  const keys = load<u32>(layout, TABLE_LAYOUT_KEY_COUNT);
  for (let index: u32 = 0; index < keys; ++index) {
    const key = layout + TABLE_LAYOUT_KEYS + <usize>index * TABLE_KEY_SIZE;
    const physical = load<i32>(key, TABLE_KEY_PHYSICAL);
    if (physical === PHYSICAL_STRUCT) continue;
    const column = viewColumn(view, load<u32>(key, TABLE_KEY_COLUMN));
    const data: usize = load<u32>(column, VIEW_COLUMN_DATA_PTR);
    if (physical === PHYSICAL_I64) {
      store<i64>(target, load<i64>(data + ((<usize>row) << 3)));
    } else if (physical === PHYSICAL_F64) {
      store<f64>(target, load<f64>(data + ((<usize>row) << 3)) + 0.0);
    } else if (physical === PHYSICAL_I32) {
      store<i32>(target, load<i32>(data + ((<usize>row) << 2)));
    } else if (physical === PHYSICAL_BOOL) {
      store<u8>(target, isSet(data, row) ? 1 : 0);
    } else {
      const at: usize = data + ((<usize>row) << 2);
      const start = load<u32>(at);
      const length = load<u32>(at, 4) - start;
      const heap: usize = load<u32>(column, VIEW_COLUMN_HEAP_PTR);
      store<u32>(target, length);
      copyBytes(target + LENGTH_PREFIX, heap + start, length);
      target += length + LENGTH_PREFIX;
    }
    target += keyWidth(physical);
  }
  return target;
}

/** Bytes a fixed-width part of a composite key takes; 0 = variable. */
export function keyWidth(physical: i32): u32 {
  if (physical === PHYSICAL_BOOL) return 1;
  if (physical === PHYSICAL_I32) return 4;
  return physical === PHYSICAL_I64 || physical === PHYSICAL_F64 ? 8 : 0;
}
