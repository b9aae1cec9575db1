/** What the service and the process of a program say to each other. Structured-cloneable. */
import type { WireError } from "../../dataplane/protocol/errors.ts";
import type { ProgramRequest } from "../api/cluster-client.ts";
import type { JobResultData } from "../api/job-client.ts";
import type { StopMode } from "../checkpoint/coordinator-types.ts";
import type { JobStatus } from "../common/job-status.ts";
import type { JobSettings } from "../config/settings.ts";
import type { JobGraph } from "../plan/job-graph.ts";
import type { ProcessFigures } from "./cluster.ts";
import type { JobProgress } from "./job-snapshot.ts";

/** A job that an earlier process of the same program has submitted. */
export interface KnownJob {
  readonly jobId: string;
  /** null = it is to run again. */
  readonly outcome: JobOutcomeRecord | null;
}

/** How a job ended. */
export type JobOutcomeRecord =
  | { readonly status: "FINISHED"; readonly result: JobResultData }
  | { readonly status: "FAILED" | "CANCELED"; readonly error: WireError };

/** Of a savepoint its path, of a checkpoint its id. */
export type SnapshotAnswer =
  | { readonly isCompleted: true; readonly snapshot: string | number }
  | { readonly isCompleted: false; readonly error: WireError };

export type ProgramCommand =
  | {
      readonly kind: "run";
      readonly program: ProgramRequest;
      /** By the number of their execute() call; null = it has submitted none. */
      readonly known: readonly (KnownJob | null)[];
      /** Whether an earlier process has run it: its jobs go on from their newest checkpoints. */
      readonly isRestart: boolean;
      /** Each job has a folder of its id below it for its checkpoints, where no other one is configured. */
      readonly checkpointFolder: string;
      /** Where savepoints go, if neither the request nor a setting says it. */
      readonly savepointFolder: string;
      /** ms between two "progress" reports. */
      readonly progressMs: number;
    }
  /** The program goes up to its first execute(). */
  | { readonly kind: "plan"; readonly program: ProgramRequest }
  /** Slots are there: a submitted job may start. */
  | { readonly kind: "admit"; readonly jobId: string }
  | { readonly kind: "refuse"; readonly jobId: string; readonly error: WireError }
  | { readonly kind: "cancel"; readonly jobId: string }
  | {
      readonly kind: "savepoint";
      readonly requestId: string;
      readonly jobId: string;
      /** null = the default one. */
      readonly directory: string | null;
      readonly stop: StopMode;
    }
  | { readonly kind: "checkpoint"; readonly requestId: string; readonly jobId: string };

export type ProgramReport =
  | { readonly kind: "planned"; readonly graph: JobGraph }
  | {
      readonly kind: "submitted";
      readonly jobId: string;
      /** Number of its execute() call. */
      readonly executeIndex: number;
      readonly graph: JobGraph;
      readonly settings: JobSettings;
      /** Slots it needs. */
      readonly slots: number;
    }
  | {
      readonly kind: "status";
      readonly jobId: string;
      readonly status: JobStatus;
      readonly atMs: number;
    }
  /** At regular times, also when there are no jobs: a process that is silent does not work. */
  | {
      readonly kind: "progress";
      readonly process: ProcessFigures;
      readonly jobs: readonly { readonly jobId: string; readonly progress: JobProgress }[];
    }
  | {
      readonly kind: "job-ended";
      readonly jobId: string;
      readonly atMs: number;
      readonly progress: JobProgress;
      readonly outcome: JobOutcomeRecord;
    }
  | { readonly kind: "answer"; readonly requestId: string; readonly answer: SnapshotAnswer }
  /** The last one. `error`: what the program threw. */
  | { readonly kind: "program-ended"; readonly error: WireError | null };
