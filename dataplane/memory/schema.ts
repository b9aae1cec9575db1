/**
 * From a record's declared type to physical columns, in pre-order. The fields of a top-level tuple or
 * row are columns themselves; any other record is one field. The hidden key column comes last.
 */
import {
  PHYSICAL_BINARY,
  PHYSICAL_BOOL,
  PHYSICAL_F64,
  PHYSICAL_I32,
  PHYSICAL_I64,
  PHYSICAL_LIST,
  PHYSICAL_STRUCT,
  PHYSICAL_UTF8,
} from "../protocol/batch-layout.ts";
import type { BatchType } from "../protocol/deployment.ts";
import type { DataType, RowField, ScalarKind } from "../protocol/types.ts";
import {
  SCHEMA_COLUMN_COUNT,
  SCHEMA_COLUMN_PHYSICAL,
  SCHEMA_COLUMN_SIZE,
  SCHEMA_COLUMN_SUBTREE_SIZE,
  SCHEMA_COLUMNS,
} from "../protocol/view-layout.ts";
import type { TaskMemory } from "./task-memory.ts";

export interface PhysicalColumn {
  /** PHYSICAL_* */
  readonly physical: number;
  /** 1 + all descendants. */
  readonly subtreeSize: number;
  readonly type: DataType;
  /** Where in the record: `user.name`, `f0`, `tags[]`; `value` for a record that is no tuple or row. */
  readonly path: string;
  /** Below a LIST: has values of its own count, not one per row. */
  readonly isInList: boolean;
}

export interface SchemaField {
  readonly name: string;
  /** Its first physical column; descendants follow. */
  readonly column: number;
  readonly type: DataType;
}

const SCALAR_PHYSICAL: Readonly<Record<ScalarKind, number>> = {
  STRING: PHYSICAL_UTF8,
  NUMBER: PHYSICAL_F64,
  DOUBLE: PHYSICAL_F64,
  INT: PHYSICAL_I32,
  LONG: PHYSICAL_I64,
  BIGINT: PHYSICAL_I64,
  TIMESTAMP: PHYSICAL_I64,
  BOOLEAN: PHYSICAL_BOOL,
  BYTES: PHYSICAL_BINARY,
  GENERIC: PHYSICAL_BINARY,
};

export class Schema {
  readonly type: BatchType;
  readonly columns: readonly PhysicalColumn[];
  /** Top-level fields of the record, without the key. */
  readonly fields: readonly SchemaField[];
  /** First physical column of the hidden key, -1 = none. */
  readonly keyColumn: number;
  readonly #descriptors = new WeakMap<TaskMemory, number>();

  private constructor(type: BatchType) {
    const columns: PhysicalColumn[] = [];
    const fields: SchemaField[] = [];
    for (const field of topLevelFields(type.record)) {
      fields.push({ name: field.name, column: columns.length, type: field.type });
      addColumns(columns, field.type, field.name, false);
    }
    this.keyColumn = type.key === null ? -1 : columns.length;
    if (type.key !== null) addColumns(columns, type.key, "key", false);
    this.type = type;
    this.columns = columns;
    this.fields = fields;
  }

  static of(type: BatchType): Schema {
    return new Schema(type);
  }

  /** Address of the descriptor kernels read; made once per memory and kept as long as the memory. */
  descriptorPtr(memory: TaskMemory): number {
    const known = this.#descriptors.get(memory);
    if (known !== undefined) return known;
    const ptr = memory.alloc(SCHEMA_COLUMNS + this.columns.length * SCHEMA_COLUMN_SIZE);
    memory.u32[(ptr + SCHEMA_COLUMN_COUNT) >>> 2] = this.columns.length;
    memory.u32[(ptr + SCHEMA_COLUMN_COUNT + 4) >>> 2] = 0;
    this.columns.forEach((column, index) => {
      const entry = ptr + SCHEMA_COLUMNS + index * SCHEMA_COLUMN_SIZE;
      memory.u8.fill(0, entry, entry + SCHEMA_COLUMN_SIZE);
      memory.u8[entry + SCHEMA_COLUMN_PHYSICAL] = column.physical;
      memory.u16[(entry + SCHEMA_COLUMN_SUBTREE_SIZE) >>> 1] = column.subtreeSize;
    });
    this.#descriptors.set(memory, ptr);
    return ptr;
  }
}

/** Physical columns of a type in pre-order. */
function addColumns(
  columns: PhysicalColumn[],
  type: DataType,
  path: string,
  isInList: boolean,
): void {
  const index = columns.length;
  if (index >= 65535) throw new TypeError("A record has at most 65535 physical columns");
  const add = (physical: number, subtreeSize: number): void => {
    columns[index] = { physical, subtreeSize, type, path, isInList };
  };
  add(physicalOf(type), 1);
  for (const child of childFields(type)) {
    const childPath = child.name === "[]" ? `${path}[]` : `${path}.${child.name}`;
    addColumns(columns, child.type, childPath, isInList || type.kind === "LIST");
  }
  add(physicalOf(type), columns.length - index);
}

function physicalOf(type: DataType): number {
  if (type.kind === "LIST") return PHYSICAL_LIST;
  if (type.kind === "TUPLE" || type.kind === "ROW") return PHYSICAL_STRUCT;
  return SCALAR_PHYSICAL[type.kind];
}

function childFields(type: DataType): readonly RowField[] {
  switch (type.kind) {
    case "LIST":
      return [{ name: "[]", type: type.element }];
    case "TUPLE":
      return type.fields.map((field, index) => ({ name: `f${index}`, type: field }));
    case "ROW":
      return type.fields;
    default:
      return [];
  }
}

function topLevelFields(record: DataType): readonly RowField[] {
  if (record.kind === "TUPLE" || record.kind === "ROW") return childFields(record);
  return [{ name: "value", type: record }];
}
