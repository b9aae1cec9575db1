/**
 * Keeps one source subtask near the others of its watermark group (Flink's watermark alignment): every
 * update interval it reports its watermark and takes the least of the group's. While its own is more than
 * the allowed drift above that, its reader is not asked for records; nor for those of single splits that
 * are, where the reader can leave them out.
 */
import type { SourceReader } from "../../connectors/source.ts";
import { WakeUp } from "../../connectors/wake-up.ts";
import type { AlignmentSpec } from "../../protocol/deployment.ts";
import { LONG_MAX, LONG_MIN } from "../../protocol/long.ts";
import { METRIC_ALIGNMENT_DRIFT } from "../../protocol/metrics-layout.ts";
import type { Clock } from "../clock.ts";
import type { SubtaskMetrics } from "../metrics.ts";
import type { SplitWatermarks } from "./split-watermarks.ts";
import type { WatermarkEmitter } from "./watermark-emitter.ts";
import type { WatermarkGroup } from "./watermark-group.ts";

export interface SourceAlignmentParts {
  readonly spec: AlignmentSpec;
  readonly group: WatermarkGroup;
  readonly clock: Clock;
  readonly metrics: SubtaskMetrics;
  readonly emitter: WatermarkEmitter;
  readonly splits: SplitWatermarks;
  readonly reader: SourceReader<unknown>;
}

export class SourceAlignment {
  readonly #parts: SourceAlignmentParts;
  readonly #resumed = new WakeUp();
  /** Of processing time, ms since the epoch. */
  #nextUpdateMs: number;
  #isPaused = false;
  /** As in Flink, nothing is held back before the first update. */
  #maxDesiredMs = LONG_MAX;

  constructor(parts: SourceAlignmentParts) {
    this.#parts = parts;
    this.#nextUpdateMs = this.#laterMs();
  }

  /** `clock.now()` of the next update. */
  get nextUpdateMs(): number {
    return this.#nextUpdateMs;
  }

  /** Reports, looks at what the others have reported, and pauses or lets go on. */
  update(): void {
    const { spec, group, emitter, metrics } = this.#parts;
    if (emitter.isIdle) group.reportNoWait();
    else group.report(emitter.watermarkMs);
    const leastMs = group.leastMs();
    if (leastMs !== null) {
      const maxMs = leastMs + BigInt(spec.maxDriftMs);
      this.#maxDesiredMs = maxMs < LONG_MAX ? maxMs : LONG_MAX;
      if (emitter.watermarkMs > LONG_MIN) {
        metrics.set(METRIC_ALIGNMENT_DRIFT, Number(emitter.watermarkMs - this.#maxDesiredMs));
      }
    }
    this.#nextUpdateMs = this.#laterMs();
    this.hold();
  }

  /** Pauses what has got too far ahead and lets go on what is no longer. @returns whether all is paused */
  hold(): boolean {
    const { emitter, splits } = this.#parts;
    const isAhead = emitter.watermarkMs > this.#maxDesiredMs;
    if (isAhead !== this.#isPaused) {
      this.#isPaused = isAhead;
      splits.setReaderPaused(isAhead);
      if (isAhead) this.#resumed.clear();
      else this.#resumed.wake();
    }
    this.#holdSplits();
    return isAhead;
  }

  /** Settled when the reader may be asked again. */
  resumed(): Promise<void> {
    return this.#resumed.wait();
  }

  /** Nobody waits for this subtask any more. */
  leave(): void {
    this.#parts.group.reportNoWait();
  }

  #holdSplits(): void {
    const { splits, reader } = this.#parts;
    if (reader.pauseOrResumeSplits === undefined) return;
    const { paused, resumed } = splits.pauseAbove(this.#maxDesiredMs);
    if (paused.length + resumed.length > 0) reader.pauseOrResumeSplits(paused, resumed);
  }

  #laterMs(): number {
    return this.#parts.clock.now() + this.#parts.spec.updateIntervalMs;
  }
}
