/** When a window is evaluated, and when its contents are dropped (after Flink's Trigger). */
import type { TriggerSpec } from "../../protocol/window-spec.ts";
import type {
  AggregatingState,
  AggregatingStateDescriptor,
  ListState,
  ListStateDescriptor,
  MapState,
  MapStateDescriptor,
  ReducingState,
  ReducingStateDescriptor,
  StateDescriptor,
  ValueState,
  ValueStateDescriptor,
} from "../state.ts";
import type { Window } from "./window.ts";

/** @public */
export type TriggerResult = "CONTINUE" | "FIRE" | "PURGE" | "FIRE_AND_PURGE";

/** What a trigger answers. @public */
export const TriggerResult = Object.freeze({
  /** Nothing happens. */
  CONTINUE: "CONTINUE",
  /** The window is evaluated; its contents stay. */
  FIRE: "FIRE",
  /** The contents are dropped. */
  PURGE: "PURGE",
  /** The window is evaluated, then its contents are dropped. */
  FIRE_AND_PURGE: "FIRE_AND_PURGE",
} as const satisfies Record<TriggerResult, TriggerResult>);

/**
 * What triggers may use, about the key and window they are called for. Times in ms.
 * @public
 */
export interface TriggerContext {
  getCurrentProcessingTime(): number;
  /** Long.MIN (a bigint) before the first watermark. */
  getCurrentWatermark(): number;
  /** One of the same time is registered once. */
  registerProcessingTimeTimer(timeMs: number): void;
  registerEventTimeTimer(timeMs: number): void;
  deleteProcessingTimeTimer(timeMs: number): void;
  deleteEventTimeTimer(timeMs: number): void;
  /** State of this key and window; clear() of the trigger has to clear it. */
  getPartitionedState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T>;
  getPartitionedState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>;
  getPartitionedState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  getPartitionedState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>;
  getPartitionedState<IN, ACC, OUT>(
    descriptor: AggregatingStateDescriptor<IN, ACC, OUT>,
  ): AggregatingState<IN, OUT>;
}

/** @public */
export interface OnMergeContext extends TriggerContext {
  /** Adds what the merged windows have in a reducing, aggregating or list state to that of the new window. */
  mergePartitionedState(descriptor: StateDescriptor): void;
}

/**
 * Decides when windows fire. One object serves all keys and windows of a subtask, so what it remembers
 * it keeps in state of the context.
 *
 * ```ts
 * class EveryRecord extends Trigger<Order, TimeWindow> {
 *   onElement() { return TriggerResult.FIRE; }
 *   onEventTime() { return TriggerResult.CONTINUE; }
 *   onProcessingTime() { return TriggerResult.CONTINUE; }
 *   clear() {}
 * }
 * ```
 * @public
 */
export abstract class Trigger<T, W extends Window = Window> {
  /** A record has come into the window. Its time is Long.MIN (a bigint) if it has none. */
  abstract onElement(
    element: T,
    timestampMs: number,
    window: W,
    ctx: TriggerContext,
  ): TriggerResult;
  /** A timer of processing time has fired. */
  abstract onProcessingTime(timeMs: number, window: W, ctx: TriggerContext): TriggerResult;
  /** A timer of event time has fired. */
  abstract onEventTime(timeMs: number, window: W, ctx: TriggerContext): TriggerResult;
  /** The window goes: deletes timers and state. */
  abstract clear(window: W, ctx: TriggerContext): void;

  /** Whether it can be used with windows that merge; then it has onMerge(). */
  canMerge(): boolean {
    return false;
  }

  /** Windows were merged into `window`. */
  onMerge(window: W, _ctx: OnMergeContext): void {
    throw new TypeError(`This trigger does not support merging (into ${window}).`);
  }

  /** @internal */
  get spec(): TriggerSpec {
    return { kind: "custom" };
  }

  /** @internal What `spec` does not say: the function of role "trigger". */
  get custom(): unknown {
    return this;
  }
}
