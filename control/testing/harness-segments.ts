/** The two open ends of a harness's job: a head that hands out what it is given, and a tail that keeps what comes. */
import { createRowReader, type RowReader } from "../../dataplane/formats/row-reader.ts";
import type { BatchView } from "../../dataplane/memory/batch-view.ts";
import type { OperatorSpec } from "../../dataplane/protocol/deployment.ts";
import { asNumber, longOf } from "../../dataplane/protocol/long.ts";
import {
  STATUS_DONE,
  STATUS_NEED_HOST,
  STATUS_OUTPUT_FULL,
} from "../../dataplane/protocol/status.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../dataplane/protocol/view-layout.ts";
import { OutputTarget } from "../../dataplane/worker/operators/output-target.ts";
import type { Prng } from "../../dataplane/worker/prng.ts";
import type {
  Cursor,
  Segment,
  SegmentContext,
  SegmentOutput,
  SourceSegment,
} from "../../dataplane/worker/segment.ts";
import type { ControlEvent } from "../../dataplane/worker/stream-event.ts";
import type { StreamElement } from "./stream-element.ts";

/** Elements on their way into the job. */
export class InputQueue {
  readonly #elements: StreamElement<unknown>[] = [];
  #isEnded = false;
  #wake: () => void = () => undefined;

  push(element: StreamElement<unknown>): void {
    this.#elements.push(element);
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  get first(): StreamElement<unknown> | undefined {
    return this.#elements[0];
  }

  shift(): void {
    this.#elements.shift();
  }

  /** Settled when there is something, or the end. */
  more(): Promise<void> {
    if (this.#isEnded || this.#elements.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** What both ends have no use for. */
abstract class OpenEnd {
  readonly engine = "js";
  readonly stateType = null;
  readonly nextTimerMs = Number.POSITIVE_INFINITY;

  open(): void {}

  timer(): number {
    return STATUS_DONE;
  }

  endOfInput(): number {
    return STATUS_DONE;
  }

  hostWork(): Promise<void> {
    return Promise.resolve();
  }

  freeze(): void {}

  encodeStep(): number {
    return STATUS_DONE;
  }

  restore(): void {}

  close(): void {}
}

/** In the place of a source. Records go out with the type they have, or that is found at run time. */
export class HarnessInput extends OpenEnd implements SourceSegment {
  readonly outputs: readonly SegmentOutput[];
  readonly #queue: InputQueue;
  readonly #target: OutputTarget;

  constructor(spec: OperatorSpec, queue: InputQueue, context: SegmentContext, rows: number | null) {
    super();
    this.#queue = queue;
    this.#target = new OutputTarget({
      operatorId: spec.id,
      operatorName: spec.name,
      type: spec.outputType,
      keyType: null,
      memory: context.memory,
      maxRecordBytes: context.maxRecordBytes,
      builder: { flags: BUILDER_WITH_TIMESTAMPS, ...(rows === null ? {} : { rowCapacity: rows }) },
    });
    this.outputs = this.#target.outputs;
  }

  override open(): void {
    this.#target.open();
  }

  /** Errors: MR_TYPE_MISMATCH, MR_TYPE_UNSUPPORTED, MR_RECORD_NULL, MR_RECORD_TOO_LARGE. */
  poll(): number {
    const queue = this.#queue;
    const target = this.#target;
    target.begin();
    try {
      for (let next = queue.first; next?.kind === "record"; next = queue.first) {
        if (target.status !== STATUS_DONE) return STATUS_OUTPUT_FULL;
        queue.shift();
        target.push(next.value, next.timestamp);
      }
      // A control element goes out behind the rows in front of it.
      if (queue.first !== undefined || target.hasParked) return STATUS_OUTPUT_FULL;
      return queue.isEnded ? STATUS_DONE : STATUS_NEED_HOST;
    } finally {
      target.end();
    }
  }

  takeControl(): ControlEvent | null {
    const next = this.#queue.first;
    if (next === undefined || next.kind === "record" || this.#target.hasParked) return null;
    this.#queue.shift();
    return next.kind === "status"
      ? next
      : { kind: "watermark", watermarkMs: BigInt(next.timestamp) };
  }

  override hostWork(): Promise<void> {
    return this.#queue.more();
  }

  addSplits(): void {}

  notifyNoMoreSplits(): void {}

  process(): number {
    throw new TypeError("a source has no input");
  }

  /** The last one: it goes on to the others. */
  watermark(): number {
    return STATUS_DONE;
  }

  override close(): void {
    this.#target.close();
  }
}

/** In the place of a sink. */
export class HarnessOutput extends OpenEnd implements Segment {
  readonly outputs = [];
  readonly #elements: StreamElement<unknown>[];
  readonly #refusals: Prng | null;
  #reader: RowReader | null = null;
  #schema: BatchView["schema"] | null = null;

  /** @param refusals says when it takes nothing; null = it takes all it gets */
  constructor(elements: StreamElement<unknown>[], refusals: Prng | null) {
    super();
    this.#elements = elements;
    this.#refusals = refusals;
  }

  process(view: BatchView, cursor: Cursor): number {
    const reader = this.#open(view, cursor.row === 0);
    while (cursor.row < view.rowCount) {
      if (this.#refusals?.nextInt(2) === 0) return STATUS_NEED_HOST;
      const timestamp = reader.readTimestamp(cursor.row);
      this.#elements.push({
        kind: "record",
        value: reader.read(cursor.row),
        timestamp: timestamp === null ? null : asNumber(timestamp),
      });
      cursor.row += 1;
    }
    return STATUS_DONE;
  }

  watermark(watermarkMs: bigint): number {
    this.#elements.push({ kind: "watermark", timestamp: asNumber(longOf(watermarkMs)) });
    return STATUS_DONE;
  }

  status(status: "idle" | "active"): number {
    this.#elements.push({ kind: "status", status });
    return STATUS_DONE;
  }

  #open(view: BatchView, isNew: boolean): RowReader {
    if (this.#reader === null || this.#schema !== view.schema) {
      this.#reader = createRowReader(view.schema, "copies");
      this.#schema = view.schema;
      this.#reader.open(view);
    } else if (isNew) this.#reader.open(view);
    return this.#reader;
  }
}
