/** Subtasks by state, their times and their figures, as every body shows them. */
import type { AttemptDetails, TaskLocation } from "../../cluster/cluster.ts";
import { type Distribution, distributionOf } from "../../common/distribution.ts";
import { type ExecutionState, isEndState } from "../../common/execution-state.ts";
import { Double, type Json } from "../json.ts";

/** In the order that bodies have them. */
export const EXECUTION_STATES: readonly ExecutionState[] = [
  "CREATED",
  "SCHEDULED",
  "DEPLOYING",
  "RUNNING",
  "FINISHED",
  "CANCELING",
  "CANCELED",
  "FAILED",
  "RECONCILING",
  "INITIALIZING",
];

/** States an attempt goes through until it ends, whose durations are shown. */
const TIMED_STATES = ["CREATED", "SCHEDULED", "DEPLOYING", "INITIALIZING", "RUNNING"] as const;
type TimedState = (typeof TIMED_STATES)[number];
const END_STATES: readonly ExecutionState[] = ["CANCELING", "FINISHED", "CANCELED", "FAILED"];

/** What stands where there is no time. */
export const NO_TIME = -1;
export const UNASSIGNED = "(unassigned)";

export function isEnded({ state }: AttemptDetails): boolean {
  return isEndState(state);
}

export type StateCounts = Readonly<Record<ExecutionState, number>>;

export function countStates(states: Iterable<ExecutionState>): StateCounts {
  const counts = Object.fromEntries(EXECUTION_STATES.map((state) => [state, 0]));
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  return counts as StateCounts;
}

/** State of a task as a whole: what is worst, or what is first. */
export function taskState(counts: StateCounts, parallelism: number): ExecutionState {
  const order: readonly ExecutionState[] = [
    "FAILED",
    "CANCELING",
    "CANCELED",
    "INITIALIZING",
    "RUNNING",
  ];
  const found = order.find((state) => counts[state] > 0);
  if (found !== undefined) return found;
  if (counts.FINISHED === 0) return "CREATED";
  return counts.FINISHED === parallelism ? "FINISHED" : "RUNNING";
}

interface Span {
  readonly "start-time": number;
  readonly "end-time": number;
  readonly duration: number;
}

/** From the first deployment to the last end. */
export function taskSpan(attempts: readonly AttemptDetails[], nowMs: number): Span {
  const starts = attempts.flatMap(({ times }) => times.DEPLOYING ?? []);
  if (starts.length === 0) return { "start-time": NO_TIME, "end-time": NO_TIME, duration: NO_TIME };
  const startMs = Math.min(...starts);
  if (!attempts.every(isEnded)) {
    return { "start-time": startMs, "end-time": NO_TIME, duration: nowMs - startMs };
  }
  const endMs = Math.max(...attempts.map(({ times, state }) => times[state] ?? 0));
  return { "start-time": startMs, "end-time": endMs, duration: endMs - startMs };
}

export function ioMetrics(attempts: readonly AttemptDetails[]): { [name: string]: Json } {
  const known = attempts.flatMap(({ metrics }) => metrics ?? []);
  const isComplete = attempts.every((attempt) => attempt.metrics !== null || isEnded(attempt));
  const sum = (figure: (metrics: (typeof known)[number]) => number): number =>
    Math.round(known.reduce((total, metrics) => total + figure(metrics), 0));
  return {
    "read-bytes": sum(({ numBytesIn }) => numBytesIn),
    "read-bytes-complete": isComplete,
    "write-bytes": sum(({ numBytesOut }) => numBytesOut),
    "write-bytes-complete": isComplete,
    "read-records": sum(({ numRecordsIn }) => numRecordsIn),
    "read-records-complete": isComplete,
    "write-records": sum(({ numRecordsOut }) => numRecordsOut),
    "write-records-complete": isComplete,
    "accumulated-backpressured-time": sum((one) => one.accumulatedBackPressuredTimeMs),
    "accumulated-idle-time": sum(({ accumulatedIdleTimeMs }) => accumulatedIdleTimeMs),
    "accumulated-busy-time": new Double(sum(({ accumulatedBusyTimeMs }) => accumulatedBusyTimeMs)),
  };
}

export function endpointOf(location: TaskLocation | null): string {
  return location === null ? UNASSIGNED : `${location.host}:${location.port}`;
}

export function subtaskBody(attempt: AttemptDetails, nowMs: number): { [name: string]: Json } {
  const span = taskSpan([attempt], nowMs);
  const { subtaskIndex, state, location } = attempt;
  return {
    subtask: subtaskIndex,
    status: state,
    attempt: attempt.attempt,
    host: location?.host ?? UNASSIGNED,
    endpoint: endpointOf(location),
    ...span,
    metrics: ioMetrics([attempt]),
    "taskmanager-id": location?.taskManagerId ?? UNASSIGNED,
    "status-duration": stateDurations(attempt, nowMs),
    start_time: span["start-time"],
  };
}

/** ms in each state; -1 = it was not in it. */
function stateDurations(attempt: AttemptDetails, nowMs: number): Record<TimedState, number> {
  const durations = TIMED_STATES.map((state, index) => {
    const since = attempt.times[state];
    if (since === undefined) return [state, NO_TIME];
    const later = [...TIMED_STATES.slice(index + 1), ...END_STATES];
    const until = later.flatMap((next) => attempt.times[next] ?? [])[0] ?? nowMs;
    return [state, until - since];
  });
  return Object.fromEntries(durations);
}

/** Figures over subtasks; all of them integers. */
export function aggregatedBody(attempts: readonly AttemptDetails[], nowMs: number): Json {
  const rows = attempts.map((attempt) => ({
    metrics: ioMetrics([attempt]),
    durations: stateDurations(attempt, nowMs),
  }));
  const numbers = Object.entries(ioMetrics([])).filter(([, value]) => typeof value !== "boolean");
  const metrics = numbers.map(([name]) => [
    name,
    statistics(rows.map((row) => numberOf(row.metrics[name]))),
  ]);
  const durations = TIMED_STATES.map((state) => [
    state,
    statistics(rows.map((row) => row.durations[state])),
  ]);
  return {
    metrics: Object.fromEntries(metrics),
    "status-duration": Object.fromEntries(durations),
  };
}

function numberOf(value: Json | undefined): number {
  if (value instanceof Double) return value.value;
  return typeof value === "number" ? value : 0;
}

function statistics(values: readonly number[]): Json {
  const { min, max, average, sum, p25, p50, p75, p95 }: Distribution = distributionOf(values);
  const whole = (value: number): number => (Number.isNaN(value) ? 0 : Math.trunc(value));
  return {
    p25: whole(p25),
    min,
    avg: whole(average),
    median: whole(p50),
    max,
    sum,
    p95: whole(p95),
    p75: whole(p75),
  };
}

/** When it became each state; 0 = it was not in it. */
export function stateTimestamps({ times }: AttemptDetails): Json {
  return Object.fromEntries(EXECUTION_STATES.map((state) => [state, times[state] ?? 0]));
}
