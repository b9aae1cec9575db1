/** When a file sink goes on to the next part file (after Flink's RollingPolicy). */
import { durationMs, type TimeSpan } from "../protocol/duration.ts";
import { EngineError } from "../protocol/errors.ts";

/** The part file that a bucket is writing. @public */
export interface PartFileInfo {
  getBucketId(): string;
  /** ms since the epoch. */
  getCreationTime(): number;
  /** Bytes, those that are not on disk yet too. */
  getSize(): number;
  /** ms since the epoch. */
  getLastUpdateTime(): number;
}

/** @public */
export interface RollingPolicy<T> {
  /** Asked at every checkpoint. */
  shouldRollOnCheckpoint(part: PartFileInfo): boolean;
  /** Asked before each record, which goes to the next file if the answer is true. */
  shouldRollOnEvent(part: PartFileInfo, element: T): boolean;
  /** Asked from time to time, see FileSinkBuilder.withBucketCheckInterval(). */
  shouldRollOnProcessingTime(part: PartFileInfo, currentTimeMs: number): boolean;
}

const DEFAULT_PART_BYTES = 128 * 1024 * 1024;
const DEFAULT_MS = 60_000;

interface Limits {
  readonly partSizeBytes: number;
  readonly rolloverMs: number;
  readonly inactivityMs: number;
}

/**
 * By size (128 MiB), age (60 s) and time without a record (60 s).
 *
 * ```ts
 * DefaultRollingPolicy.builder().withMaxPartSize(16 * 1024 * 1024).withRolloverInterval("15 min").build();
 * ```
 * @public
 */
export class DefaultRollingPolicy<T> implements RollingPolicy<T> {
  readonly #limits: Limits;

  /** @internal */
  constructor(limits: Limits) {
    this.#limits = limits;
  }

  static builder(): DefaultRollingPolicyBuilder {
    return new DefaultRollingPolicyBuilder();
  }

  shouldRollOnCheckpoint(part: PartFileInfo): boolean {
    return part.getSize() > this.#limits.partSizeBytes;
  }

  shouldRollOnEvent(part: PartFileInfo): boolean {
    return part.getSize() > this.#limits.partSizeBytes;
  }

  shouldRollOnProcessingTime(part: PartFileInfo, currentTimeMs: number): boolean {
    const { rolloverMs, inactivityMs } = this.#limits;
    return (
      currentTimeMs - part.getCreationTime() >= rolloverMs ||
      currentTimeMs - part.getLastUpdateTime() >= inactivityMs
    );
  }
}

/** @public */
export class DefaultRollingPolicyBuilder {
  #limits: Limits = {
    partSizeBytes: DEFAULT_PART_BYTES,
    rolloverMs: DEFAULT_MS,
    inactivityMs: DEFAULT_MS,
  };

  /** Bytes. Throws MR_FUNCTION_INVALID. */
  withMaxPartSize(sizeBytes: number): this {
    checkAbove0(sizeBytes, "withMaxPartSize()", "a whole number of bytes above 0");
    this.#limits = { ...this.#limits, partSizeBytes: sizeBytes };
    return this;
  }

  /** How old a file may become. Throws MR_FUNCTION_INVALID. */
  withRolloverInterval(interval: TimeSpan): this {
    const rolloverMs = spanAbove0(interval, "withRolloverInterval()");
    this.#limits = { ...this.#limits, rolloverMs };
    return this;
  }

  /** How long a file may wait for a record. Throws MR_FUNCTION_INVALID. */
  withInactivityInterval(interval: TimeSpan): this {
    const inactivityMs = spanAbove0(interval, "withInactivityInterval()");
    this.#limits = { ...this.#limits, inactivityMs };
    return this;
  }

  build<T>(): DefaultRollingPolicy<T> {
    return new DefaultRollingPolicy(this.#limits);
  }
}

/** Every checkpoint ends the file: whatever was written before it can be read after it. @public */
export class OnCheckpointRollingPolicy<T> implements RollingPolicy<T> {
  static build<T>(): OnCheckpointRollingPolicy<T> {
    return new OnCheckpointRollingPolicy();
  }

  shouldRollOnCheckpoint(): boolean {
    return true;
  }

  shouldRollOnEvent(): boolean {
    return false;
  }

  shouldRollOnProcessingTime(): boolean {
    return false;
  }
}

/** Errors: MR_FUNCTION_INVALID. */
export function spanAbove0(span: TimeSpan, operation: string): number {
  const ms = durationMs(span, operation);
  checkAbove0(ms, operation, "a time above 0");
  return ms;
}

/** Errors: MR_FUNCTION_INVALID. */
export function checkAbove0(value: unknown, operation: string, expected: string): void {
  if (Number.isSafeInteger(value) && (value as number) > 0) return;
  throw new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual: String(value) });
}
