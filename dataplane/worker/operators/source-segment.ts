/**
 * The head of a chain that reads a source: a SourceReader, and the output that it fills. Records that
 * a reader emits although the output is full wait there, and the reader is not asked for more before
 * they have gone.
 */
import type { PollResult, Source, SourceReader } from "../../connectors/source.ts";
import type { OperatorSpec } from "../../protocol/deployment.ts";
import {
  METRIC_CURRENT_WATERMARK,
  METRIC_MALFORMED,
  METRIC_OUTPUT_WATERMARK,
} from "../../protocol/metrics-layout.ts";
import type { OperatorStateEntry } from "../../protocol/operator-state.ts";
import { STATUS_DONE, STATUS_NEED_HOST, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import type { Segment, SegmentContext, SegmentOutput, SourceSegment } from "../segment.ts";
import type { ControlEvent } from "../stream-event.ts";
import { type EventTimeParts, nextEmissionMs, OWN_EVENTS } from "../watermarks/event-time-parts.ts";
import { SourceAlignment } from "../watermarks/source-alignment.ts";
import { WatermarkGroup } from "../watermarks/watermark-group.ts";
import type { OutputTarget } from "./output-target.ts";
import { PlainOutput, type ReaderOutput } from "./reader-output.ts";
import { SourceActivity } from "./source-activity.ts";
import { TimedOutput } from "./timed-output.ts";

const SPLITS = "splits";
const NOTHING: NonNullable<Segment["keeps"]> = new Set();

export interface SourceParts {
  readonly spec: OperatorSpec;
  readonly source: Source<unknown>;
  readonly target: OutputTarget;
  /** null = records have the times they come with, and the end alone makes a watermark. */
  readonly eventTime: EventTimeParts | null;
  readonly context: SegmentContext;
}

export class ReaderSegment implements SourceSegment {
  readonly engine = "js";
  readonly stateType = null;
  readonly outputs: readonly SegmentOutput[];
  readonly keeps: NonNullable<Segment["keeps"]>;
  readonly #parts: SourceParts;
  readonly #output: ReaderOutput;
  readonly #activity: SourceActivity;
  /** null = the source makes no watermarks of its own. */
  readonly #timed: TimedOutput | null;
  #reader: SourceReader<unknown> | null = null;
  /** null = it waits for nobody, or is not open. */
  #alignment: SourceAlignment | null = null;
  #nextEmissionMs = Number.POSITIVE_INFINITY;
  #hasEnded = false;
  /** The last poll() asked nobody, since others of the group are too far behind. */
  #isHeld = false;
  /** Of a snapshot, until the reader is there. */
  #restored: readonly unknown[] = [];

  constructor(parts: SourceParts) {
    this.outputs = parts.target.outputs;
    this.#parts = parts;
    const { target, eventTime, context } = parts;
    this.#activity = new SourceActivity(context.metrics, context.clock);
    this.#timed = eventTime === null ? null : new TimedOutput(target, eventTime);
    this.#output = this.#timed ?? new PlainOutput(target);
    this.keeps = this.#timed === null ? NOTHING : OWN_EVENTS;
  }

  async open(): Promise<void> {
    const { spec, source, target, context } = this.#parts;
    target.open();
    this.#reader = source.createReader({
      operatorName: spec.name,
      subtaskIndex: context.subtaskIndex,
      parallelism: context.parallelism,
      memory: context.memory,
      maxRecordBytes: context.maxRecordBytes,
      requestSplits: () => context.requestSplits(),
      countMalformed: (count) => context.metrics.add(METRIC_MALFORMED, count),
    });
    this.#activity.idle();
    if (this.#restored.length > 0) this.#reader.addSplits(this.#restored);
    this.#restored = [];
    await this.#reader.start();
    this.#alignment = this.#align(this.#reader);
    this.#scheduleEmission();
  }

  get nextTimerMs(): number {
    return Math.min(
      this.#nextEmissionMs,
      this.#alignment?.nextUpdateMs ?? Number.POSITIVE_INFINITY,
    );
  }

  poll(): number {
    const status = this.#poll();
    this.#activity.emitted(this.outputs[0]?.builder ?? null);
    if (status !== STATUS_OUTPUT_FULL) this.#activity.idle();
    return status;
  }

  #poll(): number {
    const output = this.#output;
    output.begin();
    try {
      if (output.isFull) return STATUS_OUTPUT_FULL;
      this.#isHeld = !this.#hasEnded && this.#alignment?.hold() === true;
      if (this.#isHeld) return STATUS_NEED_HOST;
      const result: PollResult = this.#hasEnded ? "end" : this.#opened.pollNext(output);
      this.#hasEnded = result === "end";
      output.settle();
      // Rows that wait come first, whatever the reader says.
      if (result === "more" || output.isFull) return STATUS_OUTPUT_FULL;
      return result === "end" ? STATUS_DONE : STATUS_NEED_HOST;
    } finally {
      output.end();
    }
  }

  addSplits(splits: readonly unknown[]): void {
    this.#opened.addSplits(splits);
  }

  notifyNoMoreSplits(): void {
    this.#opened.notifyNoMoreSplits();
  }

  /** Settled when poll() is worth calling again. */
  hostWork(): Promise<void> {
    const alignment = this.#isHeld ? this.#alignment : null;
    return alignment?.resumed() ?? this.#opened.isAvailable();
  }

  /** What the reader has written is in front of its position. */
  prepareBarrier(): number {
    const output = this.#output;
    output.begin();
    const isFull = output.isFull;
    output.end();
    return isFull ? STATUS_OUTPUT_FULL : STATUS_DONE;
  }

  /** Splits that are not finished, each with its position. */
  operatorState(): readonly OperatorStateEntry[] {
    return [{ name: SPLITS, mode: "split", values: this.#opened.snapshotState() }];
  }

  restoreOperatorState(entries: readonly OperatorStateEntry[]): void {
    this.#restored = entries.find(({ name }) => name === SPLITS)?.values ?? [];
  }

  process(): number {
    throw new TypeError("a source has no input");
  }

  /** The last one, behind all records. */
  watermark(watermarkMs: bigint): number {
    this.#alignment?.leave();
    const { metrics } = this.#parts.context;
    if (this.#timed !== null) {
      this.#timed.emitWatermark(watermarkMs);
    } else {
      metrics.set(METRIC_CURRENT_WATERMARK, Number(watermarkMs));
      metrics.set(METRIC_OUTPUT_WATERMARK, Number(watermarkMs));
    }
    return STATUS_DONE;
  }

  timer(nowMs: bigint): number {
    if (this.#nextEmissionMs <= nowMs) {
      this.#timed?.onPeriodicEmit();
      this.#scheduleEmission();
    }
    const alignment = this.#alignment;
    if (alignment !== null && alignment.nextUpdateMs <= nowMs) alignment.update();
    return STATUS_DONE;
  }

  takeControl(): ControlEvent | null {
    return this.#timed?.takeControl() ?? null;
  }

  endOfInput(): number {
    return STATUS_DONE;
  }

  freeze(): void {}

  encodeStep(): number {
    return STATUS_DONE;
  }

  restore(): void {
    throw new TypeError("a source is restored by its splits");
  }

  async close(): Promise<void> {
    this.#alignment?.leave();
    await this.#reader?.close();
    this.#output.close();
    this.#parts.target.close();
  }

  #scheduleEmission(): void {
    const { eventTime, context } = this.#parts;
    this.#nextEmissionMs = nextEmissionMs(eventTime, context.clock);
  }

  #align(reader: SourceReader<unknown>): SourceAlignment | null {
    const { eventTime, context } = this.#parts;
    const spec = eventTime?.spec.alignment;
    if (eventTime === null || spec === undefined || this.#timed === null) return null;
    if (context.watermarkGroup === undefined) throw new TypeError("the source has no group");
    const group = new WatermarkGroup(context.watermarkGroup);
    const { clock, metrics } = context;
    const { emitter } = eventTime;
    const { splits } = this.#timed;
    return new SourceAlignment({ spec, group, clock, metrics, emitter, splits, reader });
  }

  get #opened(): SourceReader<unknown> {
    if (this.#reader === null) throw new TypeError("the source is not open");
    return this.#reader;
  }
}
