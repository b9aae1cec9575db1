/** A column in shared memory, in the layout of Arrow, and how rows of it get into a builder. */
import { encodeLongWtf8, encodeWtf8, wtf8Length } from "../formats/wtf8.ts";
import type { BatchBuilder } from "../memory/batch-builder.ts";
import { copyBytes } from "../memory/copy-bytes.ts";

/** Below this many code units a loop is faster than a native call. */
const LONG_UNITS = 24;
const OFFSET_BYTES = 4;

export interface SharedColumn {
  /** Fixed width: the values; strings: u32 offsets, one more than rows. */
  readonly data: SharedArrayBuffer;
  readonly byteOffset: number;
  /** Bytes of a value; 4 for the offsets of strings. */
  readonly width: number;
  /** Strings: their bytes; null = fixed width. */
  readonly heap: SharedArrayBuffer | null;
  /** On average, for how many rows fit in a batch. */
  readonly bytesPerRow: number;
}

export interface ColumnTarget {
  readonly builder: BatchBuilder;
  readonly column: number;
}

/** The column of a typed array; copied unless it lies in shared memory. */
export function shareNumbers(values: Float64Array | Int32Array | BigInt64Array): SharedColumn {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: width } = values;
  if (buffer instanceof SharedArrayBuffer) {
    return { data: buffer, byteOffset, width, heap: null, bytesPerRow: width };
  }
  const data = new SharedArrayBuffer(byteLength);
  new Uint8Array(data).set(new Uint8Array(buffer, byteOffset, byteLength));
  return { data, byteOffset: 0, width, heap: null, bytesPerRow: width };
}

/** @throws RangeError if they take 4 GiB or more */
export function shareStrings(strings: readonly string[]): SharedColumn {
  const heapBytes = strings.reduce((sum, text) => sum + wtf8Length(text), 0);
  if (heapBytes >= 2 ** 32) throw new RangeError(`a column of strings has ${heapBytes} bytes`);
  const data = new SharedArrayBuffer((strings.length + 1) * OFFSET_BYTES);
  const heap = new SharedArrayBuffer(heapBytes);
  const offsets = new Uint32Array(data);
  const bytes = Buffer.from(heap);
  let at = 0;
  strings.forEach((text, index) => {
    const isLong = text.length >= LONG_UNITS;
    at = isLong ? encodeLongWtf8(bytes, at, text) : encodeWtf8(bytes, at, text, 0);
    offsets[index + 1] = at;
  });
  const bytesPerRow = OFFSET_BYTES + Math.ceil(heapBytes / Math.max(strings.length, 1));
  return { data, byteOffset: 0, width: OFFSET_BYTES, heap, bytesPerRow };
}

/** How many of `rows` rows from `start` on have at most `bytes` bytes of strings; 1 at least. */
export function stringRowsThatFit(
  source: SharedColumn,
  start: number,
  rows: number,
  bytes: number,
): number {
  const offsets = new Uint32Array(source.data, source.byteOffset + start * OFFSET_BYTES, rows + 1);
  const limit = (offsets[0] as number) + bytes;
  let fits = 1;
  for (let above = rows + 1; above - fits > 1; ) {
    const middle = (fits + above) >>> 1;
    if ((offsets[middle] as number) <= limit) fits = middle;
    else above = middle;
  }
  return fits;
}

/** Rows [start, start + rows) of a fixed-width column, to behind the last row of the target. */
export function copyFixedRows(
  source: SharedColumn,
  start: number,
  rows: number,
  { builder, column }: ColumnTarget,
): void {
  const { data, byteOffset, width } = source;
  const bytes = new Uint8Array(data, byteOffset + start * width, rows * width);
  copyBytes(builder.memory.u8, builder.dataPtr(column) + builder.rowCount * width, bytes);
}

/** The same for strings: their bytes in one copy, and offsets counted anew. */
export function copyStringRows(
  source: SharedColumn,
  start: number,
  rows: number,
  { builder, column }: ColumnTarget,
): void {
  const offsets = new Uint32Array(source.data, source.byteOffset + start * 4, rows + 1);
  const from = offsets[0] as number;
  const bytes = (offsets[rows] as number) - from;
  builder.reserveHeap(column, bytes);
  const { memory, rowCount } = builder;
  const text = new Uint8Array(source.heap as SharedArrayBuffer, from, bytes);
  copyBytes(memory.u8, builder.heapEnd(column), text);
  const shift = builder.heapLength(column) - from;
  const target = (builder.dataPtr(column) >>> 2) + rowCount;
  for (let row = 1; row < rows; ++row) memory.u32[target + row] = (offsets[row] as number) + shift;
  builder.endHeap(column, rowCount + rows - 1, bytes);
}
