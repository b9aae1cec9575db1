/**
 * `millrace`: everything a program needs.
 * @public
 */
import { setModuleRunner } from "../dataplane/protocol/task-mode.ts";
import type { JobClient } from "./api/job-client.ts";
import { setDefaultJobSubmitter } from "./api/job-submitter.ts";
import { runExportedJob } from "./api/run-exported-job.ts";
import type { SubmitJobOptions } from "./runtime/submit-job.ts";

setModuleRunner(runExportedJob);

// Loaded at the first execute(): a worker that only hands functions over never needs the runtime.
setDefaultJobSubmitter(async () => {
  const { LocalJobSubmitter } = await import("./runtime/local-submitter.ts");
  return new LocalJobSubmitter();
});

/**
 * Runs the job definition that the module at `url` exports as default; in workers that module alone is
 * loaded again, never the program that calls this. Settled when the job was accepted.
 *
 * ```ts
 * const client = await submitJob(new URL("./job.js", import.meta.url), { args: ["input.txt"] });
 * const result = await client.getJobExecutionResult();
 * ```
 * Rejects with MR_BUNDLE_FAILED, MR_PROGRAM_NO_JOB and what the definition throws.
 * @public
 */
export async function submitJob(url: URL, options: SubmitJobOptions = {}): Promise<JobClient> {
  const runtime = await import("./runtime/submit-job.ts");
  return runtime.submitJob(url, options);
}

export {
  type ColumnArray,
  type ColumnsOptions,
  ColumnsSource,
} from "../dataplane/connectors/batch-source.ts";
export {
  BasePathBucketAssigner,
  type BucketAssigner,
  type BucketAssignerContext,
  DateTimeBucketAssigner,
} from "../dataplane/connectors/bucket-assigner.ts";
export { DiscardingSink } from "../dataplane/connectors/discard-sink.ts";
export {
  CsvEncoder,
  type CsvOptions,
  type Encoder,
  JsonLinesEncoder,
  RawEncoder,
  SimpleStringEncoder,
} from "../dataplane/connectors/encoders.ts";
export {
  ConcatFileCompactor,
  type FileCompactor,
  FileCompactStrategy,
  type FileCompactStrategyBuilder,
} from "../dataplane/connectors/file-compaction.ts";
export { FileSink, type FileSinkBuilder } from "../dataplane/connectors/file-sink.ts";
export { FileSource, TextLineInputFormat } from "../dataplane/connectors/file-source.ts";
export type { SinkFunction } from "../dataplane/connectors/function-sink.ts";
export type { SourceContext, SourceFunction } from "../dataplane/connectors/function-source.ts";
export {
  DataGeneratorSource,
  type GeneratorOptions,
} from "../dataplane/connectors/generator-source.ts";
export { NumberSequenceSource } from "../dataplane/connectors/number-sequence-source.ts";
export {
  OutputFileConfig,
  type OutputFileConfigBuilder,
} from "../dataplane/connectors/output-file-config.ts";
export {
  DefaultRollingPolicy,
  type DefaultRollingPolicyBuilder,
  OnCheckpointRollingPolicy,
  type PartFileInfo,
  type RollingPolicy,
} from "../dataplane/connectors/rolling-policy.ts";
export type {
  Committer,
  Sink,
  SinkWriter,
  SinkWriterContext,
} from "../dataplane/connectors/sink.ts";
export { type SocketOptions, SocketSource } from "../dataplane/connectors/socket-source.ts";
export type {
  Boundedness,
  EnumeratorContext,
  PollResult,
  ReaderContext,
  Source,
  SourceOutput,
  SourceReader,
  SplitEnumerator,
} from "../dataplane/connectors/source.ts";
export {
  type TimestampAssigner,
  Watermark,
  type WatermarkGenerator,
  type WatermarkGeneratorSupplier,
  type WatermarkOutput,
  type WatermarkTime,
} from "../dataplane/connectors/watermark-generator.ts";
export type { AggregateFunction } from "../dataplane/functions/aggregate.ts";
export {
  type BaseBroadcastContext,
  type BroadcastContext,
  type BroadcastOnTimerContext,
  BroadcastProcessFunction,
  type BroadcastProcessFunctionOf,
  type BroadcastState,
  type KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  type ReadOnlyBroadcastContext,
  type ReadOnlyBroadcastState,
} from "../dataplane/functions/broadcast.ts";
export type {
  CheckpointedFunction,
  CheckpointListener,
  FunctionInitializationContext,
  FunctionSnapshotContext,
  OperatorStateStore,
} from "../dataplane/functions/checkpointed-function.ts";
export {
  CoProcessFunction,
  type CoProcessFunctionOf,
  KeyedCoProcessFunction,
} from "../dataplane/functions/co-process.ts";
export type { Collector } from "../dataplane/functions/collector.ts";
export type {
  CoGroupFunction,
  FlatJoinFunction,
  JoinFunction,
  TaggedUnion,
} from "../dataplane/functions/joins.ts";
export { OutputTag } from "../dataplane/functions/output-tag.ts";
export {
  type KeyedOnTimerContext,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
  type ProcessContext,
  ProcessFunction,
  type ProcessFunctionOf,
  type TimeDomain,
  type TimerService,
} from "../dataplane/functions/process.ts";
export {
  type ProcessJoinContext,
  ProcessJoinFunction,
  type ProcessJoinFunctionOf,
} from "../dataplane/functions/process-join.ts";
export {
  AbstractRichFunction,
  RichFilterFunction,
  RichFlatMapFunction,
  RichMapFunction,
} from "../dataplane/functions/rich-function.ts";
export type { RuntimeContext } from "../dataplane/functions/runtime-context.ts";
export {
  type AggregatingState,
  AggregatingStateDescriptor,
  type KeyedStateStore,
  type ListState,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  type ReducingState,
  ReducingStateDescriptor,
  type StateDescriptor,
  type StateOf,
  type ValueState,
  ValueStateDescriptor,
} from "../dataplane/functions/state.ts";
export {
  StateTtlConfig,
  type StateTtlConfigBuilder,
  type TtlStateVisibility,
  type TtlUpdateType,
} from "../dataplane/functions/state-ttl.ts";
export {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
} from "../dataplane/functions/windows/continuous-trigger.ts";
export { CountTrigger } from "../dataplane/functions/windows/count-trigger.ts";
export { type DeltaFunction, DeltaTrigger } from "../dataplane/functions/windows/delta-trigger.ts";
export { EventTimeTrigger } from "../dataplane/functions/windows/event-time-trigger.ts";
export {
  Evictor,
  type EvictorContext,
  type TimestampedValue,
} from "../dataplane/functions/windows/evictor.ts";
export {
  CountEvictor,
  DeltaEvictor,
  TimeEvictor,
} from "../dataplane/functions/windows/evictors.ts";
export { NeverTrigger } from "../dataplane/functions/windows/fixed-triggers.ts";
export { GlobalWindows } from "../dataplane/functions/windows/global-windows.ts";
export type { ProcessWindowContext } from "../dataplane/functions/windows/process-window-context.ts";
export { ProcessingTimeTrigger } from "../dataplane/functions/windows/processing-time-trigger.ts";
export { ProcessingTimeoutTrigger } from "../dataplane/functions/windows/processing-timeout-trigger.ts";
export { PurgingTrigger } from "../dataplane/functions/windows/purging-trigger.ts";
export {
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
  type SessionWindowTimeGapExtractor,
} from "../dataplane/functions/windows/session-windows.ts";
export {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
} from "../dataplane/functions/windows/sliding-windows.ts";
export {
  type OnMergeContext,
  Trigger,
  type TriggerContext,
  TriggerResult,
} from "../dataplane/functions/windows/trigger.ts";
export {
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from "../dataplane/functions/windows/tumbling-windows.ts";
export { GlobalWindow, TimeWindow, type Window } from "../dataplane/functions/windows/window.ts";
export {
  WindowAssigner,
  type WindowAssignerContext,
} from "../dataplane/functions/windows/window-assigner.ts";
export { WindowStagger } from "../dataplane/functions/windows/window-stagger.ts";
export {
  type Accumulator,
  Average,
  Counter,
  Histogram,
  ListAccumulator,
  Maximum,
  Minimum,
} from "../dataplane/protocol/accumulators.ts";
export type { AsyncRetryPredicate, AsyncRetryStrategy } from "../dataplane/protocol/async-retry.ts";
export { Duration, type TimeSpan } from "../dataplane/protocol/duration.ts";
export { EngineError, type ErrorCode, type ErrorDetails } from "../dataplane/protocol/errors.ts";
export { TimeUnit } from "../dataplane/protocol/time-unit.ts";
export type { DataType } from "../dataplane/protocol/types.ts";
export { AsyncDataStream } from "./api/async-data-stream.ts";
export {
  AsyncRetryStrategies,
  ExponentialBackoffDelayRetryStrategyBuilder,
  FixedDelayRetryStrategyBuilder,
  RetryPredicates,
  RetryStrategyBuilder,
} from "./api/async-retry-strategies.ts";
export { BroadcastConnectedStream, BroadcastStream } from "./api/broadcast-stream.ts";
export {
  CheckpointConfig,
  CheckpointingMode,
  ExternalizedCheckpointRetention,
} from "./api/checkpoint-config.ts";
export type { CoFlatMapFunction, CoMapFunction } from "./api/co-functions.ts";
export type { CloseableAsyncIterator } from "./api/collected-iterator.ts";
export { ConnectedStreams } from "./api/connected-streams.ts";
export { DataStream, KeyedStream, SingleOutputStreamOperator } from "./api/data-stream.ts";
export { DataStreamSink } from "./api/data-stream-sink.ts";
export { DataStreamSource } from "./api/data-stream-source.ts";
export { StreamExecutionEnvironment } from "./api/environment.ts";
export { ExecutionConfig } from "./api/execution-config.ts";
export type {
  AsyncFunction,
  FilterFunction,
  FlatMapFunction,
  KeySelector,
  MapFunction,
  Partitioner,
  ReduceFunction,
  ResultFuture,
} from "./api/functions.ts";
export { IntervalJoin, IntervalJoined } from "./api/interval-join.ts";
export { type JobClient, JobExecutionResult, type JobMetrics } from "./api/job-client.ts";
export { defineJob, type JobDefinition } from "./api/job-definition.ts";
export {
  CoGroupedWindows,
  JoinedByKey,
  JoinedStreams,
  JoinedWhere,
  JoinedWindows,
} from "./api/joined-streams.ts";
export { RestartStrategies } from "./api/restart-strategies.ts";
export {
  EmbeddedRocksDBStateBackend,
  FsStateBackend,
  HashMapStateBackend,
  MemoryStateBackend,
  RocksDBStateBackend,
  type StateBackend,
} from "./api/state-backends.ts";
export { Time, TimeCharacteristic } from "./api/time.ts";
export {
  AscendingTimestampExtractor,
  type AssignerWithPeriodicWatermarks,
  type AssignerWithPunctuatedWatermarks,
  BoundedOutOfOrdernessTimestampExtractor,
  type TimestampExtractor,
  type WatermarkAssigner,
} from "./api/timestamp-extractors.ts";
export { type TimestampFunction, WatermarkStrategy } from "./api/watermark-strategy.ts";
export {
  type AllWindowFunction,
  ProcessAllWindowFunction,
  ProcessWindowFunction,
  type WindowFunction,
} from "./api/window-functions.ts";
export { AllWindowedStream, WindowedStream } from "./api/windowed-stream.ts";
export type { JobStatus } from "./common/job-status.ts";
export { type TypeInformation, Types } from "./common/types.ts";
export { type ConfigFileOptions, defineConfig } from "./config/define-config.ts";
export type { RestartStrategy } from "./config/restart-strategy-kind.ts";
export type { ServerOptions } from "./config/server-settings.ts";
export type { EngineOptions } from "./config/settings.ts";
