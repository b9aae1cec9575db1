/** Which directory below that of a file sink a record goes to (after Flink's BucketAssigner). */
import { type DateFormat, dateFormat } from "./date-pattern.ts";

/** @public */
export interface BucketAssignerContext {
  /** ms since the epoch. */
  currentProcessingTime(): number;
  /** ms of event time; Long.MIN, rounded, before the first one. */
  currentWatermark(): number;
  /** ms of event time; null = the record has none. */
  timestamp(): number | null;
}

/** @public */
export interface BucketAssigner<T> {
  /** A path relative to the sink's directory, "" for that itself. */
  getBucketId(element: T, context: BucketAssignerContext): string;
}

/** Whether it asks the clock only: records of one batch then go to one bucket. */
export function isBlind(assigner: BucketAssigner<never>): boolean {
  return assigner instanceof DateTimeBucketAssigner || assigner instanceof BasePathBucketAssigner;
}

const MS_PER_SECOND = 1000;

/**
 * A directory per hour of processing time, or whatever the pattern makes of it.
 *
 * ```ts
 * new DateTimeBucketAssigner("yyyy/MM/dd", "UTC");
 * ```
 * @public
 */
export class DateTimeBucketAssigner<T> implements BucketAssigner<T> {
  readonly #format: DateFormat;
  readonly #isFine: boolean;
  #cachedFor = Number.NaN;
  #cached = "";

  /**
   * @param pattern as Java's DateTimeFormatter takes it
   * @param zoneId such as "Europe/Berlin"; default: that of the system
   * Throws MR_FUNCTION_INVALID.
   */
  constructor(pattern = "yyyy-MM-dd--HH", zoneId: string | null = null) {
    this.#format = dateFormat(pattern, zoneId, "new DateTimeBucketAssigner()");
    this.#isFine = pattern.includes("S");
  }

  getBucketId(_element: T, context: BucketAssignerContext): string {
    const timeMs = context.currentProcessingTime();
    const unit = this.#isFine ? timeMs : Math.floor(timeMs / MS_PER_SECOND);
    if (unit !== this.#cachedFor) {
      this.#cached = this.#format(timeMs);
      this.#cachedFor = unit;
    }
    return this.#cached;
  }
}

/** All files in the sink's directory itself. @public */
export class BasePathBucketAssigner<T> implements BucketAssigner<T> {
  getBucketId(): string {
    return "";
  }
}
