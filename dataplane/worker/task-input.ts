/** Where the events of a task come from: the rings of other tasks, or a source of its own. */
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
import { type InputEvent, MAX_WATERMARK } from "./stream-event.ts";

export interface TaskInput {
  /** Whether beginNext() would begin something. */
  readonly hasNext: boolean;
  /** The event begun last is the last one. */
  readonly isAtEnd: boolean;
  /**
   * Hands the next event to the chain, which has dealt with the one before. @returns false = none
   * yet
   */
  beginNext(chain: Chain): boolean;
  /** Says that nothing more is taken. */
  close(): void;
}

/** Errors of beginNext(): MR_UPSTREAM_FAILED, MR_BATCH_CORRUPT. */
export class GateInput implements TaskInput {
  readonly #gate: InputGate;
  readonly #metrics: SubtaskMetrics;
  #isAtEnd = false;

  constructor(gate: InputGate, metrics: SubtaskMetrics) {
    this.#gate = gate;
    this.#metrics = metrics;
  }

  get hasNext(): boolean {
    return this.#gate.hasInput;
  }

  get isAtEnd(): boolean {
    return this.#isAtEnd;
  }

  beginNext(chain: Chain): boolean {
    const event = this.#gate.next();
    if (event === null) return false;
    this.#count(event);
    this.#isAtEnd = event.kind === "end";
    chain.begin(event);
    return true;
  }

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
  #failure: { readonly error: unknown } | null = null;

  constructor(source: SourceSegment, wake: () => void) {
    this.#source = source;
    this.#wake = wake;
  }

  get hasNext(): boolean {
    return this.#state !== "waiting";
  }

  get isAtEnd(): boolean {
    return this.#endEvents.length === 0;
  }

  beginNext(chain: Chain): boolean {
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#state === "polled") this.#takeAnswer(chain.pollStatus);
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

  close(): void {
    this.#state = "ending";
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
