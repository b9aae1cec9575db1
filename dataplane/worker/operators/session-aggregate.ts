/** What folds rows into sessions: as WindowAggregate, but entries are known before. */
import type { BatchView } from "../../memory/batch-view.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { EngineError } from "../../protocol/errors.ts";
import { FoldTable } from "../state/fold-table.ts";
import type { Table } from "../state/table.ts";
import { RollingAggregate } from "./rolling-aggregate.ts";
import type { RowFolder } from "./row-folder.ts";
import { type FoldedWindows, folderOf, mergerOf, rowTypesOf } from "./window-fold.ts";

export interface SessionAggregate {
  readonly table: Table;
  /** Column that must not be null; null = none. */
  readonly valueColumn: number | null;
  /** See SessionOptions. */
  readonly rowLayoutPtr: number;
  /** Folds rows whose sessions are known to the table. */
  fold(rows: BatchView, row: number, count: number): void;
  /** Folds the value of a session into another one, which is known to the table. */
  merge(entry: BatchView): void;
  /** What to throw for a null in the column. */
  nullValue(): EngineError;
  dispose(): void;
}

/** Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_MEMORY_EXHAUSTED. */
export function createSessionAggregate(
  memory: TaskMemory,
  parts: FoldedWindows,
  keyGroups: { readonly start: number; readonly end: number },
): SessionAggregate {
  const { name, fold } = parts;
  const { rows, entries } = rowTypesOf(parts);
  const shared = { keyGroups, keepsTimestamp: false, hasSession: true };
  if ("field" in fold) {
    const { kind, field, first } = fold;
    const spec = { name, function: kind, field, first, key: rows.key, finalOnly: true };
    const options = { ...shared, schema: rows.schema, spec };
    return new RollingSessionAggregate(new RollingAggregate(memory, options));
  }
  const state = FoldTable.create(memory, {
    ...shared,
    ...entries,
    ...(rows === entries ? {} : { rows }),
    operator: name,
    changedFields: fold.kind === "reduce" ? fold.changedFields : [],
    finalOnly: true,
  });
  return new FoldedSessionAggregate(memory, state, parts);
}

class RollingSessionAggregate implements SessionAggregate {
  readonly rowLayoutPtr = 0;
  readonly #aggregate: RollingAggregate;

  constructor(aggregate: RollingAggregate) {
    this.#aggregate = aggregate;
  }

  get table(): Table {
    return this.#aggregate.table;
  }

  get valueColumn(): number {
    return this.#aggregate.column;
  }

  fold(rows: BatchView, row: number, count: number): void {
    this.#aggregate.run(rows, row, count);
  }

  merge(entry: BatchView): void {
    this.#aggregate.run(entry, 0, 1);
  }

  nullValue(): EngineError {
    return this.#aggregate.nullValue();
  }

  dispose(): void {
    this.#aggregate.dispose();
  }
}

/** reduce() and aggregate() by compiled functions. */
class FoldedSessionAggregate implements SessionAggregate {
  readonly valueColumn = null;
  readonly #state: FoldTable;
  readonly #folder: RowFolder | null;
  /** Of an aggregate(): the same table for its accumulators, and merge(). */
  readonly #merging: FoldTable | null;
  readonly #merger: RowFolder | null;

  constructor(memory: TaskMemory, state: FoldTable, parts: FoldedWindows) {
    this.#state = state;
    this.#folder = folderOf(parts);
    this.#merger = mergerOf(parts);
    this.#merging = this.#merger === null ? null : new FoldTable(memory, state.table, true);
  }

  get table(): Table {
    return this.#state.table;
  }

  get rowLayoutPtr(): number {
    return this.#state.rowLayoutPtr;
  }

  fold(rows: BatchView, row: number, count: number): void {
    this.#folder?.foldRun(this.#state, rows, row, count);
  }

  merge(entry: BatchView): void {
    if (this.#merging === null) this.fold(entry, 0, 1);
    else this.#merger?.foldRun(this.#merging, entry, 0, 1);
  }

  nullValue(): never {
    throw new TypeError("functions take nulls");
  }

  dispose(): void {
    this.#merging?.disposeKernel();
    this.#state.dispose();
    this.#merger?.dispose();
    this.#folder?.dispose();
  }
}
