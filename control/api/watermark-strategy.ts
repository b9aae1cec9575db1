/** WatermarkStrategy: how records get their times, and how far a stream knows time to have come. */
import type {
  TimestampAssigner,
  WatermarkGenerator,
  WatermarkGeneratorSupplier,
} from "../../dataplane/connectors/watermark-generator.ts";
import { durationMs, type TimeSpan } from "../../dataplane/protocol/duration.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { PlannedWatermarks } from "../plan/stream-graph.ts";
import { checkFunction, checkText, invalidFunction } from "./functions.ts";

declare const ELEMENTS: unique symbol;

const NOTHING_MORE = { assigner: null, idlenessMs: null, alignment: null };

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

  /** @internal For an operator. Throws MR_FEATURE_UNSUPPORTED if it is aligned. */
  get operatorPlan(): PlannedWatermarks {
    if (this.plan.alignment === null) return this.plan;
    throw new EngineError("MR_FEATURE_UNSUPPORTED", {
      operation: "assignTimestampsAndWatermarks() with withWatermarkAlignment()",
      advice:
        "Hand the strategy to fromSource(): only a source can be paused. Flink leaves alignment out here.",
    });
  }

  static #of<T>(
    generator: PlannedWatermarks["generator"],
    supplier: unknown = null,
  ): WatermarkStrategy<T> {
    return new WatermarkStrategy({ generator, supplier, ...NOTHING_MORE });
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
   * Makes sources of one job that name the same group wait for each other: a subtask whose watermark is
   * more than `maxAllowedWatermarkDrift` above the least of the group stops reading until the others have
   * come closer. Idle and ended ones are not waited for. They look at each other every `updateInterval`,
   * so that much more can be read meanwhile. For fromSource() only, and without effect in BATCH mode.
   * Throws MR_FUNCTION_INVALID if the group is empty, the drift is negative or the interval is not above 0.
   *
   * ```ts
   * WatermarkStrategy.forBoundedOutOfOrderness<Order>("5 s").withWatermarkAlignment("shop", "20 s");
   * ```
   */
  withWatermarkAlignment(
    watermarkGroup: string,
    maxAllowedWatermarkDrift: TimeSpan,
    updateInterval: TimeSpan = 1000,
  ): WatermarkStrategy<T> {
    const operation = "withWatermarkAlignment()";
    const group = checkText(watermarkGroup, operation, "the name of a group");
    const maxDriftMs = durationMs(maxAllowedWatermarkDrift, operation);
    if (maxDriftMs < 0)
      throw invalidFunction(operation, "a drift of 0 ms or more", `${maxDriftMs} ms`);
    const updateIntervalMs = durationMs(updateInterval, operation);
    if (updateIntervalMs <= 0) {
      throw invalidFunction(operation, "an interval above 0 ms", `${updateIntervalMs} ms`);
    }
    const alignment = { group, maxDriftMs, updateIntervalMs };
    return new WatermarkStrategy({ ...this.plan, alignment });
  }
}
