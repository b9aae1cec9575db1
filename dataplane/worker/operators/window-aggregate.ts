/** What a window holds: a table of values by key, and how records are folded into it. */
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import { FoldTable, type RowType } from "../state/fold-table.ts";
import type { Table } from "../state/table.ts";
import { type AggregateSpec, RollingAggregate } from "./rolling-aggregate.ts";
import type { RowFolder } from "./row-folder.ts";
import type { RowResults } from "./row-results.ts";

export interface WindowAggregate {
  readonly table: Table;
  /** `output` is not written to. */
  fold(rows: BatchView, output: BatchBuilder): void;
  /** Folds rows and appends a result for each. @returns STATUS_DONE; STATUS_OUTPUT_FULL = none was taken */
  foldEach(rows: BatchView, output: BatchBuilder): number;
  /** Takes a row of a snapshot of the table, whose key is not in it. `output` is not written to. */
  restore(row: BatchView, output: BatchBuilder): void;
  /** Appends a row per key, from where the table was rewound to. @returns STATUS_DONE or STATUS_OUTPUT_FULL */
  emit(output: BatchBuilder): number;
  /** Appends all values, with their keys where `values` has room for them. */
  emitValues(values: BatchBuilder): void;
  /** Appends the result of a value. @returns STATUS_DONE; STATUS_OUTPUT_FULL = it was not taken */
  put(values: BatchView, row: number, output: BatchBuilder): number;
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

  restore(row: BatchView, output: BatchBuilder): void {
    this.fold(row, output);
  }

  foldEach(rows: BatchView, output: BatchBuilder): number {
    return this.#aggregate.processEach(rows, output, groupsOf(rows, this.#keyGroups));
  }

  emit(output: BatchBuilder): number {
    return this.#aggregate.emit(output);
  }

  emitValues(values: BatchBuilder): void {
    this.table.rewind();
    this.#aggregate.emit(values);
  }

  put(values: BatchView, row: number, output: BatchBuilder): number {
    return output.appendRows(values, row, 1) === 1 ? STATUS_DONE : STATUS_OUTPUT_FULL;
  }

  dispose(): void {
    this.#aggregate.dispose();
  }
}

export interface FoldedWindowOptions {
  readonly operatorName: string;
  /** Of its input. */
  readonly rows: RowType;
  /** Of values with their keys. */
  readonly entries: RowType;
  /** Of a reduce(). */
  readonly changedFields: readonly number[];
  /** Both are shared by all windows of the operator. */
  readonly folder: RowFolder;
  /** null = values are results. */
  readonly results: RowResults | null;
}

/** reduce() and aggregate() by compiled functions. */
export class FoldedWindowAggregate implements WindowAggregate {
  readonly #memory: TaskMemory;
  readonly #options: FoldedWindowOptions;
  readonly #keyGroups: WindowKeyGroups;
  readonly #state: FoldTable;
  /** The same table, with a result for each row. */
  #each: FoldTable | null = null;
  /** The same table, for rows that are as entries are. */
  #taking: FoldTable | null = null;

  /** Errors: MR_MEMORY_EXHAUSTED. */
  constructor(memory: TaskMemory, options: FoldedWindowOptions, keyGroups: WindowKeyGroups) {
    const { operatorName: operator, rows, entries, changedFields, results } = options;
    this.#memory = memory;
    this.#options = options;
    this.#keyGroups = keyGroups;
    this.#state = FoldTable.create(memory, {
      operator,
      ...entries,
      ...(results === null ? {} : { rows }),
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
    this.#fold(this.#state, rows, output);
  }

  foldEach(rows: BatchView, output: BatchBuilder): number {
    const { results } = this.#options;
    this.#each ??= new FoldTable(this.#memory, this.table, false, this.#rowType);
    const each = this.#each;
    if (results === null) {
      return this.#fold(each, rows, output) === rows.rowCount ? STATUS_DONE : STATUS_OUTPUT_FULL;
    }
    return results.put((values) => {
      this.#fold(each, rows, values);
      return STATUS_DONE;
    }, output);
  }

  restore(row: BatchView, output: BatchBuilder): void {
    if (this.#options.results === null) {
      this.fold(row, output);
      return;
    }
    this.#taking ??= new FoldTable(this.#memory, this.table, true);
    this.#options.folder.take(this.#taking, row, groupsOf(row, this.#keyGroups));
  }

  emit(output: BatchBuilder): number {
    const { results } = this.#options;
    const write = (rows: BatchBuilder): number => this.#state.emit(rows);
    return results === null ? write(output) : results.put(write, output);
  }

  emitValues(values: BatchBuilder): void {
    this.table.rewind();
    this.#state.emit(values);
  }

  put(values: BatchView, row: number, output: BatchBuilder): number {
    const { results } = this.#options;
    const write = (rows: BatchBuilder): number => {
      return rows.appendRows(values, row, 1) === 1 ? STATUS_DONE : STATUS_OUTPUT_FULL;
    };
    return results === null ? write(output) : results.put(write, output);
  }

  dispose(): void {
    this.#each?.disposeKernel();
    this.#taking?.disposeKernel();
    this.#state.dispose();
  }

  get #rowType(): RowType | null {
    return this.#options.results === null ? null : this.#options.rows;
  }

  #fold(state: FoldTable, rows: BatchView, output: BatchBuilder): number {
    const { folder } = this.#options;
    return folder.fold(state, rows, 0, output, groupsOf(rows, this.#keyGroups));
  }
}
