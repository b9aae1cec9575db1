/** From the leaves of a record's type to the physical columns they lie in. */
import { Schema } from "../../../dataplane/memory/schema.ts";
import type { DataType } from "../../../dataplane/protocol/types.ts";
import { type Path, pathKey } from "../front/usage.ts";

/** How a leaf is held by generated code. */
export type Machine = "f64" | "i32" | "i64" | "bool" | "text";

export interface Leaf {
  /** Field indexes from the outside in; empty = the record is the value. */
  readonly path: Path;
  readonly type: DataType;
  readonly machine: Machine;
  readonly column: number;
}

const MACHINES: Partial<Record<DataType["kind"], Machine>> = {
  NUMBER: "f64",
  DOUBLE: "f64",
  INT: "i32",
  LONG: "i64",
  TIMESTAMP: "i64",
  BIGINT: "i64",
  BOOLEAN: "bool",
  STRING: "text",
  BYTES: "text",
  GENERIC: "text",
};

/** Leaves of a record in order, each with its column; null = it has a LIST, which is not compiled. */
export function leavesOf(record: DataType): readonly Leaf[] | null {
  const { columns, fields } = Schema.of({ record, key: null });
  const leaves: Leaf[] = [];
  const add = (type: DataType, path: Path, column: number): boolean => {
    if (type.kind === "TUPLE" || type.kind === "ROW") {
      let next = column + 1;
      return fieldTypes(type).every((field, index) => {
        const isAdded = add(field, [...path, index], next);
        next += columns[next]?.subtreeSize ?? 1;
        return isAdded;
      });
    }
    const machine = MACHINES[type.kind];
    if (machine === undefined) return false;
    leaves.push({ path, type, machine, column });
    return true;
  };
  const isScalar = record.kind !== "TUPLE" && record.kind !== "ROW";
  const areAdded = fields.every((field, index) =>
    add(field.type, isScalar ? [] : [index], field.column),
  );
  return areAdded ? leaves : null;
}

/** First column of each leaf and record within a record, by path. */
export function columnsOf(record: DataType): ReadonlyMap<string, number> {
  const { columns, fields } = Schema.of({ record, key: null });
  const found = new Map<string, number>();
  const add = (type: DataType, path: Path, column: number): void => {
    found.set(pathKey(path), column);
    let next = column + 1;
    for (const [index, field] of fieldTypes(type).entries()) {
      add(field, [...path, index], next);
      next += columns[next]?.subtreeSize ?? 1;
    }
  };
  const isRecord = record.kind === "TUPLE" || record.kind === "ROW";
  for (const [index, field] of fields.entries())
    add(field.type, isRecord ? [index] : [], field.column);
  return found;
}

export function machineOf(type: DataType): Machine | "list" {
  return MACHINES[type.kind] ?? "list";
}

/** AssemblyScript type of a value. */
export function asType(type: DataType): string {
  const machine = machineOf(type);
  if (machine === "list") return "usize";
  return machine === "text" ? "Text" : machine;
}

function fieldTypes(type: DataType): readonly DataType[] {
  if (type.kind === "TUPLE") return type.fields;
  return type.kind === "ROW" ? type.fields.map((field) => field.type) : [];
}
