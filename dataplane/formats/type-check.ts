/**
 * What is wrong with a value that does not fit a type. The slow second look: row writers are
 * generated code that only notices that something does not fit.
 */
import type { BatchType } from "../protocol/deployment.ts";
import { EngineError } from "../protocol/errors.ts";
import type { DataType, RowField, ScalarKind } from "../protocol/types.ts";
import { isPlainObject } from "./generic.ts";
import { typeText, valueText } from "./type-text.ts";

/** Fields that a row lacks: an error (declared types), or null (types found at run time). */
export type MissingFields = "refused" | "null";

export interface Mismatch {
  readonly path: string;
  readonly expected: string;
  readonly actual: string;
}

const SCALAR_CHECKS: Readonly<Record<ScalarKind, (value: unknown) => boolean>> = {
  STRING: (value) => typeof value === "string",
  NUMBER: (value) => typeof value === "number",
  DOUBLE: (value) => typeof value === "number",
  INT: (value) => typeof value === "number" && value === (value | 0),
  LONG: isLong,
  BIGINT: isBigint64,
  TIMESTAMP: isLong,
  BOOLEAN: (value) => typeof value === "boolean",
  BYTES: (value) => value instanceof Uint8Array,
  GENERIC: () => true,
};

const EXPECTED: Readonly<Partial<Record<ScalarKind, string>>> = {
  INT: "INT (an integer of 32 bits)",
  LONG: "LONG (a safe integer, or a bigint of 64 bits)",
  BIGINT: "BIGINT (a bigint of 64 bits)",
  TIMESTAMP: "TIMESTAMP (ms: a safe integer, or a bigint of 64 bits)",
  BYTES: "BYTES (a Uint8Array)",
};

export function isScalarOf(kind: ScalarKind, value: unknown): boolean {
  return SCALAR_CHECKS[kind](value);
}

/** The first place where `value` does not fit; null = it fits. Null fits every field. */
export function findMismatch(
  type: DataType,
  value: unknown,
  missing: MissingFields,
  path = "record",
): Mismatch | null {
  if (value === null || value === undefined) return null;
  const mismatch: Mismatch = { path, expected: expectedText(type), actual: valueText(value) };
  switch (type.kind) {
    case "TUPLE":
      if (!Array.isArray(value) || value.length !== type.fields.length) return mismatch;
      return firstOf(type.fields, (field, index) =>
        findMismatch(field, value[index], missing, `${path}[${index}]`),
      );
    case "LIST":
      if (!Array.isArray(value)) return mismatch;
      return firstOf(value, (item, index) =>
        findMismatch(type.element, item, missing, `${path}[${index}]`),
      );
    case "ROW":
      return fitsRow(value, missing) ? findInRow(type.fields, value, missing, path) : mismatch;
    default:
      return SCALAR_CHECKS[type.kind](value) ? null : mismatch;
  }
}

/** The error for a record, or its key, that a row writer refused. */
export function mismatchError(
  operator: string,
  type: BatchType,
  row: { readonly value: unknown; readonly key: unknown },
  missing: MissingFields,
): EngineError {
  const mismatch =
    findMismatch(type.record, row.value, missing) ??
    (type.key === null ? null : findMismatch(type.key, row.key, "refused", "key"));
  if (mismatch === null)
    throw new TypeError(`row writer refused a value of ${typeText(type.record)}`);
  return new EngineError("MR_TYPE_MISMATCH", { operator, ...mismatch });
}

/** An own or inherited field, but nothing that every object has (`constructor`, `toString`). */
export function fieldOf(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return hasField(record, name) ? record[name] : undefined;
}

function hasField(record: object, name: string): boolean {
  return name in Object.prototype ? Object.hasOwn(record, name) : name in record;
}

/** Whether an object has fields besides `names`. */
export function hasExtraFields(value: object, names: readonly string[]): boolean {
  return Object.keys(value).some((name) => !names.includes(name));
}

function fitsRow(
  value: unknown,
  missing: MissingFields,
): value is Readonly<Record<string, unknown>> {
  if (missing === "null") return isPlainObject(value);
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function findInRow(
  fields: readonly RowField[],
  value: Readonly<Record<string, unknown>>,
  missing: MissingFields,
  path: string,
): Mismatch | null {
  const names = fields.map((field) => field.name);
  const wrong = firstOf(fields, ({ name, type }) => {
    if (missing === "null" || hasField(value, name)) {
      return findMismatch(type, fieldOf(value, name), missing, `${path}.${name}`);
    }
    return { path: `${path}.${name}`, expected: expectedText(type), actual: "missing" };
  });
  if (wrong !== null) return wrong;
  const extra = Object.keys(value).find((name) => !names.includes(name));
  if (extra === undefined) return null;
  return {
    path: `${path}.${extra}`,
    expected: `no such field (${names.join(", ")})`,
    actual: valueText(value[extra]),
  };
}

function firstOf<V>(
  items: readonly V[],
  find: (item: V, index: number) => Mismatch | null,
): Mismatch | null {
  for (let index = 0; index < items.length; ++index) {
    const mismatch = find(items[index] as V, index);
    if (mismatch !== null) return mismatch;
  }
  return null;
}

function expectedText(type: DataType): string {
  return EXPECTED[type.kind as ScalarKind] ?? typeText(type);
}

function isBigint64(value: unknown): boolean {
  return typeof value === "bigint" && BigInt.asIntN(64, value) === value;
}

function isLong(value: unknown): boolean {
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value;
  return Number.isSafeInteger(value);
}
