/** Checkpoints and savepoints of a job: how many, how large, how long. */
import { pathToFileURL } from "node:url";
import type {
  CheckpointDetails,
  CheckpointHistory,
  RestoredCheckpoint,
  SubtaskCheckpoint,
  VertexCheckpoint,
} from "../../cluster/cluster.ts";
import { type Distribution, distributionOf } from "../../common/distribution.ts";
import { Double, type Json } from "../json.ts";
import { NO_TIME } from "./tasks.ts";

/** Interval of jobs without checkpoints. */
const NEVER = 9_223_372_036_854_775_807n;
const MATERIALIZATION_INTERVAL_MS = 600_000;

export function checkpointConfigBody(job: CheckpointHistory): Json {
  const { settings, stateBackend, latestCompleted } = job;
  // A service keeps in files what a job would keep in memory.
  const isInMemory = settings.storage.kind === "memory" && (latestCompleted?.path ?? null) === null;
  return {
    mode: settings.mode.toLowerCase(),
    interval: settings.intervalMs ?? NEVER,
    timeout: settings.timeoutMs,
    min_pause: settings.minPauseMs,
    max_concurrent: settings.maxConcurrent,
    externalization: {
      enabled: settings.retention !== "NO_EXTERNALIZED_CHECKPOINTS",
      delete_on_cancellation: settings.retention !== "RETAIN_ON_CANCELLATION",
    },
    state_backend: stateBackend,
    checkpoint_storage: isInMemory ? "JobManagerCheckpointStorage" : "FileSystemCheckpointStorage",
    unaligned_checkpoints: false,
    tolerable_failed_checkpoints: settings.tolerableFailures,
    aligned_checkpoint_timeout: 0,
    checkpoints_after_tasks_finish: settings.afterTasksFinish,
    state_changelog_enabled: false,
    changelog_periodic_materialization_interval: MATERIALIZATION_INTERVAL_MS,
    changelog_storage: "memory",
  };
}

export function checkpointStatisticsBody(job: CheckpointHistory): Json {
  const { counts, summary, history } = job;
  return {
    counts: {
      restored: counts.restored,
      total: counts.total,
      in_progress: counts.inProgress,
      completed: counts.completed,
      failed: counts.failed,
    },
    summary: {
      checkpointed_size: summaryBody(summary.checkpointedBytes),
      state_size: summaryBody(summary.stateBytes),
      end_to_end_duration: summaryBody(summary.durationMs),
      alignment_buffered: ZEROS,
      processed_data: summaryBody(summary.processedBytes),
      // Nothing is persisted: barriers are aligned.
      persisted_data: summaryBody(
        distributionOf(Array(summary.durationMs.count === 0 ? 0 : 1).fill(0)),
      ),
    },
    latest: {
      completed: optional(job.latestCompleted, (one) => checkpointBody(one, false)),
      savepoint: optional(job.latestSavepoint, (one) => checkpointBody(one, false)),
      failed: optional(job.latestFailed, (one) => checkpointBody(one, false)),
      restored: optional(job.latestRestored, restoredBody),
    },
    history: history.map((checkpoint) => checkpointBody(checkpoint, false)),
  };
}

function optional<T>(value: T | null, body: (value: T) => Json): Json {
  return value === null ? null : body(value);
}

/** Data in the buffers of an alignment, which Flink does not count any more. */
const ZEROS: Json = statisticsBody(distributionOf([0]), (value) => new Double(value));

function summaryBody(distribution: Distribution): Json {
  return statisticsBody(distribution, (value) => new Double(value));
}

/** Percentiles over the subtasks of one checkpoint are not known in Flink. */
function subtasksBody(values: readonly number[]): Json {
  return statisticsBody(distributionOf(values), () => new Double(Number.NaN));
}

function statisticsBody(distribution: Distribution, percentile: (value: number) => Json): Json {
  const { min, max, average, p50, p90, p95, p99, p999 } = distribution;
  return {
    min: Math.trunc(min),
    max: Math.trunc(max),
    avg: Math.trunc(average),
    p50: percentile(p50),
    p90: percentile(p90),
    p95: percentile(p95),
    p99: percentile(p99),
    p999: percentile(p999),
  };
}

function restoredBody({ checkpointId, restoredMs, type, path }: RestoredCheckpoint): Json {
  return {
    id: checkpointId,
    restore_timestamp: restoredMs,
    is_savepoint: type === "savepoint",
    external_path: externalPath(path),
  };
}

/** `file:/path`, as Flink writes them; memory has none. */
export function externalPath(path: string | null): string {
  if (path === null) return "<checkpoint-not-externally-addressable>";
  return path.startsWith("/") ? pathToFileURL(path).href.replace("file://", "file:") : path;
}

/** @param withTasks whether the tasks of the job are told apart */
export function checkpointBody(checkpoint: CheckpointDetails, withTasks: boolean): Json {
  const { status, type, stop, triggeredMs, vertices } = checkpoint;
  const isSavepoint = type === "savepoint";
  const tasks = vertices.map((vertex) => [vertex.vertexId, taskBody(checkpoint, vertex)]);
  const shared = {
    className: status.toLowerCase(),
    id: checkpoint.checkpointId,
    status,
    is_savepoint: isSavepoint,
    savepointFormat: isSavepoint ? "CANONICAL" : null,
    trigger_timestamp: triggeredMs,
    ...sizesBody(checkpoint, vertices),
    checkpoint_type: !isSavepoint ? "CHECKPOINT" : stop === null ? "SAVEPOINT" : "SYNC_SAVEPOINT",
    tasks: withTasks ? Object.fromEntries(tasks) : {},
  };
  if (status === "IN_PROGRESS") return shared;
  if (status === "COMPLETED") {
    const external_path = externalPath(checkpoint.path);
    return { ...shared, external_path, discarded: checkpoint.isDiscarded };
  }
  const failedMs = checkpoint.endedMs ?? triggeredMs;
  return {
    ...shared,
    end_to_end_duration: Math.max(0, failedMs - triggeredMs),
    failure_timestamp: failedMs,
    failure_message: checkpoint.failureMessage,
  };
}

function taskBody(
  checkpoint: CheckpointDetails,
  vertex: VertexCheckpoint,
): { [name: string]: Json } {
  return {
    id: checkpoint.checkpointId,
    status: checkpoint.status,
    ...sizesBody(checkpoint, [vertex]),
  };
}

function sizesBody(
  { triggeredMs }: CheckpointDetails,
  vertices: readonly VertexCheckpoint[],
): { [name: string]: Json } {
  const subtasks = vertices.flatMap((vertex) => vertex.subtasks);
  const acknowledged = acknowledgedOf(subtasks);
  const lastMs = Math.max(...acknowledged.map(({ acknowledgedMs }) => acknowledgedMs));
  const isAny = acknowledged.length > 0;
  const sum = (sizeOf: (subtask: SubtaskCheckpoint) => number): number =>
    acknowledged.reduce((total, subtask) => total + sizeOf(subtask), 0);
  return {
    latest_ack_timestamp: isAny ? lastMs : NO_TIME,
    checkpointed_size: sum(({ checkpointedBytes }) => checkpointedBytes),
    state_size: sum(({ stateBytes }) => stateBytes),
    end_to_end_duration: isAny ? Math.max(0, lastMs - triggeredMs) : NO_TIME,
    alignment_buffered: 0,
    processed_data: sum(({ processedBytes }) => processedBytes),
    persisted_data: 0,
    num_subtasks: subtasks.length,
    num_acknowledged_subtasks: acknowledged.length,
  };
}

function acknowledgedOf(subtasks: readonly (SubtaskCheckpoint | null)[]): SubtaskCheckpoint[] {
  return subtasks.filter((subtask) => subtask !== null);
}

export function vertexCheckpointBody(
  checkpoint: CheckpointDetails,
  vertex: VertexCheckpoint,
): Json {
  const { triggeredMs } = checkpoint;
  const acknowledged = acknowledgedOf(vertex.subtasks);
  const over = (figure: (subtask: SubtaskCheckpoint) => number): Json =>
    subtasksBody(acknowledged.map(figure));
  return {
    ...taskBody(checkpoint, vertex),
    summary: {
      checkpointed_size: over(({ checkpointedBytes }) => checkpointedBytes),
      state_size: over(({ stateBytes }) => stateBytes),
      end_to_end_duration: over(({ acknowledgedMs }) => acknowledgedMs - triggeredMs),
      checkpoint_duration: {
        sync: over(({ syncMs }) => syncMs),
        async: over(({ asyncMs }) => asyncMs),
      },
      alignment: {
        buffered: ZEROS,
        processed: over(({ processedBytes }) => processedBytes),
        persisted: over(() => 0),
        duration: over(({ alignmentMs }) => alignmentMs),
      },
      start_delay: over(({ startDelayMs }) => startDelayMs),
    },
    subtasks: vertex.subtasks.map((subtask, index) => subtaskBody(subtask, index, triggeredMs)),
  };
}

function subtaskBody(subtask: SubtaskCheckpoint | null, index: number, triggeredMs: number): Json {
  if (subtask === null) return { className: "pending", index, status: "pending_or_failed" };
  const whole = Math.round;
  return {
    className: "completed",
    index,
    ack_timestamp: subtask.acknowledgedMs,
    end_to_end_duration: subtask.acknowledgedMs - triggeredMs,
    checkpointed_size: subtask.checkpointedBytes,
    state_size: subtask.stateBytes,
    checkpoint: { sync: whole(subtask.syncMs), async: whole(subtask.asyncMs) },
    alignment: {
      buffered: 0,
      processed: subtask.processedBytes,
      persisted: 0,
      duration: whole(subtask.alignmentMs),
    },
    start_delay: whole(subtask.startDelayMs),
    unaligned_checkpoint: false,
    aborted: false,
    status: "completed",
  };
}
