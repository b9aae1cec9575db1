/** Where the events of a task come from: the rings of other tasks, or a source of its own. */

import { crashPoint } from "../protocol/crash-point.ts";
import {
  METRIC_BATCHES_IN,
  METRIC_BYTES_IN,
  METRIC_CURRENT_WATERMARK,
  METRIC_RECORDS_IN,
} from "../protocol/metrics-layout.ts";
import { STATUS_DONE, STATUS_NEED_HOST } from "../protocol/status.ts";
import type { Chain } from "./chain.ts";
import type { InputGate } from "./exchange/input-gate.ts";
import type { SubtaskMetrics } from "./metrics.ts";
import type { SourceSegment } from "./segment.ts";
import { type BarrierEvent, type InputEvent, MAX_WATERMARK } from "./stream-event.ts";

export interface TaskInput {
  /** Whether beginNext() would begin something. */
  hasNext(takesBarrier: boolean): boolean;
  /** The event begun last is the last one. */
  readonly isAtEnd: boolean;
  /**
   * Hands the next event to the chain, which has dealt with the one before. Behind the end it is a
   * barrier, or nothing.
   *
   * @param takesBarrier whether it may be a barrier
   * @returns false = none yet
   */
  beginNext(chain: Chain, takesBarrier: boolean): boolean;
  /** The barrier begun last, until the next beginNext(). */
  readonly barrier: BarrierEvent | null;
  /** ms that its channels waited for each other. */
  readonly alignmentMs: number;
  /** Announced, and not begun. */
  readonly hasBarrier: boolean;
  /** A checkpoint was triggered. */
  announce(barrier: BarrierEvent): void;
  /** One was given up: nothing waits for it any longer. */
  abort(checkpointId: bigint): void;
  /** What is left is the end: a source that was drained reads no more. */
  endDrained(): void;
  /** Says that nothing more is taken. */
  close(): void;
}

/** Errors of beginNext(): MR_UPSTREAM_FAILED, MR_BATCH_CORRUPT. */
export class GateInput implements TaskInput {
  readonly #gate: InputGate;
  readonly #metrics: SubtaskMetrics;
  #isAtEnd = false;
  /** A barrier that could not be taken yet. */
  #held: BarrierEvent | null = null;
  barrier: BarrierEvent | null = null;

  constructor(gate: InputGate, metrics: SubtaskMetrics) {
    this.#gate = gate;
    this.#metrics = metrics;
  }

  hasNext(takesBarrier: boolean): boolean {
    return this.#held === null ? this.#gate.hasInput : takesBarrier;
  }

  /** Barriers come by the channels, behind what was sent before them. */
  get hasBarrier(): boolean {
    return false;
  }

  get alignmentMs(): number {
    return this.#gate.alignmentMs;
  }

  get isAtEnd(): boolean {
    return this.#isAtEnd;
  }

  beginNext(chain: Chain, takesBarrier: boolean): boolean {
    this.barrier = null;
    const event = this.#held ?? this.#gate.next();
    this.#held = null;
    if (event === null) return false;
    if (event.kind === "barrier") {
      if (!takesBarrier) {
        this.#held = event;
        return false;
      }
      this.barrier = event;
    }
    this.#count(event);
    this.#isAtEnd ||= event.kind === "end";
    chain.begin(event);
    return true;
  }

  announce(barrier: BarrierEvent): void {
    this.#gate.announce(barrier);
  }

  abort(checkpointId: bigint): void {
    this.#gate.abort(checkpointId);
  }

  /** The end comes by the channels. */
  endDrained(): void {}

  close(): void {
    this.#gate.close();
  }

  #count(event: InputEvent): void {
    if (event.kind === "data") {
      this.#metrics.add(METRIC_RECORDS_IN, event.view.rowCount);
      this.#metrics.add(METRIC_BYTES_IN, this.#gate.batchBytes);
      this.#metrics.add(METRIC_BATCHES_IN, 1);
    } else if (event.kind === "watermark") {
      this.#metrics.set(METRIC_CURRENT_WATERMARK, Number(event.watermarkMs));
    }
  }
}

/** Polls the source; when it has ended, a last watermark and the end of input follow. */
export class SourceInput implements TaskInput {
  readonly #source: SourceSegment;
  readonly #wake: () => void;
  readonly #endEvents: InputEvent[] = [
    { kind: "watermark", watermarkMs: MAX_WATERMARK },
    { kind: "end" },
  ];
  #state: "polled" | "waiting" | "ready" | "ending" = "ready";
  /** Announced, oldest first. */
  #barriers: BarrierEvent[] = [];
  barrier: BarrierEvent | null = null;
  /** There is nothing to align. */
  readonly alignmentMs = 0;
  #failure: { readonly error: unknown } | null = null;

  /** @param hasEnded there is nothing to read: it had finished before the checkpoint it starts from */
  constructor(source: SourceSegment, wake: () => void, hasEnded = false) {
    this.#source = source;
    this.#wake = wake;
    if (hasEnded) this.#state = "ending";
  }

  hasNext(takesBarrier: boolean): boolean {
    if (takesBarrier && this.#barriers.length > 0) return true;
    return this.#state !== "waiting" && !this.isAtEnd;
  }

  get isAtEnd(): boolean {
    return this.#endEvents.length === 0;
  }

  beginNext(chain: Chain, takesBarrier: boolean): boolean {
    this.barrier = null;
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#state === "polled") this.#takeAnswer(chain.pollStatus);
    if (takesBarrier && this.#beginBarrier(chain)) return true;
    if (this.#state === "waiting") return false;
    if (this.#state === "ready") {
      this.#state = "polled";
      chain.beginPoll();
      return true;
    }
    const event = this.#endEvents.shift();
    if (event === undefined) return false;
    chain.begin(event);
    return true;
  }

  get hasBarrier(): boolean {
    return this.#barriers.length > 0;
  }

  announce(barrier: BarrierEvent): void {
    this.#barriers.push(barrier);
  }

  abort(checkpointId: bigint): void {
    this.#barriers = this.#barriers.filter((barrier) => barrier.checkpointId > checkpointId);
  }

  endDrained(): void {
    this.#state = "ending";
  }

  close(): void {
    this.#state = "ending";
  }

  #beginBarrier(chain: Chain): boolean {
    const barrier = this.#barriers[0];
    if (barrier === undefined) return false;
    const { stop } = barrier.options;
    const isDrained = this.#endEvents[0]?.kind !== "watermark";
    if (stop === "drain" && !isDrained) {
      chain.begin(this.#endEvents.shift() as InputEvent);
      return true;
    }
    this.#barriers.shift();
    this.barrier = barrier;
    crashPoint("barrier/before-injection");
    chain.begin(barrier);
    crashPoint("barrier/injected");
    return true;
  }

  #takeAnswer(status: number): void {
    if (status === STATUS_DONE) this.#state = "ending";
    else if (status === STATUS_NEED_HOST) this.#waitForSource();
    else this.#state = "ready";
  }

  #waitForSource(): void {
    this.#state = "waiting";
    const goOn = (): void => {
      if (this.#state === "waiting") this.#state = "ready";
      this.#wake();
    };
    this.#source.hostWork().then(goOn, (error: unknown) => {
      this.#failure = { error };
      goOn();
    });
  }
}
