/**
 * A value as print() shows it: Java's toString() of Flink's types, so that output can be compared.
 *
 *   TUPLE    (a,1)                 STRING   as it is, without quotes
 *   ROW      +I[a, 1, null]        NUMBER   as JavaScript prints: 1, 0.1, 1e+21
 *   LIST     [x, y]                DOUBLE   as Java prints: 1.0, 1.0E21
 *   BYTES    [1, 255]              INT, LONG, TIMESTAMP, BOOLEAN, null as expected
 *
 * GENERIC, and values whose type is not known, go by what they are: array as TUPLE, plain object as
 * ROW (values in the object's order), number as NUMBER, Map {k=v}, Set [a, b], Date in ISO 8601, and
 * objects of a class with a toString() of its own by that.
 */
import type { DataType } from "../protocol/types.ts";
import { javaDouble } from "./java-double.ts";

const GENERIC: DataType = { kind: "GENERIC" };

/** @param type null = not known */
export function toText(value: unknown, type: DataType | null): string {
  if (value === null || value === undefined) return "null";
  switch (type?.kind) {
    case undefined:
    case "GENERIC":
      return untypedText(value);
    case "DOUBLE":
      return typeof value === "number" ? javaDouble(value) : untypedText(value);
    case "TUPLE":
      return Array.isArray(value) ? tupleText(value, type.fields) : untypedText(value);
    case "LIST":
      return Array.isArray(value) ? listText(value, type.element) : untypedText(value);
    case "ROW": {
      if (typeof value !== "object") return untypedText(value);
      const record = value as Readonly<Record<string, unknown>>;
      return rowText(type.fields.map((field) => toText(record[field.name], field.type)));
    }
    default:
      return untypedText(value);
  }
}

/** What print() puts before a line: `id:2> `, `id> `, `2> ` or nothing. The subtask counts from 1, and only if there are several. */
export function printPrefix(identifier: string, subtaskIndex: number, parallelism: number): string {
  const subtask = parallelism > 1 ? String(subtaskIndex + 1) : "";
  const separator = identifier !== "" && subtask !== "" ? ":" : "";
  return identifier === "" && subtask === "" ? "" : `${identifier}${separator}${subtask}> `;
}

function untypedText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value;
    case "object":
      return value === null ? "null" : objectText(value);
    default:
      return String(value);
  }
}

function objectText(value: object): string {
  if (Array.isArray(value)) return tupleText(value, []);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return `[${Array.from(value as Uint8Array).join(", ")}]`;
  }
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Map) {
    const entries = [...value].map(
      ([key, item]) => `${toText(key, GENERIC)}=${toText(item, GENERIC)}`,
    );
    return `{${entries.join(", ")}}`;
  }
  if (value instanceof Set) return listText([...value], GENERIC);
  if (value.toString !== Object.prototype.toString && "toString" in value) return String(value);
  return rowText(Object.values(value).map((item) => toText(item, GENERIC)));
}

function tupleText(values: readonly unknown[], types: readonly DataType[]): string {
  let text = "(";
  for (let index = 0; index < values.length; ++index) {
    if (index > 0) text += ",";
    text += toText(values[index], types[index] ?? GENERIC);
  }
  return `${text})`;
}

function listText(values: readonly unknown[], element: DataType): string {
  return `[${values.map((value) => toText(value, element)).join(", ")}]`;
}

function rowText(texts: readonly string[]): string {
  return `+I[${texts.join(", ")}]`;
}
