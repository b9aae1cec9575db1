/**
 * Keys with records of windows that have fired, before the watermark is known that they fired at: after a
 * restore there is none. These keys fire again, each once, at the next watermark that reaches the window.
 */
import { createRowReader, type RowReader } from "../../formats/row-reader.ts";
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { OP_UPDATE_BEFORE } from "../../protocol/batch-layout.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import type { RowType } from "../state/fold-table.ts";
import { ANY_BYTES } from "./copy-rows.ts";
import { KeyAccess, type StateKey } from "./key-access.ts";
import type { WindowTable } from "./window-tables.ts";

export interface WindowChangesOptions {
  readonly memory: TaskMemory;
  readonly operatorName: string;
  /** Of the input. */
  readonly rows: RowType;
  /** Of values with their keys: the same, unless they are accumulators. */
  readonly entries: RowType;
  readonly maxParallelism: number;
}

export class WindowChanges {
  readonly #options: WindowChangesOptions;
  readonly #keys = new Map<WindowTable, Set<StateKey>>();
  /** Keys of a window as they were when a snapshot began. */
  #frozen: ReadonlyMap<WindowTable, ReadonlySet<StateKey>> = new Map();
  /** Values of the window that is firing, those of its keys that are still to be put out in front. */
  #firing: BatchBuilder | null = null;
  #row = 0;

  constructor(options: WindowChangesOptions) {
    this.#options = options;
  }

  /** Notes the keys of rows, of the input or of a snapshot. */
  add(window: WindowTable, rows: BatchView): void {
    const keys = this.#keys.get(window) ?? new Set();
    this.#keys.set(window, keys);
    this.#eachKey(rows, 0, (key) => keys.add(key));
  }

  /** Appends a result per key. @returns STATUS_DONE or STATUS_OUTPUT_FULL */
  emit(window: WindowTable, output: BatchBuilder): number {
    const values = this.#firing ?? this.#valuesOf(window);
    this.#firing = values;
    for (; this.#row < values.rowCount; this.#row += 1) {
      const status = window.aggregate.put(values, this.#row, output);
      if (status !== STATUS_DONE) return STATUS_OUTPUT_FULL;
    }
    values.dispose();
    this.#firing = null;
    this.#row = 0;
    window.isChanged = false;
    return STATUS_DONE;
  }

  freeze(): void {
    this.#frozen = new Map([...this.#keys].map(([window, keys]) => [window, new Set(keys)]));
  }

  /** Of rows of a snapshot, from `from` on, those of keys that fire again get OP_UPDATE_BEFORE. */
  mark(rows: BatchBuilder, from: number, window: WindowTable): void {
    const keys = this.#frozen.get(window);
    if (keys === undefined) return;
    const { u8 } = this.#options.memory;
    this.#eachKey(rows, from, (key, row) => {
      if (keys.has(key)) u8[rows.opsPtr + row] = OP_UPDATE_BEFORE;
    });
  }

  dispose(): void {
    this.#keys.clear();
    this.#firing?.dispose();
    this.#firing = null;
  }

  /** Values of the keys that fire again. */
  #valuesOf(window: WindowTable): BatchBuilder {
    const { memory, entries } = this.#options;
    const { table } = window.aggregate;
    const keys = this.#keys.get(window) ?? new Set();
    this.#keys.delete(window);
    const all = new BatchBuilder(memory, entries.schema, {
      ...ANY_BYTES,
      rowCapacity: Math.max(1, table.entryCount),
    });
    const changed = new BatchBuilder(memory, entries.schema, {
      ...ANY_BYTES,
      rowCapacity: Math.max(1, keys.size),
    });
    window.aggregate.emitValues(all);
    this.#eachKey(all, 0, (key, row) => {
      if (keys.has(key)) changed.appendRows(all, row, 1);
    });
    all.dispose();
    return changed;
  }

  #eachKey(rows: BatchView, from: number, visit: (key: StateKey, row: number) => void): void {
    const { operatorName, maxParallelism, rows: own, entries } = this.#options;
    const { schema, key } = rows.schema === own.schema ? own : entries;
    const inputType = schema.type;
    const access = new KeyAccess({ key, inputType, maxParallelism, operatorName });
    const reader: RowReader = createRowReader(schema, "copies");
    reader.open(rows);
    access.useSchema(schema);
    for (let row = from; row < rows.rowCount; ++row) {
      visit(access.stateKeyOf(reader.read(row), reader, row), row);
    }
  }
}
