/**
 * From entries to the rows of a builder, one column at a time. `entries` is a list of u32 addresses of
 * slots, or of images of them. Rows lie behind the builder's last one until builderCommit counts them.
 */
import {
  PHYSICAL_BOOL,
  PHYSICAL_F64,
  PHYSICAL_I32,
  PHYSICAL_I64,
  PHYSICAL_LIST,
  PHYSICAL_STRUCT,
} from "../protocol/batch-layout.ts";
import { STATUS_DONE, STATUS_OUT_OF_MEMORY } from "../protocol/status.ts";
import {
  BLOCK_BYTES,
  BLOCK_LENGTH,
  SLOT_KEY_BLOCK,
  TABLE_FIELD_COLUMN,
  TABLE_FIELD_IS_KEY,
  TABLE_FIELD_MAX_LENGTH,
  TABLE_FIELD_NULLS_SEEN,
  TABLE_FIELD_OFFSET,
  TABLE_FIELD_PHYSICAL,
  TABLE_KEY_COMPOSITE,
  TABLE_KEY_PHYSICAL,
  TABLE_LAYOUT_FIELD_COUNT,
  TABLE_LAYOUT_FLAGS_OFFSET,
  TABLE_LAYOUT_HIDDEN_KEY,
  TABLE_LAYOUT_KEY_KIND,
  TABLE_LAYOUT_KEYS,
  TABLE_LAYOUT_TIMESTAMP_OFFSET,
  TABLE_MAX_KEY_LENGTH,
} from "../protocol/table-layout.ts";
import {
  BUILDER_BYTE_CAPACITY,
  BUILDER_BYTE_LENGTH,
  BUILDER_ROW_CAPACITY,
  BUILDER_TIMESTAMP_COUNT,
  BUILDER_TIMESTAMPS_BUF,
  BUILDER_TIMESTAMPS_VALIDITY_BUF,
  VIEW_COLUMN_COUNT,
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_LENGTH,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_ROW_COUNT,
  VIEW_SCHEMA_PTR,
} from "../protocol/view-layout.ts";
import { appendColumn } from "./append.ts";
import { builderIsFull, builderReserveHeap } from "./builder.ts";
import { copyBytes } from "./bytes.ts";
import { builderRoom, hasOffsets, physicalOf, valueBits, viewColumn } from "./schema.ts";
import { keyWidth } from "./table-keys.ts";
import { fieldOf, layoutOf } from "./table-slots.ts";
import { putBit, putBytes, putNull, putNullBit, readValue } from "./table-value.ts";

const SYSTEM_BITS: u64 = 65 + 16 + 32 + 8;
const OFFSET_BITS: u64 = 33;
const LENGTH_PREFIX: u32 = 4;

/** Rows of entries, at most `wanted`, that the builder surely has room for; at least 1 if it is empty. */
export function rowsThatFit(table: usize, builder: usize, wanted: u32): u32 {
  const room = builderRoom(builder);
  const rows = load<u32>(builder, VIEW_ROW_COUNT);
  const free = load<u32>(room, BUILDER_ROW_CAPACITY) - rows;
  if (rows === 0) wanted = max<u32>(1, min<u32>(wanted, bytesRoom(table, builder)));
  else if (builderIsFull(builder)) return 0;
  else wanted = min<u32>(wanted, bytesRoom(table, builder));
  return min<u32>(wanted, free);
}

/** Rows that fit in the bytes left if every one is as long as the longest so far. */
function bytesRoom(table: usize, builder: usize): u32 {
  const room = builderRoom(builder);
  const capacity = load<u32>(room, BUILDER_BYTE_CAPACITY);
  const length = load<u32>(room, BUILDER_BYTE_LENGTH);
  if (length >= capacity) return 0;
  return <u32>(((<u64>(capacity - length)) << 3) / rowBits(table));
}

function rowBits(table: usize): u64 {
  const layout = layoutOf(table);
  const fields = load<u32>(layout, TABLE_LAYOUT_FIELD_COUNT);
  const keyBits: u64 = OFFSET_BITS + ((<u64>load<u32>(table, TABLE_MAX_KEY_LENGTH)) << 3);
  let bits: u64 = SYSTEM_BITS + 64 + keyBits;
  for (let index: u32 = 0; index < fields; ++index) {
    const field = fieldOf(layout, index);
    const physical = load<i32>(field, TABLE_FIELD_PHYSICAL);
    if (load<u32>(field, TABLE_FIELD_IS_KEY) !== 0) bits += hasOffsets(physical) ? keyBits : 65;
    else bits += 1 + valueBits(physical) + ((<u64>load<u32>(field, TABLE_FIELD_MAX_LENGTH)) << 3);
  }
  return bits;
}

/**
 * Writes all fields but `except` (TABLE_NONE = all), and the key column if the builder has one.
 *
 * @param view whose rows from `row` on have the keys of the entries: what is part of the key is copied from
 *   there as a whole, a third of what it takes to gather it; 0 = there are no such rows
 * @returns STATUS_DONE, or STATUS_OUT_OF_MEMORY (the builder then holds rows in part: reset it)
 */
export function emitFields(
  table: usize,
  view: usize,
  row: u32,
  builder: usize,
  entries: usize,
  count: u32,
  except: u32,
): i32 {
  const layout = layoutOf(table);
  const fields = load<u32>(layout, TABLE_LAYOUT_FIELD_COUNT);
  for (let field: u32 = 0; field < fields; ++field) {
    if (field === except) continue;
    const entry = fieldOf(layout, field);
    if (view !== 0 && load<u32>(entry, TABLE_FIELD_IS_KEY) !== 0) {
      const column = load<u32>(entry, TABLE_FIELD_COLUMN);
      const base = load<u32>(builder, VIEW_ROW_COUNT);
      const status = appendColumn(view, builder, column, base, 0, row, count);
      if (status !== STATUS_DONE) return status;
    } else if (!emitField(table, builder, entries, count, field)) {
      return STATUS_OUT_OF_MEMORY;
    }
  }
  if (load<u32>(layout, TABLE_LAYOUT_HIDDEN_KEY) >= load<u32>(builder, VIEW_COLUMN_COUNT)) {
    return STATUS_DONE;
  }
  return emitKey(table, builder, entries, count) ? STATUS_DONE : STATUS_OUT_OF_MEMORY;
}

/** Writes one field. False when out of memory. */
function emitField(table: usize, builder: usize, entries: usize, count: u32, index: u32): bool {
  const layout = layoutOf(table);
  const field = fieldOf(layout, index);
  const column = load<u32>(field, TABLE_FIELD_COLUMN);
  const offset: usize = load<u32>(field, TABLE_FIELD_OFFSET);
  const physical = load<i32>(field, TABLE_FIELD_PHYSICAL);
  const done = emitColumn(builder, column, physical, entries, count, offset);
  if (load<u32>(field, TABLE_FIELD_NULLS_SEEN) !== 0 && !hasOwnNulls(physical)) {
    const word: usize = load<u32>(layout, TABLE_LAYOUT_FLAGS_OFFSET) + ((index >> 5) << 2);
    emitNulls(builder, column, entries, count, word, (<u32>1) << (index & 31));
  }
  return done;
}

/** Writes timestamps where the builder has room for them; without a timestamp where none is kept. */
export function emitTimestamps(table: usize, builder: usize, entries: usize, count: u32): void {
  const layout = layoutOf(table);
  const room = builderRoom(builder);
  const target: usize = load<u32>(room, BUILDER_TIMESTAMPS_BUF);
  if (target === 0) return;
  const validity: usize = load<u32>(room, BUILDER_TIMESTAMPS_VALIDITY_BUF);
  const base = load<u32>(builder, VIEW_ROW_COUNT);
  const offset: usize = load<u32>(layout, TABLE_LAYOUT_TIMESTAMP_OFFSET);
  const flag = load<u32>(layout, TABLE_LAYOUT_FIELD_COUNT);
  const word: usize = load<u32>(layout, TABLE_LAYOUT_FLAGS_OFFSET) + ((flag >> 5) << 2);
  let present = load<u32>(room, BUILDER_TIMESTAMP_COUNT);
  for (let index: u32 = 0; index < count; ++index) {
    const slot: usize = load<u32>(entries + ((<usize>index) << 2));
    const has: u32 = offset === 0 ? 0 : (load<u32>(slot + word) >> (flag & 31)) & 1;
    putBit(validity, base + index, has !== 0);
    store<i64>(target + ((<usize>(base + index)) << 3), has === 0 ? 0 : load<i64>(slot + offset));
    present += has;
  }
  store<u32>(room, present, BUILDER_TIMESTAMP_COUNT);
}

/** A null LIST or STRUCT needs more than a bit: emitColumn sees to it. */
function hasOwnNulls(physical: i32): bool {
  return physical === PHYSICAL_LIST || physical === PHYSICAL_STRUCT;
}

function emitColumn(
  builder: usize,
  column: u32,
  physical: i32,
  entries: usize,
  count: u32,
  offset: usize,
): bool {
  const base = load<u32>(builder, VIEW_ROW_COUNT);
  const data: usize = load<u32>(viewColumn(builder, column), VIEW_COLUMN_DATA_PTR);
  if (physical === PHYSICAL_I64 || physical === PHYSICAL_F64) {
    emitFixed<u64>(data + ((<usize>base) << 3), entries, count, offset);
  } else if (physical === PHYSICAL_I32) {
    emitFixed<u32>(data + ((<usize>base) << 2), entries, count, offset);
  } else if (physical === PHYSICAL_BOOL) {
    for (let index: u32 = 0; index < count; ++index) {
      const slot: usize = load<u32>(entries + ((<usize>index) << 2));
      putBit(data, base + index, load<u8>(slot + offset) !== 0);
    }
  } else if (hasOwnNulls(physical)) {
    for (let index: u32 = 0; index < count; ++index) {
      const slot: usize = load<u32>(entries + ((<usize>index) << 2));
      const block: usize = load<u32>(slot + offset);
      if (block === 0) putNull(builder, column, base + index);
      else if (readValue(builder, column, base + index, block + BLOCK_BYTES) === 0) return false;
    }
  } else {
    return emitBlocks(builder, column, entries, count, offset);
  }
  return true;
}

function emitFixed<T>(target: usize, entries: usize, count: u32, offset: usize): void {
  const end: usize = entries + ((<usize>count) << 2);
  for (; entries < end; entries += 4, target += sizeof<T>()) {
    store<T>(target, load<T>(<usize>load<u32>(entries) + offset));
  }
}

/** UTF8 and BINARY: offsets first, then room for all bytes, then the bytes. No block = no bytes. */
function emitBlocks(builder: usize, column: u32, entries: usize, count: u32, offset: usize): bool {
  const view = viewColumn(builder, column);
  const base: usize = load<u32>(builder, VIEW_ROW_COUNT);
  const length = load<u32>(view, VIEW_COLUMN_HEAP_LENGTH);
  let total: u64 = 0;
  for (let index: u32 = 0; index < count; ++index) {
    const block: usize = load<u32>(<usize>load<u32>(entries + ((<usize>index) << 2)) + offset);
    if (block !== 0) total += load<u32>(block, BLOCK_LENGTH);
  }
  if (total > <u64>i32.MAX_VALUE) return false;
  if (builderReserveHeap(builder, column, <u32>total) !== STATUS_DONE) return false;
  const heap: usize = load<u32>(view, VIEW_COLUMN_HEAP_PTR);
  let offsets: usize = <usize>load<u32>(view, VIEW_COLUMN_DATA_PTR) + (base << 2);
  let at = length;
  for (let index: u32 = 0; index < count; ++index, offsets += 4) {
    const block: usize = load<u32>(<usize>load<u32>(entries + ((<usize>index) << 2)) + offset);
    if (block !== 0) {
      const bytes = load<u32>(block, BLOCK_LENGTH);
      copyBytes(heap + at, block + BLOCK_BYTES, bytes);
      at += bytes;
    }
    store<u32>(offsets, at, 4);
  }
  store<u32>(view, at, VIEW_COLUMN_HEAP_LENGTH);
  return true;
}

/** Clears the validity of fixed-width and string values that are null; their data stays as written. */
function emitNulls(
  builder: usize,
  column: u32,
  entries: usize,
  count: u32,
  word: usize,
  bit: u32,
): void {
  const base = load<u32>(builder, VIEW_ROW_COUNT);
  for (let index: u32 = 0; index < count; ++index) {
    const slot: usize = load<u32>(entries + ((<usize>index) << 2));
    if ((load<u32>(slot + word) & bit) !== 0) putNullBit(builder, column, base + index);
  }
}

/** The hidden key column: from the key word, or the parts of a composite key. */
function emitKey(table: usize, builder: usize, entries: usize, count: u32): bool {
  const layout = layoutOf(table);
  const column = load<u32>(layout, TABLE_LAYOUT_HIDDEN_KEY);
  if (load<u32>(layout, TABLE_LAYOUT_KEY_KIND) !== TABLE_KEY_COMPOSITE) {
    const physical = load<i32>(layout, TABLE_LAYOUT_KEYS + TABLE_KEY_PHYSICAL);
    return emitColumn(builder, column, physical, entries, count, SLOT_KEY_BLOCK);
  }
  const base = load<u32>(builder, VIEW_ROW_COUNT);
  for (let index: u32 = 0; index < count; ++index) {
    const slot: usize = load<u32>(entries + ((<usize>index) << 2));
    const block: usize = load<u32>(slot, SLOT_KEY_BLOCK);
    if (!emitComposite(builder, column, base + index, block + BLOCK_BYTES)) return false;
  }
  return true;
}

function emitComposite(builder: usize, from: u32, row: u32, source: usize): bool {
  const schemaPtr: usize = load<u32>(builder, VIEW_SCHEMA_PTR);
  const columns = load<u32>(builder, VIEW_COLUMN_COUNT);
  for (let column = from; column < columns; ++column) {
    const physical = physicalOf(schemaPtr, column);
    if (physical === PHYSICAL_STRUCT) continue;
    const data: usize = load<u32>(viewColumn(builder, column), VIEW_COLUMN_DATA_PTR);
    const width = keyWidth(physical);
    if (physical === PHYSICAL_BOOL) {
      putBit(data, row, load<u8>(source) !== 0);
    } else if (width !== 0) {
      copyBytes(data + row * width, source, width);
    } else {
      const length = load<u32>(source);
      source += LENGTH_PREFIX;
      if (!putBytes(builder, column, row, source, length)) return false;
      source += length;
    }
    source += width;
  }
  return true;
}
