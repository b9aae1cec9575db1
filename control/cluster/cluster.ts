/**
 * What the service's front doors (REST, CLI, dashboard) see of a cluster: snapshots of plain data that never change,
 * and commands. Times are ms since the epoch, durations ms, sizes bytes. Everything is structured-cloneable.
 *
 * Commands reject with an EngineError; codes are named at each. Reading a job that is not known answers null.
 */
import type { AccumulatorKind } from "../../dataplane/protocol/accumulators.ts";
import type { WireError } from "../../dataplane/protocol/errors.ts";
import type { SubtaskMetrics } from "../api/job-client.ts";
import type { StopMode } from "../checkpoint/coordinator-types.ts";
import type { Distribution } from "../common/distribution.ts";
import type { ExecutionState } from "../common/execution-state.ts";
import type { JobStatus } from "../common/job-status.ts";
import type { EngineOptions, JobSettings } from "../config/settings.ts";
import type { CheckpointingSpec } from "../plan/checkpoint-schema.ts";
import type { JobGraph } from "../plan/job-graph.ts";
import type { CheckpointCounts } from "../runtime/checkpoint-statistics.ts";

export interface Cluster {
  info(): Promise<ClusterInfo>;
  /** Ends the service: its jobs are suspended. Settled when the request is taken. */
  shutDown(): Promise<void>;

  jars(): Promise<readonly JarInfo[]>;
  /**
   * Takes a copy of a file. What is no bundle is taken, too, and shows no entries.
   *
   * @param path of the file; still the caller's
   * @param fileName as whoever sent it calls it; folders in it are cut off
   */
  uploadJar(path: string, fileName: string): Promise<JarInfo>;
  /** Errors: MR_JAR_NOT_FOUND. */
  deleteJar(jarId: string): Promise<void>;
  /** The plan of the program's first job, which is not run. Errors: as runJar(). */
  planJar(request: ProgramRun): Promise<JobGraph>;
  /**
   * Starts a program; settled when its first job is submitted, which may still wait for slots.
   *
   * @returns the id of that job
   * Errors: MR_JAR_NOT_FOUND, MR_BUNDLE_INVALID, MR_JOB_ID_IN_USE, MR_SUBMIT_TIMEOUT, MR_PROGRAM_NO_JOB and what the
   * program throws.
   */
  runJar(request: ProgramRun): Promise<string>;

  /** All that are running or remembered, in the order of their submission. */
  jobs(): Promise<readonly JobInfo[]>;
  /** null = there is no such job. */
  job(jobId: string): Promise<JobDetails | null>;
  /** null = there is no such job. */
  checkpoints(jobId: string): Promise<CheckpointHistory | null>;
  /** Settled when the job was told; nothing happens to one that is being canceled. Errors: MR_JOB_NOT_FOUND. */
  cancel(jobId: string): Promise<void>;
  /**
   * Settled when the savepoint is complete, and the job has ended if it was to.
   *
   * @returns its path
   * Errors: MR_JOB_NOT_FOUND, MR_JOB_NOT_RUNNING, MR_SAVEPOINT_FAILED, and what ends the job meanwhile.
   */
  savepoint(jobId: string, request: SavepointRequest): Promise<string>;
  /**
   * A checkpoint out of turn; settled when it is complete.
   *
   * @returns its id
   * Errors: MR_JOB_NOT_FOUND, MR_JOB_NOT_RUNNING, MR_SAVEPOINT_FAILED.
   */
  checkpoint(jobId: string): Promise<number>;
  /** Deletes the files of a savepoint. Errors: MR_SAVEPOINT_FAILED where there is none, or it is no savepoint. */
  disposeSavepoint(path: string): Promise<void>;

  /** Places that tasks run in. */
  taskManagers(): Promise<readonly TaskManagerInfo[]>;
  /** null = there is no such task manager. */
  taskManagerLogs(taskManagerId: string): Promise<readonly LogFile[] | null>;
  jobManagerLogs(): Promise<readonly LogFile[]>;
  /** Of running JavaScript; null = there is no such task manager. */
  taskManagerThreads(taskManagerId: string): Promise<readonly ThreadInfo[] | null>;
  jobManagerThreads(): Promise<readonly ThreadInfo[]>;
  /** Where a task spends its time; null = nothing was sampled yet, or it does not run. */
  flameGraph(request: FlameGraphRequest): Promise<FlameGraph | null>;
}

export interface ClusterInfo {
  readonly slotsTotal: number;
  readonly slotsAvailable: number;
  /** Of the service, as it came to be: key and value in text. Secrets are in it: who shows it masks them. */
  readonly settings: readonly (readonly [key: string, value: string])[];
  readonly startedMs: number;
  /** Of the process of the service. */
  readonly process: ProcessFigures;
}

export interface ProcessFigures {
  readonly cpuLoad: number;
  /** ns. */
  readonly cpuTimeNs: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly heapLimitBytes: number;
  readonly externalBytes: number;
  readonly threads: number;
  readonly gcCount: number;
  readonly gcTimeMs: number;
}

export interface JarInfo {
  /** `<uuid>_<file name>`. */
  readonly jarId: string;
  readonly name: string;
  readonly uploadedMs: number;
  readonly sizeBytes: number;
  /** Names of its programs; none in what cannot be read. */
  readonly entries: readonly string[];
}

export interface ProgramRun {
  readonly jarId: string;
  /** null = the first of the bundle. */
  readonly entry: string | null;
  readonly args: readonly string[];
  /** Settings of the client level. */
  readonly options: EngineOptions;
  /** Of the first job, 32 hexadecimal digits in lower case; null = a new one. */
  readonly jobId: string | null;
  /** Where the first job starts from; null = from nothing. */
  readonly restore: RestoreRequest | null;
}

export interface RestoreRequest {
  /** Path or file: URL of a savepoint or checkpoint. */
  readonly path: string;
  /** Whether state that no operator takes is left out, in place of a failure. */
  readonly allowNonRestoredState: boolean;
}

export interface SavepointRequest {
  /** null = the default one. */
  readonly directory: string | null;
  /** Whether the job ends behind it. `cancel`: as canceled, without regard to its sinks. */
  readonly stop: StopMode | "cancel";
}

export interface JobInfo {
  readonly jobId: string;
  readonly name: string;
  readonly status: JobStatus;
  /** When it last became each status it has been in. */
  readonly statusTimes: Readonly<Partial<Record<JobStatus, number>>>;
  /** Subtasks by state. */
  readonly taskCounts: Readonly<Partial<Record<ExecutionState, number>>>;
  /** When its status, or that of one of its subtasks, last changed. */
  readonly lastModifiedMs: number;
}

export interface JobDetails extends JobInfo {
  /** null = it is being accepted and has no plan yet. */
  readonly graph: JobGraph | null;
  readonly settings: JobSettings | null;
  /** For each vertex of the graph, in its order. */
  readonly vertices: readonly VertexDetails[];
  /** Merged over its subtasks. */
  readonly accumulators: readonly AccumulatorValue[];
  /** Attempts of subtasks that were started in the place of earlier ones. */
  readonly restarts: number;
  /** What went wrong, oldest first; no more than a few. */
  readonly failures: readonly JobFailure[];
  /** How it ended; null = it has not. */
  readonly outcome: JobOutcome | null;
  /** Where what it prints and logs is. */
  readonly logs: readonly LogFile[];
}

export type JobOutcome =
  | { readonly status: "FINISHED" | "CANCELED"; readonly netRuntimeMs: number }
  | { readonly status: "FAILED"; readonly netRuntimeMs: number; readonly error: WireError };

export interface VertexDetails {
  readonly vertexId: string;
  /** None before the job has begun to run. */
  readonly subtasks: readonly SubtaskDetails[];
  /** Merged over its subtasks. */
  readonly accumulators: readonly AccumulatorValue[];
}

export interface SubtaskDetails extends AttemptDetails {
  /** Those it stands in the place of, oldest first; old ones are forgotten. */
  readonly earlierAttempts: readonly AttemptDetails[];
}

export interface AttemptDetails {
  readonly subtaskIndex: number;
  /** From 0. */
  readonly attempt: number;
  readonly state: ExecutionState;
  /** When it became each state it has been in. */
  readonly times: Readonly<Partial<Record<ExecutionState, number>>>;
  /** Where it runs or ran; null = it has no slot yet. */
  readonly location: TaskLocation | null;
  /** null = it has not begun to report. */
  readonly metrics: SubtaskMetrics | null;
  readonly rates: SubtaskRates | null;
  readonly accumulators: readonly AccumulatorValue[];
  /** null = it has not failed. */
  readonly failure: { readonly atMs: number; readonly error: WireError } | null;
}

/** Over the last seconds; times are ms per second. */
export interface SubtaskRates {
  readonly recordsInPerSecond: number;
  readonly recordsOutPerSecond: number;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
  readonly busyMsPerSecond: number;
  readonly idleMsPerSecond: number;
  readonly backPressuredMsPerSecond: number;
}

export interface TaskLocation {
  readonly taskManagerId: string;
  readonly host: string;
  /** 0 = it has none. */
  readonly port: number;
}

export interface AccumulatorValue {
  readonly name: string;
  /** null = not known. */
  readonly kind: AccumulatorKind | null;
  /** Result of the accumulator: what a program reads. */
  readonly value: unknown;
}

export interface JobFailure {
  readonly atMs: number;
  readonly error: WireError;
  /** Where; null = outside the tasks. */
  readonly task: FailedTask | null;
  /** Failures of other tasks that belong to it. */
  readonly concurrent: readonly JobFailure[];
}

export interface FailedTask {
  readonly vertexId: string;
  readonly subtaskIndex: number;
  readonly attempt: number;
  readonly location: TaskLocation | null;
}

export interface CheckpointHistory {
  readonly settings: CheckpointingSpec;
  readonly stateBackend: string;
  readonly counts: CheckpointCounts;
  /** Over the completed ones, of which the oldest may be left out. */
  readonly summary: CheckpointSummary;
  /** Newest first; no more than a few. */
  readonly history: readonly CheckpointDetails[];
  /** They are not in the history any more, perhaps. */
  readonly latestCompleted: CheckpointDetails | null;
  readonly latestSavepoint: CheckpointDetails | null;
  readonly latestFailed: CheckpointDetails | null;
  readonly latestRestored: RestoredCheckpoint | null;
}

export interface CheckpointSummary {
  readonly checkpointedBytes: Distribution;
  readonly stateBytes: Distribution;
  /** From the trigger to completion. */
  readonly durationMs: Distribution;
  readonly processedBytes: Distribution;
}

export interface CheckpointDetails {
  readonly checkpointId: number;
  readonly type: "checkpoint" | "savepoint";
  readonly status: "IN_PROGRESS" | "COMPLETED" | "FAILED";
  readonly stop: StopMode;
  readonly triggeredMs: number;
  /** When it was complete or failed; null = it is under way. */
  readonly endedMs: number | null;
  readonly vertices: readonly VertexCheckpoint[];
  /** Of its folder; null = it is not complete. */
  readonly path: string | null;
  readonly isDiscarded: boolean;
  /** null = it has not failed. */
  readonly failureMessage: string | null;
}

export interface VertexCheckpoint {
  readonly vertexId: string;
  /** By subtask index; null = it has not acknowledged. */
  readonly subtasks: readonly (SubtaskCheckpoint | null)[];
}

export interface SubtaskCheckpoint {
  readonly acknowledgedMs: number;
  /** Of its state. */
  readonly stateBytes: number;
  /** What was written for this checkpoint. */
  readonly checkpointedBytes: number;
  /** The task stood still. */
  readonly syncMs: number;
  readonly asyncMs: number;
  /** Between the first barrier and the last. */
  readonly alignmentMs: number;
  /** Between the trigger and the first barrier. */
  readonly startDelayMs: number;
  /** Taken from channels during the alignment. */
  readonly processedBytes: number;
}

export interface RestoredCheckpoint {
  readonly checkpointId: number;
  readonly type: "checkpoint" | "savepoint";
  readonly restoredMs: number;
  readonly path: string | null;
}

export interface TaskManagerInfo {
  readonly taskManagerId: string;
  readonly host: string;
  readonly port: number;
  readonly slots: number;
  readonly freeSlots: number;
  /** One entry per slot that a job has. */
  readonly allocated: readonly { readonly jobId: string }[];
  readonly heardMs: number;
  readonly cpuCores: number;
  readonly physicalMemoryBytes: number;
  readonly freeMemoryBytes: number;
  /** For state and rows, of all slots. */
  readonly managedMemoryBytes: number;
  /** For rows between tasks. */
  readonly networkMemoryBytes: number;
  readonly process: ProcessFigures;
}

/** A text file; it may grow. */
export interface LogFile {
  readonly name: string;
  readonly kind: "log" | "stdout" | "other";
  /** Of the file, for who serves it: nothing that came over the network is in it. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export interface ThreadInfo {
  readonly name: string;
  /** Lines of text. */
  readonly stack: string;
}

export interface FlameGraphRequest {
  readonly jobId: string;
  readonly vertexId: string;
  /** null = all. */
  readonly subtaskIndex: number | null;
  /** All, those at work, or those that wait. */
  readonly samples: "full" | "on_cpu" | "off_cpu";
}

export interface FlameGraph {
  readonly endedMs: number;
  readonly root: FlameNode;
}

export interface FlameNode {
  readonly name: string;
  /** Samples in it and below. */
  readonly value: number;
  readonly children: readonly FlameNode[];
}
