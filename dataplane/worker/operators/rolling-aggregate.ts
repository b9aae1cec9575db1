/** A rolling aggregate over rows of one type: a table and the kernels that fold rows into it. */
import { typeText } from "../../formats/type-text.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { OperatorSpec, RollingFunction } from "../../protocol/deployment.ts";
import { EngineError } from "../../protocol/errors.ts";
import {
  ROLLING_MAX,
  ROLLING_MAX_BY,
  ROLLING_MIN,
  ROLLING_MIN_BY,
  ROLLING_NEXT_ROW,
  ROLLING_SUM,
} from "../../protocol/rolling-layout.ts";
import { STATUS_NULL_VALUE } from "../../protocol/status.ts";
import type { DataType, ScalarKind } from "../../protocol/types.ts";
import { Table } from "../state/table.ts";

export type RollingSpec = Extract<OperatorSpec, { readonly kind: "rolling" }>;

/** What of the operator the aggregate is about. */
export type AggregateSpec = Pick<
  RollingSpec,
  "name" | "function" | "field" | "first" | "key" | "finalOnly"
>;

export interface AggregateOptions {
  readonly spec: AggregateSpec;
  /** Of its input, the hidden key included. */
  readonly schema: Schema;
  readonly keyGroups: { readonly start: number; readonly end: number };
  /** Whether entries keep the time of their last record; absent = where only final results are wanted. */
  readonly keepsTimestamp?: boolean;
  /** Whether entries are sessions. */
  readonly hasSession?: boolean;
  /** Whether entries go into another table. */
  readonly feedsAnother?: boolean;
}

const FUNCTIONS: Readonly<Record<RollingFunction, number>> = {
  sum: ROLLING_SUM,
  min: ROLLING_MIN,
  max: ROLLING_MAX,
  minBy: ROLLING_MIN_BY,
  maxBy: ROLLING_MAX_BY,
};

const SUMMABLE: ReadonlySet<string> = new Set<ScalarKind>([
  "NUMBER",
  "DOUBLE",
  "INT",
  "LONG",
  "BIGINT",
]);
const COMPARABLE: ReadonlySet<string> = new Set<ScalarKind>([
  "NUMBER",
  "DOUBLE",
  "INT",
  "LONG",
  "BIGINT",
  "TIMESTAMP",
  "BOOLEAN",
  "STRING",
]);

export class RollingAggregate {
  readonly table: Table;
  /** Column of the aggregated field. */
  readonly column: number;
  readonly #memory: TaskMemory;
  readonly #spec: AggregateSpec;
  readonly #fieldIndex: number;
  readonly #ptr: number;
  /** For processEach(); 0 = not made yet. */
  #eachPtr = 0;

  /** Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_MEMORY_EXHAUSTED. */
  constructor(
    memory: TaskMemory,
    {
      spec,
      schema,
      keyGroups,
      keepsTimestamp = spec.finalOnly,
      hasSession = false,
      feedsAnother = false,
    }: AggregateOptions,
  ) {
    const field = aggregatedField(schema, spec);
    this.#memory = memory;
    this.#spec = spec;
    this.column = schema.fields[field]?.column ?? 0;
    this.table = new Table(memory, {
      operator: spec.name,
      schema,
      key: spec.key,
      keyGroups,
      ownFields: [field],
      keepsTimestamp,
      // Strings are compared in the rows they come in, as whole records are.
      hasMark: isByRecord(spec) || schema.fields[field]?.type.kind === "STRING",
      hasSession,
      feedsAnother,
    });
    this.#fieldIndex = field;
    this.#ptr = this.#create(spec.finalOnly);
    if (this.#ptr === 0) {
      this.table.dispose();
      throw memory.exhausted(0);
    }
  }

  /** First row that the last process() did not take. */
  get nextRow(): number {
    return this.#memory.u32[(this.#ptr + ROLLING_NEXT_ROW) >>> 2] as number;
  }

  /**
   * Folds rows from `row` on, and appends their results to `target` unless only final ones are wanted.
   *
   * @param keyGroupsPtr u16 per row; those the rows came with unless given
   * @returns STATUS_DONE or STATUS_OUTPUT_FULL
   * Errors: MR_FIELD_NOT_NUMERIC for a null, MR_KEY_NULL, MR_KEY_NAN, MR_BATCH_CORRUPT,
   * MR_MEMORY_EXHAUSTED.
   */
  process(
    rows: BatchView,
    target: BatchBuilder,
    row: number,
    keyGroupsPtr = rows.keyGroupsPtr,
  ): number {
    return this.#run("rollingProcess", () =>
      this.#memory.kernels.rollingProcess(this.#ptr, rows.ptr, keyGroupsPtr, target.ptr, row),
    );
  }

  /** Folds the rows and appends a result for each, also where only final ones are wanted; see process(). */
  processEach(rows: BatchView, target: BatchBuilder, keyGroupsPtr: number): number {
    if (this.#eachPtr === 0) this.#eachPtr = this.#create(false);
    if (this.#eachPtr === 0) throw this.#memory.exhausted(0);
    return this.#run("rollingProcess", () =>
      this.#memory.kernels.rollingProcess(this.#eachPtr, rows.ptr, keyGroupsPtr, target.ptr, 0),
    );
  }

  /** Folds rows whose entries are known to the table. Errors: MR_MEMORY_EXHAUSTED. */
  run(rows: BatchView, row: number, count: number): void {
    this.#run("rollingRun", () => this.#memory.kernels.rollingRun(this.#ptr, rows.ptr, row, count));
  }

  /** A row whose field is null. */
  nullValue(): EngineError {
    const { name: operator, field, function: operation } = this.#spec;
    return new EngineError("MR_FIELD_NOT_NUMERIC", { operator, field, actual: "null", operation });
  }

  /** Appends an entry's row per key, from where the table was rewound to. @returns as process() */
  emit(target: BatchBuilder): number {
    return this.#run("rollingFinish", () =>
      this.#memory.kernels.rollingFinish(this.#ptr, target.ptr),
    );
  }

  dispose(): void {
    this.disposeKernel();
    this.table.dispose();
  }

  /** Gives back all but the table. */
  disposeKernel(): void {
    this.#memory.kernels.rollingDispose(this.#ptr);
    if (this.#eachPtr !== 0) this.#memory.kernels.rollingDispose(this.#eachPtr);
  }

  /** Address of the kernel's own data, 0 when out of memory. */
  #create(finalOnly: boolean): number {
    const { function: name, first } = this.#spec;
    const { kernels } = this.#memory;
    const isFinal = finalOnly ? 1 : 0;
    const keepsFirst = first ? 1 : 0;
    const field = this.#fieldIndex;
    return kernels.rollingCreate(this.table.ptr, FUNCTIONS[name], field, keepsFirst, isFinal) >>> 0;
  }

  #run(kernel: string, call: () => number): number {
    const { name } = this.#spec;
    let status: number;
    try {
      status = call();
    } catch (error) {
      throw this.#memory.trap(error, kernel, name);
    }
    if (status === STATUS_NULL_VALUE) throw this.nullValue();
    return this.#memory.check(status, kernel, name);
  }
}

/** The column of doubles whose sum may be rounded, so that grouping rows would be seen; null = there is none. */
export function roundedColumn(schema: Schema, spec: AggregateSpec): number | null {
  if (spec.function !== "sum") return null;
  const field = schema.fields[aggregatedField(schema, spec)];
  const isDouble = field?.type.kind === "NUMBER" || field?.type.kind === "DOUBLE";
  return isDouble ? field.column : null;
}

function isByRecord({ function: rollingFunction }: AggregateSpec): boolean {
  return rollingFunction === "minBy" || rollingFunction === "maxBy";
}

/** Whether the aggregated field has no column of its own. */
export function isFieldGeneric({ type, fields }: Schema, { field }: AggregateSpec): boolean {
  if (type.record.kind === "GENERIC") return true;
  return fields[fieldIndex(type.record, field)]?.type.kind === "GENERIC";
}

/** Index of the field. Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC. */
function aggregatedField({ type, fields }: Schema, spec: AggregateSpec): number {
  const { name: operator, field, function: operation } = spec;
  const index = fieldIndex(type.record, field);
  const found = fields[index];
  if (found === undefined) {
    const isRow = type.record.kind === "ROW";
    const names = fields.map(({ name }, position) => (isRow ? name : position)).join(", ");
    throw new EngineError("MR_FIELD_UNKNOWN", { operator, field, fields: names });
  }
  const accepted = operation === "sum" ? SUMMABLE : COMPARABLE;
  if (!accepted.has(found.type.kind)) {
    const actual = typeText(found.type);
    throw new EngineError("MR_FIELD_NOT_NUMERIC", { operator, field, actual, operation });
  }
  return index;
}

/** Rows have names, tuples positions; any other record is field 0. -1 = there is none. */
function fieldIndex(record: DataType, field: string | number): number {
  if (record.kind === "ROW") return record.fields.findIndex(({ name }) => name === field);
  return typeof field === "number" ? field : -1;
}
