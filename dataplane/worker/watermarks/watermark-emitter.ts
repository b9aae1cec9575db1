/**
 * What a segment puts out between its rows: watermarks that grow, and whether it is idle. A watermark
 * ends idleness.
 */

import { LONG_MIN } from "../../protocol/long.ts";
import {
  METRIC_CURRENT_WATERMARK,
  METRIC_OUTPUT_WATERMARK,
} from "../../protocol/metrics-layout.ts";
import type { SubtaskMetrics } from "../metrics.ts";
import type { ControlEvent } from "../stream-event.ts";
import type { GeneratorOutput } from "./generators.ts";

export class WatermarkEmitter implements GeneratorOutput {
  readonly #metrics: SubtaskMetrics;
  #events: ControlEvent[] = [];
  #current = LONG_MIN;
  #isIdle = false;

  constructor(metrics: SubtaskMetrics) {
    this.#metrics = metrics;
  }

  /** Events wait to be taken: rows that come now belong behind them. */
  get hasEvents(): boolean {
    return this.#events.length > 0;
  }

  /** The last one; Long.MIN = none yet. */
  get watermarkMs(): bigint {
    return this.#current;
  }

  get isIdle(): boolean {
    return this.#isIdle;
  }

  take(): ControlEvent | null {
    return this.#events.shift() ?? null;
  }

  emitWatermark(watermarkMs: bigint): void {
    if (watermarkMs <= this.#current) return;
    this.#current = watermarkMs;
    this.markActive();
    this.#events.push({ kind: "watermark", watermarkMs });
    this.#metrics.set(METRIC_CURRENT_WATERMARK, Number(watermarkMs));
    this.#metrics.set(METRIC_OUTPUT_WATERMARK, Number(watermarkMs));
  }

  markIdle(): void {
    if (this.#isIdle) return;
    this.#isIdle = true;
    this.#events.push({ kind: "status", status: "idle" });
  }

  markActive(): void {
    if (!this.#isIdle) return;
    this.#isIdle = false;
    this.#events.push({ kind: "status", status: "active" });
  }
}
