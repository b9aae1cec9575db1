/**
 * Source text of a row writer: puts one record of one schema into the column buffers of a builder.
 * Generated for the reasons given in row-reader-code.ts.
 *
 * Counts are kept in variables and written to the builder by sync(), not per row. A record is written
 * at row `n` behind what is counted; if it is refused half way, the variables go back to what they were
 * and the validity bits it cleared are set again.
 *
 * Variables per column c: d data address, e the same as index of 32-bit words, w validity bitmap, z
 * nulls; with a heap: g its address, h bytes in use, r bytes of room; of a LIST: l its elements, k room
 * for them, m how far the present record has touched them. Capitals: values before the record.
 */

import type { PhysicalColumn, Schema } from "../memory/schema.ts";
import {
  BATCH_HEADER_SIZE,
  COLUMN_ENTRY_SIZE,
  PHYSICAL_BINARY,
  PHYSICAL_BOOL,
  PHYSICAL_F64,
  PHYSICAL_I64,
  PHYSICAL_LIST,
  PHYSICAL_STRUCT,
  PHYSICAL_UTF8,
} from "../protocol/batch-layout.ts";
import {
  BUILDER_BYTE_CAPACITY,
  BUILDER_COLUMN_HEAP_CAPACITY,
  BUILDER_COLUMN_NULL_COUNT,
  BUILDER_COLUMN_SIZE,
  BUILDER_COLUMN_VALIDITY_BUF,
  BUILDER_COLUMN_VALUE_CAPACITY,
  BUILDER_COLUMN_VALUE_COUNT,
  BUILDER_COLUMNS,
  BUILDER_KEY_GROUPS_BUF,
  BUILDER_ROW_CAPACITY,
  BUILDER_TIMESTAMP_COUNT,
  BUILDER_TIMESTAMPS_BUF,
  BUILDER_TIMESTAMPS_VALIDITY_BUF,
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_LENGTH,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_SIZE,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_COLUMNS,
  VIEW_ROW_COUNT,
} from "../protocol/view-layout.ts";
import { putFunction } from "./row-writer-columns.ts";
import { checkRecord } from "./row-writer-record.ts";
import type { MissingFields } from "./type-check.ts";

/** Kernels may write this many bytes behind the end of a heap. */
const HEAP_SLACK = 16;

/** Body of a function of (builder, memory, helpers): see WriterHelpers in row-writer.ts. */
export function writerCode(schema: Schema, missing: MissingFields): string {
  return new WriterCode(schema, missing).build();
}

class WriterCode {
  readonly #schema: Schema;
  readonly #missing: MissingFields;
  readonly #heaps: readonly number[];
  readonly #lists: readonly number[];

  constructor(schema: Schema, missing: MissingFields) {
    this.#schema = schema;
    this.#missing = missing;
    this.#heaps = columnsOf(
      schema,
      (physical) => physical === PHYSICAL_UTF8 || physical === PHYSICAL_BINARY,
    );
    this.#lists = columnsOf(schema, (physical) => physical === PHYSICAL_LIST);
  }

  build(): string {
    const { columns } = this.#schema;
    const roomWord = (VIEW_COLUMNS + columns.length * VIEW_COLUMN_SIZE) / 4;
    return `"use strict";
const { mismatch, limit, places, pack, encode, encodeLong, wtf8Length, hasExtraFields } = helpers;
const { nullRecord, tooLarge, fail, setBits } = helpers;
const P = builder.ptr >>> 2, R = P + ${roomWord};
let u8, u16, u32, i32, f64, i64, bytes;
let n = 0, N = 0, rowCapacity = 0, byteCapacity = 0, stamps = 0, stampsAt = 0, stampBits = 0, groupsAt = 0;
${lines(columns, (_, c) => `let d${c} = 0, e${c} = 0, w${c} = 0, z${c} = 0;`)}
${lines(this.#heaps, (c) => `let g${c} = 0, h${c} = 0, r${c} = 0;`)}
${lines(this.#lists, (c) => `let l${c} = 0, k${c} = 0, m${c} = 0;`)}
function views() {
  ({ u8, u16, u32, i32, f64, i64, bytes } = memory);
}
${this.#attach()}
${this.#sync()}
${lines(this.#heaps, (c) => this.#growHeap(c))}
${lines(this.#lists, (c) => this.#growList(c))}
${lines(columns, (column, c) => putFunction(this.#schema, column, c, this.#missing))}
${this.#write()}
${STAMP}
function isFull() {
  return n >= rowCapacity || ${this.#byteLength()} >= byteCapacity;
}
return { attach, sync, write, isFull, rowCount: () => n };`;
  }

  #attach(): string {
    const { columns } = this.#schema;
    return `function attach() {
  views();
  n = N = u32[P + ${VIEW_ROW_COUNT / 4}];
  rowCapacity = ${room(BUILDER_ROW_CAPACITY)};
  byteCapacity = ${room(BUILDER_BYTE_CAPACITY)};
  stamps = ${room(BUILDER_TIMESTAMP_COUNT)};
  stampsAt = ${room(BUILDER_TIMESTAMPS_BUF)};
  stampBits = ${room(BUILDER_TIMESTAMPS_VALIDITY_BUF)};
  groupsAt = ${room(BUILDER_KEY_GROUPS_BUF)};
  ${lines(columns, (_, c) => `${loadValues(c)} z${c} = ${own(c, BUILDER_COLUMN_NULL_COUNT)};`)}
  ${lines(this.#heaps, (c) => `${loadHeap(c)} h${c} = ${entry(c, VIEW_COLUMN_HEAP_LENGTH)};`)}
  ${lines(this.#lists, (c) => `l${c} = m${c} = ${entry(c, VIEW_COLUMN_HEAP_LENGTH)};`)}
  ${lines(this.#lists, (c) => this.#loadListRoom(c))}
}`;
  }

  #sync(): string {
    const { columns } = this.#schema;
    return `function sync() {
  if (u8 !== memory.u8) views();
  ${lines(this.#heaps, (c) => `${entry(c, VIEW_COLUMN_HEAP_LENGTH)} = h${c};`)}
  ${lines(this.#lists, (c) => `${entry(c, VIEW_COLUMN_HEAP_LENGTH)} = l${c}; ${this.#storeCounts(c)}`)}
  ${lines(columns, (_, c) => `${own(c, BUILDER_COLUMN_NULL_COUNT)} = z${c}; if (z${c} !== 0) ${entry(c, VIEW_COLUMN_VALIDITY_PTR)} = w${c};`)}
  ${room(BUILDER_TIMESTAMP_COUNT)} = stamps;
  const rows = n - N;
  N = n;
  memory.kernels.builderCommit(builder.ptr, rows);
}`;
  }

  #growHeap(c: number): string {
    return `function grow${c}(size) {
  if (size > limit) throw tooLarge(size);
  ${entry(c, VIEW_COLUMN_HEAP_LENGTH)} = h${c};
  builder.reserveHeap(${c}, size);
  views();
  ${loadHeap(c)}
}`;
  }

  #growList(c: number): string {
    return `function grow${c}(count) {
  if (count > limit) throw tooLarge(count);
  ${this.#storeCounts(c)}
  builder.reserveValues(${c + 1}, count);
  views();
  ${lines(this.#elements(c), loadValues)}
  ${this.#loadListRoom(c)}
}`;
  }

  #write(): string {
    const { columns, type, keyColumn, fields } = this.#schema;
    const saved = [
      ...columns.map((_, c) => ["Z", "z", c] as const),
      ...this.#heaps.map((c) => ["H", "h", c] as const),
      ...this.#lists.map((c) => ["L", "l", c] as const),
    ];
    const places = fields.map((field) => field.column);
    const key = keyColumn < 0 ? "" : `put${keyColumn}(key, i);`;
    const size = this.#heaps.map((c) => `h${c} - H${c}`).join(" + ") || "0";
    return `function write(v, timestampMs, key, keyGroup) {
  if (u8 !== memory.u8) views();
  const i = n;
  ${lines(saved, ([before, now, c]) => `const ${before}${c} = ${now}${c};`)}
  try {
    if (v === null || v === undefined) throw nullRecord(v);
    if (i >= rowCapacity) throw new RangeError("the builder has no room for another row");
    ${checkRecord(type.record, places, this.#missing)}
    ${key}
    const size = ${size};
    if (size > limit) throw tooLarge(size);
  } catch (error) {
    ${lines(columns, (column, c) => `if (z${c} !== Z${c}) setBits(memory.u8, w${c}, ${this.#touched(column, c)});`)}
    ${lines(saved, ([before, now, c]) => `${now}${c} = ${before}${c};`)}
    sync();
    throw fail(error, v, key);
  }
  if (timestampMs !== null) stamp(timestampMs, i);
  else if (stampsAt !== 0) f64[(stampsAt >>> 3) + i] = 0;
  if (groupsAt !== 0) u16[(groupsAt >>> 1) + i] = keyGroup;
  n = i + 1;
}`;
  }

  /** First and last value (not included) of a column that the present record may have written. */
  #touched(column: PhysicalColumn, c: number): string {
    if (!column.isInList) return "i, i + 1";
    const list = this.#lists.findLast((candidate) => this.#elements(candidate).includes(c));
    return `L${list}, m${list}`;
  }

  /** Columns that have one value per element of the list: down to the next lists, these included. */
  #elements(list: number): readonly number[] {
    const { columns } = this.#schema;
    const end = list + (columns[list] as PhysicalColumn).subtreeSize;
    const elements: number[] = [];
    for (let c = list + 1; c < end; ) {
      const column = columns[c] as PhysicalColumn;
      elements.push(c);
      c += column.physical === PHYSICAL_LIST ? column.subtreeSize : 1;
    }
    return elements;
  }

  #storeCounts(list: number): string {
    return lines(this.#elements(list), (c) => `${own(c, BUILDER_COLUMN_VALUE_COUNT)} = l${list};`);
  }

  #loadListRoom(list: number): string {
    const rooms = this.#elements(list).map((c) => own(c, BUILDER_COLUMN_VALUE_CAPACITY));
    return `k${list} = Math.min(${rooms.join(", ")});`;
  }

  /** Sealed size with room for a validity bitmap everywhere, as the kernels count it. */
  #byteLength(): string {
    const { columns } = this.#schema;
    const directory = alignUp64(BATCH_HEADER_SIZE + columns.length * COLUMN_ENTRY_SIZE);
    const empty = directory + 6 * 64 + columns.length * (3 * 64 + 4);
    const bitsOf = (c: number): number => valueBits((columns[c] as PhysicalColumn).physical) + 1;
    const sum = (list: readonly number[]): number => list.reduce((bits, c) => bits + bitsOf(c), 0);
    const topLevel = columnsOf(this.#schema, (_, isInList) => !isInList);
    const terms = [
      String(empty),
      `n * (${sum(topLevel) / 8} + (stampsAt === 0 ? 0 : 8.125) + (groupsAt === 0 ? 0 : 2))`,
      ...this.#heaps.map((c) => `h${c}`),
      ...this.#lists.map((list) => `l${list} * ${sum(this.#elements(list)) / 8}`),
    ];
    return terms.join(" + ");
  }
}

const STAMP = `function stamp(timestampMs, i) {
  if (stampsAt === 0) throw new TypeError("this builder has no room for timestamps");
  if (typeof timestampMs === "bigint") {
    i64[(stampsAt >>> 3) + i] = timestampMs;
  } else {
    const at = (stampsAt >>> 2) + i + i;
    i32[at] = timestampMs;
    i32[at + 1] = Math.floor(timestampMs / 4294967296);
  }
  u8[stampBits + (i >>> 3)] |= 1 << (i & 7);
  ++stamps;
}`;

function loadValues(c: number): string {
  return `d${c} = ${entry(c, VIEW_COLUMN_DATA_PTR)}; e${c} = d${c} >>> 2; w${c} = ${own(c, BUILDER_COLUMN_VALIDITY_BUF)};`;
}

function loadHeap(c: number): string {
  return `g${c} = ${entry(c, VIEW_COLUMN_HEAP_PTR)}; r${c} = ${own(c, BUILDER_COLUMN_HEAP_CAPACITY)} - ${HEAP_SLACK};`;
}

/** A word of a column's entry in the view. */
function entry(c: number, offset: number): string {
  return `u32[P + ${(VIEW_COLUMNS + c * VIEW_COLUMN_SIZE + offset) / 4}]`;
}

/** A word of a column's entry behind the view. */
function own(c: number, offset: number): string {
  return `u32[R + ${(BUILDER_COLUMNS + c * BUILDER_COLUMN_SIZE + offset) / 4}]`;
}

function room(offset: number): string {
  return `u32[R + ${offset / 4}]`;
}

function columnsOf(
  schema: Schema,
  isWanted: (physical: number, isInList: boolean) => boolean,
): readonly number[] {
  const wanted: number[] = [];
  schema.columns.forEach(({ physical, isInList }, c) => {
    if (isWanted(physical, isInList)) wanted.push(c);
  });
  return wanted;
}

function lines<V>(items: readonly V[], line: (item: V, index: number) => string): string {
  return items.map(line).join("\n  ");
}

function valueBits(physical: number): number {
  if (physical === PHYSICAL_I64 || physical === PHYSICAL_F64) return 64;
  if (physical === PHYSICAL_BOOL) return 1;
  return physical === PHYSICAL_STRUCT ? 0 : 32;
}

function alignUp64(bytes: number): number {
  return (bytes + 63) & ~63;
}
