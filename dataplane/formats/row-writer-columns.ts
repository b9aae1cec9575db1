/**
 * Source text of the functions put<c>(v, i), which write value `v` of column c at index i, and
 * null<c>(i), which write a null and neutral values below it. Variables: see row-writer-code.ts.
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
import { checkRecord } from "./row-writer-record.ts";
import type { MissingFields } from "./type-check.ts";

/** Up to this length a loop over the units is faster than a call into Node's encoder. */
const SHORT_UNITS = 24;

export function putFunction(
  schema: Schema,
  column: PhysicalColumn,
  c: number,
  missing: MissingFields,
): string {
  return `function null${c}(i) {
  u8[w${c} + (i >>> 3)] &= ~(1 << (i & 7));
  ++z${c};
  ${neutral(schema, column, c)}
}
function put${c}(v, i) {
  ${put(schema, column, c, missing)}
  else if (v === null || v === undefined) null${c}(i);
  else throw mismatch;
}`;
}

function neutral(schema: Schema, column: PhysicalColumn, c: number): string {
  switch (column.physical) {
    case PHYSICAL_BOOL:
      return `u8[d${c} + (i >>> 3)] &= ~(1 << (i & 7));`;
    case PHYSICAL_I32:
      return `i32[e${c} + i] = 0;`;
    case PHYSICAL_I64:
      return `i32[e${c} + i + i] = 0; i32[e${c} + i + i + 1] = 0;`;
    case PHYSICAL_F64:
      return `f64[(d${c} >>> 3) + i] = 0;`;
    case PHYSICAL_LIST:
      return `u32[e${c} + i + 1] = l${c};`;
    case PHYSICAL_STRUCT:
      return childrenOf(schema, column, c)
        .map((child) => `null${child}(i);`)
        .join(" ");
    default:
      return `u32[e${c} + i + 1] = h${c};`;
  }
}

function put(schema: Schema, column: PhysicalColumn, c: number, missing: MissingFields): string {
  switch (column.physical) {
    case PHYSICAL_BOOL:
      return `if (v === true) u8[d${c} + (i >>> 3)] |= 1 << (i & 7);
  else if (v === false) u8[d${c} + (i >>> 3)] &= ~(1 << (i & 7));`;
    case PHYSICAL_I32:
      return `if (typeof v === "number" && v === (v | 0)) i32[e${c} + i] = v;`;
    case PHYSICAL_I64:
      if (column.type.kind === "BIGINT") {
        return `if (typeof v === "bigint" && BigInt.asIntN(64, v) === v) i64[(d${c} >>> 3) + i] = v;`;
      }
      return `if (typeof v === "number" && Number.isSafeInteger(v)) {
    i32[e${c} + i + i] = v;
    i32[e${c} + i + i + 1] = Math.floor(v / 4294967296);
  } else if (typeof v === "bigint" && BigInt.asIntN(64, v) === v) i64[(d${c} >>> 3) + i] = v;`;
    case PHYSICAL_F64:
      return `if (typeof v === "number") f64[(d${c} >>> 3) + i] = v;`;
    case PHYSICAL_UTF8:
      return putText(c);
    case PHYSICAL_BINARY:
      return column.type.kind === "GENERIC" ? putGeneric(c) : putBytes(c);
    case PHYSICAL_LIST:
      return putList(c);
    case PHYSICAL_STRUCT: {
      const record = checkRecord(column.type, childrenOf(schema, column, c), missing);
      return `if (v !== null && v !== undefined) {\n${record}\n}`;
    }
    default:
      throw new TypeError(`physical column ${column.physical}`);
  }
}

function putText(c: number): string {
  return `if (typeof v === "string") {
    const units = v.length;
    if (units <= ${SHORT_UNITS}) {
      if (h${c} + units * 3 > r${c}) grow${c}(units * 3);
      const start = g${c} + h${c};
      let at = start, j = 0;
      for (; j < units; ++j) {
        const unit = v.charCodeAt(j);
        if (unit > 127) break;
        u8[at++] = unit;
      }
      if (j < units) at = encode(u8, at, v, j);
      h${c} += at - start;
    } else {
      if (h${c} + units * 3 > r${c}) {
        const size = wtf8Length(v);
        if (h${c} + size > r${c}) grow${c}(size);
      }
      h${c} = encodeLong(bytes, g${c} + h${c}, v) - g${c};
    }
    u32[e${c} + i + 1] = h${c};
  }`;
}

function putBytes(c: number): string {
  return `if (v instanceof Uint8Array) {
    const size = v.length;
    if (h${c} + size > r${c}) grow${c}(size);
    u8.set(v, g${c} + h${c});
    h${c} += size;
    u32[e${c} + i + 1] = h${c};
  }`;
}

function putGeneric(c: number): string {
  return `if (v !== null && v !== undefined) {
    const packed = pack(v, places[${c}]);
    const size = packed.length;
    if (h${c} + size > r${c}) grow${c}(size);
    u8.set(packed, g${c} + h${c});
    h${c} += size;
    u32[e${c} + i + 1] = h${c};
  }`;
}

function putList(c: number): string {
  return `if (Array.isArray(v)) {
    const count = v.length;
    if (l${c} + count > k${c}) grow${c}(count);
    const start = l${c};
    m${c} = start + count;
    for (let j = 0; j < count; ++j) put${c + 1}(v[j], start + j);
    l${c} = start + count;
    u32[e${c} + i + 1] = l${c};
  }`;
}

function childrenOf(schema: Schema, column: PhysicalColumn, c: number): readonly number[] {
  const children: number[] = [];
  for (let child = c + 1; child < c + column.subtreeSize; ) {
    children.push(child);
    child += (schema.columns[child] as PhysicalColumn).subtreeSize;
  }
  return children;
}
