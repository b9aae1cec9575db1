/**
 * The folding of rows by a function of the user, whose values lie in tables: the module folds, or the
 * function in JavaScript, which takes runs of rows until the module is there, and single rows that compiled
 * code gives up. Each run of rows goes three steps: the kernels write the values so far
 * into `values`, results are appended there row by row, the kernels store the last ones.
 */
import { createRowReader, type RowReader } from "../../formats/row-reader.ts";
import { RowWriter } from "../../formats/row-writer.ts";
import { BatchBuilder, type BuilderOptions } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { Schema } from "../../memory/schema.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { TABLE_CHUNK_ROWS, TABLE_NONE } from "../../protocol/table-layout.ts";
import type { DataType } from "../../protocol/types.ts";
import type { SegmentContext } from "../segment.ts";
import type { FoldRun, FoldTable } from "../state/fold-table.ts";
import { CompiledFold } from "./compiled-fold.ts";
import { GIVE_UPS_MAX } from "./compiled-program.ts";
import type { Fold } from "./fold-head.ts";

export interface RowFolderParts {
  readonly operatorName: string;
  readonly inputType: BatchType;
  readonly valueType: DataType;
  readonly moduleId: string;
  /** The function in JavaScript. */
  readonly fold: Pick<Fold, "start" | "fold">;
  readonly context: SegmentContext;
}

/** Values so far and results of a run; runs end in front of what the output has no room for. */
const VALUES: BuilderOptions = { rowCapacity: 2 * TABLE_CHUNK_ROWS, byteCapacity: 0x7fffffff };

export class RowFolder {
  readonly #parts: RowFolderParts;
  readonly #records: RowReader;
  readonly #previous: RowReader;
  readonly #values: BatchBuilder;
  readonly #writer: RowWriter;
  #program: CompiledFold | null = null;
  /** Results of this run that JavaScript has computed, by their row in #values. */
  readonly #computed = new Map<number, unknown>();

  /** Errors: MR_MEMORY_EXHAUSTED. */
  constructor(parts: RowFolderParts) {
    const { operatorName: operator, inputType, valueType, context } = parts;
    const { memory, maxRecordBytes } = context;
    const results = Schema.of({ record: valueType, key: null });
    this.#parts = parts;
    this.#records = createRowReader(Schema.of(inputType));
    this.#previous = createRowReader(results);
    this.#values = new BatchBuilder(memory, results, VALUES);
    this.#writer = new RowWriter(this.#values, {
      operator,
      maxRecordBytes,
      missingFields: "refused",
    });
  }

  /**
   * Folds rows from `row` on.
   *
   * @param output gets the results, unless the table wants final ones only
   * @param keyGroupsPtr u16 per row
   * @returns first row that was not taken: there is one where the output is full
   * Errors: those of the function, MR_KEY_NULL, MR_KEY_NAN, MR_BATCH_CORRUPT, MR_MEMORY_EXHAUSTED.
   */
  fold(
    state: FoldTable,
    rows: BatchView,
    row: number,
    output: BatchBuilder,
    keyGroupsPtr: number,
  ): number {
    const values = this.#values;
    let first = row;
    while (first < rows.rowCount) {
      values.reset();
      const run: FoldRun = { rows, first, values, output };
      const count = state.begin(run, keyGroupsPtr);
      if (count === 0) return first;
      this.#foldRun(state, run, count);
      state.end(run, count);
      first += count;
    }
    return first;
  }

  /** Takes rows that are as the entries of the table, and of keys that it does not have. */
  take(state: FoldTable, rows: BatchView, keyGroupsPtr: number): void {
    const values = this.#values;
    for (let first = 0; first < rows.rowCount; ) {
      values.reset();
      first += state.begin({ rows, first, values, output: values }, keyGroupsPtr);
    }
  }

  /**
   * Folds the `count` rows from `first` on, whose entries are known to the table; final results only.
   * Errors: those of the function, MR_MEMORY_EXHAUSTED.
   */
  foldRun(state: FoldTable, rows: BatchView, first: number, count: number): void {
    const values = this.#values;
    values.reset();
    const run: FoldRun = { rows, first, values, output: values };
    state.beginRun(run, count);
    this.#foldRun(state, run, count);
    state.end(run, count);
  }

  dispose(): void {
    this.#values.dispose();
  }

  #foldRun(state: FoldTable, run: FoldRun, count: number): void {
    this.#computed.clear();
    const program = this.#compiledFold();
    let position = 0;
    if (program !== null) {
      for (let giveUps = 0; giveUps <= GIVE_UPS_MAX; ++giveUps) {
        position = program.fold(run, state.sourcesPtr, position, count);
        if (position === count) return;
        this.#foldInJavaScript(state, run, position, position + 1);
        position += 1;
      }
    }
    this.#foldInJavaScript(state, run, position, count);
  }

  #compiledFold(): CompiledFold | null {
    const { context, moduleId, operatorName } = this.#parts;
    if (this.#program !== null) return this.#program;
    const module = context.moduleOf(moduleId);
    if (module !== null) this.#program = new CompiledFold(context.memory, module, operatorName);
    return this.#program;
  }

  #foldInJavaScript(state: FoldTable, run: FoldRun, from: number, end: number): void {
    const { rows, first, values } = run;
    const { fold, context } = this.#parts;
    const { base, sourcesPtr } = state;
    const writer = this.#writer;
    this.#records.open(rows);
    this.#previous.open(values);
    writer.attach();
    for (let position = from; position < end; ++position) {
      const record = this.#records.read(first + position);
      const source = context.memory.u32[(sourcesPtr >>> 2) + position] as number;
      const result =
        source === TABLE_NONE ? fold.start(record) : fold.fold(this.#valueAt(source), record);
      writer.write(result, null);
      this.#computed.set(base + position, result);
    }
    writer.sync();
  }

  #valueAt(row: number): unknown {
    return this.#computed.has(row) ? this.#computed.get(row) : this.#previous.read(row);
  }
}
