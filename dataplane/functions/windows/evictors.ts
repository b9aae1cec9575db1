/** Flink's evictors. */
import { durationMs, type TimeSpan } from "../../protocol/duration.ts";
import { EngineError } from "../../protocol/errors.ts";
import { addLongs, greater, LONG_MIN, type Long } from "../../protocol/long.ts";
import type { EvictorSpec } from "../../protocol/window-spec.ts";
import { checkThreshold } from "./arguments.ts";
import { checkDelta, type Delta } from "./delta-trigger.ts";
import { keepWhere, OneSidedEvictor, type TimestampedValue } from "./evictor.ts";

/** Keeps the last `maxCount` elements. @public */
export class CountEvictor extends OneSidedEvictor<unknown> {
  readonly #maxCount: number;

  private constructor(maxCount: number, evictsAfter: boolean) {
    super(evictsAfter);
    this.#maxCount = maxCount;
  }

  /** Throws MR_FUNCTION_INVALID. */
  static of(maxCount: number, doEvictAfter = false): CountEvictor {
    if (Number.isSafeInteger(maxCount) && maxCount >= 0) {
      return new CountEvictor(maxCount, doEvictAfter);
    }
    const expected = "a number of elements from 0";
    const details = { operation: "CountEvictor.of()", expected, actual: String(maxCount) };
    throw new EngineError("MR_FUNCTION_INVALID", details);
  }

  /** @internal */
  override get spec(): EvictorSpec {
    return { kind: "count", count: this.#maxCount, evictsAfter: this.evictsAfter };
  }

  override toString(): string {
    return `CountEvictor(${this.#maxCount})`;
  }

  protected override evict(elements: TimestampedValue<unknown>[]): void {
    const surplus = elements.length - this.#maxCount;
    if (surplus > 0) elements.splice(0, surplus);
  }
}

/** Keeps elements that are less than `windowSize` older than the newest. @public */
export class TimeEvictor extends OneSidedEvictor<unknown> {
  readonly #sizeMs: number;

  private constructor(sizeMs: number, evictsAfter: boolean) {
    super(evictsAfter);
    this.#sizeMs = sizeMs;
  }

  /** Throws MR_FUNCTION_INVALID. */
  static of(windowSize: TimeSpan, doEvictAfter = false): TimeEvictor {
    return new TimeEvictor(durationMs(windowSize, "TimeEvictor.of()"), doEvictAfter);
  }

  /** @internal */
  override get spec(): EvictorSpec {
    return { kind: "time", sizeMs: this.#sizeMs, evictsAfter: this.evictsAfter };
  }

  override toString(): string {
    return `TimeEvictor(${this.#sizeMs})`;
  }

  /** Errors: MR_RECORD_NO_TIMESTAMP, where only the first element has a time. */
  protected override evict(elements: TimestampedValue<unknown>[]): void {
    if ((elements[0]?.timestamp ?? null) === null) return;
    let newest: Long = LONG_MIN;
    for (const element of elements) newest = greater(newest, timeOf(element));
    const oldest = addLongs(newest, -this.#sizeMs);
    keepWhere(elements, (element) => timeOf(element) > oldest);
  }
}

function timeOf({ timestamp }: TimestampedValue<unknown>): Long {
  if (timestamp === null) throw new EngineError("MR_RECORD_NO_TIMESTAMP");
  return timestamp;
}

/** Keeps elements that are less than `threshold` from the last. @public */
export class DeltaEvictor<T> extends OneSidedEvictor<T> {
  readonly #threshold: number;
  readonly #delta: (oldDataPoint: T, newDataPoint: T) => number;

  private constructor(
    threshold: number,
    delta: (oldDataPoint: T, newDataPoint: T) => number,
    evictsAfter: boolean,
  ) {
    super(evictsAfter);
    this.#threshold = threshold;
    this.#delta = delta;
  }

  /** Throws MR_FUNCTION_INVALID. */
  static of<T>(threshold: number, delta: Delta<T>, doEvictAfter = false): DeltaEvictor<T> {
    const operation = "DeltaEvictor.of()";
    const checked = checkThreshold(threshold, operation);
    return new DeltaEvictor(checked, checkDelta(delta, operation), doEvictAfter);
  }

  /** @internal */
  override get spec(): EvictorSpec {
    return { kind: "delta", threshold: this.#threshold, evictsAfter: this.evictsAfter };
  }

  /** @internal */
  override get custom(): unknown {
    return this.#delta;
  }

  override toString(): string {
    return `DeltaEvictor(${this.#threshold})`;
  }

  protected override evict(elements: TimestampedValue<T>[]): void {
    const last = elements.at(-1);
    if (last === undefined) return;
    const { value } = last;
    keepWhere(elements, (element) => !(this.#delta(element.value, value) >= this.#threshold));
  }
}
