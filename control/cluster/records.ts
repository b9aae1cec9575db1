/** What the registry keeps. Structured-cloneable; a change of these shapes is a new format of the registry. */
import type { LockOwner } from "../checkpoint/process-owner.ts";
import type { JobStatus } from "../common/job-status.ts";
import type { EngineOptions, JobSettings } from "../config/settings.ts";
import type { JobGraph } from "../plan/job-graph.ts";
import type { JobOutcomeRecord } from "./job-messages.ts";
import type { JobFailureRecord, JobProgress } from "./job-snapshot.ts";

/** An uploaded bundle. */
export interface JarRecord {
  /** `<uuid>_<file name>`. */
  readonly jarId: string;
  /** Of the file in the folder of bundles; made here, nothing of the upload is in it. */
  readonly file: string;
  /** As it was uploaded, without folders. */
  readonly name: string;
  /** ms since the epoch. */
  readonly uploadedMs: number;
  readonly sizeBytes: number;
  /** Programs it shows; none in one that cannot be read. */
  readonly entries: readonly string[];
}

/** A program that was started: one process at a time, one job per execute() call. */
export interface ProgramRecord {
  /** The id of its first job. */
  readonly programId: string;
  /** Program of the bundle. */
  readonly entry: string;
  readonly args: readonly string[];
  /** Settings of the client level. */
  readonly options: EngineOptions;
  /** Its process, while there is one. */
  readonly owner: LockOwner | null;
}

export interface JobRecord {
  readonly jobId: string;
  readonly programId: string;
  /** Number of its execute() call. */
  readonly executeIndex: number;
  readonly graph: JobGraph;
  readonly settings: JobSettings;
  /** Slots it needs. */
  readonly slots: number;
  readonly status: JobStatus;
  /** ms since the epoch when it last became each status it has been in. */
  readonly statusTimes: Readonly<Partial<Record<JobStatus, number>>>;
  readonly isCancelRequested: boolean;
  /** The last that was heard. */
  readonly progress: JobProgress;
  /** null = it has not ended. */
  readonly outcome: JobOutcomeRecord | null;
  /** Attempts of its subtasks in processes before this one. */
  readonly attemptBase: number;
  /** Of processes before this one, oldest first; no more than a few. */
  readonly earlierFailures: readonly JobFailureRecord[];
}
