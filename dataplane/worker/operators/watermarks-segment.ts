/**
 * assignTimestampsAndWatermarks(): gives records their times and puts out watermarks of its own (Flink's
 * TimestampsAndWatermarksOperator). Those from upstream end here, but for the last one; so does
 * whether upstream is idle.
 */
import { BatchBuilder, type BuilderOptions } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { Schema } from "../../memory/schema.ts";
import type { OperatorSpec } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import type { Cursor, Segment, SegmentContext, SegmentOutput } from "../segment.ts";
import { type ControlEvent, MAX_WATERMARK } from "../stream-event.ts";
import { type EventTimeParts, nextEmissionMs, OWN_EVENTS } from "../watermarks/event-time-parts.ts";
import { type Generator, NO_WATERMARKS } from "../watermarks/generators.ts";
import { TimedRows } from "../watermarks/timed-rows.ts";

export interface WatermarksParts {
  readonly spec: OperatorSpec;
  readonly eventTime: EventTimeParts;
  readonly builder: BuilderOptions;
  readonly context: SegmentContext;
}

/** Rows of the batch under way that are in the output. */
class RowsOutput implements SegmentOutput {
  readonly operatorId: string;
  readonly output = 0;
  builder: BatchBuilder | null = null;

  constructor(operatorId: string) {
    this.operatorId = operatorId;
  }
}

export class WatermarksSegment implements Segment {
  readonly engine: "wasm" | "js";
  readonly stateType = null;
  readonly keeps = OWN_EVENTS;
  readonly outputs: readonly SegmentOutput[];
  nextTimerMs = Number.POSITIVE_INFINITY;
  readonly #parts: WatermarksParts;
  readonly #output: RowsOutput;
  readonly #rows: TimedRows;
  #generator: Generator = NO_WATERMARKS;
  /** The schema of the batches that come, of which the output has the record's columns. */
  #inputSchema: Schema | null = null;

  constructor(parts: WatermarksParts) {
    const { spec, eventTime } = parts;
    this.#parts = parts;
    this.#output = new RowsOutput(spec.id);
    this.outputs = [this.#output];
    this.#rows = new TimedRows(eventTime.assigner, eventTime.emitter);
    this.engine = spec.engine;
  }

  open(): void {
    const { eventTime, context } = this.#parts;
    this.#generator = eventTime.createGenerator();
    this.nextTimerMs = nextEmissionMs(eventTime, context.clock);
  }

  process(input: BatchView, cursor: Cursor): number {
    if (cursor.step === 0) {
      this.#useSchema(input.schema);
      this.#rows.begin(input);
      cursor.step = 1;
    }
    const { emitter } = this.#parts.eventTime;
    const by = { generator: this.#generator, output: emitter };
    const builder = this.#output.builder as BatchBuilder;
    return this.#rows.appendTo(builder, input.rowCount, by) ? STATUS_DONE : STATUS_OUTPUT_FULL;
  }

  watermark(watermarkMs: bigint): number {
    const { emitter } = this.#parts.eventTime;
    if (watermarkMs === MAX_WATERMARK) emitter.emitWatermark(watermarkMs);
    return STATUS_DONE;
  }

  timer(nowMs: bigint): number {
    if (this.nextTimerMs > nowMs) return STATUS_DONE;
    const { eventTime, context } = this.#parts;
    this.#generator.onPeriodicEmit(eventTime.emitter);
    this.nextTimerMs = nextEmissionMs(eventTime, context.clock);
    return STATUS_DONE;
  }

  /** What was put out belongs behind the row it was put out at. */
  takeControl(): ControlEvent | null {
    return this.#rows.hasBacklog ? null : this.#parts.eventTime.emitter.take();
  }

  endOfInput(): number {
    this.#generator.onPeriodicEmit(this.#parts.eventTime.emitter);
    return STATUS_DONE;
  }

  hostWork(): Promise<void> {
    return Promise.resolve();
  }

  freeze(): void {}

  encodeStep(): number {
    return STATUS_DONE;
  }

  restore(): void {
    throw new TypeError("watermarks have no state");
  }

  close(): void {
    this.#parts.eventTime.assigner.dispose();
    this.#output.builder?.dispose();
    this.#output.builder = null;
  }

  /** Between batches the output is empty. */
  #useSchema(schema: Schema): void {
    if (this.#inputSchema === schema) return;
    this.#inputSchema = schema;
    this.#output.builder?.dispose();
    const { context, builder } = this.#parts;
    const record = { record: schema.type.record, key: null };
    this.#output.builder = new BatchBuilder(context.memory, Schema.of(record), builder);
  }
}
