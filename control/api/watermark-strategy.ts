/** WatermarkStrategy: how records get their times, and how far a stream knows time to have come. */
import type {
  TimestampAssigner,
  WatermarkGenerator,
  WatermarkGeneratorSupplier,
} from "../../dataplane/connectors/watermark-generator.ts";
import { durationMs, type TimeSpan } from "../../dataplane/protocol/duration.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { PlannedWatermarks } from "../plan/stream-graph.ts";
import { checkFunction, invalidFunction } from "./functions.ts";

declare const ELEMENTS: unique symbol;

/** The time of a record, in ms since the epoch; `recordTimestampMs`: see TimestampAssigner. @public */
export type TimestampFunction<T> = (element: T, recordTimestampMs: number) => number;

/**
 * Where watermarks come from, when a stream counts as idle, and what the time of a record is. Strategies
 * are never changed: each with...() makes a new one.
 *
 * ```ts
 * WatermarkStrategy.forBoundedOutOfOrderness<Order>("5 s")
 *   .withTimestampAssigner((order) => order.time)
 *   .withIdleness("1 min");
 * ```
 * @public
 */
export class WatermarkStrategy<T = unknown> {
  /** Never there at run time. */
  declare readonly [ELEMENTS]?: (element: T) => void;
  /** @internal */
  readonly plan: PlannedWatermarks;

  private constructor(plan: PlannedWatermarks) {
    this.plan = Object.freeze(plan);
  }

  /** For times that only grow: the watermark is the largest so far less 1 ms. */
  static forMonotonousTimestamps<T>(): WatermarkStrategy<T> {
    return WatermarkStrategy.#of({ kind: "max-timestamp", lagMs: 1 });
  }

  /**
   * For records that come at most `maxOutOfOrderness` late: the watermark is the largest time so far
   * less that, less 1 ms. Throws MR_FUNCTION_INVALID if it is negative.
   */
  static forBoundedOutOfOrderness<T>(maxOutOfOrderness: TimeSpan): WatermarkStrategy<T> {
    const operation = "forBoundedOutOfOrderness()";
    const ms = durationMs(maxOutOfOrderness, operation);
    if (ms < 0) throw invalidFunction(operation, "a delay of 0 ms or more", `${ms} ms`);
    return WatermarkStrategy.#of({ kind: "max-timestamp", lagMs: ms + 1 });
  }

  /**
   * Watermarks of a generator of one's own; the supplier makes one per subtask, in sources per split.
   *
   * ```ts
   * WatermarkStrategy.forGenerator<Order>(() => ({
   *   onEvent: (order, timestampMs, output) => { if (order.isLast) output.emitWatermark(timestampMs); },
   *   onPeriodicEmit: () => {},
   * }));
   * ```
   */
  static forGenerator<T>(
    supplier: (() => WatermarkGenerator<T>) | WatermarkGeneratorSupplier<T>,
  ): WatermarkStrategy<T> {
    const expectation = { operation: "forGenerator()", method: "createWatermarkGenerator" };
    checkFunction(supplier, expectation);
    return WatermarkStrategy.#of({ kind: "function" }, supplier);
  }

  /** No watermarks before the end of input. */
  static noWatermarks<T>(): WatermarkStrategy<T> {
    return WatermarkStrategy.#of({ kind: "none" });
  }

  /** @internal max - lagMs: the extractors of Flink's older interface. */
  static forLag<T>(lagMs: number): WatermarkStrategy<T> {
    return WatermarkStrategy.#of({ kind: "max-timestamp", lagMs });
  }

  /** @internal For a source; null = there is nothing to do for it. */
  get sourcePlan(): PlannedWatermarks | null {
    const { generator, assigner, idlenessMs } = this.plan;
    return generator.kind === "none" && assigner === null && idlenessMs === null ? null : this.plan;
  }

  static #of<T>(
    generator: PlannedWatermarks["generator"],
    supplier: unknown = null,
  ): WatermarkStrategy<T> {
    return new WatermarkStrategy({ generator, supplier, assigner: null, idlenessMs: null });
  }

  /**
   * Takes the time of each record from the record; without it, records keep the times they have.
   *
   * ```ts
   * strategy.withTimestampAssigner((order: Order) => order.time);
   * ```
   */
  withTimestampAssigner<E extends T>(
    assigner: TimestampFunction<E> | TimestampAssigner<E>,
  ): WatermarkStrategy<E> {
    checkFunction(assigner, { operation: "withTimestampAssigner()", method: "extractTimestamp" });
    return new WatermarkStrategy({ ...this.plan, assigner });
  }

  /**
   * Marks a stream, in sources a split, idle when it had no record for `idleTimeout`, so that others
   * need not wait for it. It is looked at every autoWatermarkInterval. Throws MR_FUNCTION_INVALID
   * unless the time is above 0.
   */
  withIdleness(idleTimeout: TimeSpan): WatermarkStrategy<T> {
    const ms = durationMs(idleTimeout, "withIdleness()");
    if (ms <= 0) throw invalidFunction("withIdleness()", "a time above 0 ms", `${ms} ms`);
    return new WatermarkStrategy({ ...this.plan, idlenessMs: ms });
  }

  /**
   * Not there yet: throws MR_FEATURE_UNSUPPORTED. Splits that run ahead are not paused; a bound on how
   * far they get has to come from the source.
   */
  withWatermarkAlignment(
    _watermarkGroup: string,
    _maxAllowedWatermarkDrift: TimeSpan,
    _updateInterval?: TimeSpan,
  ): WatermarkStrategy<T> {
    throw new EngineError("MR_FEATURE_UNSUPPORTED", {
      operation: "withWatermarkAlignment()",
      advice:
        "Leave it out: results are the same, sources that run ahead are only held by backpressure.",
    });
  }
}
