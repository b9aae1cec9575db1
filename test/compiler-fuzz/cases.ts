/** A user's function as text, and what V8 makes of a record with it. */
import { isDeepStrictEqual } from "node:util";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { CAPTURED } from "./captured.ts";

export type FuzzRole = "map" | "filter" | "flatMap" | "keySelector";

export interface FunctionCase {
  readonly role: FuzzRole;
  readonly inputType: DataType;
  readonly source: string;
  /** By returns(). */
  readonly declaredOutput?: DataType;
}

export type UserCode = (...args: readonly unknown[]) => unknown;

/** `leaves`: JavaScript throws, or emits what the type has no place for. */
export type Expected =
  | { readonly kind: "emits"; readonly values: readonly unknown[] }
  | { readonly kind: "leaves"; readonly thrown: boolean };

export function functionOf(source: string): UserCode {
  const make = new Function(...Object.keys(CAPTURED), `return (${source});`);
  return make(...Object.values(CAPTURED)) as UserCode;
}

export function expectedOf(
  { role, inputType, declaredOutput }: FunctionCase,
  fn: UserCode,
  outputType: DataType,
  record: unknown,
): Expected {
  let emitted: readonly unknown[];
  try {
    emitted = emissionsOf(role, fn, record, inputType);
  } catch {
    return { kind: "leaves", thrown: true };
  }
  if (!emitted.every((value) => fits(value, outputType))) return { kind: "leaves", thrown: false };
  const isDeclared = declaredOutput !== undefined;
  return {
    kind: "emits",
    values: isDeclared ? emitted.map((value) => stored(value, outputType)) : emitted,
  };
}

/** A record with its key behind, as its columns lie. */
export function keyedRow(record: unknown, type: DataType, key: unknown): readonly unknown[] {
  const isRecord = type.kind === "TUPLE" || type.kind === "ROW";
  return [...(isRecord ? Object.values(record as object) : [record]), key];
}

function emissionsOf(
  role: FuzzRole,
  fn: UserCode,
  record: unknown,
  type: DataType,
): readonly unknown[] {
  if (role === "map") return [fn(record)];
  if (role === "keySelector") {
    const key = fn(record);
    if ([key].flat().some((part) => part === null || Number.isNaN(part))) {
      throw new TypeError("null and NaN are no keys");
    }
    return [keyedRow(record, type, key)];
  }
  if (role === "filter") {
    const keeps = fn(record);
    if (typeof keeps !== "boolean") throw new TypeError("not a boolean");
    return keeps ? [record] : [];
  }
  // What answers nothing emits nothing.
  if (fn.length < 2) return [...((fn(record) ?? []) as Iterable<unknown>)];
  const emitted: unknown[] = [];
  fn(record, { collect: (value: unknown) => emitted.push(value) });
  return emitted;
}

const INT_MAX = 2 ** 31;
const LONG_MAX = 2n ** 63n;

/** A field may be null, a record as a whole may not. */
function fits(value: unknown, type: DataType): boolean {
  switch (type.kind) {
    case "STRING":
      return typeof value === "string";
    case "NUMBER":
    case "DOUBLE":
      return typeof value === "number";
    case "BOOLEAN":
      return typeof value === "boolean";
    case "INT":
      return (
        Number.isInteger(value) && (value as number) >= -INT_MAX && (value as number) < INT_MAX
      );
    case "LONG":
    case "TIMESTAMP":
      if (typeof value === "bigint") return value >= -LONG_MAX && value < LONG_MAX;
      return Number.isSafeInteger(value);
    case "TUPLE":
      return (
        Array.isArray(value) &&
        value.length === type.fields.length &&
        type.fields.every((field, index) => fitsField(value[index], field))
      );
    case "ROW": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
      const names = Object.keys(value);
      return (
        names.length === type.fields.length &&
        type.fields.every(({ name, type: field }) => fitsField(Reflect.get(value, name), field))
      );
    }
    default:
      return false;
  }
}

function fitsField(value: unknown, type: DataType): boolean {
  return value === null || fits(value, type);
}

/** As a column of a declared type gives it back: integers have no -0. */
function stored(value: unknown, type: DataType): unknown {
  if (value === null) return null;
  if (type.kind === "TUPLE") {
    return type.fields.map((field, index) => stored((value as readonly unknown[])[index], field));
  }
  if (type.kind === "ROW") {
    return Object.fromEntries(
      type.fields.map(({ name, type: field }) => [
        name,
        stored(Reflect.get(value as object, name), field),
      ]),
    );
  }
  const isInteger = type.kind === "INT" || type.kind === "LONG" || type.kind === "TIMESTAMP";
  return isInteger && value === 0 ? 0 : value;
}

export function isSame(left: readonly unknown[], right: readonly unknown[]): boolean {
  if (left.length !== right.length) return false;
  return left.every((value, index) => {
    const other = right[index];
    if (typeof value !== "object") return Object.is(value, other);
    return isDeepStrictEqual(value, other);
  });
}
