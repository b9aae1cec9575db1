/** Whether the key of a record is nothing but fields of it. */
import type { Program, Value } from "../ir.ts";

/** Indexes of top-level fields; null = the key is computed, or a single field in an array. */
export function keyFields({ inputType, body }: Program): readonly number[] | null {
  const [only] = body;
  if (body.length !== 1 || only?.do !== "emit") return null;
  if (inputType.kind !== "TUPLE" && inputType.kind !== "ROW") return null;
  const { value } = only;
  if (value.kind === "scalar") {
    const field = fieldIndex(value);
    return field === null ? null : [field];
  }
  const fields = value.fields.map(fieldIndex).filter((field) => field !== null);
  return fields.length === value.fields.length && fields.length > 1 ? fields : null;
}

function fieldIndex(value: Value): number | null {
  if (value.kind !== "scalar" || value.value.op !== "input") return null;
  const [index, ...deeper] = value.value.path;
  return index === undefined || deeper.length > 0 ? null : index;
}
