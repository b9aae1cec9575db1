/** What the process of a job tells of how it goes: the one place that asks the runtime. */
import type { AccumulatorSnapshot } from "../../dataplane/protocol/accumulators.ts";
import type { WireError } from "../../dataplane/protocol/errors.ts";
import type { JobMetrics } from "../api/job-client.ts";
import type { Failure } from "../checkpoint/coordinator-types.ts";
import type { SubtaskId } from "../checkpoint/topology.ts";
import type { Clock } from "../common/clock.ts";
import { type CheckpointProgress, NO_CHECKPOINTS } from "../runtime/checkpoint-statistics.ts";
import type { ExecutionAttempt } from "../runtime/execution-history.ts";
import type { LocalJobClient } from "../runtime/local-job-client.ts";
import type { SubtaskRates } from "./cluster.ts";
import type { RateWindow } from "./subtask-rates.ts";

/** Structured-cloneable. Times are ms since the epoch. */
export interface JobProgress {
  readonly metrics: JobMetrics;
  readonly rates: ReadonlyMap<SubtaskId, SubtaskRates>;
  /** Of subtasks that have finished. */
  readonly accumulators: ReadonlyMap<SubtaskId, readonly AccumulatorSnapshot[]>;
  /** The present ones. */
  readonly attempts: ReadonlyMap<SubtaskId, ExecutionAttempt>;
  /** Those in the place of which they are, oldest first. */
  readonly earlierAttempts: readonly ExecutionAttempt[];
  readonly checkpoints: CheckpointProgress;
  /** Oldest first. */
  readonly failures: readonly JobFailureRecord[];
}

export interface JobFailureRecord {
  readonly atMs: number;
  readonly error: WireError;
  /** Subtasks that failed; none = the job as a whole. */
  readonly subtasks: readonly SubtaskId[];
}

export const NO_PROGRESS: JobProgress = {
  metrics: { vertices: [] },
  rates: new Map(),
  accumulators: new Map(),
  attempts: new Map(),
  earlierAttempts: [],
  checkpoints: NO_CHECKPOINTS,
  failures: [],
};

export async function progressOf(
  client: LocalJobClient,
  window: RateWindow,
  clock: Clock,
): Promise<JobProgress> {
  const metrics = await client.metrics();
  const { history, statistics, state, subtaskAccumulators } = client.observed;
  return {
    metrics,
    rates: window.add(clock.monotonic(), metrics),
    accumulators: subtaskAccumulators,
    attempts: history.attempts,
    earlierAttempts: history.earlierAttempts,
    checkpoints: statistics.progress,
    failures: state.failures.map((failure) => recordOf(failure, clock)),
  };
}

/** The coordinator has monotonic time. */
function recordOf({ atMs, cause, subtasks }: Failure, clock: Clock): JobFailureRecord {
  return { atMs: Math.round(clock.now() - clock.monotonic() + atMs), error: cause.error, subtasks };
}
