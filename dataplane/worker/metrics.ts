/** Counters of one subtask in shared memory; its thread alone writes them. */
import { METRIC_COUNT, METRIC_CURRENT_WATERMARK } from "../protocol/metrics-layout.ts";

export class SubtaskMetrics {
  readonly #values: Float64Array;

  /** @param offset of this subtask's counters in the counters of the job, in bytes */
  constructor(metrics: SharedArrayBuffer, offset: number) {
    this.#values = new Float64Array(metrics, offset, METRIC_COUNT);
    this.#values[METRIC_CURRENT_WATERMARK] = Number.NaN;
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
