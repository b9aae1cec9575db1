/** Whether the key of a record is nothing but fields of it. */
import type { IrType, Program, Value } from "../ir.ts";
import { sameType } from "./types.ts";

/**
 * Indexes of top-level fields, 0 for a record that is a value itself; null = the key is computed, declared
 * as of another type than its fields, or a single field in an array.
 */
export function keyFields({ outputType, body }: Program): readonly number[] | null {
  const [only] = body;
  if (body.length !== 1 || only?.do !== "emit") return null;
  const { value } = only;
  if (value.kind === "scalar") {
    const field = fieldIndex(value, outputType);
    return field === null ? null : [field];
  }
  if (outputType.kind !== "TUPLE" || value.fields.length < 2) return null;
  const fields = value.fields.map((part, index) =>
    fieldIndex(part, outputType.fields[index] ?? outputType),
  );
  return fields.every((field) => field !== null) ? fields : null;
}

function fieldIndex(value: Value, type: IrType): number | null {
  if (value.kind !== "scalar" || value.value.op !== "input") return null;
  // Columns are hashed by their own type.
  if (!sameType(value.value.type, type)) return null;
  const [index = 0, ...deeper] = value.value.path;
  return deeper.length === 0 ? index : null;
}
