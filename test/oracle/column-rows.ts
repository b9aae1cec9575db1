/**
 * Rows as JavaScript values, written to a builder and read back from a view in the plainest way: value
 * by value, BigInt for i64. What kernels do is compared with what arrays of these rows do.
 */
import type { BatchBuilder } from "../../dataplane/memory/batch-builder.ts";
import { type BatchView, readBit, writeBit } from "../../dataplane/memory/batch-view.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { fromWtf8, toWtf8 } from "./wtf8.ts";

export type Value = null | string | number | bigint | boolean | Uint8Array | readonly Value[];

export interface Row {
  /** One per top-level column: the fields, then the key if there is one. */
  readonly values: readonly Value[];
  readonly timestamp: bigint | null;
}

interface Slot {
  readonly column: number;
  readonly index: number;
}

/** Types of the columns at the top level, each with its first physical column. */
export function topColumns(
  view: BatchView,
): { readonly type: DataType; readonly column: number }[] {
  const { fields, keyColumn, type } = view.schema;
  const key = type.key === null ? [] : [{ type: type.key, column: keyColumn }];
  return [...fields.map((field) => ({ type: field.type, column: field.column })), ...key];
}

export function writeRow(builder: BatchBuilder, row: Row): void {
  const index = builder.rowCount;
  topColumns(builder).forEach(({ type, column }, position) => {
    writeValue(builder, type, { column, index }, row.values[position] as Value);
  });
  builder.commitRow(row.timestamp);
}

export function readRows(view: BatchView): Row[] {
  return Array.from({ length: view.rowCount }, (_, index) => {
    const timestamp = view.timestampOf(index);
    return {
      values: topColumns(view).map(({ type, column }) => readValue(view, type, { column, index })),
      timestamp: timestamp === null ? null : BigInt(timestamp),
    };
  });
}

function writeValue(builder: BatchBuilder, type: DataType, slot: Slot, value: Value): void {
  const { column, index } = slot;
  const { memory } = builder;
  if (value === null) builder.setNull(column, index);
  switch (type.kind) {
    case "BOOLEAN":
      writeBit(memory, builder.dataPtr(column), index, value === true ? 1 : 0);
      return;
    case "INT":
      memory.i32[(builder.dataPtr(column) >>> 2) + index] = (value ?? 0) as number;
      return;
    case "LONG":
    case "TIMESTAMP":
      memory.i64[(builder.dataPtr(column) >>> 3) + index] = (value ?? 0n) as bigint;
      return;
    case "NUMBER":
    case "DOUBLE":
      memory.f64[(builder.dataPtr(column) >>> 3) + index] = (value ?? 0) as number;
      return;
    case "STRING":
      writeBytes(builder, slot, toWtf8((value ?? "") as string));
      return;
    case "BYTES":
    case "GENERIC":
      writeBytes(builder, slot, (value ?? new Uint8Array(0)) as Uint8Array);
      return;
    case "LIST":
      writeList(builder, type.element, slot, (value ?? []) as readonly Value[]);
      return;
    default:
      childTypes(type).forEach((child, position) => {
        const childColumn = childColumnOf(builder, column, position);
        const field = (value as readonly Value[] | null)?.[position] ?? null;
        writeValue(builder, child, { column: childColumn, index }, field);
      });
  }
}

function writeBytes(builder: BatchBuilder, { column, index }: Slot, bytes: Uint8Array): void {
  builder.reserveHeap(column, bytes.length);
  builder.memory.u8.set(bytes, builder.heapEnd(column));
  builder.endHeap(column, index, bytes.length);
}

function writeList(
  builder: BatchBuilder,
  element: DataType,
  { column, index }: Slot,
  values: readonly Value[],
): void {
  const start = builder.valueCount(column + 1);
  builder.reserveValues(column + 1, values.length);
  values.forEach((value, position) => {
    writeValue(builder, element, { column: column + 1, index: start + position }, value);
  });
  builder.commitValues(column + 1, values.length);
  builder.endList(column, index);
}

function readValue(view: BatchView, type: DataType, { column, index }: Slot): Value {
  const { memory } = view;
  if (view.isNull(column, index)) return null;
  const data = view.dataPtr(column);
  switch (type.kind) {
    case "BOOLEAN":
      return readBit(memory, data, index);
    case "INT":
      return memory.i32[(data >>> 2) + index] as number;
    case "LONG":
    case "TIMESTAMP":
      return memory.i64[(data >>> 3) + index] as bigint;
    case "NUMBER":
    case "DOUBLE":
      return memory.f64[(data >>> 3) + index] as number;
    case "STRING":
      return fromWtf8(readBytes(view, { column, index }));
    case "BYTES":
    case "GENERIC":
      return readBytes(view, { column, index });
    case "LIST": {
      const start = memory.u32[(data >>> 2) + index] as number;
      const end = memory.u32[(data >>> 2) + index + 1] as number;
      return Array.from({ length: end - start }, (_, position) =>
        readValue(view, type.element, { column: column + 1, index: start + position }),
      );
    }
    default:
      return childTypes(type).map((child, position) =>
        readValue(view, child, { column: childColumnOf(view, column, position), index }),
      );
  }
}

function readBytes(view: BatchView, { column, index }: Slot): Uint8Array {
  const offsets = (view.dataPtr(column) >>> 2) + index;
  const heap = view.heapPtr(column);
  const start = view.memory.u32[offsets] as number;
  const end = view.memory.u32[offsets + 1] as number;
  return view.memory.u8.slice(heap + start, heap + end);
}

function childTypes(type: DataType): readonly DataType[] {
  if (type.kind === "TUPLE") return type.fields;
  return type.kind === "ROW" ? type.fields.map((field) => field.type) : [];
}

function childColumnOf(view: BatchView, column: number, position: number): number {
  let child = column + 1;
  for (let index = 0; index < position; ++index) {
    child += view.schema.columns[child]?.subtreeSize as number;
  }
  return child;
}
