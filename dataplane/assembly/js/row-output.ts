/**
 * Where compiled code puts the rows it emits: straight into the columns of a builder, behind the rows it
 * has. Between outputOpen() and outputClose() nobody else touches the builder.
 *
 * Per row of input: outputStartRow(), then for each emission outputBegin(), a put per column, outputStamp()
 * if outputStamps(), outputEnd(). An input row may be resumed in the middle: emissions the builder has seen
 * are skipped. Once the builder is full, emissions are ignored; once the row is given up, they do not count
 * (isStopped).
 */
import { PHYSICAL_LIST } from "../../protocol/batch-layout.ts";
import { STATUS_OUT_OF_MEMORY } from "../../protocol/status.ts";
import {
  BUILDER_BYTE_CAPACITY,
  BUILDER_BYTE_LENGTH,
  BUILDER_COLUMN_HEAP_CAPACITY,
  BUILDER_COLUMN_NULL_COUNT,
  BUILDER_COLUMN_VALIDITY_BUF,
  BUILDER_ROW_CAPACITY,
  BUILDER_TIMESTAMP_COUNT,
  BUILDER_TIMESTAMPS_BUF,
  BUILDER_TIMESTAMPS_VALIDITY_BUF,
  VIEW_COLUMN_COUNT,
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_LENGTH,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_ROW_COUNT,
  VIEW_SCHEMA_PTR,
  VIEW_TIMESTAMPS_PTR,
  VIEW_TIMESTAMPS_VALIDITY_PTR,
} from "../../protocol/view-layout.ts";
import { isSet } from "../bits.ts";
import { builderCommit, builderReserveHeap, builderRowBits, HEAP_SLACK } from "../builder.ts";
import { copyBytes } from "../bytes.ts";
import {
  builderColumn,
  builderRoom,
  hasOffsets,
  physicalOf,
  subtreeSizeOf,
  viewColumn,
} from "../schema.ts";
import { putBit, putNullBit } from "../table-value.ts";
import { loadBlock } from "./blocks.ts";
import { giveUp, isStopped, stopFull } from "./give-up.ts";
import { Text, textBytes, textPtr } from "./text.ts";

/** A row with a longer string is the host's: it knows the limits of records. */
const LONG_TEXT: u32 = 1 << 18;

let builder: usize = 0;
let room: usize = 0;
let view: usize = 0;
let base: u32 = 0;
let rows: u32 = 0;
let capacity: u32 = 0;
/** Emissions are taken up to here: `capacity`, or less once the builder is full by bytes or has failed. */
let limit: u32 = 0;
let byteCapacity: u32 = 0;
let rowBytes: u32 = 0;
let bytes: u32 = 0;
let bytesAtRow: u32 = 0;
let rowsAtRow: u32 = 0;
let skipping: u32 = 0;
let skipped: u32 = 0;
let inputRow: u32 = 0;
let isOutOfMemory: bool = false;
let hasTimestamps: bool = false;
let hasNulls: bool = false;

/**
 * @param input      view whose rows' timestamps the emitted rows get
 * @param stampsRows each as it is emitted; else all of them together (passed-columns.ts)
 */
export function outputOpen(input: usize, output: usize, stampsRows: bool): void {
  view = input;
  builder = output;
  room = builderRoom(output);
  base = load<u32>(output, VIEW_ROW_COUNT);
  rows = base;
  capacity = load<u32>(room, BUILDER_ROW_CAPACITY);
  limit = capacity;
  byteCapacity = load<u32>(room, BUILDER_BYTE_CAPACITY);
  bytes = load<u32>(room, BUILDER_BYTE_LENGTH);
  rowBytes = (builderRowBits(output) + 7) >> 3;
  if (rows !== 0) limitBytes();
  isOutOfMemory = false;
  hasNulls = false;
  hasTimestamps =
    stampsRows &&
    load<u32>(input, VIEW_TIMESTAMPS_PTR) !== 0 &&
    load<u32>(room, BUILDER_TIMESTAMPS_BUF) !== 0;
}

/** @param skip emissions of this row that are in earlier batches */
export function outputStartRow(row: u32, skip: u32): void {
  inputRow = row;
  skipping = skip;
  skipped = skip;
  rowsAtRow = rows;
  bytesAtRow = bytes;
}

/** Rows emitted since outputOpen(). */
export function outputRows(): u32 {
  return rows - base;
}

/** Emits up to `count` rows of columns of fixed width, whose values are copied later; answers how many. */
export function outputTake(count: u32): u32 {
  const free = byteCapacity > bytes ? (byteCapacity - bytes + rowBytes - 1) / rowBytes : 0;
  const taken = min<u32>(min<u32>(count, capacity - rows), max<u32>(free, rows === 0 ? 1 : 0));
  rows += taken;
  bytes += taken * rowBytes;
  return taken;
}

/** Memory has run out. */
export function outputFail(): void {
  isOutOfMemory = true;
  stopFull();
  limit = 0;
}

/** Emissions of the present row that have been taken so far, skipped ones included. */
export function outputEmitted(): u32 {
  return skipped + (rows - rowsAtRow);
}

/** Whether the emission that follows is to be written. */
export function outputBegin(): bool {
  if (rows < limit && skipping === 0) return true;
  if (skipping !== 0) --skipping;
  else stopFull();
  return false;
}

export function putF64(column: u32, value: f64): void {
  store<f64>(dataOf(column) + ((<usize>rows) << 3), value);
}

export function putI64(column: u32, value: i64): void {
  store<i64>(dataOf(column) + ((<usize>rows) << 3), value);
}

export function putI32(column: u32, value: i32): void {
  store<i32>(dataOf(column) + ((<usize>rows) << 2), value);
}

export function putBool(column: u32, value: bool): void {
  putBit(dataOf(column), rows, value);
}

export function putText(column: u32, text: Text): void {
  const entry = viewColumn(builder, column);
  const length = textBytes(text);
  const used = load<u32>(entry, VIEW_COLUMN_HEAP_LENGTH);
  const end = used + length;
  const heapCapacity = load<u32>(builderColumn(room, column), BUILDER_COLUMN_HEAP_CAPACITY);
  if ((length > LONG_TEXT || end + HEAP_SLACK > heapCapacity) && !reserveText(column, length))
    return;
  appendShort(<usize>load<u32>(entry, VIEW_COLUMN_HEAP_PTR) + used, textPtr(text), length);
  store<u32>(entry, end, VIEW_COLUMN_HEAP_LENGTH);
  store<u32>(<usize>load<u32>(entry, VIEW_COLUMN_DATA_PTR) + ((<usize>rows + 1) << 2), end);
  bytes += length;
}

function reserveText(column: u32, length: u32): bool {
  if (length > LONG_TEXT) {
    giveUp();
    return false;
  }
  if (builderReserveHeap(builder, column, length) !== STATUS_OUT_OF_MEMORY) return true;
  outputFail();
  return false;
}

/** Short texts are copied with what lies behind them, for which HEAP_SLACK has room. */
function appendShort(target: usize, source: usize, length: u32): void {
  if (length <= 16) v128.store(target, loadBlock(source, length));
  else copyBytes(target, source, length);
}

/** The bytes of a text that is copied later. */
export function countText(text: Text): void {
  if (textBytes(text) > LONG_TEXT) giveUp();
  bytes += textBytes(text);
}

/** Nulls of the emission: bit n stands for column `first + n`, whose value has been put before. */
export function putNulls(nulls: u64, first: u32): void {
  if (isStopped()) return;
  hasNulls = true;
  for (; nulls !== 0; nulls &= nulls - 1) {
    putNullBit(builder, first + <u32>ctz<u64>(nulls), rows);
  }
}

/** Whether the emission gets the timestamp of its row. */
export function outputStamps(): bool {
  return hasTimestamps && !isStopped();
}

/** Counts the emission, unless one of its values could not be written. */
export function outputEnd(): void {
  if (isStopped()) return;
  ++rows;
  bytes += rowBytes;
  limitBytes();
}

function limitBytes(): void {
  if (bytes >= byteCapacity) limit = rows;
}

/** Takes back what the present row has emitted into this builder. */
export function outputRollBack(): void {
  if (hasTimestamps) {
    const validity: usize = load<u32>(room, BUILDER_TIMESTAMPS_VALIDITY_BUF);
    let counted = load<u32>(room, BUILDER_TIMESTAMP_COUNT);
    for (let row = rowsAtRow; row < rows; ++row) {
      if (isSet(validity, row)) --counted;
      putBit(validity, row, false);
    }
    store<u32>(room, counted, BUILDER_TIMESTAMP_COUNT);
  }
  if (hasNulls) takeNullsBack();
  rows = rowsAtRow;
  bytes = bytesAtRow;
}

/** Of the present row, what was emitted as null. */
function takeNullsBack(): void {
  const schema: usize = load<u32>(builder, VIEW_SCHEMA_PTR);
  const columns = load<u32>(builder, VIEW_COLUMN_COUNT);
  for (let column: u32 = 0; column < columns; ) {
    const own = builderColumn(room, column);
    const validity: usize = load<u32>(own, BUILDER_COLUMN_VALIDITY_BUF);
    let nulls = load<u32>(own, BUILDER_COLUMN_NULL_COUNT);
    for (let row = rowsAtRow; nulls !== 0 && row < rows; ++row) {
      if (isSet(validity, row)) continue;
      putBit(validity, row, true);
      --nulls;
    }
    store<u32>(own, nulls, BUILDER_COLUMN_NULL_COUNT);
    if (nulls === 0) store<u32>(viewColumn(builder, column), 0, VIEW_COLUMN_VALIDITY_PTR);
    column += physicalOf(schema, column) === PHYSICAL_LIST ? subtreeSizeOf(schema, column) : 1;
  }
}

/** Shows the emitted rows. False = out of memory. */
export function outputClose(): bool {
  const schema: usize = load<u32>(builder, VIEW_SCHEMA_PTR);
  const columns = load<u32>(builder, VIEW_COLUMN_COUNT);
  for (let column: u32 = 0; column < columns; ++column) {
    // A row that was not finished, or taken back, may have left bytes behind.
    if (!hasOffsets(physicalOf(schema, column))) continue;
    const entry = viewColumn(builder, column);
    const offsets: usize = load<u32>(entry, VIEW_COLUMN_DATA_PTR);
    store<u32>(entry, load<u32>(offsets + ((<usize>rows) << 2)), VIEW_COLUMN_HEAP_LENGTH);
  }
  builderCommit(builder, rows - base);
  return !isOutOfMemory;
}

function dataOf(column: u32): usize {
  return load<u32>(viewColumn(builder, column), VIEW_COLUMN_DATA_PTR);
}

export function outputStamp(): void {
  const validity: usize = load<u32>(view, VIEW_TIMESTAMPS_VALIDITY_PTR);
  if (validity !== 0 && !isSet(validity, inputRow)) return;
  const from: usize = <usize>load<u32>(view, VIEW_TIMESTAMPS_PTR) + ((<usize>inputRow) << 3);
  const to: usize = <usize>load<u32>(room, BUILDER_TIMESTAMPS_BUF) + ((<usize>rows) << 3);
  store<i64>(to, load<i64>(from));
  putBit(load<u32>(room, BUILDER_TIMESTAMPS_VALIDITY_BUF), rows, true);
  store<u32>(room, load<u32>(room, BUILDER_TIMESTAMP_COUNT) + 1, BUILDER_TIMESTAMP_COUNT);
}
