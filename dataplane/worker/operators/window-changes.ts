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
import { BUILDER_WITH_KEY_GROUPS, BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import { KeyAccess } from "./key-access.ts";
import type { WindowTable } from "./window-tables.ts";

export interface WindowChangesOptions {
  readonly memory: TaskMemory;
  readonly operatorName: string;
  readonly key: KeySpec;
  readonly inputType: BatchType;
  readonly maxParallelism: number;
}

const WHOLE = {
  byteCapacity: 2 ** 31 - 1,
  flags: BUILDER_WITH_TIMESTAMPS | BUILDER_WITH_KEY_GROUPS,
} as const;

export class WindowChanges {
  readonly #options: WindowChangesOptions;
  readonly #access: KeyAccess;
  /** The rows of each window, one builder each. */
  readonly #rows = new Map<WindowTable, BatchBuilder[]>();
  /** Results of the window that is firing, and how many of its keys have been put out. */
  #results: BatchBuilder | null = null;
  #lastRows: readonly number[] = [];
  #done = 0;

  constructor(options: WindowChangesOptions) {
    this.#options = options;
    this.#access = new KeyAccess(options);
  }

  add(window: WindowTable, rows: BatchView): void {
    const copy = this.#builder(Schema.of(this.#options.inputType), rows.rowCount);
    copy.appendRows(rows, 0, rows.rowCount);
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

  dispose(): void {
    for (const builders of this.#rows.values()) for (const rows of builders) rows.dispose();
    this.#rows.clear();
    this.#results?.dispose();
    this.#results = null;
  }

  /** A result per record; those that come last of their keys are listed. */
  #fold(window: WindowTable): BatchBuilder {
    const { inputType } = this.#options;
    const all = this.#rows.get(window) ?? [];
    this.#rows.delete(window);
    const count = all.reduce((sum, { rowCount }) => sum + rowCount, 0);
    const records = Schema.of({ record: inputType.record, key: null });
    const results = this.#builder(records, count);
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

  #builder(schema: Schema, rows: number): BatchBuilder {
    return new BatchBuilder(this.#options.memory, schema, {
      ...WHOLE,
      rowCapacity: Math.max(1, rows),
    });
  }
}
