/** The descriptor of a key as kernels take it (protocol/kernel-layout.ts), and key groups by it. */
import type { KeySpec } from "../protocol/deployment.ts";
import {
  KEY_BOOLEAN,
  KEY_DOUBLE,
  KEY_FIELD_COLUMN,
  KEY_FIELD_KIND,
  KEY_FIELD_SIZE,
  KEY_FIELD_WEIGHT,
  KEY_INT,
  KEY_LONG,
  KEY_NUMBER,
  KEY_PRESENT,
  KEY_STRING,
} from "../protocol/kernel-layout.ts";
import type { DataType, ScalarKind } from "../protocol/types.ts";
import type { BatchView } from "./batch-view.ts";
import type { Schema } from "./schema.ts";
import type { TaskMemory } from "./task-memory.ts";

interface KeyLeaf {
  readonly column: number;
  readonly kind: number;
  readonly weight: number;
}

/** Kinds that kernels hash; keys of the others come with their key groups from a `key` operator. */
const SCALAR_KINDS: Readonly<Record<ScalarKind, number | null>> = {
  STRING: KEY_STRING,
  NUMBER: KEY_NUMBER,
  DOUBLE: KEY_DOUBLE,
  INT: KEY_INT,
  LONG: KEY_LONG,
  BIGINT: KEY_LONG,
  TIMESTAMP: KEY_LONG,
  BOOLEAN: KEY_BOOLEAN,
  BYTES: null,
  GENERIC: null,
};

/** Whether kernels can hash a key of this type. */
export function isHashable(type: DataType): boolean {
  if (type.kind === "LIST") return false;
  if (type.kind === "TUPLE") return type.fields.every(isHashable);
  if (type.kind === "ROW") return type.fields.every((field) => isHashable(field.type));
  return SCALAR_KINDS[type.kind] !== null;
}

export class KeyFields {
  readonly memory: TaskMemory;
  readonly schema: Schema;
  /** Address of the descriptor. */
  readonly ptr: number;
  /** Entries of the descriptor. */
  readonly count: number;

  /** A TypeError says that the key is none that kernels hash; plan decides by isHashable(). */
  constructor(memory: TaskMemory, schema: Schema, key: KeySpec) {
    const leaves = leavesOf(schema, key);
    this.memory = memory;
    this.schema = schema;
    this.count = leaves.length;
    this.ptr = memory.alloc(this.#bytes);
    leaves.forEach((leaf, index) => {
      const entry = this.ptr + index * KEY_FIELD_SIZE;
      memory.u32[(entry + KEY_FIELD_COLUMN) >>> 2] = leaf.column;
      memory.u32[(entry + KEY_FIELD_KIND) >>> 2] = leaf.kind;
      memory.i32[(entry + KEY_FIELD_WEIGHT) >>> 2] = leaf.weight;
    });
  }

  /**
   * Writes the key group of each row to u16[rowCount] at `targetPtr`.
   * Errors: MR_KEY_NULL, MR_KEY_NAN with the row.
   */
  keyGroupsOf(view: BatchView, maxParallelism: number, targetPtr: number, operator: string): void {
    const { kernels } = this.memory;
    const status = kernels.keyGroupsOf(view.ptr, this.ptr, this.count, maxParallelism, targetPtr);
    this.memory.check(status, "keyGroupsOf", operator);
  }

  dispose(): void {
    this.memory.free(this.ptr, this.#bytes);
  }

  get #bytes(): number {
    return Math.max(this.count, 1) * KEY_FIELD_SIZE;
  }
}

function leavesOf(schema: Schema, key: KeySpec): readonly KeyLeaf[] {
  const leaves: KeyLeaf[] = [];
  if (key.kind === "key-column") {
    const type = schema.type.key;
    if (type === null) throw new TypeError("the schema has no key column");
    addLeaves(leaves, schema, schema.keyColumn, type, 1);
    return leaves;
  }
  const fields = key.fields.map((index) => {
    const field = schema.fields[index];
    if (field === undefined) throw new TypeError(`there is no field ${index}`);
    return field;
  });
  const weights = weightsOf(fields.length, 1);
  fields.forEach((field, index) => {
    addLeaves(leaves, schema, field.column, field.type, weights[index] as number);
  });
  return leaves;
}

function addLeaves(
  leaves: KeyLeaf[],
  schema: Schema,
  column: number,
  type: DataType,
  weight: number,
): void {
  if (type.kind === "LIST") throw new TypeError("a list is no key");
  if (type.kind !== "TUPLE" && type.kind !== "ROW") {
    const kind = SCALAR_KINDS[type.kind];
    if (kind === null) throw new TypeError(`kernels do not hash ${type.kind}`);
    leaves.push({ column, kind, weight });
    return;
  }
  leaves.push({ column, kind: KEY_PRESENT, weight: 0 });
  const columns: { readonly name: string; readonly column: number; readonly type: DataType }[] = [];
  let next = column + 1;
  const fields =
    type.kind === "ROW" ? type.fields : type.fields.map((field) => ({ name: "", type: field }));
  for (const field of fields) {
    columns.push({ name: field.name, column: next, type: field.type });
    next += schema.columns[next]?.subtreeSize ?? 0;
  }
  // A row hashes as the tuple of its values in the order of their names, as formats/java-hash.ts does.
  if (type.kind === "ROW") columns.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const weights = weightsOf(columns.length, weight);
  columns.forEach((field, index) => {
    addLeaves(leaves, schema, field.column, field.type, weights[index] as number);
  });
}

/** 31^(count - 1 - i) * weight, wrapping at 32 bits. */
function weightsOf(count: number, weight: number): readonly number[] {
  const weights: number[] = new Array<number>(count);
  for (let index = count - 1, factor = weight; index >= 0; --index) {
    weights[index] = factor;
    factor = Math.imul(factor, 31);
  }
  return weights;
}
