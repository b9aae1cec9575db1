/** Two streams in front of one operator. */

import type { CoProcessFunctionOf } from "../../dataplane/functions/co-process.ts";
import type { Collector, Emitted } from "../../dataplane/functions/collector.ts";
import type {
  KeyedOnTimerContext,
  KeyedProcessContext,
  OnTimerContext,
  ProcessContext,
} from "../../dataplane/functions/process.ts";
import type { CoFunctionKind } from "../../dataplane/protocol/deployment.ts";
import type { TypeInformation } from "../common/types.ts";
import type { NodeKind } from "../plan/stream-graph.ts";
import type { CoFlatMapFunction, CoMapFunction } from "./co-functions.ts";
import type { DataStream, KeyedStream, SingleOutputStreamOperator } from "./data-stream.ts";
import type { FieldOf, FieldType, FieldTypes } from "./field-types.ts";
import { checkFunctionObject, type KeySelector, type RecordValue } from "./functions.ts";

/** What a stream gives to those that connect it with another. */
export interface ConnectedParts<T1, T2> {
  readonly first: DataStream<T1>;
  readonly second: DataStream<T2>;
  readonly isKeyed: boolean;
  /** Adds an operator that reads both. */
  add<R>(kind: NodeKind, operation: string): SingleOutputStreamOperator<R>;
}

type Selector<T, K> = ((value: T) => K) | KeySelector<T, K>;

/**
 * Two streams of different types in front of one operator. Where both are keyed, they share the state of
 * each key (of type K). The operator's watermark is the minimum of both, and its inputs are read in turn.
 * @public
 */
export class ConnectedStreams<T1, T2, K = never> {
  readonly #parts: ConnectedParts<T1, T2>;

  /** @internal */
  constructor(parts: ConnectedParts<T1, T2>) {
    this.#parts = parts;
  }

  getFirstInput(): DataStream<T1> {
    return this.#parts.first;
  }

  getSecondInput(): DataStream<T2> {
    return this.#parts.second;
  }

  /**
   * Keys both streams: equal keys meet in one subtask. What each key is, is said as in DataStream.keyBy().
   *
   * ```ts
   * orders.connect(users).keyBy("user", "id");
   * orders.connect(users).keyBy((order) => order.user, (user) => user.id, Types.STRING);
   * ```
   */
  keyBy<KEY extends RecordValue>(
    first: Selector<T1, KEY>,
    second: Selector<T2, KEY>,
    keyType?: TypeInformation<KEY>,
  ): ConnectedStreams<T1, T2, KEY>;
  keyBy<F1 extends FieldOf<T1>, F2 extends FieldOf<T2>>(
    first: F1,
    second: F2,
  ): ConnectedStreams<T1, T2, NonNullable<FieldType<T1, F1>>>;
  keyBy<const F1 extends readonly FieldOf<T1>[], const F2 extends readonly FieldOf<T2>[]>(
    first: F1,
    second: F2,
  ): ConnectedStreams<T1, T2, FieldTypes<T1, F1>>;
  keyBy(
    first: unknown,
    second: unknown,
    keyType?: TypeInformation<unknown>,
  ): ConnectedStreams<T1, T2, unknown> {
    const keyed = keyedBy(this.#parts.first, first, keyType);
    return keyed.connect(keyedBy(this.#parts.second, second, keyType));
  }

  /**
   * One record out for each record in: by an object with map1() and map2(), or by two functions.
   *
   * ```ts
   * rates.connect(orders).map((rate) => `rate ${rate}`, (order) => `order ${order.id}`);
   * ```
   */
  map<R extends RecordValue>(fn: CoMapFunction<T1, T2, R>): SingleOutputStreamOperator<R>;
  map<R extends RecordValue>(
    map1: (value: T1) => R,
    map2: (value: T2) => R,
  ): SingleOutputStreamOperator<R>;
  map<R>(first: unknown, second?: unknown): SingleOutputStreamOperator<R> {
    const fn = typeof first === "function" ? { map1: first, map2: second } : first;
    checkFunctionObject(fn, "connect().map()", ["map1", "map2"]);
    return this.#operator("map", fn);
  }

  /** Any number of records out for each record in, as those of DataStream.flatMap(). */
  flatMap<R extends RecordValue>(fn: CoFlatMapFunction<T1, T2, R>): SingleOutputStreamOperator<R>;
  flatMap<R extends RecordValue>(
    flatMap1: (value: T1, out: Collector<R>) => Emitted<R>,
    flatMap2: (value: T2, out: Collector<R>) => Emitted<R>,
  ): SingleOutputStreamOperator<R>;
  flatMap<R>(first: unknown, second?: unknown): SingleOutputStreamOperator<R> {
    const fn = typeof first === "function" ? { flatMap1: first, flatMap2: second } : first;
    checkFunctionObject(fn, "connect().flatMap()", ["flatMap1", "flatMap2"], true);
    return this.#operator("flatMap", fn);
  }

  /**
   * Any number of records out for each record in, with its time and side outputs; where both streams are
   * keyed, with keyed state and timers, which both share.
   */
  process<R extends RecordValue>(
    fn: CoProcessFunctionFor<K, T1, T2, R>,
  ): SingleOutputStreamOperator<R> {
    checkFunctionObject(fn, "connect().process()", ["processElement1", "processElement2"]);
    return this.#operator("process", fn);
  }

  /** @internal Adds an operator of both streams. */
  transform<R>(kind: NodeKind, operation: string): SingleOutputStreamOperator<R> {
    return this.#parts.add(kind, operation);
  }

  #operator<R>(kind: CoFunctionKind, fn: unknown): SingleOutputStreamOperator<R> {
    const { add, isKeyed } = this.#parts;
    return add<R>({ kind: "connect", fn, function: kind, isKeyed }, `connect().${kind}()`);
  }
}

/** K is never where the streams are not keyed. */
type CoProcessFunctionFor<K, T1, T2, R> = [K] extends [never]
  ? CoProcessFunctionOf<ProcessContext, OnTimerContext, T1, T2, R>
  : CoProcessFunctionOf<KeyedProcessContext<K>, KeyedOnTimerContext<K>, T1, T2, R>;

/** A stream keyed by a selector, a field or an array of fields. */
function keyedBy<T>(
  stream: DataStream<T>,
  key: unknown,
  keyType: TypeInformation<unknown> | undefined,
): KeyedStream<T, unknown> {
  const keyBy = stream.keyBy as (...key: readonly unknown[]) => KeyedStream<T, unknown>;
  if (Array.isArray(key)) return keyBy.apply(stream, key);
  return keyBy.apply(stream, keyType === undefined ? [key] : [key, keyType]);
}
