/**
 * The type that holds what either of two types found at run time holds: fields that only one has become
 * nullable columns, and whatever else differs becomes GENERIC, as when one producer had seen all rows.
 */
import type { BatchType } from "../../protocol/deployment.ts";
import type { DataType, RowField } from "../../protocol/types.ts";

export function isSameType(left: BatchType, right: BatchType): boolean {
  return left === right || batchText(left) === batchText(right);
}

/** Key types never widen; a TypeError if they differ. */
export function mergeBatchTypes(left: BatchType, right: BatchType): BatchType {
  if (dataText(left.key) !== dataText(right.key)) throw new TypeError("key types differ");
  return { record: mergeTypes(left.record, right.record), key: left.key };
}

function mergeTypes(left: DataType, right: DataType): DataType {
  if (dataText(left) === dataText(right)) return left;
  if (left.kind === "ROW" && right.kind === "ROW") {
    return { kind: "ROW", fields: mergeFields(left.fields, right.fields) };
  }
  if (left.kind === "LIST" && right.kind === "LIST") {
    return { kind: "LIST", element: mergeTypes(left.element, right.element) };
  }
  if (
    left.kind === "TUPLE" &&
    right.kind === "TUPLE" &&
    left.fields.length === right.fields.length
  ) {
    const fields = left.fields.map((field, index) =>
      mergeTypes(field, right.fields[index] ?? field),
    );
    return { kind: "TUPLE", fields };
  }
  return { kind: "GENERIC" };
}

function mergeFields(left: readonly RowField[], right: readonly RowField[]): readonly RowField[] {
  const rightTypes = new Map(right.map(({ name, type }) => [name, type]));
  const merged = left.map(({ name, type }) => {
    const other = rightTypes.get(name);
    rightTypes.delete(name);
    return { name, type: other === undefined ? type : mergeTypes(type, other) };
  });
  return [...merged, ...[...rightTypes].map(([name, type]) => ({ name, type }))];
}

function batchText({ record, key }: BatchType): string {
  return `${dataText(record)} ${dataText(key)}`;
}

/** The same text for the same type, whoever made it and in whatever order of properties. */
function dataText(type: DataType | null): string {
  if (type === null) return "";
  switch (type.kind) {
    case "TUPLE":
      return `(${type.fields.map(dataText).join()})`;
    case "ROW":
      return `{${type.fields.map((field) => JSON.stringify(field.name) + dataText(field.type)).join()}}`;
    case "LIST":
      return `[${dataText(type.element)}]`;
    default:
      return type.kind;
  }
}
