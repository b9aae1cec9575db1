/** Triggers that fire at multiples of an interval while a window has records, and at its end. */
import { durationMs, type TimeSpan } from "../../protocol/duration.ts";
import { addLongs, asNumber, type Long, lesser } from "../../protocol/long.ts";
import type { TriggerSpec } from "../../protocol/window-spec.ts";
import { type ReducingState, ReducingStateDescriptor } from "../state.ts";
import { checkInterval } from "./arguments.ts";
import { type OnMergeContext, Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import type { Window } from "./window.ts";

/** When merging, the earliest of the next times counts. */
const FIRE_TIME = new ReducingStateDescriptor<number>("fire-time", (a, b) =>
  asNumber(lesser(a, b)),
);

/** The multiple of the interval at or before `time` (after it where that is negative, as in Java). */
function beginOf(time: Long, interval: number): Long {
  const rest = typeof time === "number" ? time % interval : time % BigInt(interval);
  return addLongs(time, -rest);
}

function nextTime(begin: Long, interval: number, window: Window): number {
  return asNumber(lesser(addLongs(begin, interval), window.maxTimestamp()));
}

/** Fires by watermarks: once per interval passed, and at the end of the window. @public */
export class ContinuousEventTimeTrigger extends Trigger<unknown> {
  readonly #intervalMs: number;

  private constructor(intervalMs: number) {
    super();
    this.#intervalMs = intervalMs;
  }

  /** Throws MR_FUNCTION_INVALID. */
  static of(interval: TimeSpan): ContinuousEventTimeTrigger {
    const operation = "ContinuousEventTimeTrigger.of()";
    const intervalMs = durationMs(interval, operation);
    return new ContinuousEventTimeTrigger(checkInterval(intervalMs, operation));
  }

  override onElement(
    _element: unknown,
    timestampMs: number,
    window: Window,
    ctx: TriggerContext,
  ): TriggerResult {
    if (window.maxTimestamp() <= ctx.getCurrentWatermark()) return TriggerResult.FIRE;
    ctx.registerEventTimeTimer(window.maxTimestamp());
    const fireTime = ctx.getPartitionedState(FIRE_TIME);
    if (fireTime.get() === null) {
      this.#registerNext(beginOf(timestampMs, this.#intervalMs), window, ctx, fireTime);
    }
    return TriggerResult.CONTINUE;
  }

  override onEventTime(timeMs: number, window: Window, ctx: TriggerContext): TriggerResult {
    if (timeMs === window.maxTimestamp()) return TriggerResult.FIRE;
    const fireTime = ctx.getPartitionedState(FIRE_TIME);
    if (fireTime.get() !== timeMs) return TriggerResult.CONTINUE;
    fireTime.clear();
    this.#registerNext(timeMs, window, ctx, fireTime);
    return TriggerResult.FIRE;
  }

  override onProcessingTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  override clear(_window: Window, ctx: TriggerContext): void {
    const fireTime = ctx.getPartitionedState(FIRE_TIME);
    const time = fireTime.get();
    if (time === null) return;
    ctx.deleteEventTimeTimer(time);
    fireTime.clear();
  }

  override canMerge(): boolean {
    return true;
  }

  override onMerge(_window: Window, ctx: OnMergeContext): void {
    ctx.mergePartitionedState(FIRE_TIME);
    const time = ctx.getPartitionedState(FIRE_TIME).get();
    if (time !== null) ctx.registerEventTimeTimer(time);
  }

  /** @internal */
  override get spec(): TriggerSpec {
    return { kind: "continuous", time: "event", intervalMs: this.#intervalMs };
  }

  override toString(): string {
    return `ContinuousEventTimeTrigger(${this.#intervalMs})`;
  }

  #registerNext(
    begin: Long,
    window: Window,
    ctx: TriggerContext,
    fireTime: ReducingState<number>,
  ): void {
    const next = nextTime(begin, this.#intervalMs, window);
    fireTime.add(next);
    ctx.registerEventTimeTimer(next);
  }
}

/** Fires by the clock: once per interval passed, and at the end of the window. @public */
export class ContinuousProcessingTimeTrigger extends Trigger<unknown> {
  readonly #intervalMs: number;

  private constructor(intervalMs: number) {
    super();
    this.#intervalMs = intervalMs;
  }

  /** Throws MR_FUNCTION_INVALID. */
  static of(interval: TimeSpan): ContinuousProcessingTimeTrigger {
    const operation = "ContinuousProcessingTimeTrigger.of()";
    const intervalMs = durationMs(interval, operation);
    return new ContinuousProcessingTimeTrigger(checkInterval(intervalMs, operation));
  }

  override onElement(
    _element: unknown,
    _timestampMs: number,
    window: Window,
    ctx: TriggerContext,
  ): TriggerResult {
    const fireTime = ctx.getPartitionedState(FIRE_TIME);
    if (fireTime.get() === null) {
      const now = ctx.getCurrentProcessingTime();
      this.#registerNext(nextTime(beginOf(now, this.#intervalMs), this.#intervalMs, window), ctx);
    }
    return TriggerResult.CONTINUE;
  }

  override onEventTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  override onProcessingTime(timeMs: number, window: Window, ctx: TriggerContext): TriggerResult {
    const fireTime = ctx.getPartitionedState(FIRE_TIME);
    if (fireTime.get() !== timeMs) return TriggerResult.CONTINUE;
    fireTime.clear();
    const next = nextTime(timeMs, this.#intervalMs, window);
    // At the end of the window there is no next time; one that is due already would fire for ever.
    if (next > timeMs) this.#registerNext(next, ctx);
    return TriggerResult.FIRE;
  }

  override clear(_window: Window, ctx: TriggerContext): void {
    const fireTime = ctx.getPartitionedState(FIRE_TIME);
    const time = fireTime.get();
    if (time === null) return;
    ctx.deleteProcessingTimeTimer(time);
    fireTime.clear();
  }

  override canMerge(): boolean {
    return true;
  }

  override onMerge(_window: Window, ctx: OnMergeContext): void {
    ctx.mergePartitionedState(FIRE_TIME);
    const time = ctx.getPartitionedState(FIRE_TIME).get();
    if (time !== null) ctx.registerProcessingTimeTimer(time);
  }

  /** @internal */
  override get spec(): TriggerSpec {
    return { kind: "continuous", time: "processing", intervalMs: this.#intervalMs };
  }

  override toString(): string {
    return `ContinuousProcessingTimeTrigger(${this.#intervalMs})`;
  }

  #registerNext(next: number, ctx: TriggerContext): void {
    ctx.getPartitionedState(FIRE_TIME).add(next);
    ctx.registerProcessingTimeTimer(next);
  }
}
