/**
 * Functions of a stream and a broadcast one (after Flink). Broadcast state is maps that every subtask has a
 * copy of: all get the same broadcast records, and only what these do may change it, so that the copies
 * stay equal. Records of the two sides come in no order, and not in the same one everywhere.
 */
import type { Collector } from "./collector.ts";
import type { OutputTag } from "./output-tag.ts";
import type { TimeDomain, TimerService } from "./process.ts";
import { AbstractRichFunction } from "./rich-function.ts";
import type { MapStateDescriptor, StateDescriptor, StateOf } from "./state.ts";

/** A map of broadcast state as the other side sees it. Its values must not be changed in place. @public */
export interface ReadOnlyBroadcastState<K, V> {
  /** null = there is none. */
  get(key: K): V | null;
  contains(key: K): boolean;
  /** In order of their first put(). */
  immutableEntries(): IterableIterator<[K, V]>;
}

/** A map of broadcast state, as processBroadcastElement() sees it. @public */
export interface BroadcastState<K, V> extends ReadOnlyBroadcastState<K, V> {
  put(key: K, value: V): void;
  putAll(entries: Iterable<readonly [K, V]>): void;
  remove(key: K): void;
  /** As immutableEntries(); the map may be changed meanwhile. */
  entries(): IterableIterator<[K, V]>;
  clear(): void;
}

/** @public */
export interface BaseBroadcastContext {
  /** Of the record; null = it has none. */
  timestamp(): number | null;
  currentProcessingTime(): number;
  currentWatermark(): number;
  output<X>(tag: OutputTag<X>, value: X): void;
}

/** @public */
export interface ReadOnlyBroadcastContext extends BaseBroadcastContext {
  /** Throws MR_BROADCAST_STATE_UNKNOWN for a state that broadcast() was not given. */
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): ReadOnlyBroadcastState<K, V>;
}

/** @public */
export interface BroadcastContext extends BaseBroadcastContext {
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V>;
}

/** @public */
export interface KeyedReadOnlyBroadcastContext<K> extends ReadOnlyBroadcastContext {
  timerService(): TimerService;
  getCurrentKey(): K;
}

/** A broadcast record has no key: no timers here, and keyed state by applyToKeyedState() only. @public */
export interface KeyedBroadcastContext<KEY> extends BroadcastContext {
  /** Calls the function for every key that has this state, in no order. */
  applyToKeyedState<D extends StateDescriptor>(
    descriptor: D,
    fn: (key: KEY, state: StateOf<D>) => void,
  ): void;
}

/** @public */
export interface BroadcastOnTimerContext<K> extends KeyedReadOnlyBroadcastContext<K> {
  timeDomain(): TimeDomain;
}

/** What connect(broadcast).process() takes: an object with these methods. @public */
export interface BroadcastProcessFunctionOf<R, W, T, I1, I2, O>
  extends Partial<Pick<AbstractRichFunction, "open" | "close">> {
  processElement(value: I1, ctx: R, out: Collector<O>): void;
  processBroadcastElement(value: I2, ctx: W, out: Collector<O>): void;
  onTimer?(timestamp: number, ctx: T, out: Collector<O>): void;
}

/** Of a stream that is not keyed. @public */
export abstract class BroadcastProcessFunction<I1, I2, O> extends AbstractRichFunction {
  abstract processElement(value: I1, ctx: ReadOnlyBroadcastContext, out: Collector<O>): void;
  abstract processBroadcastElement(value: I2, ctx: BroadcastContext, out: Collector<O>): void;
}

/**
 * Of a keyed stream.
 *
 * ```ts
 * const rules = new MapStateDescriptor<string, number>("rules");
 * class Alerts extends KeyedBroadcastProcessFunction<string, Reading, [string, number], string> {
 *   processElement(reading: Reading, ctx: KeyedReadOnlyBroadcastContext<string>, out: Collector<string>) {
 *     for (const [rule, limit] of ctx.getBroadcastState(rules).immutableEntries()) {
 *       if (reading.value > limit) out.collect(`${ctx.getCurrentKey()}: ${rule}`);
 *     }
 *   }
 *   processBroadcastElement([rule, limit]: [string, number], ctx: KeyedBroadcastContext<string>) {
 *     ctx.getBroadcastState(rules).put(rule, limit);
 *   }
 * }
 * readings.keyBy("sensor").connect(limits.broadcast(rules)).process(new Alerts());
 * ```
 * @public
 */
export abstract class KeyedBroadcastProcessFunction<K, I1, I2, O> extends AbstractRichFunction {
  abstract processElement(
    value: I1,
    ctx: KeyedReadOnlyBroadcastContext<K>,
    out: Collector<O>,
  ): void;
  abstract processBroadcastElement(
    value: I2,
    ctx: KeyedBroadcastContext<K>,
    out: Collector<O>,
  ): void;

  onTimer(_timestamp: number, _ctx: BroadcastOnTimerContext<K>, _out: Collector<O>): void {}
}
