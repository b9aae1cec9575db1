/** StreamExecutionEnvironment: where programs start. */
import { fileURLToPath } from "node:url";
import { CollectionSource } from "../../dataplane/connectors/collection-source.ts";
import { FileSource } from "../../dataplane/connectors/file-source.ts";
import { FunctionSource, type SourceFunction } from "../../dataplane/connectors/function-source.ts";
import { NumberSequenceSource } from "../../dataplane/connectors/number-sequence-source.ts";
import { type SocketOptions, SocketSource } from "../../dataplane/connectors/socket-source.ts";
import type { Source } from "../../dataplane/connectors/source.ts";
import type { TimeSpan } from "../../dataplane/protocol/duration.ts";
import { taskModeHook } from "../../dataplane/protocol/task-mode.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { describeValue } from "../common/describe-value.ts";
import { descriptorOf, type TypeInformation } from "../common/types.ts";
import { functionAnalyzer } from "../compiler/function-analyzer.ts";
import { baseSettings } from "../config/base-settings.ts";
import type { OptionName, RuntimeMode } from "../config/options.ts";
import type { RestartStrategy } from "../config/restart-strategy-kind.ts";
import {
  checkOption,
  type EngineOptions,
  type JobSettings,
  layerOf,
  type Settings,
} from "../config/settings.ts";
import { compilePlan } from "../plan/compile-plan.ts";
import { explanationText } from "../plan/explain-text.ts";
import { type Explanation, explainGraph } from "../plan/explanation.ts";
import { NO_ANALYZER } from "../plan/function-analysis.ts";
import type { CompiledPlan } from "../plan/job-graph.ts";
import { checkMaxParallelism, checkParallelism } from "../plan/parallelism.ts";
import { isSink } from "../plan/stream-graph.ts";
import { StreamGraphBuilder } from "../plan/stream-graph-builder.ts";
import { CheckpointConfig, type CheckpointingMode } from "./checkpoint-config.ts";
import { DataStreamSource, type SourceOfType } from "./data-stream-source.ts";
import { ExecutionConfig } from "./execution-config.ts";
import { checkObject, checkText, invalidFunction, type RecordValue } from "./functions.ts";
import type { JobClient, JobExecutionResult } from "./job-client.ts";
import { executePlan } from "./job-execution.ts";
import type { StateBackend } from "./state-backends.ts";
import type { CollectingJob, StreamContext } from "./stream-context.ts";
import { TimeCharacteristic } from "./time.ts";
import { WatermarkStrategy } from "./watermark-strategy.ts";

const DEFAULT_JOB_NAME = "Millrace Streaming Job";
const SOURCE_METHODS = ["createEnumerator", "createReader"];

/**
 * Where a program defines its streams and runs them. Nothing runs before execute(); each execute()
 * takes what was defined since the one before.
 *
 * ```ts
 * const env = StreamExecutionEnvironment.getExecutionEnvironment();
 * env.readTextFile("input.txt").flatMap((line) => line.split(" ")).map((word) => [word, 1])
 *   .keyBy(0).sum(1).print();
 * await env.execute("word count");
 * ```
 * @public
 */
export class StreamExecutionEnvironment {
  #hasExecuted = false;
  readonly #graph = new StreamGraphBuilder();
  readonly #base: Settings;
  readonly #options: Settings;
  /** What the setters set, above the options. */
  readonly #set = new Map<OptionName, unknown>();
  readonly #context: StreamContext;
  #timeCharacteristic: TimeCharacteristic = TimeCharacteristic.EventTime;

  private constructor(options: EngineOptions) {
    this.#base = baseSettings();
    this.#options = this.#base.under(layerOf(options, "getExecutionEnvironment()"));
    this.#context = {
      graph: this.#graph,
      getStreamTimeCharacteristic: () => this.getStreamTimeCharacteristic(),
      getParallelism: () => this.getParallelism(),
      executeCollecting: (jobName) => this.#executeCollecting(jobName),
    };
  }

  /**
   * A new environment. Options set here stand above the client's and the system's settings. Throws
   * MR_CONFIG_UNKNOWN_OPTION and MR_CONFIG_INVALID, also for what the configuration file and the
   * MILLRACE_* variables say.
   *
   * ```ts
   * const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2, engine: "auto" });
   * ```
   */
  static getExecutionEnvironment(options: EngineOptions = {}): StreamExecutionEnvironment {
    return new StreamExecutionEnvironment(options);
  }

  /** Parallelism of operators defined from now on that set none; -1 = the client's or the system's. Throws MR_PARALLELISM_INVALID. */
  setParallelism(parallelism: number): this {
    const checked = checkParallelism(parallelism, "The parallelism of the environment");
    if (checked === null) this.#set.delete("parallelism");
    else this.#set.set("parallelism", checked);
    return this;
  }

  getParallelism(): number {
    return this.#settings().parallelism;
  }

  /** Number of key groups of operators that set none. Throws MR_PARALLELISM_INVALID. */
  setMaxParallelism(maxParallelism: number): this {
    this.#set.set(
      "maxParallelism",
      checkMaxParallelism(maxParallelism, "The maximum parallelism of the environment"),
    );
    return this;
  }

  /** ms a partly filled batch may wait; 0 = every record at once, -1 = only full batches. Throws MR_CONFIG_INVALID. */
  setBufferTimeout(timeoutMs: number): this {
    return this.#setOption("bufferTimeoutMs", timeoutMs, "setBufferTimeout()");
  }

  /**
   * Processing time between the watermarks of periodic generators: ms, text such as "100 ms", or a
   * Duration; 0 = they make none before the end. Default 200 ms. Throws MR_CONFIG_INVALID.
   */
  setAutoWatermarkInterval(interval: TimeSpan): this {
    return this.#setOption("autoWatermarkInterval", interval, "setAutoWatermarkInterval()");
  }

  /** ms. */
  getAutoWatermarkInterval(): number {
    return this.#settings().autoWatermarkInterval;
  }

  /**
   * Takes a checkpoint so often: ms, text such as "10 s", or a Duration. With checkpoints a job that
   * fails starts again from the last one (setRestartStrategy). Throws MR_CONFIG_INVALID.
   *
   * ```ts
   * env.enableCheckpointing("10 s", CheckpointingMode.AT_LEAST_ONCE);
   * ```
   */
  enableCheckpointing(interval: TimeSpan, mode?: CheckpointingMode): this {
    const operation = "enableCheckpointing()";
    this.#setOption("checkpointInterval", interval, operation);
    return mode === undefined ? this : this.#setOption("checkpointingMode", mode, operation);
  }

  /** Settings about checkpoints. */
  getCheckpointConfig(): CheckpointConfig {
    return new CheckpointConfig({
      set: (name, value, operation) => this.#setOption(name, value, operation),
      get: () => this.#settings(),
    });
  }

  /**
   * Whether and when a job starts again after a failure: what RestartStrategies makes, or the name of a
   * strategy for Flink's defaults. Without: exponential-delay with checkpoints, none without them.
   * Throws MR_CONFIG_INVALID.
   */
  setRestartStrategy(strategy: RestartStrategy | RestartStrategy["kind"]): this {
    return this.#setOption("restartStrategy", strategy, "setRestartStrategy()");
  }

  /** null = exponential-delay with checkpoints, none without. */
  getRestartStrategy(): RestartStrategy | null {
    return this.#settings().restartStrategy;
  }

  /**
   * State is in memory; a backend of Flink's older names says where checkpoints go, too. Throws
   * MR_CONFIG_INVALID where that is no local directory, MR_FUNCTION_INVALID.
   */
  setStateBackend(backend: StateBackend): this {
    if (backend === null || typeof backend !== "object") {
      throw invalidFunction("setStateBackend()", "a state backend", describeValue(backend));
    }
    const { checkpointStorage } = backend;
    if (checkpointStorage === undefined) return this;
    return this.#setOption("checkpointDirectory", checkpointStorage, "setStateBackend()");
  }

  /** Settings of this environment, under Flink's name. */
  getConfig(): ExecutionConfig {
    return new ExecutionConfig(this);
  }

  /**
   * Sets autoWatermarkInterval: 0 for ProcessingTime, else 200 ms. Which time a window or a timer means
   * is said where it is defined; event time needs no switch. Throws MR_FUNCTION_INVALID.
   * @deprecated As in Flink: use assigners of event time or processing time.
   */
  setStreamTimeCharacteristic(characteristic: TimeCharacteristic): this {
    if (!Object.hasOwn(TimeCharacteristic, characteristic)) {
      const expected = "TimeCharacteristic.ProcessingTime, IngestionTime or EventTime";
      const operation = "setStreamTimeCharacteristic()";
      throw invalidFunction(operation, expected, describeValue(characteristic));
    }
    this.#timeCharacteristic = characteristic;
    const { ProcessingTime } = TimeCharacteristic;
    return this.setAutoWatermarkInterval(characteristic === ProcessingTime ? 0 : 200);
  }

  /** @deprecated As in Flink. */
  getStreamTimeCharacteristic(): TimeCharacteristic {
    return this.#timeCharacteristic;
  }

  /**
   * STREAMING (the default), BATCH (rolling aggregates emit the last value of each key only; unbounded
   * sources are refused with MR_GRAPH_UNBOUNDED_BATCH) or AUTOMATIC (BATCH when all sources are
   * bounded). Throws MR_CONFIG_INVALID.
   */
  setRuntimeMode(mode: RuntimeMode): this {
    return this.#setOption("runtimeMode", mode, "setRuntimeMode()");
  }

  /** Gives every operator a task of its own. */
  disableOperatorChaining(): this {
    return this.#setOption("operatorChaining", false, "disableOperatorChaining()");
  }

  /**
   * A bounded stream of the values given, of one type; parallelism 1.
   *
   * ```ts
   * env.fromElements(["a", 1], ["b", 2]); // DataStreamSource<[string, number]>
   * ```
   */
  fromElements<T extends RecordValue>(...values: readonly T[]): DataStreamSource<T> {
    return this.fromCollection(values);
  }

  /**
   * A bounded stream of the values of an array or other iterable, read at once; parallelism 1. `type`
   * declares what they are; without it the values tell (numbers are NUMBER). Values of the wrong type
   * fail the job when it starts.
   */
  fromCollection<T extends RecordValue>(
    values: Iterable<T>,
    type?: TypeInformation<T>,
  ): DataStreamSource<T> {
    const isIterable =
      typeof (values as Partial<Iterable<T>> | null | undefined)?.[Symbol.iterator] === "function";
    if (!isIterable || typeof values === "string") {
      throw invalidFunction(
        "fromCollection()",
        "an array or another iterable",
        describeValue(values),
      );
    }
    const descriptor = type === undefined ? null : descriptorOf(type, "fromCollection()");
    const all = [...values];
    const ofType = (declared: DataType | null) => CollectionSource.of(all, declared);
    return this.#source(ofType(descriptor), "Collection Source", ofType);
  }

  /** As fromCollection() with one array, as fromElements() with anything else; Flink's newer name for both. */
  fromData<T extends RecordValue>(
    values: readonly T[],
    type?: TypeInformation<T>,
  ): DataStreamSource<T>;
  fromData<T extends RecordValue>(...values: readonly T[]): DataStreamSource<T>;
  fromData<T extends RecordValue>(
    first: T | readonly T[],
    ...rest: readonly unknown[]
  ): DataStreamSource<T> {
    const [type] = rest;
    const isType = (type as { descriptor?: unknown } | undefined)?.descriptor !== undefined;
    if (Array.isArray(first) && (rest.length === 0 || isType)) {
      return this.fromCollection(first as readonly T[], type as TypeInformation<T> | undefined);
    }
    return this.fromCollection([first as T, ...(rest as readonly T[])]);
  }

  /** The whole numbers from `from` to `to`, both included. Throws MR_FUNCTION_INVALID. */
  fromSequence(from: number, to: number): DataStreamSource<number> {
    return this.#source(new NumberSequenceSource(from, to), "Sequence Source");
  }

  /**
   * A stream of what a Source reads, under a name. A strategy makes times and watermarks where the
   * records are read: each split has a watermark of its own, and the stream's is the smallest.
   *
   * ```ts
   * env.fromSource(FileSource.lines("logs"), WatermarkStrategy.noWatermarks(), "logs");
   * ```
   */
  fromSource<T, SplitT>(source: Source<T, SplitT>, name: string): DataStreamSource<T>;
  fromSource<T, SplitT>(
    source: Source<T, SplitT>,
    strategy: WatermarkStrategy<T>,
    name: string,
  ): DataStreamSource<T>;
  fromSource<T, SplitT>(
    source: Source<T, SplitT>,
    first: string | WatermarkStrategy<T>,
    second?: string,
  ): DataStreamSource<T> {
    const operation = "fromSource()";
    checkObject(source, operation, "a Source", SOURCE_METHODS);
    const [strategy, name] =
      typeof first === "string" ? [WatermarkStrategy.noWatermarks<T>(), first] : [first, second];
    if (!(strategy instanceof WatermarkStrategy)) {
      throw invalidFunction(operation, "a WatermarkStrategy and a name", describeValue(strategy));
    }
    return this.#source(source, checkText(name, operation, "a name"), null, strategy);
  }

  /** The lines of a file, of the files of a directory, or of those a glob matches; `.gz` files too. UTF-8. */
  readTextFile(path: string | URL): DataStreamSource<string> {
    const text =
      path instanceof URL ? fileURLToPath(path) : checkText(path, "readTextFile()", "a path");
    return this.#source(FileSource.lines(text), "Text File Source");
  }

  /**
   * Text from a TCP server, cut at a delimiter (`\n` unless another is given); parallelism 1. What was
   * read but not processed when a job fails is lost. `maxRetries`: attempts to reconnect, -1 = for ever.
   *
   * ```ts
   * env.socketTextStream("localhost", 9999);
   * env.socketTextStream("localhost", 9999, { delimiter: ";", maxRetries: 3 });
   * ```
   */
  socketTextStream(
    host: string,
    port: number,
    delimiter: string | SocketOptions = {},
    maxRetries?: number,
  ): DataStreamSource<string> {
    const options = typeof delimiter === "string" ? { delimiter } : delimiter;
    const retries = maxRetries === undefined ? {} : { maxRetries };
    return this.#source(new SocketSource(host, port, { ...options, ...retries }), "Socket Stream");
  }

  /**
   * A stream of what a function pushes; parallelism 1.
   * @deprecated As in Flink: write a Source and use fromSource().
   */
  addSource<T>(
    source: SourceFunction<T>,
    name = "Custom Source",
    type?: TypeInformation<T>,
  ): DataStreamSource<T> {
    checkObject(source, "addSource()", "a SourceFunction", ["run", "cancel"]);
    const descriptor = type === undefined ? null : descriptorOf(type, "addSource()");
    return this.#source(
      new FunctionSource(source, descriptor),
      checkText(name, "addSource()", "a name"),
    );
  }

  /**
   * Runs what was defined since the last execute(), to its end. Rejects with MR_GRAPH_EMPTY and other
   * MR_GRAPH_* codes when the program is wrong, with MR_JOB_CANCELED, or with the error that failed it.
   *
   * ```ts
   * const result = await env.execute("word count");
   * ```
   */
  async execute(jobName?: string): Promise<JobExecutionResult> {
    const client = await this.executeAsync(jobName);
    return client.getJobExecutionResult();
  }

  /** Starts what was defined since the last execute(). Rejects when the job cannot be started. */
  async executeAsync(jobName: string = DEFAULT_JOB_NAME): Promise<JobClient> {
    const settings = this.#settings();
    return this.#execute(this.#compile(jobName, settings), settings);
  }

  /**
   * The plan of what was defined since the last execute(), which stays defined: tasks, what each
   * operator runs on and why, types, exchanges. Throws what execute() would reject with.
   *
   * ```ts
   * console.log(env.explain());
   * const { tasks } = env.explain("json");
   * ```
   */
  explain(): string;
  explain(format: "text"): string;
  explain(format: "json"): Explanation;
  explain(format: "text" | "json" = "text"): string | Explanation {
    const explanation = explainGraph(this.#compile(DEFAULT_JOB_NAME, this.#settings()).graph);
    return format === "json" ? explanation : explanationText(explanation);
  }

  /** Whether a sink was defined since the last execute(). */
  hasUnexecutedSinks(): boolean {
    return this.#graph.peek().nodes.some(isSink);
  }

  async #executeCollecting(jobName: string = DEFAULT_JOB_NAME): Promise<CollectingJob> {
    const settings = this.#settings();
    const plan = this.#compile(jobName, settings);
    const operators = plan.graph.vertices.flatMap((vertex) => vertex.operators);
    const operatorId = operators.findLast((operator) => operator.kind === "collect")?.id ?? "";
    return { client: await this.#execute(plan, settings), operatorId };
  }

  #compile(jobName: string, settings: JobSettings): CompiledPlan {
    const name = checkText(jobName, "execute()", "a job name");
    // A worker builds the graph for its functions only.
    const analyze = taskModeHook() === undefined ? functionAnalyzer() : NO_ANALYZER;
    return compilePlan(this.#graph.peek(), name, settings, analyze);
  }

  /** A job that follows another one does not start from what that one did. Closes the graph: from here on its streams belong to this job. */
  #execute(plan: CompiledPlan, settings: JobSettings): Promise<JobClient> {
    this.#graph.take();
    const restore = this.#hasExecuted ? null : settings.restore;
    this.#hasExecuted = true;
    return executePlan(plan, { ...settings, restore }, this.#base.resolve());
  }

  #settings(): JobSettings {
    const layer = { values: this.#set, sourceOf: () => "the environment's setters" };
    return this.#options.under(layer).resolve();
  }

  #setOption(name: OptionName, value: unknown, operation: string): this {
    this.#set.set(name, checkOption(name, value, operation));
    return this;
  }

  #source<T>(
    source: Source<T>,
    name: string,
    ofType: SourceOfType | null = null,
    strategy: WatermarkStrategy<T> = WatermarkStrategy.noWatermarks(),
  ): DataStreamSource<T> {
    const kind = { kind: "source", source, watermarks: strategy.sourcePlan } as const;
    const id = this.#graph.add(kind, [], this.getParallelism(), "a source");
    this.#graph.update(id, { name }, "a source");
    return new DataStreamSource(this.#context, id, ofType);
  }
}
