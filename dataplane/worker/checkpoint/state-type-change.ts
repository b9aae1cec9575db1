/**
 * State of a type that is not the operator's any more: rows may have got fields, which are null, and lost some. All
 * else would be a guess.
 */
import { createRowReader } from "../../formats/row-reader.ts";
import { RowWriter } from "../../formats/row-writer.ts";
import { typeText } from "../../formats/type-text.ts";
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import type { DataType } from "../../protocol/types.ts";
import { isSameType } from "../state/merge-types.ts";

/** null = rows can be carried over; else why not, in words. */
export function refusalOf(from: BatchType, to: BatchType): string | null {
  const keyOf = ({ key, record }: BatchType): BatchType => ({ record: key ?? record, key: null });
  const hasKeys = from.key !== null && to.key !== null;
  const isKeySame = hasKeys ? isSameType(keyOf(from), keyOf(to)) : from.key === to.key;
  if (isKeySame && isCarriedOver(from.record, to.record)) return null;
  return `its state was ${stateText(from)}, and is ${stateText(to)} here; rows may get and lose fields, and nothing else may change`;
}

function stateText({ record, key }: BatchType): string {
  return key === null ? typeText(record) : `${typeText(record)} by key ${typeText(key)}`;
}

function isCarriedOver(from: DataType, to: DataType): boolean {
  if (from.kind === "ROW" && to.kind === "ROW") {
    const old = new Map(from.fields.map(({ name, type }) => [name, type]));
    return to.fields.every(({ name, type }) => isCarriedOver(old.get(name) ?? type, type));
  }
  if (from.kind === "TUPLE" && to.kind === "TUPLE") {
    const { fields } = from;
    const isSameLength = fields.length === to.fields.length;
    return isSameLength && to.fields.every((type, at) => isCarriedOver(fields[at] ?? type, type));
  }
  if (from.kind === "LIST" && to.kind === "LIST") return isCarriedOver(from.element, to.element);
  return from.kind === to.kind;
}

/** @param rows of a type that refusalOf() has nothing against; what it answers is to be disposed of */
export function carryOver(rows: BatchBuilder, to: Schema, memory: TaskMemory): BatchBuilder {
  const { rowCount: rowCapacity, flags } = rows;
  const target = new BatchBuilder(memory, to, { rowCapacity, flags });
  const reader = createRowReader(rows.schema);
  const writer = new RowWriter(target, {
    operator: "state",
    maxRecordBytes: Number.MAX_SAFE_INTEGER,
    missingFields: "null",
  });
  reader.open(rows);
  for (let row = 0; row < rowCapacity; ++row) {
    const record = fieldsOf(reader.read(row), to.type.record);
    writer.write(record, reader.readTimestamp(row), reader.readKey(row), reader.readKeyGroup(row));
  }
  writer.sync();
  if (rows.opsPtr !== 0)
    memory.u8.copyWithin(target.opsPtr, rows.opsPtr, rows.opsPtr + rowCapacity);
  return target;
}

/** Of fields that a type has; those that are new are null. */
function fieldsOf(value: unknown, type: DataType): unknown {
  if (value === null) return null;
  switch (type.kind) {
    case "ROW": {
      const row = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        type.fields.map((field) => [field.name, fieldsOf(row[field.name] ?? null, field.type)]),
      );
    }
    case "TUPLE":
      return type.fields.map((field, index) =>
        fieldsOf((value as unknown[])[index] ?? null, field),
      );
    case "LIST":
      return (value as unknown[]).map((element) => fieldsOf(element, type.element));
    default:
      return value;
  }
}
