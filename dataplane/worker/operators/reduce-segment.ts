/**
 * reduce() whose function is compiled. The value of each key lies in a table, whoever computes it: the
 * module, or the function in JavaScript, which takes runs of rows until the module is there, and single
 * rows that compiled code gives up. Each run of rows goes three steps: the kernels write the values so far
 * into #values, results are appended there row by row, the kernels store the last ones.
 */
import { keyGroupRange } from "../../formats/java-hash.ts";
import { createRowReader, type RowReader } from "../../formats/row-reader.ts";
import { RowWriter } from "../../formats/row-writer.ts";
import { BatchBuilder, type BuilderOptions } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { Schema } from "../../memory/schema.ts";
import type { BatchType, OperatorSpec } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import { TABLE_CHUNK_ROWS, TABLE_NONE } from "../../protocol/table-layout.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import type { Cursor, Segment, SegmentContext, SegmentOutput } from "../segment.ts";
import { type FoldRun, FoldTable } from "../state/fold-table.ts";
import { CompiledFold } from "./compiled-fold.ts";
import { GIVE_UPS_MAX } from "./compiled-program.ts";
import { mainOutput } from "./main-output.ts";
import type { ReduceFold } from "./reduce-js.ts";

export type ReduceSpec = Extract<OperatorSpec, { readonly kind: "reduce" }>;

export interface ReduceParts {
  readonly spec: ReduceSpec;
  readonly inputType: BatchType;
  readonly moduleId: string;
  /** The function in JavaScript. */
  readonly fold: ReduceFold;
  readonly context: SegmentContext;
  /** Of the output, beside its timestamps. */
  readonly builder: BuilderOptions;
}

/** Values so far and results of a run; runs end in front of what the output has no room for. */
const VALUES: BuilderOptions = { rowCapacity: 2 * TABLE_CHUNK_ROWS, byteCapacity: 0x7fffffff };
/** Cursor step of endOfInput(). */
const EMITTING = 1;

export class ReduceSegment implements Segment {
  readonly engine = "wasm";
  readonly nextTimerMs = Number.POSITIVE_INFINITY;
  readonly stateType: BatchType;
  readonly outputs: readonly SegmentOutput[];
  readonly #parts: ReduceParts;
  readonly #records: RowReader;
  readonly #previous: RowReader;
  #state: FoldTable | null = null;
  #values: BatchBuilder | null = null;
  #output: BatchBuilder | null = null;
  #writer: RowWriter | null = null;
  #program: CompiledFold | null = null;
  /** Results of this run that JavaScript has computed, by their row in #values. */
  readonly #computed = new Map<number, unknown>();

  constructor(parts: ReduceParts) {
    const { spec, inputType } = parts;
    this.#parts = parts;
    this.stateType = inputType;
    this.#records = createRowReader(Schema.of(inputType));
    this.#previous = createRowReader(Schema.of({ record: inputType.record, key: null }));
    this.outputs = mainOutput(spec.id, () => this.#output);
  }

  /** Errors: MR_MEMORY_EXHAUSTED, and those of the user's open(). */
  async open(): Promise<void> {
    const { spec, inputType, context, builder, fold } = this.#parts;
    const { memory, maxParallelism, parallelism, subtaskIndex, maxRecordBytes } = context;
    this.#state = new FoldTable(memory, {
      operator: spec.name,
      schema: Schema.of(inputType),
      key: spec.key,
      keyGroups: keyGroupRange(maxParallelism, parallelism, subtaskIndex),
      changedFields: spec.changedFields ?? [],
      finalOnly: spec.finalOnly,
    });
    const schema = Schema.of({ record: inputType.record, key: null });
    this.#values = new BatchBuilder(memory, schema, VALUES);
    this.#output = new BatchBuilder(memory, schema, { flags: BUILDER_WITH_TIMESTAMPS, ...builder });
    const limits = { maxRecordBytes, missingFields: "refused" } as const;
    this.#writer = new RowWriter(this.#values, { operator: spec.name, ...limits });
    await fold.open();
  }

  /** Errors: those of the function, MR_KEY_NULL, MR_KEY_NAN, MR_BATCH_CORRUPT, MR_MEMORY_EXHAUSTED. */
  process(rows: BatchView, cursor: Cursor): number {
    const state = this.#state as FoldTable;
    const values = this.#values as BatchBuilder;
    const output = this.#output as BatchBuilder;
    while (cursor.row < rows.rowCount) {
      values.reset();
      const run: FoldRun = { rows, first: cursor.row, values, output };
      const count = state.begin(run);
      if (count === 0) return STATUS_OUTPUT_FULL;
      this.#foldRun(run, count);
      state.end(run, count);
      cursor.row += count;
    }
    return STATUS_DONE;
  }

  watermark(): number {
    return STATUS_DONE;
  }

  timer(): number {
    return STATUS_DONE;
  }

  endOfInput(cursor: Cursor): number {
    if (!this.#parts.spec.finalOnly) return STATUS_DONE;
    const state = this.#state as FoldTable;
    if (cursor.step !== EMITTING) state.table.rewind();
    cursor.step = EMITTING;
    return state.emit(this.#output as BatchBuilder);
  }

  hostWork(): Promise<void> {
    return Promise.resolve();
  }

  freeze(): void {
    this.#state?.table.freeze("full");
  }

  encodeStep(target: BatchBuilder): number {
    return this.#state?.table.encodeStep(target) ?? STATUS_DONE;
  }

  restore(rows: BatchView): void {
    this.#state?.table.restore(rows);
  }

  async close(): Promise<void> {
    this.#state?.dispose();
    this.#values?.dispose();
    this.#output?.dispose();
    this.#state = null;
    this.#values = null;
    this.#output = null;
    await this.#parts.fold.close();
  }

  #foldRun(run: FoldRun, count: number): void {
    this.#computed.clear();
    const program = this.#compiledFold();
    let position = 0;
    if (program !== null) {
      const { sourcesPtr } = this.#state as FoldTable;
      for (let giveUps = 0; giveUps <= GIVE_UPS_MAX; ++giveUps) {
        position = program.fold(run, sourcesPtr, position, count);
        if (position === count) return;
        this.#foldInJavaScript(run, position, position + 1);
        position += 1;
      }
    }
    this.#foldInJavaScript(run, position, count);
  }

  #compiledFold(): CompiledFold | null {
    const { context, moduleId, spec } = this.#parts;
    if (this.#program !== null) return this.#program;
    const module = context.moduleOf(moduleId);
    if (module !== null) this.#program = new CompiledFold(context.memory, module, spec.name);
    return this.#program;
  }

  #foldInJavaScript({ rows, first, values }: FoldRun, from: number, end: number): void {
    const { fold, context } = this.#parts;
    const { base, sourcesPtr } = this.#state as FoldTable;
    const writer = this.#writer as RowWriter;
    this.#records.open(rows);
    this.#previous.open(values);
    writer.attach();
    for (let position = from; position < end; ++position) {
      const record = this.#records.read(first + position);
      const source = context.memory.u32[(sourcesPtr >>> 2) + position] as number;
      const result = source === TABLE_NONE ? record : fold.fold(this.#valueAt(source), record);
      writer.write(result, null);
      this.#computed.set(base + position, result);
    }
    writer.sync();
  }

  #valueAt(row: number): unknown {
    return this.#computed.has(row) ? this.#computed.get(row) : this.#previous.read(row);
  }
}
