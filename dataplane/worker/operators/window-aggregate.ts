/** What a window holds: a table of values by key, and how records are folded into it. */
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { KeySpec } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import { FoldTable } from "../state/fold-table.ts";
import type { Table } from "../state/table.ts";
import { type AggregateSpec, RollingAggregate } from "./rolling-aggregate.ts";
import type { RowFolder } from "./row-folder.ts";

export interface WindowAggregate {
  readonly table: Table;
  /** `output` is not written to. */
  fold(rows: BatchView, output: BatchBuilder): void;
  /** Folds rows and appends a result for each. @returns STATUS_DONE; STATUS_OUTPUT_FULL = none was taken */
  foldEach(rows: BatchView, output: BatchBuilder): number;
  /** Appends a row per key, from where the table was rewound to. @returns STATUS_DONE or STATUS_OUTPUT_FULL */
  emit(output: BatchBuilder): number;
  dispose(): void;
}

/** Key groups of a window's table; null = it has only one, in which numbers close together need no hash. */
export type WindowKeyGroups = { readonly start: number; readonly end: number } | null;

/** In place of the addresses of rows' key groups. */
const ONLY_GROUP = 0;
const ONLY_RANGE = { start: ONLY_GROUP, end: ONLY_GROUP } as const;

function groupsOf(rows: BatchView, keyGroups: WindowKeyGroups): number {
  return keyGroups === null ? ONLY_GROUP : rows.keyGroupsPtr;
}

/** sum, min, max, minBy, maxBy. */
export class RollingWindowAggregate implements WindowAggregate {
  readonly #aggregate: RollingAggregate;
  readonly #keyGroups: WindowKeyGroups;

  /** Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_MEMORY_EXHAUSTED. */
  constructor(
    memory: TaskMemory,
    spec: Omit<AggregateSpec, "finalOnly">,
    schema: Schema,
    keyGroups: WindowKeyGroups,
  ) {
    this.#keyGroups = keyGroups;
    this.#aggregate = new RollingAggregate(memory, {
      spec: { ...spec, finalOnly: true },
      schema,
      keyGroups: keyGroups ?? ONLY_RANGE,
      keepsTimestamp: false,
    });
  }

  get table(): Table {
    return this.#aggregate.table;
  }

  fold(rows: BatchView, output: BatchBuilder): void {
    this.#aggregate.process(rows, output, 0, groupsOf(rows, this.#keyGroups));
  }

  foldEach(rows: BatchView, output: BatchBuilder): number {
    return this.#aggregate.processEach(rows, output, groupsOf(rows, this.#keyGroups));
  }

  emit(output: BatchBuilder): number {
    return this.#aggregate.emit(output);
  }

  dispose(): void {
    this.#aggregate.dispose();
  }
}

export interface ReduceWindowOptions {
  readonly operatorName: string;
  readonly key: KeySpec;
  readonly changedFields: readonly number[];
  /** Shared by all windows of the operator. */
  readonly folder: RowFolder;
}

/** reduce() by a compiled function. */
export class ReduceWindowAggregate implements WindowAggregate {
  readonly #memory: TaskMemory;
  readonly #folder: RowFolder;
  readonly #keyGroups: WindowKeyGroups;
  readonly #state: FoldTable;
  /** The same table, with a result for each row. */
  #each: FoldTable | null = null;

  /** Errors: MR_MEMORY_EXHAUSTED. */
  constructor(
    memory: TaskMemory,
    options: ReduceWindowOptions,
    schema: Schema,
    keyGroups: WindowKeyGroups,
  ) {
    const { operatorName: operator, key, changedFields, folder } = options;
    this.#memory = memory;
    this.#folder = folder;
    this.#keyGroups = keyGroups;
    this.#state = FoldTable.create(memory, {
      operator,
      schema,
      key,
      keyGroups: keyGroups ?? ONLY_RANGE,
      changedFields,
      finalOnly: true,
      keepsTimestamp: false,
    });
  }

  get table(): Table {
    return this.#state.table;
  }

  fold(rows: BatchView, output: BatchBuilder): void {
    this.#folder.fold(this.#state, rows, 0, output, groupsOf(rows, this.#keyGroups));
  }

  foldEach(rows: BatchView, output: BatchBuilder): number {
    this.#each ??= new FoldTable(this.#memory, this.table, false);
    const taken = this.#folder.fold(this.#each, rows, 0, output, groupsOf(rows, this.#keyGroups));
    return taken === rows.rowCount ? STATUS_DONE : STATUS_OUTPUT_FULL;
  }

  emit(output: BatchBuilder): number {
    return this.#state.emit(output);
  }

  dispose(): void {
    this.#each?.disposeKernel();
    this.#state.dispose();
  }
}
