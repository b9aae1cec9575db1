/** What a source says of itself: whether it has records, and how late they are. */
import type { BatchView } from "../../memory/batch-view.ts";
import { METRIC_LAST_EVENT_TIME, METRIC_SOURCE_IDLE_SINCE } from "../../protocol/metrics-layout.ts";
import type { Clock } from "../clock.ts";
import type { SubtaskMetrics } from "../metrics.ts";

export class SourceActivity {
  readonly #metrics: SubtaskMetrics;
  readonly #clock: Clock;
  #isIdle = false;

  constructor(metrics: SubtaskMetrics, clock: Clock) {
    this.#metrics = metrics;
    this.#clock = clock;
  }

  /** Rows are on their way; none changes nothing. */
  emitted(rows: BatchView | null): void {
    if (rows === null || rows.rowCount === 0) return;
    if (this.#isIdle) this.#metrics.set(METRIC_SOURCE_IDLE_SINCE, Number.POSITIVE_INFINITY);
    this.#isIdle = false;
    const timestampMs = rows.timestampOf(rows.rowCount - 1);
    if (timestampMs !== null) this.#metrics.set(METRIC_LAST_EVENT_TIME, Number(timestampMs));
  }

  /** There are no records at the moment. */
  idle(): void {
    if (this.#isIdle) return;
    this.#isIdle = true;
    this.#metrics.set(METRIC_SOURCE_IDLE_SINCE, this.#clock.now());
  }
}
