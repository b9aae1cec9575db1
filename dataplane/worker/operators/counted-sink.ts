/** A sink's target that counts what it takes: records that leave the job count as the task's output. */
import type { BatchView } from "../../memory/batch-view.ts";
import { METRIC_RECORDS_OUT } from "../../protocol/metrics-layout.ts";
import { STATUS_DONE } from "../../protocol/status.ts";
import type { SubtaskMetrics } from "../metrics.ts";
import type { SegmentOutput } from "../segment.ts";
import type { RowTarget, TargetLifecycle, Timestamp } from "./row-target.ts";

export class CountedSink implements RowTarget {
  readonly outputs: readonly SegmentOutput[];
  readonly lifecycle?: TargetLifecycle;
  readonly #target: RowTarget;
  readonly #metrics: SubtaskMetrics;
  /** Records pushed in this call of the segment. */
  #pushed = 0;

  constructor(target: RowTarget, metrics: SubtaskMetrics) {
    this.outputs = target.outputs;
    if (target.lifecycle !== undefined) this.lifecycle = target.lifecycle;
    this.#target = target;
    this.#metrics = metrics;
  }

  get status(): number {
    return this.#target.status;
  }

  get takeBatch(): ((batch: BatchView) => number) | null {
    const { takeBatch } = this.#target;
    if (takeBatch === null) return null;
    return (batch) => {
      const status = takeBatch(batch);
      if (status === STATUS_DONE) this.#metrics.add(METRIC_RECORDS_OUT, batch.rowCount);
      return status;
    };
  }

  open(): void | Promise<void> {
    return this.#target.open();
  }

  begin(): number {
    return this.#target.begin();
  }

  push(record: unknown, timestampMs: Timestamp): void {
    this.#pushed += 1;
    this.#target.push(record, timestampMs);
  }

  end(): void {
    this.#metrics.add(METRIC_RECORDS_OUT, this.#pushed);
    this.#pushed = 0;
    this.#target.end();
  }

  finish(): number {
    return this.#target.finish();
  }

  hostWork(): Promise<void> {
    return this.#target.hostWork();
  }

  close(): void | Promise<void> {
    return this.#target.close();
  }
}
