/** Checkpoints of a job as the front doors see them. Pure. */
import { subtaskIdOf } from "../checkpoint/topology.ts";
import { distributionOf } from "../common/distribution.ts";
import type { JobGraph } from "../plan/job-graph.ts";
import type { CheckpointFigures } from "../runtime/checkpoint-statistics.ts";
import type {
  CheckpointDetails,
  CheckpointHistory,
  CheckpointSummary,
  SubtaskCheckpoint,
} from "./cluster.ts";
import type { JobRecord } from "./records.ts";

/** Flink's name of state that is kept in memory. */
const STATE_BACKEND = "HashMapStateBackend";

export function checkpointsOf({ graph, progress }: JobRecord): CheckpointHistory {
  const { counts, history, latestCompleted, latestSavepoint, latestFailed, restored } =
    progress.checkpoints;
  const details = (figures: CheckpointFigures | null): CheckpointDetails | null =>
    figures === null ? null : detailsOf(figures, graph);
  return {
    settings: graph.options.checkpointing,
    stateBackend: STATE_BACKEND,
    counts,
    summary: summaryOf(history),
    history: history.map((figures) => detailsOf(figures, graph)),
    latestCompleted: details(latestCompleted),
    latestSavepoint: details(latestSavepoint),
    latestFailed: details(latestFailed),
    latestRestored: restored,
  };
}

function summaryOf(history: readonly CheckpointFigures[]): CheckpointSummary {
  const completed = history.filter(({ status }) => status === "COMPLETED");
  const bytes = distributionOf(
    completed.map(({ acknowledged }) =>
      [...acknowledged.values()].reduce((sum, one) => sum + one.bytes, 0),
    ),
  );
  return {
    checkpointedBytes: bytes,
    stateBytes: bytes,
    durationMs: distributionOf(
      completed.map(({ triggeredMs, endedMs }) => (endedMs ?? triggeredMs) - triggeredMs),
    ),
    processedBytes: distributionOf(completed.map(() => 0)),
  };
}

function detailsOf(figures: CheckpointFigures, graph: JobGraph): CheckpointDetails {
  const { checkpointId, type, status, stop, triggeredMs, endedMs, path, isDiscarded } = figures;
  const taking = new Set(figures.subtasks);
  const acknowledgement = (vertexId: string, index: number): SubtaskCheckpoint | null => {
    const known = figures.acknowledged.get(subtaskIdOf(vertexId, index));
    if (known === undefined) return null;
    const { acknowledgedMs, alignmentMs, syncMs, asyncMs, bytes } = known;
    const spentMs = alignmentMs + syncMs + asyncMs;
    return {
      ...{ acknowledgedMs, alignmentMs, syncMs, asyncMs },
      stateBytes: bytes,
      checkpointedBytes: bytes,
      startDelayMs: Math.max(0, Math.round(acknowledgedMs - triggeredMs - spentMs)),
      processedBytes: 0,
    };
  };
  return {
    ...{ checkpointId, type, status, stop, triggeredMs, endedMs, path, isDiscarded },
    failureMessage: figures.failure?.message ?? null,
    // Tasks that had finished take no part.
    vertices: graph.vertices
      .filter(({ id, parallelism }) =>
        Array.from({ length: parallelism }, (_, index) => subtaskIdOf(id, index)).some((subtask) =>
          taking.has(subtask),
        ),
      )
      .map(({ id, parallelism }) => ({
        vertexId: id,
        subtasks: Array.from({ length: parallelism }, (_, index) => acknowledgement(id, index)),
      })),
  };
}
