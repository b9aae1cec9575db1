/**
 * Text lines from a read buffer to a UTF8 column. A line ends with "\n" or "\r\n"; the last one may
 * end with the input. Lines are found 64 bytes at a time; only lines with bytes above 127 are validated.
 */
import { LINES_CONSUMED, LINES_REPLACED } from "../protocol/kernel-layout.ts";
import { MEMORY_SCRATCH_PTR } from "../protocol/memory-layout.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL, STATUS_RECORD_TOO_LARGE } from "../protocol/status.ts";
import {
  BUILDER_BYTE_CAPACITY,
  BUILDER_BYTE_LENGTH,
  BUILDER_COLUMN_HEAP_CAPACITY,
  BUILDER_ROW_CAPACITY,
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_LENGTH,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_ROW_COUNT,
} from "../protocol/view-layout.ts";
import { builderCommit, builderReserveHeap, builderRowBits, HEAP_SLACK } from "./builder.ts";
import { builderColumn, builderRoom, viewColumn } from "./schema.ts";
import { copyUtf8 } from "./utf8.ts";
import { isUtf8 } from "./utf8-valid.ts";

const NEWLINE: i8 = 10;
const RETURN: u8 = 13;
/** Shorter lines move as so many bytes, whatever their length: the next one overwrites what was too much. */
const WIDE_COPY: u32 = 64;

/** Where the next line goes; lies in the scratch region during a call. */
@unmanaged
class LineWriter {
  builder: usize;
  column: u32;
  maxRecordBytes: u32;
  /** Address of the offset that the next line ends with. */
  offset: usize;
  heap: usize;
  heapLength: u32;
  heapCapacity: u32;
  rowsLeft: u32;
  rows: u32;
  isEmpty: u32;
  replaced: u32;
  /** Of the builder's byte capacity, in bits. */
  bitsLeft: i64;
  rowBits: i64;
}

/**
 * Appends one row per complete line. Rows get the line in `column` only; other columns are the
 * caller's to fill before.
 *
 * @param input          the bytes, `length` of them; begins where a line begins
 * @param scanned        bytes at the front known to hold no "\n" (from an earlier call), else 0
 * @param isLast         1 = nothing comes behind: a rest without "\n" is a line
 * @param maxRecordBytes longest line allowed
 * @param result         see protocol/kernel-layout.ts; written in any case
 * @returns STATUS_DONE = every complete line was taken, STATUS_OUTPUT_FULL, STATUS_OUT_OF_MEMORY or
 *   STATUS_RECORD_TOO_LARGE (a line, or the incomplete rest, is longer than allowed)
 */
export function splitLines(
  input: usize,
  length: u32,
  scanned: u32,
  isLast: i32,
  builder: usize,
  column: u32,
  maxRecordBytes: u32,
  result: usize,
): i32 {
  const writer = openWriter(builder, column, maxRecordBytes);
  const end: usize = input + length;
  let line = input;
  let hasHigh: bool = scanned !== 0; // not looked at in this call: let the validator do it
  let status = STATUS_DONE;
  for (let at: usize = input + scanned; at < end; at += 64) {
    const bytes = <u32>min<usize>(end - at, 64);
    let newlines = bytes === 64 ? newlineMask(at) : newlineMaskOf(at, bytes);
    const isHighBlock = hasHighByte(at, bytes);
    hasHigh = hasHigh || isHighBlock;
    for (; newlines !== 0; newlines &= newlines - 1) {
      const stop: usize = at + <usize>ctz<u64>(newlines);
      status = appendLine(writer, line, trimmed(line, stop), hasHigh);
      if (status !== STATUS_DONE) break;
      hasHigh = isHighBlock;
      line = stop + 1;
    }
    if (status !== STATUS_DONE) break;
  }
  if (status === STATUS_DONE && line < end) {
    const rest = <u32>(end - line);
    if (rest > maxRecordBytes) {
      status = STATUS_RECORD_TOO_LARGE;
    } else if (isLast !== 0) {
      status = appendLine(writer, line, rest, hasHigh);
      if (status === STATUS_DONE) line = end;
    }
  }
  store<u32>(result, <u32>(line - input), LINES_CONSUMED);
  store<u32>(result, writer.replaced, LINES_REPLACED);
  closeWriter(writer);
  return status;
}

function openWriter(builder: usize, column: u32, maxRecordBytes: u32): LineWriter {
  const writer = changetype<LineWriter>(<usize>MEMORY_SCRATCH_PTR);
  const room = builderRoom(builder);
  const rows = load<u32>(builder, VIEW_ROW_COUNT);
  const view = viewColumn(builder, column);
  writer.builder = builder;
  writer.column = column;
  writer.maxRecordBytes = maxRecordBytes;
  writer.offset = <usize>load<u32>(view, VIEW_COLUMN_DATA_PTR) + ((<usize>rows + 1) << 2);
  writer.rowsLeft = load<u32>(room, BUILDER_ROW_CAPACITY) - rows;
  writer.rows = 0;
  writer.isEmpty = rows === 0 ? 1 : 0;
  writer.replaced = 0;
  const bytesLeft =
    <i64>load<u32>(room, BUILDER_BYTE_CAPACITY) - load<u32>(room, BUILDER_BYTE_LENGTH);
  writer.bitsLeft = bytesLeft << 3;
  writer.rowBits = builderRowBits(builder);
  loadHeap(writer);
  return writer;
}

function loadHeap(writer: LineWriter): void {
  const view = viewColumn(writer.builder, writer.column);
  const own = builderColumn(builderRoom(writer.builder), writer.column);
  writer.heap = load<u32>(view, VIEW_COLUMN_HEAP_PTR);
  writer.heapLength = load<u32>(view, VIEW_COLUMN_HEAP_LENGTH);
  writer.heapCapacity = load<u32>(own, BUILDER_COLUMN_HEAP_CAPACITY);
}

function closeWriter(writer: LineWriter): void {
  const view = viewColumn(writer.builder, writer.column);
  store<u32>(view, writer.heapLength, VIEW_COLUMN_HEAP_LENGTH);
  builderCommit(writer.builder, writer.rows);
}

function trimmed(line: usize, stop: usize): u32 {
  const length = <u32>(stop - line);
  return length !== 0 && load<u8>(stop - 1) === RETURN ? length - 1 : length;
}

function appendLine(writer: LineWriter, line: usize, length: u32, hasHigh: bool): i32 {
  if (length > writer.maxRecordBytes) return STATUS_RECORD_TOO_LARGE;
  const isBroken = hasHigh && !isUtf8(line, line + length);
  const bits = writer.rowBits + ((<i64>length) << 3);
  if (writer.rowsLeft === 0) return STATUS_OUTPUT_FULL;
  if (bits > writer.bitsLeft && writer.isEmpty === 0) return STATUS_OUTPUT_FULL;
  const most: u64 = isBroken ? <u64>length * 3 : <u64>length;
  if (most + writer.heapLength + HEAP_SLACK > writer.heapCapacity) {
    const status = reserveHeap(writer, most);
    if (status !== STATUS_DONE) return status;
  }
  const target = writer.heap + writer.heapLength;
  let written = length;
  if (isBroken) written = copyUtf8(target, line, length, replacedPtr(writer));
  else copyLine(target, line, length);
  writer.heapLength += written;
  store<u32>(writer.offset, writer.heapLength);
  writer.offset += 4;
  writer.rowsLeft -= 1;
  writer.rows += 1;
  writer.isEmpty = 0;
  writer.bitsLeft -= writer.rowBits + ((<i64>written) << 3);
  return STATUS_DONE;
}

function replacedPtr(writer: LineWriter): usize {
  return changetype<usize>(writer) + offsetof<LineWriter>("replaced");
}

function reserveHeap(writer: LineWriter, bytes: u64): i32 {
  if (bytes > <u64>i32.MAX_VALUE) return STATUS_RECORD_TOO_LARGE;
  const view = viewColumn(writer.builder, writer.column);
  store<u32>(view, writer.heapLength, VIEW_COLUMN_HEAP_LENGTH);
  const status = builderReserveHeap(writer.builder, writer.column, <u32>bytes);
  loadHeap(writer);
  return status;
}

/** Writes up to WIDE_COPY bytes: the heap has that slack. */
function copyLine(target: usize, line: usize, length: u32): void {
  if (length > WIDE_COPY || <u64>line + WIDE_COPY > (<u64>memory.size()) << 16) {
    memory.copy(target, line, length);
    return;
  }
  v128.store(target, v128.load(line));
  v128.store(target, v128.load(line, 16), 16);
  v128.store(target, v128.load(line, 32), 32);
  v128.store(target, v128.load(line, 48), 48);
}

function newlineMask(at: usize): u64 {
  const newline = i8x16.splat(NEWLINE);
  const a: u64 = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), newline));
  const b: u64 = <u32>i8x16.bitmask(i8x16.eq(v128.load(at, 16), newline));
  const c: u64 = <u32>i8x16.bitmask(i8x16.eq(v128.load(at, 32), newline));
  const d: u64 = <u32>i8x16.bitmask(i8x16.eq(v128.load(at, 48), newline));
  return a | (b << 16) | (c << 32) | (d << 48);
}

function newlineMaskOf(at: usize, bytes: u32): u64 {
  let mask: u64 = 0;
  for (let index: u32 = 0; index < bytes; ++index) {
    if (load<i8>(at + index) === NEWLINE) mask |= (<u64>1) << index;
  }
  return mask;
}

/** Whether a block holds a byte above 127. A line of a block with one is validated, even if it has none itself. */
function hasHighByte(at: usize, bytes: u32): bool {
  if (bytes === 64) {
    const low = v128.or(v128.load(at), v128.load(at, 16));
    const high = v128.or(v128.load(at, 32), v128.load(at, 48));
    return i8x16.bitmask(v128.or(low, high)) !== 0;
  }
  for (let index: u32 = 0; index < bytes; ++index) {
    if (load<i8>(at + index) < 0) return true;
  }
  return false;
}
