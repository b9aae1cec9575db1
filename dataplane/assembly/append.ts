/**
 * Appending values of one column to a builder's column, for a range of rows or for selected ones.
 * `rows` is 0 for the range that starts at `from`, else the address of a u32 selection vector.
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
  BUILDER_COLUMN_NULL_COUNT,
  BUILDER_COLUMN_VALIDITY_BUF,
  BUILDER_COLUMN_VALUE_COUNT,
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_LENGTH,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_SCHEMA_PTR,
} from "../protocol/view-layout.ts";
import { alloc, free } from "./allocator.ts";
import { copyBits, gatherBits } from "./bits.ts";
import { builderCommitValues, builderReserveHeap, builderReserveValues } from "./builder.ts";
import { copyBytes } from "./bytes.ts";
import { builderColumn, builderRoom, physicalOf, subtreeSizeOf, viewColumn } from "./schema.ts";

/**
 * Appends `count` values of a column and all its descendants behind the builder's first `base` ones.
 *
 * @returns STATUS_DONE, or STATUS_OUT_OF_MEMORY (the builder then holds rows in part: reset it)
 */
export function appendColumn(
  view: usize,
  builder: usize,
  column: u32,
  base: u32,
  rows: usize,
  from: u32,
  count: u32,
): i32 {
  const schemaPtr: usize = load<u32>(builder, VIEW_SCHEMA_PTR);
  const physical = physicalOf(schemaPtr, column);
  const source: usize = load<u32>(viewColumn(view, column), VIEW_COLUMN_DATA_PTR);
  const target: usize = load<u32>(viewColumn(builder, column), VIEW_COLUMN_DATA_PTR);
  appendValidity(view, column, builder, column, base, rows, from, count);
  if (physical === PHYSICAL_I64 || physical === PHYSICAL_F64) {
    appendFixed64(target + ((<usize>base) << 3), source, rows, from, count);
  } else if (physical === PHYSICAL_I32) {
    appendFixed32(target + ((<usize>base) << 2), source, rows, from, count);
  } else if (physical === PHYSICAL_BOOL) {
    if (rows === 0) copyBits(target, base, source, from, count);
    else gatherBits(target, base, source, rows, count);
  } else if (physical === PHYSICAL_LIST) {
    return appendList(view, builder, column, base, rows, from, count);
  } else if (physical === PHYSICAL_STRUCT) {
    const end = column + subtreeSizeOf(schemaPtr, column);
    for (let field = column + 1; field < end; field += subtreeSizeOf(schemaPtr, field)) {
      const status = appendColumn(view, builder, field, base, rows, from, count);
      if (status !== STATUS_DONE) return status;
    }
  } else {
    return appendBytes(viewColumn(view, column), builder, column, base, rows, from, count);
  }
  return STATUS_DONE;
}

export function appendFixed64(
  target: usize,
  source: usize,
  rows: usize,
  from: u32,
  count: u32,
): void {
  if (rows === 0) {
    memory.copy(target, source + ((<usize>from) << 3), (<usize>count) << 3);
    return;
  }
  const end: usize = target + ((<usize>count) << 3);
  const fourEnd: usize = target + ((<usize>(count & ~3)) << 3);
  for (; target < fourEnd; target += 32, rows += 16) {
    store<u64>(target, load<u64>(source + ((<usize>load<u32>(rows)) << 3)));
    store<u64>(target, load<u64>(source + ((<usize>load<u32>(rows, 4)) << 3)), 8);
    store<u64>(target, load<u64>(source + ((<usize>load<u32>(rows, 8)) << 3)), 16);
    store<u64>(target, load<u64>(source + ((<usize>load<u32>(rows, 12)) << 3)), 24);
  }
  for (; target < end; target += 8, rows += 4) {
    store<u64>(target, load<u64>(source + ((<usize>load<u32>(rows)) << 3)));
  }
}

export function appendFixed32(
  target: usize,
  source: usize,
  rows: usize,
  from: u32,
  count: u32,
): void {
  if (rows === 0) {
    memory.copy(target, source + ((<usize>from) << 2), (<usize>count) << 2);
    return;
  }
  const end: usize = target + ((<usize>count) << 2);
  const fourEnd: usize = target + ((<usize>(count & ~3)) << 2);
  for (; target < fourEnd; target += 16, rows += 16) {
    store<u32>(target, load<u32>(source + ((<usize>load<u32>(rows)) << 2)));
    store<u32>(target, load<u32>(source + ((<usize>load<u32>(rows, 4)) << 2)), 4);
    store<u32>(target, load<u32>(source + ((<usize>load<u32>(rows, 8)) << 2)), 8);
    store<u32>(target, load<u32>(source + ((<usize>load<u32>(rows, 12)) << 2)), 12);
  }
  for (; target < end; target += 4, rows += 4) {
    store<u32>(target, load<u32>(source + ((<usize>load<u32>(rows)) << 2)));
  }
}

/** The validity alone of values of `column`, behind that of the first `base` ones of the builder's `target`. */
export function appendValidity(
  view: usize,
  column: u32,
  builder: usize,
  target: u32,
  base: u32,
  rows: usize,
  from: u32,
  count: u32,
): void {
  const source: usize = load<u32>(viewColumn(view, column), VIEW_COLUMN_VALIDITY_PTR);
  if (source === 0) return;
  const own = builderColumn(builderRoom(builder), target);
  const validity: usize = load<u32>(own, BUILDER_COLUMN_VALIDITY_BUF);
  const valid =
    rows === 0
      ? copyBits(validity, base, source, from, count)
      : gatherBits(validity, base, source, rows, count);
  if (valid === count) return;
  const nulls = load<u32>(own, BUILDER_COLUMN_NULL_COUNT) + count - valid;
  store<u32>(own, nulls, BUILDER_COLUMN_NULL_COUNT);
  store<u32>(viewColumn(builder, target), <u32>validity, VIEW_COLUMN_VALIDITY_PTR);
}

/**
 * UTF8 and BINARY: offsets first, then room for all bytes, then the bytes.
 *
 * @param sourceEntry of the column in its view
 * @returns STATUS_DONE or STATUS_OUT_OF_MEMORY
 */
export function appendBytes(
  sourceEntry: usize,
  builder: usize,
  column: u32,
  base: u32,
  rows: usize,
  from: u32,
  count: u32,
): i32 {
  const targetEntry = viewColumn(builder, column);
  const offsets: usize = load<u32>(sourceEntry, VIEW_COLUMN_DATA_PTR);
  const target: usize = <usize>load<u32>(targetEntry, VIEW_COLUMN_DATA_PTR) + ((<usize>base) << 2);
  const length = load<u32>(targetEntry, VIEW_COLUMN_HEAP_LENGTH);
  const newLength =
    rows === 0
      ? rebaseOffsets(target, offsets + ((<usize>from) << 2), count, length)
      : gatherOffsets(target, offsets, rows, count, length);
  const bytes = newLength - length;
  if (builderReserveHeap(builder, column, bytes) !== STATUS_DONE) return STATUS_OUT_OF_MEMORY;
  const heap: usize = load<u32>(sourceEntry, VIEW_COLUMN_HEAP_PTR);
  const end: usize = <usize>load<u32>(targetEntry, VIEW_COLUMN_HEAP_PTR) + length;
  if (rows === 0) memory.copy(end, heap + load<u32>(offsets + ((<usize>from) << 2)), bytes);
  else gatherHeap(end, heap, offsets, rows, count);
  store<u32>(targetEntry, newLength, VIEW_COLUMN_HEAP_LENGTH);
  return STATUS_DONE;
}

/** A list's elements are a range where its rows are one, else a selection made for the purpose. */
function appendList(
  view: usize,
  builder: usize,
  column: u32,
  base: u32,
  rows: usize,
  from: u32,
  count: u32,
): i32 {
  const offsets: usize = load<u32>(viewColumn(view, column), VIEW_COLUMN_DATA_PTR);
  const targetEntry = viewColumn(builder, column);
  const target: usize = <usize>load<u32>(targetEntry, VIEW_COLUMN_DATA_PTR) + ((<usize>base) << 2);
  const length = load<u32>(targetEntry, VIEW_COLUMN_HEAP_LENGTH);
  const newLength =
    rows === 0
      ? rebaseOffsets(target, offsets + ((<usize>from) << 2), count, length)
      : gatherOffsets(target, offsets, rows, count, length);
  const elements = newLength - length;
  if (builderReserveValues(builder, column + 1, elements) !== STATUS_DONE)
    return STATUS_OUT_OF_MEMORY;
  let selection: usize = 0;
  if (rows !== 0) {
    selection = alloc(elements << 2);
    if (selection === 0) return STATUS_OUT_OF_MEMORY;
    selectElements(selection, offsets, rows, count);
  }
  const own = builderColumn(builderRoom(builder), column + 1);
  const elementBase = load<u32>(own, BUILDER_COLUMN_VALUE_COUNT);
  const first = rows === 0 ? load<u32>(offsets + ((<usize>from) << 2)) : 0;
  const status = appendColumn(view, builder, column + 1, elementBase, selection, first, elements);
  free(selection, elements << 2);
  if (status === STATUS_DONE) builderCommitValues(builder, column + 1, elements);
  return status;
}

/** Writes offsets 1..count of a range so that they go on from `length`; answers the last. */
function rebaseOffsets(target: usize, offsets: usize, count: u32, length: u32): u32 {
  const delta = length - load<u32>(offsets);
  const deltas = i32x4.splat(delta);
  const end: usize = target + ((<usize>count) << 2);
  const vectorEnd: usize = target + ((<usize>(count & ~3)) << 2);
  for (; target < vectorEnd; target += 16, offsets += 16) {
    v128.store(target, i32x4.add(v128.load(offsets, 4), deltas), 4);
  }
  for (; target < end; target += 4, offsets += 4) {
    store<u32>(target, load<u32>(offsets, 4) + delta, 4);
  }
  return load<u32>(target);
}

/** Writes offsets 1..count of selected rows so that they go on from `length`; answers the last. */
function gatherOffsets(target: usize, offsets: usize, rows: usize, count: u32, length: u32): u32 {
  const end: usize = rows + ((<usize>count) << 2);
  for (; rows < end; rows += 4, target += 4) {
    const at: usize = offsets + ((<usize>load<u32>(rows)) << 2);
    length += load<u32>(at, 4) - load<u32>(at);
    store<u32>(target, length, 4);
  }
  return length;
}

/** Short values move as 16 bytes, whatever their length: the next one overwrites what was too much. */
function gatherHeap(target: usize, heap: usize, offsets: usize, rows: usize, count: u32): void {
  const lastWide: u64 = ((<u64>memory.size()) << 16) - 16;
  const end: usize = rows + ((<usize>count) << 2);
  for (; rows < end; rows += 4) {
    const at: usize = offsets + ((<usize>load<u32>(rows)) << 2);
    const start = load<u32>(at);
    const length = load<u32>(at, 4) - start;
    const source: usize = heap + start;
    if (length <= 16 && <u64>source <= lastWide) v128.store(target, v128.load(source));
    else copyBytes(target, source, length);
    target += length;
  }
}

/** The rows of the element column that the lists of the selected rows hold. */
function selectElements(selection: usize, offsets: usize, rows: usize, count: u32): void {
  const end: usize = rows + ((<usize>count) << 2);
  for (; rows < end; rows += 4) {
    const at: usize = offsets + ((<usize>load<u32>(rows)) << 2);
    const last = load<u32>(at, 4);
    for (let element = load<u32>(at); element < last; ++element, selection += 4) {
      store<u32>(selection, element);
    }
  }
}
