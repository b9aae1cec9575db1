/** What programs write to say when things happened, and how far time has come: Flink's interfaces. */
import { LONG_MAX } from "../protocol/long.ts";

/**
 * A watermark: no record of this time or before comes any more. Wherever one is asked for, its
 * timestamp alone will do.
 * @public
 */
export class Watermark {
  /** Nothing with a timestamp comes any more: Long.MAX. */
  static readonly MAX_WATERMARK = new Watermark(LONG_MAX);

  /** ms since the epoch; a bigint beyond 2^53 - 1. */
  readonly timestamp: number | bigint;

  constructor(timestamp: number | bigint) {
    this.timestamp = timestamp;
  }

  getTimestamp(): number | bigint {
    return this.timestamp;
  }
}

/**
 * ms since the epoch. -Infinity and Infinity stand for Long.MIN (no watermark yet) and Long.MAX.
 * @public
 */
export type WatermarkTime = number | bigint | Watermark;

/** Where a generator puts what it finds out. A watermark that does not grow is left out. @public */
export interface WatermarkOutput {
  /** Throws MR_TIMESTAMP_INVALID unless the time is a whole number of ms that fits 64 bits. */
  emitWatermark(watermark: WatermarkTime): void;
  /** Nobody need wait for this stream until its next watermark. */
  markIdle(): void;
  /** Takes markIdle() back without a watermark. */
  markActive(): void;
}

/**
 * Makes watermarks: on events (punctuated), every autoWatermarkInterval (periodic), or both. It has no
 * part in snapshots and starts anew after a restore.
 * @public
 */
export interface WatermarkGenerator<T> {
  /** Behind each record; `timestampMs` is a bigint beyond 2^53 - 1 (Long.MIN = the record has none). */
  onEvent(event: T, timestampMs: number, output: WatermarkOutput): void;
  /** Every autoWatermarkInterval of processing time. */
  onPeriodicEmit(output: WatermarkOutput): void;
}

/** Makes a generator per subtask, in sources per split. @public */
export interface WatermarkGeneratorSupplier<T> {
  createWatermarkGenerator(): WatermarkGenerator<T>;
}

/** Finds the time of a record. @public */
export interface TimestampAssigner<T> {
  /**
   * @param recordTimestampMs what the record has so far; Long.MIN, a bigint, = nothing
   * @returns ms since the epoch; a bigint beyond 2^53 - 1
   */
  extractTimestamp(element: T, recordTimestampMs: number): number;
}
