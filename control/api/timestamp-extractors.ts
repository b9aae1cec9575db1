/** Flink's older interfaces for times and watermarks, as strategies. */
import type { WatermarkTime } from "../../dataplane/connectors/watermark-generator.ts";
import { durationMs, type TimeSpan } from "../../dataplane/protocol/duration.ts";
import { describeValue } from "../common/describe-value.ts";
import { invalidFunction } from "./functions.ts";
import { WatermarkStrategy } from "./watermark-strategy.ts";

/**
 * Times of records, and the watermark when it is asked for one. On one thread all subtasks share the
 * object.
 * @deprecated As in Flink: use WatermarkStrategy.forGenerator().
 * @public
 */
export interface AssignerWithPeriodicWatermarks<T> {
  extractTimestamp(element: T, recordTimestampMs: number): number;
  /** Every autoWatermarkInterval; it goes out as it is, if it has grown. null = none. */
  getCurrentWatermark(): WatermarkTime | null;
}

/**
 * Times of records, and watermarks at some of them. On one thread all subtasks share the object.
 * @deprecated As in Flink: use WatermarkStrategy.forGenerator().
 * @public
 */
export interface AssignerWithPunctuatedWatermarks<T> {
  extractTimestamp(element: T, recordTimestampMs: number): number;
  /** Behind each record; null = none. */
  checkAndGetNextWatermark(lastElement: T, extractedTimestampMs: number): WatermarkTime | null;
}

/**
 * Times of records that come at most so much late. The watermark is the largest time so far less
 * `maxOutOfOrderness`: 1 ms more than forBoundedOutOfOrderness() says.
 *
 * ```ts
 * class OrderTimes extends BoundedOutOfOrdernessTimestampExtractor<Order> {
 *   extractTimestamp(order: Order) { return order.time; }
 * }
 * orders.assignTimestampsAndWatermarks(new OrderTimes(Time.seconds(1)));
 * ```
 * @deprecated As in Flink: use WatermarkStrategy.forBoundedOutOfOrderness().
 * @public
 */
export abstract class BoundedOutOfOrdernessTimestampExtractor<T> {
  readonly #maxOutOfOrdernessMs: number;

  /** Throws MR_FUNCTION_INVALID if it is negative. */
  constructor(maxOutOfOrderness: TimeSpan) {
    const operation = "BoundedOutOfOrdernessTimestampExtractor";
    const ms = durationMs(maxOutOfOrderness, operation);
    if (ms < 0) throw invalidFunction(operation, "a delay of 0 ms or more", `${ms} ms`);
    this.#maxOutOfOrdernessMs = ms;
  }

  abstract extractTimestamp(element: T): number;

  getMaxOutOfOrdernessInMillis(): number {
    return this.#maxOutOfOrdernessMs;
  }
}

/**
 * Times of records that only grow; the watermark is the largest so far less 1 ms. A record that goes
 * back keeps its time (Flink logs that).
 * @deprecated As in Flink: use WatermarkStrategy.forMonotonousTimestamps().
 * @public
 */
export abstract class AscendingTimestampExtractor<T> {
  abstract extractAscendingTimestamp(element: T): number;
}

/** @public */
export type TimestampExtractor<T> =
  | BoundedOutOfOrdernessTimestampExtractor<T>
  | AscendingTimestampExtractor<T>;

/** @public */
export type WatermarkAssigner<T> =
  | AssignerWithPeriodicWatermarks<T>
  | AssignerWithPunctuatedWatermarks<T>;

/** Throws MR_FUNCTION_INVALID. */
export function strategyOf<T>(
  given: WatermarkStrategy<T> | TimestampExtractor<T> | WatermarkAssigner<T>,
): WatermarkStrategy<T> {
  if (given instanceof WatermarkStrategy) return given;
  if (given instanceof BoundedOutOfOrdernessTimestampExtractor) {
    return WatermarkStrategy.forLag<T>(given.getMaxOutOfOrdernessInMillis()).withTimestampAssigner(
      given,
    );
  }
  if (given instanceof AscendingTimestampExtractor) {
    return WatermarkStrategy.forMonotonousTimestamps<T>().withTimestampAssigner((element: T) =>
      given.extractAscendingTimestamp(element),
    );
  }
  if (hasMethods<AssignerWithPeriodicWatermarks<T>>(given, "getCurrentWatermark")) {
    return periodic(given);
  }
  if (hasMethods<AssignerWithPunctuatedWatermarks<T>>(given, "checkAndGetNextWatermark")) {
    return punctuated(given);
  }
  throw invalidFunction(
    "assignTimestampsAndWatermarks()",
    "a WatermarkStrategy, for example WatermarkStrategy.forMonotonousTimestamps()",
    describeValue(given),
  );
}

function periodic<T>(assigner: AssignerWithPeriodicWatermarks<T>): WatermarkStrategy<T> {
  return WatermarkStrategy.forGenerator<T>(() => ({
    onEvent: () => undefined,
    onPeriodicEmit: (output) => {
      const watermark = assigner.getCurrentWatermark();
      if (watermark !== null && watermark !== undefined) output.emitWatermark(watermark);
    },
  })).withTimestampAssigner((element: T, timestampMs) =>
    assigner.extractTimestamp(element, timestampMs),
  );
}

function punctuated<T>(assigner: AssignerWithPunctuatedWatermarks<T>): WatermarkStrategy<T> {
  return WatermarkStrategy.forGenerator<T>(() => ({
    onEvent: (element, timestampMs, output) => {
      const watermark = assigner.checkAndGetNextWatermark(element, timestampMs);
      if (watermark !== null && watermark !== undefined) output.emitWatermark(watermark);
    },
    onPeriodicEmit: () => undefined,
  })).withTimestampAssigner((element: T, timestampMs) =>
    assigner.extractTimestamp(element, timestampMs),
  );
}

function hasMethods<A>(value: unknown, method: keyof A & string): value is A {
  const object = value as Record<string, unknown> | null | undefined;
  return typeof object?.[method] === "function" && typeof object.extractTimestamp === "function";
}
