/** A job of the registry as the front doors see it. Pure. */
import {
  type AccumulatorSnapshot,
  mergeAccumulators,
} from "../../dataplane/protocol/accumulators.ts";
import { type SubtaskId, subtaskIdOf } from "../checkpoint/topology.ts";
import type { ExecutionState } from "../common/execution-state.ts";
import type { JobVertex } from "../plan/job-graph.ts";
import type { ExecutionAttempt } from "../runtime/execution-history.ts";
import { isTerminal } from "../runtime/job-status.ts";
import type {
  AccumulatorValue,
  AttemptDetails,
  FailedTask,
  JobDetails,
  JobFailure,
  JobInfo,
  JobOutcome,
  LogFile,
  SubtaskDetails,
  TaskLocation,
  VertexDetails,
} from "./cluster.ts";
import type { JobFailureRecord } from "./job-snapshot.ts";
import type { JobRecord } from "./records.ts";

export function jobInfoOf(record: JobRecord): JobInfo {
  const attempts = subtasksOf(record).map((id) => attemptOf(record, id));
  const taskCounts: Partial<Record<ExecutionState, number>> = {};
  for (const { state } of attempts) taskCounts[state] = (taskCounts[state] ?? 0) + 1;
  const times = [
    ...Object.values(record.statusTimes),
    ...attempts.flatMap((attempt) => [...attempt.times.values()]),
  ];
  return {
    jobId: record.jobId,
    name: record.graph.name,
    status: record.status,
    statusTimes: record.statusTimes,
    taskCounts,
    lastModifiedMs: Math.max(...times),
  };
}

export function jobDetailsOf(
  record: JobRecord,
  location: TaskLocation,
  logs: readonly LogFile[],
): JobDetails {
  const { graph, settings, progress, attemptBase } = record;
  const attempts = [...progress.attempts.values()].map(({ attempt }) => attempt);
  return {
    ...jobInfoOf(record),
    ...{ graph, settings, logs },
    vertices: graph.vertices.map((vertex) => vertexOf(record, vertex, location)),
    accumulators: accumulatorsOf([...progress.accumulators.values()].flat()),
    restarts: attemptBase + Math.max(0, ...attempts),
    failures: failuresOf(record, location),
    outcome: outcomeOf(record),
  };
}

function vertexOf(record: JobRecord, vertex: JobVertex, location: TaskLocation): VertexDetails {
  const { id: vertexId, parallelism } = vertex;
  const subtasks = Array.from({ length: parallelism }, (_, subtaskIndex): SubtaskDetails => {
    const id = subtaskIdOf(vertexId, subtaskIndex);
    const { progress } = record;
    const present = attemptOf(record, id);
    const isKnown = progress.attempts.has(id);
    const earlier = progress.earlierAttempts.filter(({ subtask }) => subtask === id);
    const details = (attempt: ExecutionAttempt): AttemptDetails =>
      attemptDetails(record, attempt, subtaskIndex, isKnown ? location : null);
    const metrics = progress.metrics.vertices.find((other) => other.id === vertexId);
    return {
      ...details(present),
      metrics: metrics?.subtasks[subtaskIndex] ?? null,
      rates: progress.rates.get(id) ?? null,
      accumulators: accumulatorsOf(progress.accumulators.get(id) ?? []),
      earlierAttempts: earlier.map(details),
    };
  });
  const accumulators = subtasks.flatMap(
    ({ subtaskIndex }) =>
      record.progress.accumulators.get(subtaskIdOf(vertexId, subtaskIndex)) ?? [],
  );
  return { vertexId, subtasks, accumulators: accumulatorsOf(accumulators) };
}

function attemptDetails(
  { attemptBase }: JobRecord,
  { attempt, state, times, error }: ExecutionAttempt,
  subtaskIndex: number,
  location: TaskLocation | null,
): AttemptDetails {
  return {
    subtaskIndex,
    attempt: attemptBase + attempt,
    state,
    times: Object.fromEntries(times),
    location,
    metrics: null,
    rates: null,
    accumulators: [],
    failure: error === null ? null : { atMs: times.get("FAILED") ?? 0, error },
  };
}

/** Of a subtask that has not been deployed: what can be told from its job. */
function attemptOf({ progress, status, statusTimes }: JobRecord, id: SubtaskId): ExecutionAttempt {
  const known = progress.attempts.get(id);
  if (known !== undefined) return known;
  const createdMs = statusTimes.CREATED ?? statusTimes.INITIALIZING ?? 0;
  const times = new Map<ExecutionAttempt["state"], number>([
    ["CREATED", createdMs],
    ["SCHEDULED", createdMs],
  ]);
  const base = { subtask: id, attempt: 0, error: null };
  if (!isTerminal(status)) return { ...base, state: "SCHEDULED", times };
  return { ...base, state: "CANCELED", times: times.set("CANCELED", statusTimes[status] ?? 0) };
}

function subtasksOf({ graph }: JobRecord): readonly SubtaskId[] {
  return graph.vertices.flatMap(({ id, parallelism }) =>
    Array.from({ length: parallelism }, (_, index) => subtaskIdOf(id, index)),
  );
}

function accumulatorsOf(snapshots: readonly AccumulatorSnapshot[]): readonly AccumulatorValue[] {
  const kinds = new Map(snapshots.map(({ name, kind }) => [name, kind]));
  return [...mergeAccumulators(snapshots)].map(([name, value]) => ({
    name,
    kind: kinds.get(name) ?? null,
    value,
  }));
}

/** One that failed before it ran has nothing else to show for it. */
function failuresOf(record: JobRecord, location: TaskLocation): readonly JobFailure[] {
  const { earlierFailures, progress, outcome, status, statusTimes } = record;
  const all = [...earlierFailures, ...progress.failures];
  if (all.length === 0 && outcome?.status === "FAILED") {
    all.push({ atMs: statusTimes[status] ?? 0, error: outcome.error, subtasks: [] });
  }
  return all.map((failure) => ({
    atMs: failure.atMs,
    error: failure.error,
    task: failedTaskOf(record, failure, location),
    concurrent: [],
  }));
}

function failedTaskOf(
  { progress, attemptBase }: JobRecord,
  { subtasks, atMs }: JobFailureRecord,
  location: TaskLocation,
): FailedTask | null {
  const [id] = subtasks;
  if (id === undefined) return null;
  const candidates = [...progress.earlierAttempts, ...progress.attempts.values()].filter(
    ({ subtask, state }) => subtask === id && state === "FAILED",
  );
  const distance = ({ times }: ExecutionAttempt): number =>
    Math.abs((times.get("FAILED") ?? 0) - atMs);
  const [closest] = candidates.sort((one, other) => distance(one) - distance(other));
  const slash = id.lastIndexOf("/");
  return {
    vertexId: id.slice(0, slash),
    subtaskIndex: Number(id.slice(slash + 1)),
    attempt: attemptBase + (closest?.attempt ?? 0),
    location,
  };
}

function outcomeOf({ outcome, status, statusTimes }: JobRecord): JobOutcome | null {
  if (outcome === null) return null;
  const startMs = statusTimes.RUNNING ?? statusTimes.INITIALIZING ?? 0;
  const netRuntimeMs = (statusTimes[status] ?? 0) - startMs;
  switch (outcome.status) {
    case "FINISHED":
      return { status: "FINISHED", netRuntimeMs: outcome.result.netRuntimeMs };
    case "CANCELED":
      return { status: "CANCELED", netRuntimeMs };
    case "FAILED":
      return { status: "FAILED", netRuntimeMs, error: outcome.error };
  }
}
