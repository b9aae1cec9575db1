/** The type of the key that an operator keeps state by. */
import type { DataType } from "../../dataplane/protocol/types.ts";
import type { JobOperator } from "./job-graph.ts";

/** null = it is not keyed, or its key's type is not known before it runs. */
export function keyTypeOf(operator: JobOperator): DataType | null {
  const first = "inputs" in operator ? operator.inputs[0] : null;
  const key = first?.key ?? ("key" in operator ? operator.key : null);
  const type = first === null ? operator.inputType : first.type;
  if (key === null || type === null) return null;
  // A key column of a type that nobody declared has keys of any type, encoded.
  if (key.kind === "key-column") return type.key?.kind === "BYTES" ? null : type.key;
  const fields = fieldTypes(type.record);
  const types = key.fields.flatMap((index) => fields[index] ?? []);
  return types.length === 1 ? (types[0] ?? null) : { kind: "TUPLE", fields: types };
}

function fieldTypes(record: DataType): readonly DataType[] {
  if (record.kind === "TUPLE") return record.fields;
  return record.kind === "ROW" ? record.fields.map(({ type }) => type) : [record];
}
