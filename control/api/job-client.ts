/** What a program holds of a job that was submitted. */
import type { JobStatus } from "../common/job-status.ts";

/** Counters of one subtask; times in ms since it started. @public */
export interface SubtaskMetrics {
  readonly numRecordsIn: number;
  readonly numRecordsOut: number;
  readonly numBytesIn: number;
  readonly numBytesOut: number;
  readonly accumulatedBusyTimeMs: number;
  readonly accumulatedIdleTimeMs: number;
  readonly accumulatedBackPressuredTimeMs: number;
  readonly numBatchesIn: number;
  readonly numBatchesOut: number;
  /** Linear memory and buffers borrowed now. */
  readonly memoryBytes: number;
  readonly collectorOverflowBytes: number;
  readonly numMalformedSequences: number;
  /**
   * ms since the epoch; null before the first watermark. Of a task that makes watermarks, at a source or
   * by assignTimestampsAndWatermarks(): the one it put out.
   */
  readonly currentInputWatermark: number | null;
  /** ms since the epoch, the last that left the task; null before the first, and in a task without outputs. */
  readonly currentOutputWatermark: number | null;
  readonly numLateRecordsDropped: number;
  /** ms that a source has had no records for; 0 = it has some; null in other tasks. */
  readonly sourceIdleTime: number | null;
  /** ms from the time of the last record of a source to when it was put out; null = there is none. */
  readonly currentEmitEventTimeLag: number | null;
  /**
   * ms that the watermark of a source is behind the clock, or behind the time since when it has had no
   * records; null = there is none, or the source has ended.
   */
  readonly watermarkLag: number | null;
  /**
   * Of a source with an alignment: ms that its watermark was above what its group allowed, at the last
   * update; below 0, how much further it might have gone. null = not known.
   */
  readonly watermarkAlignmentDrift: number | null;
}

/** @public */
export interface VertexMetrics {
  readonly id: string;
  readonly name: string;
  /** By subtask index. */
  readonly subtasks: readonly SubtaskMetrics[];
}

/** @public */
export interface JobMetrics {
  readonly vertices: readonly VertexMetrics[];
}

/** @public */
export interface OperatorSummary {
  readonly id: string;
  readonly name: string;
  /** What it ran on. */
  readonly engine: "wasm" | "js";
  /** Why; null where there is nothing to say. */
  readonly reason: string | null;
}

/** @public */
export interface JobSummary {
  /** Records that left the sources. */
  readonly rowsIn: number;
  /** Records that reached the sinks. */
  readonly rowsOut: number;
  readonly operators: readonly OperatorSummary[];
}

/** A JobExecutionResult as plain data: what workers replay and what is stored. */
export interface JobResultData {
  readonly jobId: string;
  readonly jobName: string;
  /** ms between the start and the end of the job. */
  readonly netRuntimeMs: number;
  readonly accumulators: ReadonlyMap<string, unknown>;
  readonly summary: JobSummary;
}

/**
 * Outcome of a job that finished.
 *
 * ```ts
 * const result = await env.execute("word count");
 * console.log(result.netRuntimeMs, result.getAccumulatorResult("words"));
 * ```
 * @public
 */
export class JobExecutionResult implements JobResultData {
  readonly jobId: string;
  readonly jobName: string;
  readonly netRuntimeMs: number;
  readonly accumulators: ReadonlyMap<string, unknown>;
  readonly summary: JobSummary;

  constructor(data: JobResultData) {
    this.jobId = data.jobId;
    this.jobName = data.jobName;
    this.netRuntimeMs = data.netRuntimeMs;
    this.accumulators = data.accumulators;
    this.summary = data.summary;
  }

  getJobID(): string {
    return this.jobId;
  }

  /** ms. */
  getNetRuntime(): number {
    return this.netRuntimeMs;
  }

  /** Merged value of the accumulator of that name; undefined if no function registered one. */
  getAccumulatorResult<T = unknown>(name: string): T | undefined {
    return this.accumulators.get(name) as T | undefined;
  }

  getAllAccumulatorResults(): ReadonlyMap<string, unknown> {
    return this.accumulators;
  }

  /** The plain data of it. */
  toData(): JobResultData {
    const { jobId, jobName, netRuntimeMs, accumulators, summary } = this;
    return { jobId, jobName, netRuntimeMs, accumulators, summary };
  }
}

/** Handle of a submitted job, from executeAsync(). @public */
export interface JobClient {
  getJobId(): string;
  getJobName(): string;
  getJobStatus(): Promise<JobStatus>;
  /** Asks the job to stop; settled when it was told. Nothing happens to a job that has ended. */
  cancel(): Promise<void>;
  /**
   * Settled with the path of a savepoint, when it is complete. Rejects with MR_SAVEPOINT_FAILED, and the job
   * goes on.
   *
   * @param directory where it goes, in a folder of its own; absent = option savepointDirectory
   */
  triggerSavepoint(directory?: string): Promise<string>;
  /**
   * Ends the job with a savepoint, whose path is the answer: the job is FINISHED then. Rejects with
   * MR_SAVEPOINT_FAILED, and the job goes on.
   *
   * @param advanceToEndOfEventTime whether windows and timers fire first, as at the end of the input: for
   * jobs that will not go on
   */
  stopWithSavepoint(advanceToEndOfEventTime: boolean, directory?: string): Promise<string>;
  /** Settled when the job ends; rejects with MR_JOB_CANCELED, or with the error the job failed with. */
  getJobExecutionResult(): Promise<JobExecutionResult>;
  /** Accumulators merged over the subtasks that have reported so far. */
  getAccumulators(): Promise<ReadonlyMap<string, unknown>>;
  metrics(): Promise<JobMetrics>;
  /**
   * Rows of a collect sink in order of arrival, once: ends when the sink ends, throws when the job
   * fails. Rows not taken hold the job back.
   */
  collected(operatorId: string): AsyncIterable<unknown>;
}
