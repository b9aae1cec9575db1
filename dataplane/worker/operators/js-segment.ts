/**
 * A run of JavaScript operators over rows that are materialised once: at most one keyed operator at
 * the head, then map, filter and flatMap, then a target (an output, a printer, a sink).
 *
 * Invariants: cursor.row is the next row to read; what has been made of the rows before it has been
 * pushed into the target or is pending in the pipeline.
 */
import { createRowReader, type RowReader } from "../../formats/row-reader.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import type { OperatorStateEntry } from "../../protocol/operator-state.ts";
import { STATUS_DONE } from "../../protocol/status.ts";
import {
  type Cursor,
  entriesOnly,
  type Segment,
  type SegmentContext,
  type SegmentOutput,
  type StateCounts,
} from "../segment.ts";
import type { KeyedHead } from "./keyed-head.ts";
import { type PipelineStep, RowPipeline } from "./row-pipeline.ts";
import type { RowTarget } from "./row-target.ts";
import { closeAll } from "./user-function.ts";

export interface JsSegmentParts {
  readonly head: KeyedHead | null;
  readonly steps: readonly PipelineStep[];
  readonly target: RowTarget;
  readonly context: SegmentContext;
}

/** Steps of endOfInput(). */
const STEP_START = 0;
const STEP_RESULTS = 1;
const STEP_FINISH = 2;

export class JsSegment implements Segment {
  readonly engine = "js";
  readonly outputs: readonly SegmentOutput[];
  readonly #head: KeyedHead | null;
  readonly #steps: readonly PipelineStep[];
  readonly #target: RowTarget;
  readonly #context: SegmentContext;
  readonly #pipeline: RowPipeline;
  #schema: Schema | null = null;
  #reader: RowReader | null = null;
  /** The batch under way has been opened. */
  #isReading = false;

  constructor({ head, steps, target, context }: JsSegmentParts) {
    this.outputs = target.outputs;
    this.#head = head;
    this.#steps = steps;
    this.#target = target;
    this.#context = context;
    this.#pipeline = new RowPipeline(steps, target, context.metrics);
  }

  /** What rows of snapshots look like; null = it has no state. */
  get stateType(): BatchType | null {
    return this.#head?.stateType ?? null;
  }

  get nextTimerMs(): number {
    return this.#target.lifecycle?.nextTimerMs ?? Number.POSITIVE_INFINITY;
  }

  get awaitsCheckpoint(): boolean {
    return this.#target.lifecycle?.awaitsCheckpoint ?? false;
  }

  get counts(): StateCounts {
    return entriesOnly(this.#head?.entryCount ?? 0);
  }

  async open(): Promise<void> {
    await this.#target.open();
    for (const { fn } of this.#steps) await fn.open(this.#context.runtimeContext);
    await this.#head?.open();
  }

  process(input: BatchView, cursor: Cursor): number {
    const { takeBatch } = this.#target;
    if (takeBatch !== null && this.#steps.length === 0 && this.#head === null)
      return takeBatch(input);
    return this.#run(() => {
      const reader = this.#readerOf(input);
      const status = this.#pushRows(reader, input.rowCount, cursor);
      this.#isReading = status !== STATUS_DONE;
      return status;
    });
  }

  watermark(watermarkMs: bigint): number {
    this.#target.lifecycle?.watermark(watermarkMs);
    return STATUS_DONE;
  }

  timer(nowMs: bigint): number {
    const { lifecycle } = this.#target;
    if (lifecycle === undefined || lifecycle.nextTimerMs > Number(nowMs)) return STATUS_DONE;
    return this.#run(() => lifecycle.timer(nowMs));
  }

  endOfInput(cursor: Cursor): number {
    return this.#run(() => {
      if (cursor.step === STEP_START) {
        const head = this.#head;
        if (head !== null) this.#pipeline.pushAll(head.results(), () => head.resultTimestampMs);
        cursor.step = STEP_RESULTS;
      }
      if (cursor.step === STEP_RESULTS) {
        const status = this.#pipeline.drain();
        if (status !== STATUS_DONE) return status;
        cursor.step = STEP_FINISH;
      }
      return this.#target.finish();
    });
  }

  hostWork(): Promise<void> {
    return this.#target.hostWork();
  }

  prepareBarrier(cursor: Cursor): number {
    const { lifecycle } = this.#target;
    if (lifecycle === undefined) return STATUS_DONE;
    return this.#run(() => lifecycle.prepareBarrier(cursor));
  }

  freeze(checkpointId: bigint): void {
    this.#head?.freeze();
    this.#target.lifecycle?.freeze(checkpointId);
  }

  operatorState(): readonly OperatorStateEntry[] {
    return this.#target.lifecycle?.operatorState() ?? [];
  }

  restoreOperatorState(entries: readonly OperatorStateEntry[]): void {
    this.#target.lifecycle?.restoreOperatorState(entries);
  }

  async notifyCheckpointComplete(checkpointId: bigint): Promise<void> {
    await this.#target.lifecycle?.notifyCheckpointComplete(checkpointId);
  }

  notifyCheckpointAborted(checkpointId: bigint): void {
    this.#target.lifecycle?.notifyCheckpointAborted(checkpointId);
  }

  encodeStep(target: BatchBuilder): number {
    return this.#head?.encodeStep(target) ?? STATUS_DONE;
  }

  restore(rows: BatchView): void {
    this.#head?.restore(rows);
  }

  async close(): Promise<void> {
    const functions = this.#steps.map(({ fn }) => fn);
    const head = this.#head === null ? [] : [this.#head];
    await closeAll([this.#target, ...functions, ...head, this.#pipeline]);
  }

  /** One call of the segment: the target begins and ends with it. */
  #run(action: () => number): number {
    const status = this.#target.begin();
    if (status !== STATUS_DONE) return status;
    try {
      return action();
    } finally {
      this.#target.end();
    }
  }

  #pushRows(reader: RowReader, rowCount: number, cursor: Cursor): number {
    const pipeline = this.#pipeline;
    const head = this.#head;
    let status = pipeline.drain();
    while (status === STATUS_DONE && cursor.row < rowCount) {
      const row = cursor.row;
      const record = reader.read(row);
      const timestampMs = reader.readTimestamp(row);
      cursor.row = row + 1;
      const result = head === null ? record : head.apply(record, reader, row);
      if (result === undefined) continue;
      pipeline.push(result, timestampMs);
      status = pipeline.drain();
    }
    return status;
  }

  #readerOf(input: BatchView): RowReader {
    if (this.#reader === null || this.#schema !== input.schema) {
      this.#schema = input.schema;
      // State keeps what it is given for long: it must not keep whole batches alive by their strings.
      this.#reader = createRowReader(input.schema, this.#head === null ? "slices" : "copies");
      this.#isReading = false;
    }
    if (!this.#isReading) {
      this.#reader.open(input);
      this.#head?.useSchema(input.schema);
      this.#isReading = true;
    }
    return this.#reader;
  }
}
