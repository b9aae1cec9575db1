/** Settings about checkpoints and restarts, as the JobGraph has them. */
import { DEFAULT_RESTART_STRATEGIES } from "../config/restart-strategy-kind.ts";
import type { JobSettings } from "../config/settings.ts";
import type { CheckpointingSpec, RestartStrategySpec } from "./checkpoint-schema.ts";

/** Jobs in BATCH have no checkpoints, as in Flink. */
export function checkpointingOf(settings: JobSettings, isBatch: boolean): CheckpointingSpec {
  const { checkpointDirectory: directory } = settings;
  return {
    intervalMs: isBatch ? null : settings.checkpointInterval,
    mode: settings.checkpointingMode,
    timeoutMs: settings.checkpointTimeout,
    minPauseMs: settings.minPauseBetweenCheckpoints,
    maxConcurrent: settings.maxConcurrentCheckpoints,
    tolerableFailures: settings.tolerableFailedCheckpoints,
    retention: settings.checkpointRetention,
    retainedCount: settings.retainedCheckpoints,
    afterTasksFinish: settings.checkpointsAfterTasksFinish,
    storage: directory === null ? { kind: "memory" } : { kind: "filesystem", directory },
  };
}

export function restartStrategyOf(
  { restartStrategy }: JobSettings,
  { intervalMs }: CheckpointingSpec,
): RestartStrategySpec {
  return (
    restartStrategy ??
    DEFAULT_RESTART_STRATEGIES[intervalMs === null ? "none" : "exponential-delay"]
  );
}
