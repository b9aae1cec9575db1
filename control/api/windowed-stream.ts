/** Streams cut into windows, with and without a key. */
import type { AggregateFunction } from "../../dataplane/functions/aggregate.ts";
import type { Collector } from "../../dataplane/functions/collector.ts";
import type { OutputTag } from "../../dataplane/functions/output-tag.ts";
import { CountTrigger } from "../../dataplane/functions/windows/count-trigger.ts";
import type { Evictor } from "../../dataplane/functions/windows/evictor.ts";
import { CountEvictor } from "../../dataplane/functions/windows/evictors.ts";
import type { ProcessWindowContext } from "../../dataplane/functions/windows/process-window-context.ts";
import { PurgingTrigger } from "../../dataplane/functions/windows/purging-trigger.ts";
import {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
} from "../../dataplane/functions/windows/sliding-windows.ts";
import type { Trigger } from "../../dataplane/functions/windows/trigger.ts";
import {
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from "../../dataplane/functions/windows/tumbling-windows.ts";
import type { GlobalWindow, TimeWindow, Window } from "../../dataplane/functions/windows/window.ts";
import type { WindowAssigner } from "../../dataplane/functions/windows/window-assigner.ts";
import type { RollingFunction } from "../../dataplane/protocol/deployment.ts";
import type { TimeSpan } from "../../dataplane/protocol/duration.ts";
import { describeValue } from "../common/describe-value.ts";
import type { NodeKind } from "../plan/stream-graph.ts";
import type { SingleOutputStreamOperator } from "./data-stream.ts";
import type { ComparableFieldOf, NumericFieldOf } from "./field-types.ts";
import {
  checkFunction,
  invalidFunction,
  type RecordValue,
  type ReduceFunction,
} from "./functions.ts";
import { checkField } from "./key-definition.ts";
import { TimeCharacteristic } from "./time.ts";
import {
  checkAggregate,
  WindowDefinition,
  type WindowUse,
  windowCall,
} from "./window-definition.ts";
import type {
  AllWindowFunction,
  ProcessAllWindowFunction,
  ProcessWindowFunction,
  WindowFunction,
} from "./window-functions.ts";

/** Adds the operator of a window to the stream it was made of. */
export type AddWindow = <R>(kind: NodeKind, operation: string) => SingleOutputStreamOperator<R>;

type Reduce<T> = ((accumulated: T, value: T) => T) | ReduceFunction<T>;

/** What all windowed streams have. */
abstract class AnyWindowedStream<T, W extends Window> {
  readonly #add: AddWindow;
  readonly #definition: WindowDefinition;
  readonly #isKeyed: boolean;

  /** @internal */
  constructor(assigner: WindowAssigner<T, W>, operation: string, keys: Keys, add: AddWindow) {
    this.#definition = new WindowDefinition(assigner, operation);
    this.#isKeyed = keys === "keyed";
    this.#add = add;
  }

  /** When windows fire; takes the place of the assigner's own trigger. Throws MR_GRAPH_INVALID for windows that merge. */
  trigger(trigger: Trigger<T, W>): this {
    this.#definition.setTrigger(trigger);
    return this;
  }

  /** Which elements of a window are left out when it fires. Windows then keep all their elements. */
  evictor(evictor: Evictor<T, W>): this {
    this.#definition.setEvictor(evictor);
    return this;
  }

  /** How long windows of event time stay behind the watermark: late records fire them again. */
  allowedLateness(lateness: TimeSpan): this {
    this.#definition.setAllowedLateness(lateness);
    return this;
  }

  /** Sends records that are too late to a side output; else they are dropped and counted (numLateRecordsDropped). */
  sideOutputLateData(tag: OutputTag<T>): this {
    this.#definition.setLateTag(tag);
    return this;
  }

  /** Sum of a field; the other fields are those of the window's first record. */
  sum(field: NumericFieldOf<T>): SingleOutputStreamOperator<T> {
    return this.#rolling("sum", field, true);
  }

  /** Minimum of a field; the other fields are those of the window's first record. */
  min(field: ComparableFieldOf<T>): SingleOutputStreamOperator<T> {
    return this.#rolling("min", field, true);
  }

  /** Maximum of a field; the other fields are those of the window's first record. */
  max(field: ComparableFieldOf<T>): SingleOutputStreamOperator<T> {
    return this.#rolling("max", field, true);
  }

  /** The record with the smallest field; of equal ones the first (true) or the last. */
  minBy(field: ComparableFieldOf<T>, first = true): SingleOutputStreamOperator<T> {
    return this.#rolling("minBy", field, first);
  }

  /** The record with the largest field; of equal ones the first (true) or the last. */
  maxBy(field: ComparableFieldOf<T>, first = true): SingleOutputStreamOperator<T> {
    return this.#rolling("maxBy", field, first);
  }

  /** @internal */
  protected reduced<R>(fn: unknown, window: unknown): SingleOutputStreamOperator<R> {
    checkFunction(fn, { operation: "reduce()", method: "reduce" });
    return this.#folded({ fold: { kind: "reduce" }, fn }, window, "reduce()");
  }

  /** @internal */
  protected aggregated<R>(fn: unknown, window: unknown): SingleOutputStreamOperator<R> {
    checkAggregate(fn);
    return this.#folded({ fold: { kind: "aggregate" }, fn }, window, "aggregate()");
  }

  /** @internal */
  protected called<R>(fn: unknown, kind: "process" | "apply"): SingleOutputStreamOperator<R> {
    checkFunction(fn, { operation: `${kind}()`, method: kind });
    return this.#added({ fold: { kind: "elements" }, window: { kind, fn } }, `${kind}()`);
  }

  #folded<R>(use: WindowUse, window: unknown, operation: string): SingleOutputStreamOperator<R> {
    if (window === undefined) return this.#added(use, operation);
    return this.#added({ ...use, window: windowCall(window, operation) }, operation);
  }

  #rolling(kind: RollingFunction, field: unknown, first: boolean): SingleOutputStreamOperator<T> {
    const operation = `${kind}()`;
    if (typeof first !== "boolean")
      throw invalidFunction(operation, "first: true or false", describeValue(first));
    return this.#added({ fold: { kind, field: checkField(field, operation), first } }, operation);
  }

  #added<R>(use: WindowUse, operation: string): SingleOutputStreamOperator<R> {
    return this.#add<R>(this.#definition.nodeKind(use, this.#isKeyed), operation);
  }
}

type Keys = "keyed" | "all";

/**
 * Makes windows of counts of global windows: `size` records, or the last `size` records every `slide`.
 * Throws MR_FUNCTION_INVALID.
 */
export function countWindows<S extends AnyWindowedStream<T, GlobalWindow>, T>(
  windows: S & AnyWindowedStream<T, GlobalWindow>,
  size: number,
  slide: number | undefined,
): S {
  if (slide === undefined) return windows.trigger(PurgingTrigger.of(CountTrigger.of(size)));
  return windows.evictor(CountEvictor.of(size)).trigger(CountTrigger.of(slide));
}

/** As the older timeWindow() makes them: of the time that the program has chosen. */
export function timeWindows(
  characteristic: TimeCharacteristic,
  size: TimeSpan,
  slide: TimeSpan | undefined,
): WindowAssigner<unknown, TimeWindow> {
  if (characteristic === TimeCharacteristic.ProcessingTime) {
    if (slide === undefined) return TumblingProcessingTimeWindows.of(size);
    return SlidingProcessingTimeWindows.of(size, slide);
  }
  if (slide === undefined) return TumblingEventTimeWindows.of(size);
  return SlidingEventTimeWindows.of(size, slide);
}

/** process() of a window of a key as a lambda. */
type ProcessKeyed<IN, R, K, W extends Window> = (
  key: K,
  context: ProcessWindowContext<W>,
  elements: Iterable<IN>,
  out: Collector<R>,
) => void;

/** What a window's result can go to. */
type KeyedWindowFunction<IN, R, K, W extends Window> =
  | ProcessKeyed<IN, R, K, W>
  | ProcessWindowFunction<IN, R, K, W>
  | WindowFunction<IN, R, K, W>;

/**
 * A keyed stream cut into windows. Results have the last time of their window.
 *
 * ```ts
 * orders.keyBy("user").window(TumblingEventTimeWindows.of("1 h")).allowedLateness("5 min").sum("amount");
 * ```
 * @public
 */
export class WindowedStream<T, K, W extends Window> extends AnyWindowedStream<T, W> {
  /** @internal */
  constructor(assigner: WindowAssigner<T, W>, add: AddWindow, operation = "window()") {
    super(assigner, operation, "keyed", add);
  }

  /**
   * Folds the records of each window as they come. With a second function, that gets the result.
   *
   * ```ts
   * windows.reduce((a, b) => ({ ...a, total: a.total + b.total }));
   * ```
   */
  reduce(fn: Reduce<T>): SingleOutputStreamOperator<T>;
  reduce<R extends RecordValue>(
    fn: Reduce<T>,
    window: KeyedWindowFunction<T, R, K, W>,
  ): SingleOutputStreamOperator<R>;
  reduce<R>(fn: unknown, window?: unknown): SingleOutputStreamOperator<R> {
    return this.reduced(fn, window);
  }

  /** Folds the records of each window into an accumulator as they come. A result of null is left out. */
  aggregate<ACC, R extends RecordValue>(
    fn: AggregateFunction<T, ACC, R>,
  ): SingleOutputStreamOperator<R>;
  aggregate<ACC, V, R extends RecordValue>(
    fn: AggregateFunction<T, ACC, V>,
    window: KeyedWindowFunction<V, R, K, W>,
  ): SingleOutputStreamOperator<R>;
  aggregate<R>(fn: unknown, window?: unknown): SingleOutputStreamOperator<R> {
    return this.aggregated(fn, window);
  }

  /**
   * Calls the function with all elements of a window that fires.
   *
   * ```ts
   * windows.process((user, context, orders, out: Collector<string>) => {
   *   out.collect(`${user}: ${[...orders].length} until ${context.window().end}`);
   * });
   * ```
   */
  process<R extends RecordValue>(
    fn: ProcessKeyed<T, R, K, W> | ProcessWindowFunction<T, R, K, W>,
  ): SingleOutputStreamOperator<R> {
    return this.called(fn, "process");
  }

  /** As process(), without context and state. */
  apply<R extends RecordValue>(
    fn:
      | ((key: K, window: W, elements: Iterable<T>, out: Collector<R>) => void)
      | WindowFunction<T, R, K, W>,
  ): SingleOutputStreamOperator<R> {
    return this.called(fn, "apply");
  }
}

type ProcessAll<IN, R, W extends Window> = (
  context: ProcessWindowContext<W>,
  elements: Iterable<IN>,
  out: Collector<R>,
) => void;

type AnyAllWindowFunction<IN, R, W extends Window> =
  | ProcessAll<IN, R, W>
  | ProcessAllWindowFunction<IN, R, W>
  | AllWindowFunction<IN, R, W>;

/**
 * A stream cut into windows without a key: one subtask has all of them. Results have the last time of
 * their window.
 * @public
 */
export class AllWindowedStream<T, W extends Window> extends AnyWindowedStream<T, W> {
  /** @internal */
  constructor(assigner: WindowAssigner<T, W>, add: AddWindow, operation = "windowAll()") {
    super(assigner, operation, "all", add);
  }

  /** See WindowedStream.reduce(). */
  reduce(fn: Reduce<T>): SingleOutputStreamOperator<T>;
  reduce<R extends RecordValue>(
    fn: Reduce<T>,
    window: AnyAllWindowFunction<T, R, W>,
  ): SingleOutputStreamOperator<R>;
  reduce<R>(fn: unknown, window?: unknown): SingleOutputStreamOperator<R> {
    return this.reduced(fn, window);
  }

  /** See WindowedStream.aggregate(). */
  aggregate<ACC, R extends RecordValue>(
    fn: AggregateFunction<T, ACC, R>,
  ): SingleOutputStreamOperator<R>;
  aggregate<ACC, V, R extends RecordValue>(
    fn: AggregateFunction<T, ACC, V>,
    window: AnyAllWindowFunction<V, R, W>,
  ): SingleOutputStreamOperator<R>;
  aggregate<R>(fn: unknown, window?: unknown): SingleOutputStreamOperator<R> {
    return this.aggregated(fn, window);
  }

  /** Calls the function with all elements of a window that fires. */
  process<R extends RecordValue>(
    fn: ProcessAll<T, R, W> | ProcessAllWindowFunction<T, R, W>,
  ): SingleOutputStreamOperator<R> {
    return this.called(fn, "process");
  }

  /** As process(), without context and state. */
  apply<R extends RecordValue>(
    fn:
      | ((window: W, elements: Iterable<T>, out: Collector<R>) => void)
      | AllWindowFunction<T, R, W>,
  ): SingleOutputStreamOperator<R> {
    return this.called(fn, "apply");
  }
}
