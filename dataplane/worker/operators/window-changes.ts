/**
 * Records of windows that have fired, before the watermark is known that they fired at: after a restore
 * there is none. The keys among them fire again, each once, at the next watermark that reaches the window.
 */
import { createRowReader } from "../../formats/row-reader.ts";
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { BatchType, KeySpec } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import { ANY_BYTES, copyRows } from "./copy-rows.ts";
import { KeyAccess } from "./key-access.ts";
import type { WindowTable } from "./window-tables.ts";

export interface WindowChangesOptions {
  readonly memory: TaskMemory;
  readonly operatorName: string;
  readonly key: KeySpec;
  readonly inputType: BatchType;
  readonly maxParallelism: number;
}

/** Records of a window as they were when a snapshot began, and how many of them are written. */
interface Frozen {
  readonly window: WindowTable;
  readonly rows: BatchBuilder;
  row: number;
}

export class WindowChanges {
  readonly #options: WindowChangesOptions;
  readonly #access: KeyAccess;
  /** The rows of each window, one builder each. */
  readonly #rows = new Map<WindowTable, BatchBuilder[]>();
  /** Results of the window that is firing, and how many of its keys have been put out. */
  #results: BatchBuilder | null = null;
  #lastRows: readonly number[] = [];
  #done = 0;
  #frozen: Frozen[] = [];

  constructor(options: WindowChangesOptions) {
    this.#options = options;
    this.#access = new KeyAccess(options);
  }

  add(window: WindowTable, rows: BatchView): void {
    const copy = copyRows(rows);
    const known = this.#rows.get(window);
    if (known === undefined) this.#rows.set(window, [copy]);
    else known.push(copy);
  }

  /** Appends a result per key among the records of a window. @returns STATUS_DONE or STATUS_OUTPUT_FULL */
  emit(window: WindowTable, output: BatchBuilder): number {
    const results = this.#results ?? this.#fold(window);
    this.#results = results;
    for (; this.#done < this.#lastRows.length; this.#done += 1) {
      const taken = output.appendRows(results, this.#lastRows[this.#done] as number, 1);
      if (taken === 0) return STATUS_OUTPUT_FULL;
    }
    results.dispose();
    this.#results = null;
    window.isChanged = false;
    return STATUS_DONE;
  }

  /** Fixes the records as of now. They are few: what came between a restore and the next watermark. */
  freeze(): void {
    for (const [window, all] of this.#rows) {
      for (const rows of all) this.#frozen.push({ window, rows: copyRows(rows), row: 0 });
    }
  }

  /**
   * Appends frozen records.
   *
   * @param describe completes rows of a window, from `from` on
   * @returns STATUS_DONE or STATUS_OUTPUT_FULL
   */
  encodeStep(target: BatchBuilder, describe: (from: number, window: WindowTable) => void): number {
    for (let next = this.#frozen[0]; next !== undefined; next = this.#frozen[0]) {
      const from = target.rowCount;
      next.row += target.appendRows(next.rows, next.row, next.rows.rowCount - next.row);
      describe(from, next.window);
      if (next.row < next.rows.rowCount) return STATUS_OUTPUT_FULL;
      next.rows.dispose();
      this.#frozen.shift();
    }
    return STATUS_DONE;
  }

  dispose(): void {
    for (const builders of this.#rows.values()) for (const rows of builders) rows.dispose();
    for (const { rows } of this.#frozen) rows.dispose();
    this.#rows.clear();
    this.#frozen = [];
    this.#results?.dispose();
    this.#results = null;
  }

  /** A result per record; those that come last of their keys are listed. */
  #fold(window: WindowTable): BatchBuilder {
    const { memory, inputType } = this.#options;
    const all = this.#rows.get(window) ?? [];
    this.#rows.delete(window);
    const count = all.reduce((sum, { rowCount }) => sum + rowCount, 0);
    const records = Schema.of({ record: inputType.record, key: null });
    const results = new BatchBuilder(memory, records, {
      ...ANY_BYTES,
      rowCapacity: Math.max(1, count),
    });
    const last = new Map<unknown, number>();
    for (const rows of all) {
      const reader = createRowReader(rows.schema, "copies");
      reader.open(rows);
      this.#access.useSchema(rows.schema);
      for (let row = 0; row < rows.rowCount; ++row) {
        last.set(this.#access.stateKeyOf(reader.read(row), reader, row), results.rowCount + row);
      }
      window.aggregate.foldEach(rows, results);
      rows.dispose();
    }
    this.#lastRows = [...last.values()];
    this.#done = 0;
    return results;
  }
}
