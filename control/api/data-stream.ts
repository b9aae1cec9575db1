/**
 * Streams and their operators. Everything here only adds to the graph; execute() runs it.
 * One file, because each of these classes makes the others.
 */
import { FunctionSink, type SinkFunction } from "../../dataplane/connectors/function-sink.ts";
import type { Sink } from "../../dataplane/connectors/sink.ts";
import type { KeySelectorSpec, RollingFunction } from "../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { describeValue } from "../common/describe-value.ts";
import { descriptorOf, type TypeInformation } from "../common/types.ts";
import type { EngineMode } from "../config/options.ts";
import type {
  KeyDefinition,
  NodeId,
  NodeKind,
  Outlet,
  StreamPartitioner,
} from "../plan/stream-graph.ts";
import { type CloseableAsyncIterator, CollectedIterator, takeRows } from "./collected-iterator.ts";
import { DataStreamSink } from "./data-stream-sink.ts";
import type {
  ComparableFieldOf,
  FieldOf,
  FieldType,
  FieldTypes,
  NumericFieldOf,
} from "./field-types.ts";
import {
  type Collector,
  checkFunction,
  checkObject,
  type Emitted,
  type FilterFunction,
  type FlatMapFunction,
  invalidFunction,
  type KeySelector,
  type MapFunction,
  type Partitioner,
  type RecordValue,
  type ReduceFunction,
} from "./functions.ts";
import { NodeHandle } from "./node-handle.ts";
import type { StreamContext } from "./stream-context.ts";

declare const RECORDS: unique symbol;
declare const KEYS: unique symbol;

/** Any stream of records of type T; the least that union() asks of one. @public */
export interface StreamOf<T> {
  /** Never there at run time. */
  readonly [RECORDS]?: T;
}

/**
 * A stream of records of type T. Operators throw MR_GRAPH_ALREADY_EXECUTED when the stream was defined
 * before an execute() that has run, and MR_FUNCTION_INVALID when they are not given what they need.
 * @public
 */
export class DataStream<T> implements StreamOf<T> {
  declare readonly [RECORDS]?: T;
  /** @internal */
  protected readonly context: StreamContext;
  /** @internal Where the stream comes from: more than one place after union(). */
  protected readonly outlets: readonly Outlet[];

  /** @internal */
  constructor(context: StreamContext, outlets: readonly Outlet[]) {
    this.context = context;
    this.outlets = outlets;
  }

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
    return this.#operator({ kind: "map", fn }, "map()");
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
    return this.#operator({ kind: "flatMap", fn }, "flatMap()");
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
    return this.#operator({ kind: "filter", fn }, "filter()");
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
    const outlets = this.outlets.map(({ node }) => ({
      node,
      partitioner: { kind: "hash", key } as const,
    }));
    return new KeyedStream(this.context, outlets);
  }

  /** One stream of the records of all, in no order between them; `s.union(s)` has each record twice. */
  union(...streams: readonly StreamOf<T>[]): DataStream<T> {
    const outlets = streams.flatMap((stream) => {
      if (!(stream instanceof DataStream))
        throw invalidFunction("union()", "streams", describeValue(stream));
      if (stream.context === this.context) return stream.outlets;
      throw new EngineError("MR_GRAPH_INVALID", {
        message: "union(): the streams belong to two environments.",
      });
    });
    return new DataStream(this.context, [...this.outlets, ...outlets]);
  }

  /** Deals records out round robin to all subtasks of the next operator. */
  rebalance(): DataStream<T> {
    return this.partitioned({ kind: "rebalance" });
  }

  /** Deals records out round robin to the neighbouring subtasks of the next operator only. */
  rescale(): DataStream<T> {
    return this.partitioned({ kind: "rescale" });
  }

  /** Sends every record to all subtasks of the next operator. */
  broadcast(): DataStream<T> {
    return this.partitioned({ kind: "broadcast" });
  }

  /** Deals records out at random. */
  shuffle(): DataStream<T> {
    return this.partitioned({ kind: "shuffle" });
  }

  /** Sends all records to the first subtask of the next operator. */
  global(): DataStream<T> {
    return this.partitioned({ kind: "global" });
  }

  /** Keeps records in their subtask; the next operator must have the same parallelism (MR_GRAPH_INVALID). */
  forward(): DataStream<T> {
    return this.partitioned({ kind: "forward" });
  }

  /**
   * Deals records out by a function of a key. An answer that is no subtask fails the job.
   *
   * ```ts
   * orders.partitionCustom((region, count) => region % count, "region");
   * words.partitionCustom((length: number, count) => length % count, (word) => word.length);
   * ```
   */
  partitionCustom<F extends FieldOf<T>>(
    partitioner:
      | ((key: NonNullable<FieldType<T, F>>, numPartitions: number) => number)
      | Partitioner<NonNullable<FieldType<T, F>>>,
    field: F,
  ): DataStream<T>;
  partitionCustom<K>(
    partitioner: ((key: K, numPartitions: number) => number) | Partitioner<K>,
    selector: ((value: T) => K) | KeySelector<T, K>,
  ): DataStream<T>;
  partitionCustom(partitioner: unknown, key: unknown): DataStream<T> {
    checkFunction(partitioner, { operation: "partitionCustom()", method: "partition" });
    const { selector, function: keyFunction } = keyDefinition(key, [], "partitionCustom()");
    return this.partitioned({ kind: "custom", partitioner, selector, keyFunction });
  }

  /**
   * Writes records to stdout, one a line: `3> (hello,1)` from the third of several subtasks,
   * `counts:3> (hello,1)` with an identifier.
   */
  print(identifier = ""): DataStreamSink<T> {
    return this.#print("print()", identifier, false);
  }

  /** As print(), to stderr. */
  printToErr(identifier = ""): DataStreamSink<T> {
    return this.#print("printToErr()", identifier, true);
  }

  /** Ends the stream in a sink. */
  sinkTo(sink: Sink<T, never>): DataStreamSink<T>;
  sinkTo<CommittableT>(sink: Sink<T, CommittableT>): DataStreamSink<T>;
  sinkTo(sink: Sink<T, unknown>): DataStreamSink<T> {
    checkObject(sink, "sinkTo()", "a Sink", ["createWriter"]);
    return this.#sink({ kind: "sink", sink }, "sinkTo()");
  }

  /**
   * Ends the stream in a function that is called with each record.
   * @deprecated As in Flink: write a Sink and use sinkTo().
   */
  addSink(sink: ((value: T) => void | Promise<void>) | SinkFunction<T>): DataStreamSink<T> {
    const object = typeof sink === "function" ? { invoke: sink } : sink;
    checkObject(object, "addSink()", "a function or a SinkFunction", ["invoke"]);
    return this.#sink({ kind: "sink", sink: new FunctionSink<T>(object) }, "addSink()");
  }

  /**
   * Runs the job and gives its records to the program: all of them, one by one, or the first `limit`
   * as an array, after which the job is canceled. Rejects with what execute() rejects with.
   *
   * ```ts
   * for await (const [word, count] of counts.executeAndCollect()) console.log(word, count);
   * const first = await counts.executeAndCollect(10);
   * ```
   */
  executeAndCollect(jobName?: string): CloseableAsyncIterator<T>;
  executeAndCollect(limit: number): Promise<T[]>;
  executeAndCollect(jobName: string, limit: number): Promise<T[]>;
  executeAndCollect(
    first?: string | number,
    second?: number,
  ): CloseableAsyncIterator<T> | Promise<T[]> {
    const limit = typeof first === "number" ? first : second;
    if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
      throw invalidFunction("executeAndCollect()", "a limit from 1", describeValue(limit));
    }
    const { graph } = this.context;
    const id = graph.add({ kind: "collect" }, this.outlets, 1, "executeAndCollect()");
    new NodeHandle(graph, id).setParallelism(1);
    const job = this.context.executeCollecting(typeof first === "string" ? first : undefined);
    const rows = new CollectedIterator<T>(job);
    return limit === undefined ? rows : takeRows(rows, limit);
  }

  /** @internal */
  protected partitioned(partitioner: StreamPartitioner): DataStream<T> {
    return new DataStream(
      this.context,
      this.outlets.map(({ node }) => ({ node, partitioner })),
    );
  }

  /** @internal Adds an operator behind this stream. */
  protected added(kind: NodeKind, operation: string): NodeId {
    return this.context.graph.add(kind, this.outlets, this.context.getParallelism(), operation);
  }

  #operator<R>(kind: NodeKind, operation: string): SingleOutputStreamOperator<R> {
    return new SingleOutputStreamOperator(this.context, this.added(kind, operation));
  }

  #sink(kind: NodeKind, operation: string): DataStreamSink<T> {
    return new DataStreamSink(new NodeHandle(this.context.graph, this.added(kind, operation)));
  }

  #print(operation: string, identifier: unknown, toStderr: boolean): DataStreamSink<T> {
    if (typeof identifier !== "string") {
      throw invalidFunction(operation, "an identifier that is a string", describeValue(identifier));
    }
    return this.#sink({ kind: "print", identifier, toStderr }, operation);
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
   * Declares the type of the records a source, map() or flatMap() emits; without it the first record
   * tells. Throws MR_GRAPH_INVALID on operators that keep the type of their input.
   *
   * ```ts
   * words.map((word) => [word, 1]).returns(Types.TUPLE(Types.STRING, Types.INT));
   * ```
   */
  returns(type: TypeInformation<T>): this {
    const { kind } = this.handle.node("returns()");
    if (kind !== "source" && kind !== "map" && kind !== "flatMap") {
      const message = `returns(): a ${kind} keeps the type of its input. Declare the type on the map(), flatMap() or source before it.`;
      throw new EngineError("MR_GRAPH_INVALID", { message });
    }
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

function keyDefinition(
  first: unknown,
  rest: readonly unknown[],
  operation = "keyBy()",
): KeyDefinition {
  if (typeof first === "string" || typeof first === "number") {
    const fields = [first, ...rest].map((field) => checkField(field, operation));
    const selector: KeySelectorSpec =
      fields.length === 1
        ? { kind: "field", field: checkField(first, operation) }
        : { kind: "fields", fields };
    return { selector, function: null, type: null };
  }
  checkFunction(first, { operation, method: "getKey" });
  const [keyType] = rest;
  const type = keyType === undefined ? null : descriptorOf(keyType, operation);
  return { selector: { kind: "function" }, function: first, type };
}

function checkField(field: unknown, operation: string): string | number {
  if (typeof field === "string" && field !== "") return field;
  if (typeof field === "number" && Number.isInteger(field) && field >= 0) return field;
  throw invalidFunction(operation, "the name or position of a field", describeValue(field));
}
