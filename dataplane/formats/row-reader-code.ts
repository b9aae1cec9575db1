/**
 * Source text of a row reader: one function that builds a record of one schema from its columns, with
 * every column's address in a variable of its own and every object built by a literal, so that all
 * records of a schema have one shape. A loop over a list of column descriptions took several times as
 * long and gave objects whose shape V8 does not know.
 *
 * Variables per column c: d data address, e the same as index of 32-bit words, v validity bitmap,
 * h heap; for text t the ColumnText and its x text, o offsets, q index, z base.
 */

import type { PhysicalColumn, Schema } from "../memory/schema.ts";
import {
  PHYSICAL_BINARY,
  PHYSICAL_BOOL,
  PHYSICAL_F64,
  PHYSICAL_I32,
  PHYSICAL_I64,
  PHYSICAL_LIST,
  PHYSICAL_STRUCT,
  PHYSICAL_UTF8,
} from "../protocol/batch-layout.ts";
import type { DataType } from "../protocol/types.ts";
import {
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_LENGTH,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_SIZE,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_COLUMNS,
  VIEW_KEY_GROUPS_PTR,
  VIEW_ROW_COUNT,
  VIEW_TIMESTAMPS_PTR,
  VIEW_TIMESTAMPS_VALIDITY_PTR,
} from "../protocol/view-layout.ts";

/** slices: values of 13 units and more keep the text of their batch alive; copies: they do not. */
export type TextMode = "slices" | "copies";

const MAX_SAFE = Number.MAX_SAFE_INTEGER;

/** Body of a function of (memory, texts, unpack): `texts` has one ColumnText per UTF8 column, by column. */
export function readerCode(schema: Schema, mode: TextMode): string {
  return new ReaderCode(schema, mode).build();
}

class ReaderCode {
  readonly #schema: Schema;
  readonly #mode: TextMode;
  readonly #functions: string[] = [];

  constructor(schema: Schema, mode: TextMode) {
    this.#schema = schema;
    this.#mode = mode;
  }

  build(): string {
    const { fields, type, keyColumn } = this.#schema;
    const parts = fields.map((field) => this.#value(field.column, "i"));
    const record = recordExpression(type.record, parts);
    const key = keyColumn < 0 ? "undefined" : this.#value(keyColumn, "i");
    return `"use strict";
let u8, u16, u32, i32, f64, i64, ts = 0, tv = 0, kg = 0;
${this.#columns((_, c) => `let d${c} = 0, e${c} = 0, v${c} = 0, h${c} = 0;`)}
${this.#texts((c) => `let x${c} = "", o${c}, q${c} = 0, z${c} = 0; const t${c} = texts[${c}];`)}
function views() {
  ({ u8, u16, u32, i32, f64, i64 } = memory);
  ${this.#texts((c) => `if (t${c}.isInPlace) t${c}.offsets = o${c} = u32;`)}
}
function open(ptr) {
  const p = ptr >>> 2;
  ({ u8, u16, u32, i32, f64, i64 } = memory);
  const rows = u32[p + ${VIEW_ROW_COUNT / 4}];
  ts = u32[p + ${VIEW_TIMESTAMPS_PTR / 4}];
  tv = u32[p + ${VIEW_TIMESTAMPS_VALIDITY_PTR / 4}];
  kg = u32[p + ${VIEW_KEY_GROUPS_PTR / 4}];
  ${this.#columns((column, c) => this.#openColumn(column, c))}
}
${this.#functions.join("\n")}
function long(data, i) {
  const at = (data >>> 2) + i + i;
  const value = i32[at + 1] * 4294967296 + u32[at];
  return value <= ${MAX_SAFE} && value >= -${MAX_SAFE} ? value : i64[(data >>> 3) + i];
}
function read(i) {
  if (u8 !== memory.u8) views();
  return ${record};
}
function readKey(i) {
  if (u8 !== memory.u8) views();
  return ${key};
}
function readTimestamp(i) {
  if (ts === 0) return null;
  if (u8 !== memory.u8) views();
  return ${valid("tv", "i")} ? long(ts, i) : null;
}
function readKeyGroup(i) {
  if (u8 !== memory.u8) views();
  return kg === 0 ? -1 : u16[(kg >>> 1) + i];
}
return { open, read, readKey, readTimestamp, readKeyGroup };`;
  }

  #openColumn({ physical, isInList }: PhysicalColumn, c: number): string {
    const at = `p + ${(VIEW_COLUMNS + c * VIEW_COLUMN_SIZE) / 4}`;
    const word = (offset: number): string => `u32[${at} + ${offset / 4}]`;
    const lines = [
      `d${c} = ${word(VIEW_COLUMN_DATA_PTR)}; e${c} = d${c} >>> 2;`,
      `v${c} = ${word(VIEW_COLUMN_VALIDITY_PTR)}; h${c} = ${word(VIEW_COLUMN_HEAP_PTR)};`,
    ];
    if (physical === PHYSICAL_UTF8) {
      const count = isInList ? this.#elementCount(c) : "rows";
      lines.push(`t${c}.open(memory, d${c}, h${c}, ${count});`);
      lines.push(
        `x${c} = t${c}.text; o${c} = t${c}.offsets; q${c} = t${c}.index; z${c} = t${c}.base;`,
      );
    }
    return lines.join("\n  ");
  }

  /** Values of a column below a LIST: as many as the nearest LIST above it has elements. */
  #elementCount(c: number): string {
    const { columns } = this.#schema;
    let list = c - 1;
    while (!isListOver(columns[list], list, c)) --list;
    return `u32[p + ${(VIEW_COLUMNS + list * VIEW_COLUMN_SIZE + VIEW_COLUMN_HEAP_LENGTH) / 4}]`;
  }

  /** Expression for value `i` of a column and what lies below it. */
  #value(c: number, i: string): string {
    const column = this.#schema.columns[c] as PhysicalColumn;
    const value = this.#validValue(column, c, i);
    return `(${valid(`v${c}`, i)} ? ${value} : null)`;
  }

  #validValue(column: PhysicalColumn, c: number, i: string): string {
    switch (column.physical) {
      case PHYSICAL_BOOL:
        return `((u8[d${c} + (${i} >>> 3)] >>> (${i} & 7)) & 1) === 1`;
      case PHYSICAL_I32:
        return `i32[e${c} + ${i}]`;
      case PHYSICAL_I64:
        return column.type.kind === "BIGINT" ? `i64[(d${c} >>> 3) + ${i}]` : `long(d${c}, ${i})`;
      case PHYSICAL_F64:
        return `f64[(d${c} >>> 3) + ${i}]`;
      case PHYSICAL_UTF8:
        return this.#text(c, i);
      case PHYSICAL_BINARY: {
        const bytes = `u8.slice(h${c} + u32[e${c} + ${i}], h${c} + u32[e${c} + ${i} + 1])`;
        return column.type.kind === "GENERIC" ? `unpack(${bytes})` : bytes;
      }
      case PHYSICAL_LIST:
        return `${this.#listFunction(c)}(${i})`;
      case PHYSICAL_STRUCT:
        return recordExpression(column.type, this.#children(column, c, i));
      default:
        throw new TypeError(`physical column ${column.physical}`);
    }
  }

  #text(c: number, i: string): string {
    if (this.#mode === "copies") return `t${c}.copyOf(${i})`;
    const offset = `o${c}[q${c} + ${i}] - z${c}`;
    return `x${c}.substring(${offset}, o${c}[q${c} + ${i} + 1] - z${c})`;
  }

  #listFunction(c: number): string {
    const name = `list${c}`;
    this.#functions.push(`function ${name}(i) {
  const items = [], end = u32[e${c} + i + 1];
  for (let j = u32[e${c} + i]; j < end; ++j) items.push(${this.#value(c + 1, "j")});
  return items;
}`);
    return name;
  }

  #children(column: PhysicalColumn, c: number, i: string): string[] {
    const values: string[] = [];
    for (let child = c + 1; child < c + column.subtreeSize; ) {
      values.push(this.#value(child, i));
      child += (this.#schema.columns[child] as PhysicalColumn).subtreeSize;
    }
    return values;
  }

  #columns(line: (column: PhysicalColumn, c: number) => string): string {
    return this.#schema.columns.map(line).join("\n");
  }

  #texts(line: (c: number) => string): string {
    return this.#columns((column, c) => (column.physical === PHYSICAL_UTF8 ? line(c) : ""));
  }
}

/** What builds a record of `type` from expressions of its fields. */
function recordExpression(type: DataType, parts: readonly string[]): string {
  if (type.kind === "TUPLE") return `[${parts.join(", ")}]`;
  if (type.kind !== "ROW") return parts[0] as string;
  const fields = type.fields.map(({ name }, index) => `${propertyName(name)}: ${parts[index]}`);
  return `({ ${fields.join(", ")} })`;
}

/** In a literal, `"__proto__": value` would set the prototype; a computed name does not. */
function propertyName(name: string): string {
  const text = JSON.stringify(name);
  return name === "__proto__" ? `[${text}]` : text;
}

/** Whether bit `i` of the validity bitmap at the address in variable `bitmap` is set, or there is none. */
function valid(bitmap: string, i: string): string {
  return `(${bitmap} === 0 || ((u8[${bitmap} + (${i} >>> 3)] >>> (${i} & 7)) & 1) === 1)`;
}

function isListOver(column: PhysicalColumn | undefined, list: number, c: number): boolean {
  if (column === undefined) throw new TypeError(`column ${c} has no list above it`);
  return column.physical === PHYSICAL_LIST && list + column.subtreeSize > c;
}
