/** Questions about DataTypes: equality, text, fields, keys. */
import type { DataType } from "../../dataplane/protocol/types.ts";

/** `(STRING, INT)`, `{word: STRING, n: INT}`, `LIST<STRING>`. */
export function formatType(type: DataType): string {
  switch (type.kind) {
    case "TUPLE":
      return `(${type.fields.map(formatType).join(", ")})`;
    case "ROW":
      return `{${type.fields.map((field) => `${field.name}: ${formatType(field.type)}`).join(", ")}}`;
    case "LIST":
      return `LIST<${formatType(type.element)}>`;
    default:
      return type.kind;
  }
}

export function isSameType(a: DataType, b: DataType): boolean {
  if (a.kind === "TUPLE" && b.kind === "TUPLE") {
    return (
      a.fields.length === b.fields.length && a.fields.every((field, i) => same(field, b.fields[i]))
    );
  }
  if (a.kind === "ROW" && b.kind === "ROW") {
    if (a.fields.length !== b.fields.length) return false;
    return a.fields.every(
      (field, i) => field.name === b.fields[i]?.name && same(field.type, b.fields[i]?.type),
    );
  }
  if (a.kind === "LIST" && b.kind === "LIST") return isSameType(a.element, b.element);
  return a.kind === b.kind;
}

function same(a: DataType, b: DataType | undefined): boolean {
  return b !== undefined && isSameType(a, b);
}

export interface ResolvedField {
  /** Top-level field; 0 for the one column of a scalar or list record. */
  readonly index: number;
  readonly type: DataType;
}

/**
 * The top-level field that a position (tuples) or name (rows) means; null = there is none. A record
 * that is neither tuple nor row has one field, 0.
 */
export function findField(record: DataType, field: string | number): ResolvedField | null {
  if (record.kind === "ROW") {
    const index = record.fields.findIndex((candidate) => candidate.name === field);
    const found = record.fields[index];
    return found === undefined ? null : { index, type: found.type };
  }
  if (record.kind === "TUPLE") {
    const type = typeof field === "number" ? record.fields[field] : undefined;
    return type === undefined ? null : { index: Number(field), type };
  }
  return field === 0 ? { index: 0, type: record } : null;
}

/** Names of the fields of a record, for messages. */
export function fieldNames(record: DataType): string {
  if (record.kind === "ROW") return record.fields.map((field) => field.name).join(", ");
  if (record.kind === "TUPLE") return record.fields.map((_, index) => String(index)).join(", ");
  return `one value of type ${formatType(record)} (field 0)`;
}

const SCALAR_KEYS: ReadonlySet<DataType["kind"]> = new Set([
  "STRING",
  "NUMBER",
  "DOUBLE",
  "INT",
  "LONG",
  "BIGINT",
  "BOOLEAN",
  "TIMESTAMP",
]);

/** Types whose keys are hashed straight from their column. */
export function isScalarKey(type: DataType): boolean {
  return SCALAR_KEYS.has(type.kind);
}

/** Lists and bytes have no stable hash code, as arrays in Flink. */
export function canBeKey(type: DataType): boolean {
  if (type.kind === "TUPLE") return type.fields.every(canBeKey);
  if (type.kind === "ROW") return type.fields.every((field) => canBeKey(field.type));
  return type.kind !== "LIST" && type.kind !== "BYTES";
}

const NUMERIC: ReadonlySet<DataType["kind"]> = new Set([
  "NUMBER",
  "DOUBLE",
  "INT",
  "LONG",
  "BIGINT",
]);

/** Types sum() adds up. */
export function isNumeric(type: DataType): boolean {
  return NUMERIC.has(type.kind);
}

/** Types min(), max(), minBy() and maxBy() compare. */
export function isComparable(type: DataType): boolean {
  return isScalarKey(type);
}
