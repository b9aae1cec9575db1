/** One task of a job, and its subtasks. */
import type { AttemptDetails, SubtaskDetails, VertexDetails } from "../../cluster/cluster.ts";
import type { JobVertex } from "../../plan/job-graph.ts";
import { Double, type Json } from "../json.ts";
import { accumulatorBodies } from "./accumulators.ts";
import { executionId } from "./ids.ts";
import {
  aggregatedBody,
  countStates,
  endpointOf,
  ioMetrics,
  isEnded,
  NO_TIME,
  stateTimestamps,
  subtaskBody,
  taskSpan,
  taskState,
  UNASSIGNED,
} from "./tasks.ts";

/** "No watermark yet". */
const MIN_WATERMARK = "-9223372036854775808";
const MAX_WATERMARK = "9223372036854775807";

export function vertexBody(vertex: JobVertex, details: VertexDetails, nowMs: number): Json {
  const { id, name, parallelism, maxParallelism } = vertex;
  return {
    ...{ id, name, parallelism, maxParallelism },
    now: nowMs,
    subtasks: details.subtasks.map((subtask) => subtaskBody(subtask, nowMs)),
    aggregated: aggregatedBody(details.subtasks, nowMs),
  };
}

export function subtaskTimesBody(vertex: JobVertex, details: VertexDetails, nowMs: number): Json {
  const { id, name } = vertex;
  return {
    ...{ id, name },
    now: nowMs,
    subtasks: details.subtasks.map((subtask) => ({
      subtask: subtask.subtaskIndex,
      host: subtask.location?.host ?? UNASSIGNED,
      endpoint: endpointOf(subtask.location),
      duration: scheduledMs(subtask, nowMs),
      timestamps: stateTimestamps(subtask),
    })),
  };
}

/** Since it was scheduled; -1 = it was not. */
function scheduledMs(attempt: AttemptDetails, nowMs: number): number {
  const { times, state } = attempt;
  if (times.SCHEDULED === undefined) return NO_TIME;
  return (isEnded(attempt) ? (times[state] ?? nowMs) : nowMs) - times.SCHEDULED;
}

/** Subtasks by where they run. */
export function vertexTaskManagersBody(
  vertex: JobVertex,
  details: VertexDetails,
  nowMs: number,
): Json {
  const { id, name } = vertex;
  const places = new Map<string, SubtaskDetails[]>();
  for (const subtask of details.subtasks) {
    const place = `${subtask.location?.taskManagerId ?? UNASSIGNED} ${endpointOf(subtask.location)}`;
    places.set(place, [...(places.get(place) ?? []), subtask]);
  }
  return {
    ...{ id, name },
    now: nowMs,
    taskmanagers: [...places.values()].map((subtasks) => placeBody(subtasks, nowMs)),
  };
}

function placeBody(subtasks: readonly SubtaskDetails[], nowMs: number): Json {
  const location = subtasks[0]?.location ?? null;
  const counts = countStates(subtasks.map(({ state }) => state));
  return {
    host: endpointOf(location),
    endpoint: endpointOf(location),
    status: taskState(counts, subtasks.length),
    ...taskSpan(subtasks, nowMs),
    metrics: ioMetrics(subtasks),
    "status-counts": { ...counts },
    "taskmanager-id": location?.taskManagerId ?? UNASSIGNED,
    aggregated: aggregatedBody(subtasks, nowMs),
  };
}

const LOW_RATIO = 0.1;
const HIGH_RATIO = 0.5;
type Level = "ok" | "low" | "high";

export function backPressureBody(details: VertexDetails, nowMs: number): Json {
  const subtasks = details.subtasks.flatMap(({ subtaskIndex, rates }) =>
    rates === null ? [] : [{ subtaskIndex, rates }],
  );
  const levels = subtasks.map(({ rates }) => levelOf(rates.backPressuredMsPerSecond / 1000));
  const worst = (["high", "low"] as const).find((level) => levels.includes(level)) ?? "ok";
  return {
    status: "ok",
    backpressureLevel: worst,
    "end-timestamp": nowMs,
    subtasks: subtasks.map(({ subtaskIndex, rates }, index) => ({
      subtask: subtaskIndex,
      backpressureLevel: levels[index],
      ratio: ratio(rates.backPressuredMsPerSecond),
      idleRatio: ratio(rates.idleMsPerSecond),
      busyRatio: ratio(rates.busyMsPerSecond),
      "backpressure-level": levels[index],
    })),
    "backpressure-level": worst,
  };
}

function ratio(msPerSecond: number): Double {
  return new Double(Math.round(Math.min(Math.max(msPerSecond, 0), 1000)) / 1000);
}

function levelOf(share: number): Level {
  if (share <= LOW_RATIO) return "ok";
  return share <= HIGH_RATIO ? "low" : "high";
}

/** @param isSource whether watermarks begin there: it has none at its input */
export function watermarksBody(details: VertexDetails, isSource: boolean): Json {
  if (isSource) return [];
  return details.subtasks.flatMap(({ subtaskIndex, metrics }) =>
    metrics === null
      ? []
      : [
          {
            id: `${subtaskIndex}.currentInputWatermark`,
            value: watermarkText(metrics.currentInputWatermark),
          },
        ],
  );
}

/** A 64-bit integer, as Flink has watermarks. */
export function watermarkText(watermarkMs: number | null): string {
  if (watermarkMs === null || watermarkMs <= -(2 ** 63)) return MIN_WATERMARK;
  return watermarkMs >= 2 ** 63 ? MAX_WATERMARK : String(watermarkMs);
}

export function vertexAccumulatorsBody(vertexId: string, details: VertexDetails): Json {
  return {
    id: vertexId,
    "user-accumulators": accumulatorBodies(details.accumulators),
  };
}

export function subtaskAccumulatorsBody(vertex: JobVertex, details: VertexDetails): Json {
  return {
    id: vertex.id,
    parallelism: vertex.parallelism,
    subtasks: details.subtasks.map((subtask) => ({
      subtask: subtask.subtaskIndex,
      attempt: subtask.attempt,
      host: subtask.location?.host ?? UNASSIGNED,
      endpoint: endpointOf(subtask.location),
      "user-accumulators": accumulatorBodies(subtask.accumulators),
    })),
  };
}

export function attemptAccumulatorsBody(
  jobId: string,
  vertexId: string,
  attempt: AttemptDetails,
): Json {
  const { subtaskIndex } = attempt;
  return {
    subtask: subtaskIndex,
    attempt: attempt.attempt,
    id: executionId(jobId, vertexId, subtaskIndex, attempt.attempt),
    "user-accumulators": accumulatorBodies(attempt.accumulators),
  };
}
