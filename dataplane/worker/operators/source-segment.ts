/**
 * The head of a chain that reads a source: a SourceReader, and the output that it fills. Records that
 * a reader emits although the output is full wait in a queue, and the reader is not asked for more
 * before they have gone.
 */
import type { PollResult, Source, SourceOutput, SourceReader } from "../../connectors/source.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { OperatorSpec } from "../../protocol/deployment.ts";
import { METRIC_MALFORMED } from "../../protocol/metrics-layout.ts";
import { STATUS_DONE, STATUS_NEED_HOST, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import type { SegmentContext, SegmentOutput, SourceSegment } from "../segment.ts";
import type { OutputTarget } from "./output-target.ts";

export interface SourceParts {
  readonly spec: OperatorSpec;
  readonly source: Source<unknown>;
  readonly target: OutputTarget;
  readonly context: SegmentContext;
}

export class ReaderSegment implements SourceSegment {
  readonly engine = "js";
  readonly nextTimerMs = Number.POSITIVE_INFINITY;
  readonly stateType = null;
  readonly outputs: readonly SegmentOutput[];
  readonly #parts: SourceParts;
  readonly #output: ReaderOutput;
  #reader: SourceReader<unknown> | null = null;
  #hasEnded = false;

  constructor(parts: SourceParts) {
    this.outputs = parts.target.outputs;
    this.#parts = parts;
    this.#output = new ReaderOutput(parts.target);
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
    await this.#reader.start();
  }

  poll(): number {
    const output = this.#output;
    output.begin();
    try {
      if (output.isFull) return STATUS_OUTPUT_FULL;
      const result: PollResult = this.#hasEnded ? "end" : this.#opened.pollNext(output);
      this.#hasEnded = result === "end";
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
    return this.#opened.isAvailable();
  }

  /** Splits that are not finished, each with its position. */
  snapshotState(): readonly unknown[] {
    return this.#opened.snapshotState();
  }

  process(): number {
    throw new TypeError("a source has no input");
  }

  watermark(): number {
    return STATUS_DONE;
  }

  timer(): number {
    return STATUS_DONE;
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
    await this.#reader?.close();
    this.#parts.target.close();
  }

  get #opened(): SourceReader<unknown> {
    if (this.#reader === null) throw new TypeError("the source is not open");
    return this.#reader;
  }
}

interface Queued {
  readonly record: unknown;
  readonly timestampMs: number | null;
}

/** What a reader writes to: record by record, or straight into the columns. */
class ReaderOutput implements SourceOutput<unknown> {
  readonly #target: OutputTarget;
  #queue: Queued[] = [];
  /** The reader has the builder; the target must look at it again before it writes. */
  #isLent = false;

  constructor(target: OutputTarget) {
    this.#target = target;
  }

  get isFull(): boolean {
    if (this.#isLent) return this.#target.builder?.isFull === true;
    return this.#target.status !== STATUS_DONE || this.#queue.length > 0;
  }

  get builder(): BatchBuilder {
    if (!this.#isLent) this.#target.end();
    this.#isLent = true;
    const { builder } = this.#target;
    if (builder === null) throw new TypeError("a source without producedType has no builder");
    return builder;
  }

  collect(record: unknown, timestampMs?: number): void {
    if (this.#isLent) this.begin();
    const time = timestampMs ?? null;
    if (this.isFull) this.#queue.push({ record, timestampMs: time });
    else this.#target.push(record, time);
  }

  /** Takes over the builder and writes what waits. */
  begin(): void {
    this.#isLent = false;
    this.#target.begin();
    const queue = this.#queue;
    let taken = 0;
    while (taken < queue.length && this.#target.status === STATUS_DONE) {
      const { record, timestampMs } = queue[taken] as Queued;
      this.#target.push(record, timestampMs);
      taken += 1;
    }
    if (taken > 0) this.#queue = queue.slice(taken);
  }

  end(): void {
    if (!this.#isLent) this.#target.end();
  }
}
