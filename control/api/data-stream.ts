import type { Collector, Emitted } from "../../dataplane/functions/collector.ts";
import type { OutputTag } from "../../dataplane/functions/output-tag.ts";
import type {
  KeyedOnTimerContext,
  KeyedProcessContext,
  OnTimerContext,
  ProcessContext,
  ProcessFunctionOf,
} from "../../dataplane/functions/process.ts";
import { GlobalWindows } from "../../dataplane/functions/windows/global-windows.ts";
import type { GlobalWindow, TimeWindow, Window } from "../../dataplane/functions/windows/window.ts";
import type { WindowAssigner } from "../../dataplane/functions/windows/window-assigner.ts";
import type { RollingFunction } from "../../dataplane/protocol/deployment.ts";
import type { TimeSpan } from "../../dataplane/protocol/duration.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { describeValue } from "../common/describe-value.ts";
import { descriptorOf, type TypeInformation } from "../common/types.ts";
import type { EngineMode } from "../config/options.ts";
import type { NodeId, NodeKind, StreamPartitioner } from "../plan/stream-graph.ts";
import type { StreamOf } from "./base-stream.ts";
import { BroadcastConnectedStream, BroadcastStream } from "./broadcast-stream.ts";
import { type ConnectedParts, ConnectedStreams } from "./connected-streams.ts";
import type {
  ComparableFieldOf,
  FieldOf,
  FieldType,
  FieldTypes,
  NumericFieldOf,
} from "./field-types.ts";
import {
  checkFunction,
  type FilterFunction,
  type FlatMapFunction,
  invalidFunction,
  isCheckpointAware,
  isRich,
  type KeySelector,
  type MapFunction,
  type RecordValue,
  type ReduceFunction,
} from "./functions.ts";
import { IntervalJoin } from "./interval-join.ts";
import { JoinableStream } from "./joinable-stream.ts";
import { checkField, keyDefinition } from "./key-definition.ts";
import { checkNewType, NodeHandle } from "./node-handle.ts";
import { checkSideOutput, sideOutlet } from "./side-outlet.ts";
import { SplitFunction, type SplitStream } from "./split-function.ts";
import type { StreamContext } from "./stream-context.ts";
import {
  strategyOf,
  type TimestampExtractor,
  type WatermarkAssigner,
} from "./timestamp-extractors.ts";
import type { WatermarkStrategy } from "./watermark-strategy.ts";
import { AllWindowedStream, countWindows, timeWindows, WindowedStream } from "./windowed-stream.ts";

declare const KEYS: unique symbol;

/**
 * A stream of records of type T. Operators throw MR_GRAPH_ALREADY_EXECUTED when the stream was defined
 * before an execute() that has run, and MR_FUNCTION_INVALID when they are not given what they need.
 * @public
 */
export class DataStream<T> extends JoinableStream<T> {
  /**
   * One record out for each record in.
   *
   * ```ts
   * words.map((word) => [word, 1]); // DataStream<[string, number]>
   * ```
   */
  map<R extends RecordValue>(
    fn: ((value: T) => R) | MapFunction<T, R>,
  ): SingleOutputStreamOperator<R> {
    checkFunction(fn, { operation: "map()", method: "map" });
    return this.transform(this.functionKind("map", fn), "map()");
  }

  /**
   * Any number of records out for each record in: those of the iterable the function returns, those a
   * generator yields, or those given to the collector.
   *
   * ```ts
   * lines.flatMap((line) => line.split(" "));
   * lines.flatMap(function* (line) { for (const word of line.split(" ")) yield [word, 1]; });
   * lines.flatMap((line, out: Collector<string>) => out.collect(line.trim()));
   * ```
   */
  flatMap<R extends RecordValue>(
    fn: ((value: T, out: Collector<R>) => Emitted<R>) | FlatMapFunction<T, R>,
  ): SingleOutputStreamOperator<R> {
    checkFunction(fn, { operation: "flatMap()", method: "flatMap", allowGenerator: true });
    return this.transform(this.functionKind("flatMap", fn), "flatMap()");
  }

  /**
   * Keeps the records the function answers true for; anything but a boolean fails the job.
   *
   * ```ts
   * words.filter((word) => word !== "");
   * ```
   */
  filter<S extends T>(fn: (value: T) => value is S): SingleOutputStreamOperator<S>;
  filter(fn: ((value: T) => boolean) | FilterFunction<T>): SingleOutputStreamOperator<T>;
  filter(fn: unknown): SingleOutputStreamOperator<T> {
    checkFunction(fn, { operation: "filter()", method: "filter" });
    return this.transform(this.functionKind("filter", fn), "filter()");
  }

  /**
   * Gives records their times, and makes watermarks: those that came so far end here. Best at the source
   * (fromSource()), where each split has its own.
   *
   * ```ts
   * const strategy = WatermarkStrategy.forBoundedOutOfOrderness<Order>(Duration.ofSeconds(5));
   * orders.assignTimestampsAndWatermarks(strategy.withTimestampAssigner((order) => order.time));
   * ```
   */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>): SingleOutputStreamOperator<T>;
  /** @deprecated As in Flink: use a WatermarkStrategy. */
  assignTimestampsAndWatermarks(extractor: TimestampExtractor<T>): SingleOutputStreamOperator<T>;
  /** @deprecated As in Flink: use a WatermarkStrategy. */
  assignTimestampsAndWatermarks(assigner: WatermarkAssigner<T>): SingleOutputStreamOperator<T>;
  assignTimestampsAndWatermarks(
    strategy: WatermarkStrategy<T> | TimestampExtractor<T> | WatermarkAssigner<T>,
  ): SingleOutputStreamOperator<T> {
    const kind = { kind: "watermarks", watermarks: strategyOf(strategy).operatorPlan } as const;
    return this.transform(kind, "assignTimestampsAndWatermarks()");
  }

  /**
   * Any number of records out for each record in, with the record's time, and side outputs. Timers and
   * keyed state need a keyed stream.
   *
   * ```ts
   * const minors = new OutputTag<Person>("minors");
   * const adults = people.process<Person>((person, ctx, out) => {
   *   if (person.age < 18) ctx.output(minors, person);
   *   else out.collect(person);
   * });
   * adults.getSideOutput(minors).print();
   * ```
   */
  process<R extends RecordValue>(
    fn: ProcessFunctionOf<ProcessContext, OnTimerContext, T, R>,
  ): SingleOutputStreamOperator<R> {
    checkFunction(fn, { operation: "process()", method: "processElement" });
    return this.transform({ kind: "process", form: "process", fn }, "process()");
  }

  /**
   * Names each record: with none, one or several names, by which select() finds it again.
   * @deprecated As in Flink: use process() and side outputs.
   */
  split(selector: (value: T) => string | Iterable<string>): SplitStream<T> {
    checkFunction(selector, { operation: "split()", method: "select" });
    const fn = new SplitFunction(selector);
    const { context } = this;
    const node = this.added({ kind: "process", form: "process", fn }, "split()");
    return {
      select: (...names) => new DataStream(context, [sideOutlet(node, fn.select(names))]),
    };
  }

  /**
   * Deals records out by key: equal keys go to the same subtask. The key is what a function answers, a
   * field (name, or position in a tuple), or several fields. `keyType` declares what the function
   * answers, so that keys travel in a column of that type. Null, undefined and NaN keys fail the job.
   *
   * ```ts
   * pairs.keyBy(0);
   * orders.keyBy("country", "city");
   * orders.keyBy((order) => order.price % 10, Types.INT);
   * ```
   */
  keyBy<K extends RecordValue>(
    selector: ((value: T) => K) | KeySelector<T, K>,
    keyType?: TypeInformation<K>,
  ): KeyedStream<T, K>;
  keyBy<F extends FieldOf<T>>(field: F): KeyedStream<T, NonNullable<FieldType<T, F>>>;
  keyBy<const F extends readonly [FieldOf<T>, FieldOf<T>, ...FieldOf<T>[]]>(
    ...fields: F
  ): KeyedStream<T, FieldTypes<T, F>>;
  keyBy(first: unknown, ...rest: readonly unknown[]): KeyedStream<T, unknown> {
    const key = keyDefinition(first, rest);
    const partitioner = { kind: "hash", key } as const;
    const outlets = this.outlets.map((outlet) => ({ ...outlet, partitioner }));
    return new KeyedStream(this.context, outlets);
  }

  /** One stream of the records of all, in no order between them; `s.union(s)` has each record twice. */
  union(...streams: readonly StreamOf<T>[]): DataStream<T> {
    const outlets = streams.flatMap((stream) => {
      if (!(stream instanceof DataStream))
        throw invalidFunction("union()", "streams", describeValue(stream));
      return this.outletsOf(stream, "union()");
    });
    return new DataStream(this.context, [...this.outlets, ...outlets]);
  }

  /**
   * Two streams of different types for one operator, which has the minimum of both watermarks. There is no
   * order between their records.
   *
   * ```ts
   * orders.keyBy("user").connect(users.keyBy("id")).process(new AddNames());
   * rates.connect(orders).map((rate) => `rate ${rate}`, (order) => `order ${order.id}`);
   * ```
   */
  connect<U>(other: DataStream<U>): ConnectedStreams<T, U>;
  connect<U>(other: BroadcastStream<U>): BroadcastConnectedStream<T, U>;
  connect<U>(
    other: DataStream<U> | BroadcastStream<U>,
  ): ConnectedStreams<T, U> | BroadcastConnectedStream<T, U> {
    const isKeyed = this instanceof KeyedStream;
    if (other instanceof BroadcastStream) {
      const { stream, states } = other;
      return new BroadcastConnectedStream(this.connected(stream, isKeyed), states);
    }
    if (!(other instanceof DataStream))
      throw invalidFunction("connect()", "a stream", describeValue(other));
    return new ConnectedStreams(this.connected(other, isKeyed && other instanceof KeyedStream));
  }

  /**
   * Cuts the stream into windows, without a key: the operator behind it has one subtask.
   *
   * ```ts
   * clicks.windowAll(TumblingEventTimeWindows.of("1 min")).aggregate(count);
   * ```
   */
  windowAll<W extends Window>(assigner: WindowAssigner<T, W>): AllWindowedStream<T, W> {
    return new AllWindowedStream(assigner, (kind, operation) => this.transform(kind, operation));
  }

  /** Windows of `size` records, or of the last `size` records every `slide`. */
  countWindowAll(size: number, slide?: number): AllWindowedStream<T, GlobalWindow> {
    return countWindows(this.windowAll(GlobalWindows.create()), size, slide);
  }

  /** @deprecated As in Flink: use windowAll() with TumblingEventTimeWindows or SlidingEventTimeWindows. */
  timeWindowAll(size: TimeSpan, slide?: TimeSpan): AllWindowedStream<T, TimeWindow> {
    return this.windowAll(timeWindows(this.context.getStreamTimeCharacteristic(), size, slide));
  }

  /** @internal */
  protected override partitioned(partitioner: StreamPartitioner): DataStream<T> {
    return new DataStream(
      this.context,
      this.outlets.map((outlet) => ({ ...outlet, partitioner })),
    );
  }

  /** @internal Both streams, as those need them that connect them. */
  protected connected<U>(other: DataStream<U>, isKeyed: boolean): ConnectedParts<T, U> {
    return {
      first: this,
      second: other,
      isKeyed,
      add: (kind, operation) =>
        new SingleOutputStreamOperator(this.context, this.addedWith(other, kind, operation)),
    };
  }

  /** @internal A function object that checkpoints concern runs where it can have state. */
  protected functionKind(kind: "map" | "flatMap" | "filter", fn: unknown): NodeKind {
    return isCheckpointAware(fn) ? { kind: "process", form: kind, fn } : { kind, fn };
  }

  /** @internal Adds an operator that emits records. */
  transform<R>(kind: NodeKind, operation: string): SingleOutputStreamOperator<R> {
    return new SingleOutputStreamOperator(this.context, this.added(kind, operation));
  }
}

/**
 * The stream an operator emits, with the settings of that operator.
 * @public
 */
export class SingleOutputStreamOperator<T> extends DataStream<T> {
  /** @internal */
  protected readonly handle: NodeHandle;

  /** @internal */
  constructor(context: StreamContext, node: NodeId) {
    super(context, [{ node, partitioner: null }]);
    this.handle = new NodeHandle(context.graph, node);
  }

  /**
   * The records that the operator puts out to this tag. Throws MR_GRAPH_INVALID for operators without
   * side outputs.
   */
  getSideOutput<X>(tag: OutputTag<X>): DataStream<X> {
    const node = this.handle.node("getSideOutput()");
    return new DataStream(this.context, [sideOutlet(node.id, checkSideOutput(node, tag))]);
  }

  /** Names the operator in plans, metrics and messages. */
  name(name: string): this {
    this.handle.setName(name);
    return this;
  }

  /** Fixes the operator's id, by which state is found again; unique in a job (MR_GRAPH_INVALID). */
  uid(uid: string): this {
    this.handle.setUid(uid);
    return this;
  }

  /** Number of subtasks, above every other level; -1 = the environment's. Throws MR_PARALLELISM_INVALID. */
  setParallelism(parallelism: number): this {
    this.handle.setParallelism(parallelism);
    return this;
  }

  /** Highest parallelism the operator can ever be rescaled to. Throws MR_PARALLELISM_INVALID. */
  setMaxParallelism(maxParallelism: number): this {
    this.handle.setMaxParallelism(maxParallelism);
    return this;
  }

  /** ms a partly filled batch may wait behind this operator; 0 = none, -1 = until full. Throws MR_CONFIG_INVALID. */
  setBufferTimeout(timeoutMs: number): this {
    this.handle.setOption("bufferTimeoutMs", timeoutMs, "setBufferTimeout()");
    return this;
  }

  /** Keeps the operator alone in its task. */
  disableChaining(): this {
    this.handle.setChaining("NEVER", "disableChaining()");
    return this;
  }

  /** Starts a task at this operator; what follows may be chained to it. */
  startNewChain(): this {
    this.handle.setChaining("HEAD", "startNewChain()");
    return this;
  }

  /** Subtasks of different groups never share a slot; inputs hand their group on. */
  slotSharingGroup(group: string): this {
    this.handle.setSlotSharingGroup(group);
    return this;
  }

  /** What the operator runs on; "wasm" refuses a fallback (MR_ENGINE_WASM_REFUSED at execute()). */
  engine(mode: EngineMode): this {
    this.handle.setOption("engine", mode, "engine()");
    return this;
  }

  /**
   * Declares the type of the records a source, or an operator with a function that makes them, emits; without it the first record
   * tells. Throws MR_GRAPH_INVALID on operators that keep the type of their input.
   *
   * ```ts
   * words.map((word) => [word, 1]).returns(Types.TUPLE(Types.STRING, Types.INT));
   * ```
   */
  returns(type: TypeInformation<T>): this {
    checkNewType(this.handle.node("returns()"));
    this.handle.set("returns()", { type: descriptorOf(type, "returns()") });
    return this;
  }
}

/**
 * A stream dealt out by key: what one key has seen stays together in one subtask.
 * @public
 */
export class KeyedStream<T, K> extends DataStream<T> {
  declare readonly [KEYS]?: K;

  /** As of any stream; with another keyed stream, both share the state of each key. */
  override connect<U>(other: KeyedStream<U, K>): ConnectedStreams<T, U, K>;
  override connect<U>(other: DataStream<U>): ConnectedStreams<T, U>;
  override connect<U>(other: BroadcastStream<U>): BroadcastConnectedStream<T, U, K>;
  override connect(other: never): never {
    return super.connect(other) as never;
  }

  /**
   * Joins records of equal keys whose times are near each other.
   *
   * ```ts
   * clicks.keyBy("user").intervalJoin(views.keyBy("user")).between("-10 s", 0).process(new Pairs());
   * ```
   */
  intervalJoin<U>(other: KeyedStream<U, K>): IntervalJoin<T, U> {
    if (other instanceof KeyedStream) return new IntervalJoin(this.connected(other, true));
    throw invalidFunction("intervalJoin()", "a keyed stream", describeValue(other));
  }

  /** @internal A function object with open() has the state of the key (getRuntimeContext()). */
  protected override functionKind(kind: "map" | "flatMap" | "filter", fn: unknown): NodeKind {
    return isRich(fn) ? { kind: "process", form: kind, fn } : super.functionKind(kind, fn);
  }

  /**
   * Any number of records out for each record in, with keyed state, timers and side outputs.
   *
   * ```ts
   * clicks.keyBy("user").process(new SessionFunction());
   * ```
   */
  override process<R extends RecordValue>(
    fn: ProcessFunctionOf<KeyedProcessContext<K>, KeyedOnTimerContext<K>, T, R>,
  ): SingleOutputStreamOperator<R> {
    return super.process(fn as ProcessFunctionOf<ProcessContext, OnTimerContext, T, R>);
  }

  /**
   * Cuts the records of each key into windows.
   *
   * ```ts
   * orders.keyBy("user").window(TumblingEventTimeWindows.of("5 s")).sum("amount");
   * ```
   */
  window<W extends Window>(assigner: WindowAssigner<T, W>): WindowedStream<T, K, W> {
    return new WindowedStream(assigner, (kind, operation) => this.transform(kind, operation));
  }

  /** Windows of `size` records of a key, or of its last `size` records every `slide`. */
  countWindow(size: number, slide?: number): WindowedStream<T, K, GlobalWindow> {
    return countWindows(this.window(GlobalWindows.create()), size, slide);
  }

  /** @deprecated As in Flink: use window() with TumblingEventTimeWindows or SlidingEventTimeWindows. */
  timeWindow(size: TimeSpan, slide?: TimeSpan): WindowedStream<T, K, TimeWindow> {
    return this.window(timeWindows(this.context.getStreamTimeCharacteristic(), size, slide));
  }

  /**
   * Folds the records of each key: emits the first as it is, then f(accumulated, new) for each.
   * In BATCH mode only the last value of each key.
   *
   * ```ts
   * orders.keyBy("user").reduce((a, b) => ({ ...a, total: a.total + b.total }));
   * ```
   */
  reduce(fn: ((accumulated: T, value: T) => T) | ReduceFunction<T>): SingleOutputStreamOperator<T> {
    checkFunction(fn, { operation: "reduce()", method: "reduce" });
    return new SingleOutputStreamOperator(
      this.context,
      this.added({ kind: "reduce", fn }, "reduce()"),
    );
  }

  /** Running sum of a field; the other fields stay those of the key's first record. */
  sum(field: NumericFieldOf<T>): SingleOutputStreamOperator<T> {
    return this.#rolling("sum", field, true);
  }

  /** Running minimum of a field; the other fields stay those of the key's first record. */
  min(field: ComparableFieldOf<T>): SingleOutputStreamOperator<T> {
    return this.#rolling("min", field, true);
  }

  /** Running maximum of a field; the other fields stay those of the key's first record. */
  max(field: ComparableFieldOf<T>): SingleOutputStreamOperator<T> {
    return this.#rolling("max", field, true);
  }

  /** The record with the smallest field so far; of equal ones the first (true) or the last. */
  minBy(field: ComparableFieldOf<T>, first = true): SingleOutputStreamOperator<T> {
    return this.#rolling("minBy", field, first);
  }

  /** The record with the largest field so far; of equal ones the first (true) or the last. */
  maxBy(field: ComparableFieldOf<T>, first = true): SingleOutputStreamOperator<T> {
    return this.#rolling("maxBy", field, first);
  }

  /** @internal A keyed stream is dealt out already, as in Flink. */
  protected override partitioned(partitioner: StreamPartitioner): never {
    const message = `Cannot override the partitioning of a keyed stream with ${partitioner.kind}. Use it before keyBy(), or on the result of an operator.`;
    throw new EngineError("MR_GRAPH_INVALID", { message });
  }

  #rolling(fn: RollingFunction, field: unknown, first: boolean): SingleOutputStreamOperator<T> {
    const operation = `${fn}()`;
    if (typeof first !== "boolean")
      throw invalidFunction(operation, "first: true or false", describeValue(first));
    const kind = {
      kind: "rolling",
      function: fn,
      field: checkField(field, operation),
      first,
    } as const;
    return new SingleOutputStreamOperator(this.context, this.added(kind, operation));
  }
}
