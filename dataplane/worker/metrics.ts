/** Counters of one subtask in shared memory; its thread alone writes them. */
import {
  METRIC_ALIGNMENT_DRIFT,
  METRIC_COUNT,
  METRIC_CURRENT_WATERMARK,
  METRIC_LAST_EVENT_TIME,
  METRIC_OUTPUT_WATERMARK,
  METRIC_SOURCE_IDLE_SINCE,
} from "../protocol/metrics-layout.ts";

/** NaN as long as nothing is known. */
const UNKNOWN_AT_FIRST = [
  METRIC_CURRENT_WATERMARK,
  METRIC_OUTPUT_WATERMARK,
  METRIC_ALIGNMENT_DRIFT,
  METRIC_SOURCE_IDLE_SINCE,
  METRIC_LAST_EVENT_TIME,
];

export class SubtaskMetrics {
  readonly #values: Float64Array;

  /** @param offset of this subtask's counters in the counters of the job, in bytes */
  constructor(metrics: SharedArrayBuffer, offset: number) {
    this.#values = new Float64Array(metrics, offset, METRIC_COUNT);
    for (const index of UNKNOWN_AT_FIRST) this.#values[index] = Number.NaN;
  }

  /** @param index METRIC_* */
  add(index: number, amount: number): void {
    this.#values[index] = (this.#values[index] as number) + amount;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  get(index: number): number {
    return this.#values[index] as number;
  }
}
