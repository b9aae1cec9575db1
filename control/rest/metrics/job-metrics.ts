/** Metrics of jobs and their tasks, under Flink's names. */
import type {
  AttemptDetails,
  CheckpointHistory,
  JobDetails,
  SubtaskDetails,
} from "../../cluster/cluster.ts";
import type { JobStatus } from "../../common/job-status.ts";
import type { JobVertex } from "../../plan/job-graph.ts";
import { externalPath } from "../bodies/checkpoints.ts";
import { hasEnded } from "../bodies/jobs.ts";
import { shownOperators } from "../bodies/plan.ts";
import { watermarkText } from "../bodies/vertices.ts";
import { doubleText, longText, type MetricValues, metricPart } from "./metric-values.ts";

export function jobMetrics(
  job: JobDetails,
  checkpoints: CheckpointHistory | null,
  nowMs: number,
): MetricValues {
  const { statusTimes, status, restarts } = job;
  const runningMs = statusTimes.RUNNING;
  const isUp = status === "RUNNING" && runningMs !== undefined;
  const inState = (state: JobStatus): string =>
    longText(status === state ? nowMs - (statusTimes[state] ?? nowMs) : 0);
  return new Map([
    ["uptime", longText(isUp ? nowMs - runningMs : hasEnded(job) ? -1 : 0)],
    ["downtime", longText(isUp ? 0 : hasEnded(job) ? -1 : downMs(job, nowMs))],
    ["numRestarts", longText(restarts)],
    ["fullRestarts", longText(restarts)],
    ["initializingTime", inState("INITIALIZING")],
    ["createdTime", inState("CREATED")],
    ["runningTime", inState("RUNNING")],
    ["failingTime", inState("FAILING")],
    ["cancellingTime", inState("CANCELLING")],
    ["restartingTime", inState("RESTARTING")],
    ["deployingTime", longText(deployingMs(job, nowMs))],
    ...(checkpoints === null ? [] : checkpointMetrics(checkpoints)),
  ]);
}

function downMs({ status, statusTimes }: JobDetails, nowMs: number): number {
  const sinceMs = status === "RESTARTING" || status === "FAILING" ? statusTimes[status] : undefined;
  return sinceMs === undefined ? 0 : nowMs - sinceMs;
}

/** Since tasks are being deployed and not all of them run. */
function deployingMs({ vertices }: JobDetails, nowMs: number): number {
  const deploying = vertices
    .flatMap(({ subtasks }) => subtasks)
    .filter(({ state }) => state === "DEPLOYING")
    .flatMap(({ times }) => times.DEPLOYING ?? []);
  return deploying.length === 0 ? 0 : nowMs - Math.min(...deploying);
}

function checkpointMetrics(history: CheckpointHistory): [string, string][] {
  const { counts, latestCompleted: last, latestRestored } = history;
  const subtasks = last?.vertices.flatMap((vertex) =>
    vertex.subtasks.filter((one) => one !== null),
  );
  const sum = (sizeOf: (subtask: NonNullable<typeof subtasks>[number]) => number): string =>
    longText(subtasks?.reduce((total, subtask) => total + sizeOf(subtask), 0) ?? -1);
  return [
    ["totalNumberOfCheckpoints", longText(counts.total)],
    ["numberOfInProgressCheckpoints", longText(counts.inProgress)],
    ["numberOfCompletedCheckpoints", longText(counts.completed)],
    ["numberOfFailedCheckpoints", longText(counts.failed)],
    ["lastCheckpointRestoreTimestamp", longText(latestRestored?.restoredMs ?? -1)],
    ["lastCheckpointSize", sum(({ checkpointedBytes }) => checkpointedBytes)],
    ["lastCheckpointFullSize", sum(({ stateBytes }) => stateBytes)],
    ["lastCheckpointProcessedData", sum(({ processedBytes }) => processedBytes)],
    ["lastCheckpointPersistedData", last === null ? "-1" : "0"],
    [
      "lastCheckpointDuration",
      longText(last === null ? -1 : (last.endedMs ?? last.triggeredMs) - last.triggeredMs),
    ],
    ["lastCheckpointExternalPath", last === null ? "n/a" : externalPath(last.path)],
    ["lastCompletedCheckpointId", longText(last?.checkpointId ?? -1)],
  ];
}

/** Of one subtask. */
export function subtaskMetrics(vertex: JobVertex, attempt: AttemptDetails): MetricValues {
  const { metrics, rates } = attempt;
  if (metrics === null) return new Map();
  const isSource = vertex.operators[0]?.kind === "source";
  const values: [string, string][] = [
    // As in Flink: what sources read counts for the operator only.
    ["numRecordsIn", longText(isSource ? 0 : metrics.numRecordsIn)],
    ["numRecordsOut", longText(metrics.numRecordsOut)],
    ["numBytesIn", longText(metrics.numBytesIn)],
    ["numBytesOut", longText(metrics.numBytesOut)],
    ["numBuffersOut", longText(metrics.numBatchesOut)],
    ["accumulateBusyTimeMs", doubleText(metrics.accumulatedBusyTimeMs)],
    ["accumulateIdleTimeMs", longText(metrics.accumulatedIdleTimeMs)],
    ["accumulateBackPressuredTimeMs", longText(metrics.accumulatedBackPressuredTimeMs)],
    ["initializationTime", longText(initializationMs(attempt))],
  ];
  if (!isSource) {
    values.push(["currentInputWatermark", watermarkText(metrics.currentInputWatermark)]);
  }
  if (rates !== null) {
    values.push(
      ["numRecordsInPerSecond", doubleText(isSource ? 0 : rates.recordsInPerSecond)],
      ["numRecordsOutPerSecond", doubleText(rates.recordsOutPerSecond)],
      ["numBytesInPerSecond", doubleText(rates.bytesInPerSecond)],
      ["numBytesOutPerSecond", doubleText(rates.bytesOutPerSecond)],
      ["busyTimeMsPerSecond", doubleText(Math.round(rates.busyMsPerSecond))],
      ["idleTimeMsPerSecond", longText(rates.idleMsPerSecond)],
      ["backPressuredTimeMsPerSecond", longText(rates.backPressuredMsPerSecond)],
      ["softBackPressuredTimeMsPerSecond", longText(rates.backPressuredMsPerSecond)],
      ["hardBackPressuredTimeMsPerSecond", "0"],
      ["isBackPressured", String(rates.backPressuredMsPerSecond >= 500)],
    );
  }
  return new Map([...values, ...operatorMetrics(vertex, attempt)]);
}

function initializationMs({ times }: AttemptDetails): number {
  if (times.INITIALIZING === undefined) return 0;
  return (times.RUNNING ?? times.INITIALIZING) - times.INITIALIZING;
}

/** Of the operators of a chain: what goes in at its head and out at its end is counted, nothing between. */
function operatorMetrics(
  vertex: JobVertex,
  { metrics, rates }: AttemptDetails,
): [string, string][] {
  if (metrics === null) return [];
  const operators = shownOperators(vertex);
  const isSource = vertex.operators[0]?.kind === "source";
  return operators.flatMap(({ id }, index) => {
    const name = metricPart(vertex.operators.find((operator) => operator.id === id)?.name ?? id);
    const isHead = index === 0;
    const isEnd = index === operators.length - 1;
    const values: [string, string][] = [];
    if (isHead) {
      values.push([`${name}.numRecordsIn`, longText(metrics.numRecordsIn)]);
      if (rates !== null) {
        values.push([`${name}.numRecordsInPerSecond`, doubleText(rates.recordsInPerSecond)]);
      }
    }
    // What a source reads is what it puts out.
    const out = isHead && isSource ? metrics.numRecordsIn : isEnd ? metrics.numRecordsOut : null;
    if (out !== null) values.push([`${name}.numRecordsOut`, longText(out)]);
    if (out !== null && rates !== null) {
      const perSecond = isHead && isSource ? rates.recordsInPerSecond : rates.recordsOutPerSecond;
      values.push([`${name}.numRecordsOutPerSecond`, doubleText(perSecond)]);
    }
    if (isHead && isSource) values.push(...sourceMetrics(name, metrics));
    else {
      values.push([`${name}.currentInputWatermark`, watermarkText(metrics.currentInputWatermark)]);
      values.push([`${name}.numLateRecordsDropped`, longText(metrics.numLateRecordsDropped)]);
    }
    values.push([
      `${name}.currentOutputWatermark`,
      watermarkText(metrics.currentOutputWatermark ?? metrics.currentInputWatermark),
    ]);
    return values;
  });
}

function sourceMetrics(
  name: string,
  metrics: NonNullable<AttemptDetails["metrics"]>,
): [string, string][] {
  const known = (metric: string, value: number | null): [string, string][] =>
    value === null ? [] : [[`${name}.${metric}`, longText(value)]];
  return [
    ...known("sourceIdleTime", metrics.sourceIdleTime),
    ...known("watermarkLag", metrics.watermarkLag),
    ...known("currentEmitEventTimeLag", metrics.currentEmitEventTimeLag),
    ...known("watermarkAlignmentDrift", metrics.watermarkAlignmentDrift),
  ];
}

/** Of all subtasks of a task, their numbers in front. */
export function vertexMetrics(
  vertex: JobVertex,
  subtasks: readonly SubtaskDetails[],
): MetricValues {
  return new Map(
    subtasks.flatMap((subtask) =>
      [...subtaskMetrics(vertex, subtask)].map(([name, value]): [string, string] => [
        `${subtask.subtaskIndex}.${name}`,
        value,
      ]),
    ),
  );
}
