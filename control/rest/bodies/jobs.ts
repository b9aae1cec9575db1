/** Jobs: lists, details, settings, results. */
import type { JobDetails, JobInfo, VertexDetails } from "../../cluster/cluster.ts";
import type { JobStatus } from "../../common/job-status.ts";
import type { RestartStrategySpec } from "../../plan/checkpoint-schema.ts";
import type { JobVertex } from "../../plan/job-graph.ts";
import type { Json } from "../json.ts";
import { serializedAccumulator, serializedFailure } from "../serialized-values.ts";
import { accumulatorBodies } from "./accumulators.ts";
import { outcomeChain } from "./exceptions.ts";
import { slotSharingGroupId } from "./ids.ts";
import { planBody } from "./plan.ts";
import { countStates, EXECUTION_STATES, ioMetrics, NO_TIME, taskSpan, taskState } from "./tasks.ts";

const JOB_STATES: readonly JobStatus[] = [
  "INITIALIZING",
  "CREATED",
  "RUNNING",
  "FAILING",
  "FAILED",
  "CANCELLING",
  "CANCELED",
  "FINISHED",
  "RESTARTING",
  "SUSPENDED",
  "RECONCILING",
];

const ENDED: ReadonlySet<JobStatus> = new Set(["FINISHED", "CANCELED", "FAILED"]);

export function hasEnded({ status }: JobInfo): boolean {
  return ENDED.has(status);
}

interface JobSpan {
  readonly "start-time": number;
  readonly "end-time": number;
  readonly duration: number;
}

function jobSpan(job: JobInfo, nowMs: number): JobSpan {
  const startMs = job.statusTimes.INITIALIZING ?? job.statusTimes.CREATED ?? 0;
  const endMs = hasEnded(job) ? (job.statusTimes[job.status] ?? nowMs) : null;
  return {
    "start-time": startMs,
    "end-time": endMs ?? NO_TIME,
    duration: (endMs ?? nowMs) - startMs,
  };
}

export function jobListBody(jobs: readonly JobInfo[]): Json {
  return { jobs: jobs.map(({ jobId, status }) => ({ id: jobId, status })) };
}

export function jobOverviewBody(jobs: readonly JobInfo[], nowMs: number): Json {
  return { jobs: jobs.map((job) => overviewEntry(job, nowMs)) };
}

function overviewEntry(job: JobInfo, nowMs: number): Json {
  const counts = EXECUTION_STATES.map((state) => job.taskCounts[state] ?? 0);
  const named = EXECUTION_STATES.map((state, index) => [state.toLowerCase(), counts[index]]);
  return {
    jid: job.jobId,
    name: job.name,
    ...jobSpan(job, nowMs),
    state: job.status,
    "last-modification": job.lastModifiedMs,
    tasks: { total: counts.reduce((sum, count) => sum + count, 0), ...Object.fromEntries(named) },
  };
}

export function jobDetailsBody(job: JobDetails, nowMs: number): Json {
  const vertices = job.graph?.vertices ?? [];
  const bodies = vertices.map((vertex) => vertexEntry(job, vertex, nowMs));
  return {
    jid: job.jobId,
    name: job.name,
    isStoppable: false,
    state: job.status,
    "job-type": job.graph?.runtimeMode ?? "STREAMING",
    ...jobSpan(job, nowMs),
    maxParallelism: -1,
    now: nowMs,
    timestamps: Object.fromEntries(JOB_STATES.map((state) => [state, job.statusTimes[state] ?? 0])),
    vertices: bodies.map(({ body }) => body),
    "status-counts": { ...countStates(bodies.map(({ state }) => state)) },
    plan: planBody(job.jobId, job.graph),
  };
}

function vertexEntry(job: JobDetails, vertex: JobVertex, nowMs: number) {
  const attempts = vertexOf(job, vertex.id)?.subtasks ?? [];
  const counts = countStates(attempts.map(({ state }) => state));
  const state = taskState(counts, vertex.parallelism);
  const body: Json = {
    id: vertex.id,
    slotSharingGroupId: slotSharingGroupId(job.jobId, vertex.slotSharingGroup),
    name: vertex.name,
    maxParallelism: vertex.maxParallelism,
    parallelism: vertex.parallelism,
    status: state,
    ...taskSpan(attempts, nowMs),
    tasks: { ...counts },
    metrics: ioMetrics(attempts),
  };
  return { state, body };
}

export function vertexOf(job: JobDetails, id: string): VertexDetails | undefined {
  return job.vertices.find(({ vertexId }) => vertexId === id);
}

export function jobConfigBody(job: JobDetails): Json {
  const { jobId, name, graph, settings } = job;
  return {
    jid: jobId,
    name,
    "execution-config": {
      "execution-mode": graph?.runtimeMode === "BATCH" ? "BATCH" : "PIPELINED",
      "restart-strategy": restartText(
        settings?.restartStrategy === null ? null : (graph?.options.restartStrategy ?? null),
      ),
      "job-parallelism": settings?.parallelism ?? 1,
      "object-reuse-mode": false,
      "user-config": {},
    },
  };
}

/** @param strategy null = none of the job's own */
function restartText(strategy: RestartStrategySpec | null): string {
  if (strategy === null) return "Cluster level default restart strategy";
  if (strategy.kind === "none") return "Restart deactivated.";
  if (strategy.kind === "fixed-delay") {
    return `Restart with fixed delay (${isoDuration(strategy.delayMs)}). #${strategy.attempts} restart attempts.`;
  }
  if (strategy.kind === "failure-rate") {
    return `Failure rate restart with maximum of ${strategy.maxFailuresPerInterval} failures within interval ${isoDuration(strategy.intervalMs)} and fixed delay ${isoDuration(strategy.delayMs)}.`;
  }
  return `Restart with exponential delay: starting at ${isoDuration(strategy.initialBackoffMs)}, increasing by ${strategy.multiplier}, with maximum ${isoDuration(strategy.maxBackoffMs)}.`;
}

/** As java.time.Duration prints one. */
function isoDuration(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  const parts = [
    hours === 0 ? "" : `${hours}H`,
    minutes === 0 ? "" : `${minutes}M`,
    seconds === 0 ? "" : `${seconds}S`,
  ].join("");
  return `PT${parts === "" ? "0S" : parts}`;
}

export function jobAccumulatorsBody(job: JobDetails, includeSerialized: boolean): Json {
  // Those of a job that has ended are in its result.
  const shown = hasEnded(job) && job.outcome?.status !== "FINISHED" ? [] : job.accumulators;
  const serialized = shown.map(({ name, value }) => [name, serializedAccumulator(value)]);
  return {
    "job-accumulators": [],
    "user-task-accumulators": accumulatorBodies(shown),
    "serialized-user-task-accumulators": includeSerialized ? Object.fromEntries(serialized) : {},
  };
}

const APPLICATION_STATUS = {
  FINISHED: "SUCCEEDED",
  CANCELED: "CANCELED",
  FAILED: "FAILED",
} as const;

export function executionResultBody(job: JobDetails): Json {
  const { jobId, outcome, accumulators } = job;
  if (outcome === null) return { status: { id: "IN_PROGRESS" } };
  const results = outcome.status === "FINISHED" ? accumulators : [];
  return {
    status: { id: "COMPLETED" },
    "job-execution-result": {
      id: jobId,
      "application-status": APPLICATION_STATUS[outcome.status],
      "accumulator-results": Object.fromEntries(
        results.map(({ name, value }) => [name, serializedAccumulator(value)]),
      ),
      "net-runtime": Math.round(outcome.netRuntimeMs),
      "failure-cause":
        outcome.status === "FAILED"
          ? serializedFailure(outcomeChain(job, outcome.error))
          : undefined,
    },
  };
}
