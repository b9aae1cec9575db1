/** reduce() whose function is compiled: the value of each key lies in a table, whoever computes it (row-folder.ts). */
import { keyGroupRange } from "../../formats/java-hash.ts";
import { BatchBuilder, type BuilderOptions } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { Schema } from "../../memory/schema.ts";
import type { BatchType, OperatorSpec } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import {
  type Cursor,
  entriesOnly,
  type Segment,
  type SegmentContext,
  type SegmentOutput,
  type StateCounts,
} from "../segment.ts";
import { FoldTable } from "../state/fold-table.ts";
import { mainOutput } from "./main-output.ts";
import type { ReduceFold } from "./reduce-js.ts";
import { RowFolder } from "./row-folder.ts";

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

/** Cursor step of endOfInput(). */
const EMITTING = 1;

export class ReduceSegment implements Segment {
  readonly engine = "wasm";
  readonly nextTimerMs = Number.POSITIVE_INFINITY;
  readonly stateType: BatchType;
  readonly outputs: readonly SegmentOutput[];
  readonly #parts: ReduceParts;
  #state: FoldTable | null = null;
  #folder: RowFolder | null = null;
  #output: BatchBuilder | null = null;

  constructor(parts: ReduceParts) {
    const { spec, inputType } = parts;
    this.#parts = parts;
    this.stateType = inputType;
    this.outputs = mainOutput(spec.id, () => this.#output);
  }

  get counts(): StateCounts {
    return entriesOnly(this.#state?.table.entryCount ?? 0);
  }

  /** Errors: MR_MEMORY_EXHAUSTED, and those of the user's open(). */
  async open(): Promise<void> {
    const { spec, inputType, moduleId, context, builder, fold } = this.#parts;
    const { memory, maxParallelism, parallelism, subtaskIndex } = context;
    this.#state = FoldTable.create(memory, {
      operator: spec.name,
      schema: Schema.of(inputType),
      key: spec.key,
      keyGroups: keyGroupRange(maxParallelism, parallelism, subtaskIndex),
      changedFields: spec.changedFields ?? [],
      finalOnly: spec.finalOnly,
    });
    const schema = Schema.of({ record: inputType.record, key: null });
    this.#output = new BatchBuilder(memory, schema, { flags: BUILDER_WITH_TIMESTAMPS, ...builder });
    this.#folder = new RowFolder({
      operatorName: spec.name,
      inputType,
      valueType: inputType.record,
      moduleId,
      fold,
      context,
    });
    await fold.open();
  }

  /** Errors: those of the function, MR_KEY_NULL, MR_KEY_NAN, MR_BATCH_CORRUPT, MR_MEMORY_EXHAUSTED. */
  process(rows: BatchView, cursor: Cursor): number {
    const state = this.#state as FoldTable;
    const output = this.#output as BatchBuilder;
    const folder = this.#folder as RowFolder;
    cursor.row = folder.fold(state, rows, cursor.row, output, rows.keyGroupsPtr);
    return cursor.row === rows.rowCount ? STATUS_DONE : STATUS_OUTPUT_FULL;
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

  freezeChanges(): boolean {
    return this.#state?.table.freeze("delta") === "delta";
  }

  encodeStep(target: BatchBuilder): number {
    return this.#state?.table.encodeStep(target) ?? STATUS_DONE;
  }

  restore(rows: BatchView): void {
    this.#state?.table.restore(rows);
  }

  async close(): Promise<void> {
    this.#state?.dispose();
    this.#folder?.dispose();
    this.#output?.dispose();
    this.#state = null;
    this.#folder = null;
    this.#output = null;
    await this.#parts.fold.close();
  }
}
