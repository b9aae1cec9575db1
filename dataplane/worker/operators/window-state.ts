/** What a window operator in WebAssembly borrows, and what it does with rows by their times. */
import { keyGroupRange } from "../../formats/java-hash.ts";
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { KeyFields } from "../../memory/key-fields.ts";
import { RowWords } from "../../memory/row-words.ts";
import { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { BATCH_MAX_ROWS, OP_INSERT } from "../../protocol/batch-layout.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import { TABLE_CHUNK_ROWS } from "../../protocol/table-layout.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import type { RowType } from "../state/fold-table.ts";
import { ANY_BYTES } from "./copy-rows.ts";
import { PaneRows } from "./pane-rows.ts";
import type { RowFolder } from "./row-folder.ts";
import type { RowResults } from "./row-results.ts";
import {
  FoldedWindowAggregate,
  RollingWindowAggregate,
  type WindowAggregate,
} from "./window-aggregate.ts";
import { WindowAggregates } from "./window-aggregates.ts";
import { WindowChanges } from "./window-changes.ts";
import { type FoldedWindows, folderOf, resultsOf, rowTypesOf } from "./window-fold.ts";
import { isKeyHashable, sharingOf, type WindowSharing } from "./window-sharing.ts";
import { WindowSlices } from "./window-slices.ts";
import { type TimeWindows, WindowTables } from "./window-tables.ts";

export interface WindowSegmentParts extends FoldedWindows {
  readonly id: string;
  readonly outputType: BatchType;
  readonly windows: TimeWindows;
  /** ms */
  readonly allowedLateness: bigint;
  /** Which output late records go to; null = they are dropped. */
  readonly lateOutput: number | null;
  /** Rows of an output batch; tests choose fewer. */
  readonly rowCapacity?: number;
  /** Late records were dropped. */
  countLate(records: number): void;
}

/** That many integers, each small enough for hasSmallIntegers(), add up to one that a double holds exactly. */
export const MAX_EXACT_ROWS = 2 ** 29;

export class WindowState {
  readonly memory: TaskMemory;
  readonly #sharing: WindowSharing;
  readonly aggregates: WindowAggregates;
  readonly tables: WindowTables;
  readonly changes: WindowChanges;
  readonly panes: PaneRows;
  readonly output: BatchBuilder;
  /** null = nobody reads late records. */
  readonly late: BatchBuilder | null;
  /** A row of its own. */
  readonly single: BatchBuilder;
  /** A row of a snapshot. */
  readonly entry: BatchBuilder;
  /** Rows on their way from one aggregate to another. */
  readonly #merged: BatchBuilder;
  readonly #words: RowWords;
  /** Null: kernels cannot hash the key; rows and tables have the key groups that it came with. */
  readonly #keyFields: KeyFields | null;
  readonly #rowType: RowType;
  readonly #entryType: RowType;
  readonly #folder: RowFolder | null;
  readonly #results: RowResults | null;
  readonly #parts: WindowSegmentParts;

  /** Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_MEMORY_EXHAUSTED. */
  constructor(parts: WindowSegmentParts) {
    const { context, inputType, windows, allowedLateness, rowCapacity } = parts;
    const { memory, maxParallelism } = context;
    const { rows, entries } = rowTypesOf(parts);
    const { schema } = rows;
    this.#rowType = rows;
    this.#entryType = entries;
    const records = Schema.of({ record: inputType.record, key: null });
    const batch = { ...ANY_BYTES, rowCapacity: BATCH_MAX_ROWS };
    this.#parts = parts;
    this.memory = memory;
    this.#sharing = sharingOf(parts, schema);
    this.#folder = folderOf(parts);
    this.#results = resultsOf(parts);
    this.aggregates = new WindowAggregates(() => this.#createAggregate());
    this.#merged = new BatchBuilder(memory, schema, { rowCapacity: TABLE_CHUNK_ROWS });
    const { aggregates } = this;
    const fold = (target: WindowAggregate, rows: BatchView) => target.fold(rows, this.output);
    const merge = (source: WindowAggregate, target: WindowAggregate) => this.#merge(source, target);
    const slices = this.#sharing.isMergeable
      ? new WindowSlices({ windows, aggregates, fold, merge })
      : null;
    this.tables = new WindowTables({ windows, allowedLateness, aggregates, slices });
    this.changes = new WindowChanges({
      memory,
      operatorName: parts.name,
      rows: this.#rowType,
      entries: this.#entryType,
      maxParallelism,
    });
    const { paneMs } = this.tables;
    this.panes = new PaneRows(memory, {
      operatorName: parts.name,
      schema,
      paneMs,
      offset: windows.offset,
    });
    const results = Schema.of({ record: parts.outputType.record, key: null });
    this.output = new BatchBuilder(memory, results, {
      flags: BUILDER_WITH_TIMESTAMPS,
      ...(rowCapacity === undefined ? {} : { rowCapacity }),
    });
    this.late = parts.lateOutput === null ? null : new BatchBuilder(memory, records, batch);
    this.single = new BatchBuilder(memory, schema, { ...ANY_BYTES, rowCapacity: 1 });
    this.entry = new BatchBuilder(memory, this.#entryType.schema, { ...ANY_BYTES, rowCapacity: 1 });
    this.#words = new RowWords(memory);
    this.#keyFields = isKeyHashable(entries.schema, entries.key)
      ? new KeyFields(memory, entries.schema, entries.key)
      : null;
  }

  /** Errors: those of the user's open(). */
  async open(): Promise<void> {
    const { fold } = this.#parts;
    if ("fold" in fold) await fold.fold.open();
  }

  async close(): Promise<void> {
    const { fold } = this.#parts;
    if ("fold" in fold) await fold.fold.close();
  }

  /** Records of a window give the same in any order. */
  get isOrderFree(): boolean {
    return this.#sharing.isOrderFree;
  }

  /**
   * Gives windows a table of their own where these rows, from `first` to `last`, would make a merge of slices
   * differ from folding records in order.
   *
   * @returns whether rows may be taken pane by pane
   */
  prepareFor(rows: BatchView, first: bigint, last: bigint): boolean {
    const { slices, paneMs } = this.tables;
    if (paneMs === this.#parts.windows.size) return true;
    const { isOrderFree } = this.#sharing;
    const isInOrder = isOrderFree || this.panes.isInOrder(rows, first, last);
    if (slices === null) return isInOrder;
    const isBehind = slices.last !== null && slices.sliceOf(first) < slices.last;
    const fits = isInOrder && (isOrderFree || !isBehind) && this.#isExact(rows);
    if (!fits) this.tables.ownUntil(last);
    return isInOrder;
  }

  /** Puts a row into `single`. */
  takeRow(rows: BatchView, row: number): void {
    this.single.reset();
    this.single.appendRows(rows, row, 1);
  }

  /** Puts a row of a snapshot into `entry`. */
  takeEntry(rows: BatchView, row: number): void {
    this.entry.reset();
    this.entry.appendRows(rows, row, 1);
  }

  /** Gives rows from `from` on, the last ones, a time. */
  stamp(rows: BatchBuilder, from: number, time: bigint): void {
    if (rows.rowCount > from) this.memory.kernels.stampRows(rows.ptr, from, time);
  }

  /**
   * Completes rows of a snapshot, from `from` on: key groups, and what they are of.
   *
   * @param op OP_INSERT: of a window that will fire; OP_UPDATE_AFTER: of one that has; OP_DELETE: of a slice
   * @param time of a window its start, of a slice what it says
   */
  describe(rows: BatchBuilder, from: number, time: bigint, op: number): void {
    const { memory } = this;
    const { name, context } = this.#parts;
    if (this.#keyFields !== null) {
      const groups = this.#words.ptrFor(rows.rowCount);
      this.#keyFields.keyGroupsOf(rows, context.maxParallelism, groups, name);
      memory.u8.copyWithin(
        rows.keyGroupsPtr + 2 * from,
        groups + 2 * from,
        groups + 2 * rows.rowCount,
      );
    }
    memory.u8.fill(op, rows.opsPtr + from, rows.opsPtr + rows.rowCount);
    this.stamp(rows, from, time);
  }

  /** Of a row that describe() completed. */
  opOf(rows: BatchView, row: number): number {
    return rows.opsPtr === 0 ? OP_INSERT : (this.memory.u8[rows.opsPtr + row] as number);
  }

  dispose(): void {
    this.#keyFields?.dispose();
    this.#words.dispose();
    for (const builder of [this.#merged, this.single, this.entry]) builder.dispose();
    this.late?.dispose();
    this.output.dispose();
    this.panes.dispose();
    this.changes.dispose();
    this.tables.dispose();
    this.#folder?.dispose();
    this.#results?.dispose();
  }

  /** Whether sums that are merged are not rounded. */
  #isExact(rows: BatchView): boolean {
    const { exactColumn } = this.#sharing;
    if (exactColumn === null) return true;
    const count = (this.tables.slices?.rowCount ?? 0) + rows.rowCount;
    if (count > MAX_EXACT_ROWS) return false;
    return this.memory.kernels.hasSmallIntegers(rows.ptr, exactColumn) !== 0;
  }

  #merge(source: WindowAggregate, target: WindowAggregate): void {
    const rows = this.#merged;
    source.table.rewind();
    for (let status = STATUS_OUTPUT_FULL; status !== STATUS_DONE; ) {
      rows.reset();
      status = source.emit(rows);
      target.fold(rows, this.output);
    }
  }

  #createAggregate(): WindowAggregate {
    const { name, key, fold, context } = this.#parts;
    const { maxParallelism, parallelism, subtaskIndex } = context;
    const keyGroups =
      this.#keyFields === null ? keyGroupRange(maxParallelism, parallelism, subtaskIndex) : null;
    if ("field" in fold) {
      const { kind, field, first } = fold;
      const spec = { name, function: kind, field, first, key };
      return new RollingWindowAggregate(this.memory, spec, this.#rowType.schema, keyGroups);
    }
    const options = {
      operatorName: name,
      rows: this.#rowType,
      entries: this.#entryType,
      changedFields: fold.kind === "reduce" ? fold.changedFields : [],
      folder: this.#folder as RowFolder,
      results: this.#results,
    };
    return new FoldedWindowAggregate(this.memory, options, keyGroups);
  }
}
