/**
 * An output that takes records at any time: those there is no room for wait in a queue, as copies, and
 * are counted as overflow. No input is taken before they have gone.
 */
import { cloneValue } from "../../formats/generic.ts";
import { METRIC_OVERFLOW_BYTES } from "../../protocol/metrics-layout.ts";
import { STATUS_DONE } from "../../protocol/status.ts";
import type { SubtaskMetrics } from "../metrics.ts";
import { approximateBytes } from "./approximate-bytes.ts";
import type { OutputTarget } from "./output-target.ts";
import type { Timestamp } from "./row-target.ts";

interface Queued {
  readonly record: unknown;
  readonly timestampMs: Timestamp;
  readonly bytes: number;
}

export class QueuedOutput {
  readonly target: OutputTarget;
  readonly #metrics: SubtaskMetrics;
  #queue: Queued[] = [];
  /** Of the queue: how many have gone. */
  #gone = 0;

  constructor(target: OutputTarget, metrics: SubtaskMetrics) {
    this.target = target;
    this.#metrics = metrics;
  }

  /** Nothing waits, and a record would not have to. */
  get hasRoom(): boolean {
    return this.#queue.length === 0 && this.target.status === STATUS_DONE;
  }

  push(record: unknown, timestampMs: Timestamp): void {
    if (this.hasRoom) {
      this.target.push(record, timestampMs);
      return;
    }
    const bytes = approximateBytes(record);
    this.#queue.push({ record: cloneValue(record), timestampMs, bytes });
    this.#metrics.add(METRIC_OVERFLOW_BYTES, bytes);
  }

  /** At the beginning of a call of the segment: puts out what waits. */
  begin(): void {
    this.target.begin();
    while (this.#gone < this.#queue.length && this.target.status === STATUS_DONE) {
      const { record, timestampMs, bytes } = this.#queue[this.#gone] as Queued;
      this.#gone += 1;
      this.#metrics.add(METRIC_OVERFLOW_BYTES, -bytes);
      this.target.push(record, timestampMs);
    }
    if (this.#gone < this.#queue.length) return;
    this.#queue = [];
    this.#gone = 0;
  }

  /** At its end. */
  end(): void {
    this.target.end();
  }

  close(): void {
    for (const { bytes } of this.#queue.slice(this.#gone)) {
      this.#metrics.add(METRIC_OVERFLOW_BYTES, -bytes);
    }
    this.#queue = [];
    this.#gone = 0;
    this.target.close();
  }
}
