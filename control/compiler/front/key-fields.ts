/** Whether the key of a record is nothing but fields of it. */
import { type IrType, type Program, typeOf, type Value } from "../ir.ts";
import { sameType } from "./types.ts";
import { guardedPath, passedInput, pathKey } from "./usage.ts";

/**
 * Indexes of top-level fields, 0 for a record that is a value itself; null = the key is computed, declared
 * as of another type than its fields, or a single field in an array. Where a field is null, the engine says
 * that it is no key, as JavaScript would.
 */
export function keyFields({ outputType, body }: Program): readonly number[] | null {
  const only = body.at(-1);
  if (only?.do !== "emit") return null;
  const { value } = only;
  const guards = body.slice(0, -1).map(guardedPath);
  const guarded = new Set(guards.map((path) => (path === null ? "" : pathKey(path))));
  const fields = fieldsOf(value, outputType, guarded);
  // A guard of anything else is for a place where JavaScript throws.
  const areOwn = guards.every((path) => path?.length === 1 && fields?.includes(path[0] ?? -1));
  return areOwn ? fields : null;
}

function fieldsOf(
  value: Value,
  outputType: IrType,
  guarded: ReadonlySet<string>,
): readonly number[] | null {
  if (value.kind === "scalar") {
    const field = fieldIndex(value, outputType, guarded);
    return field === null ? null : [field];
  }
  if (outputType.kind !== "TUPLE" || value.fields.length < 2) return null;
  const fields = value.fields.map((part, index) =>
    fieldIndex(part, outputType.fields[index] ?? outputType, guarded),
  );
  return fields.every((field) => field !== null) ? fields : null;
}

function fieldIndex(value: Value, type: IrType, guarded: ReadonlySet<string>): number | null {
  const path = value.kind === "scalar" ? passedInput(value.value, guarded) : null;
  // Columns are hashed by their own type.
  if (value.kind !== "scalar" || path === null || !sameType(typeOf(value.value), type)) return null;
  const [index = 0, ...deeper] = path;
  return deeper.length === 0 ? index : null;
}
