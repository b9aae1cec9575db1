/** What a job starts from, by its settings. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { LATEST } from "../config/option-kinds.ts";
import type { JobSettings } from "../config/settings.ts";
import type { JobGraph } from "../plan/job-graph.ts";
import { checkRestorable } from "./check-restorable.ts";
import type { CheckpointStorage, StoredCheckpoint } from "./checkpoint-storage.ts";
import { openCheckpointStorage } from "./open-checkpoint-storage.ts";

export interface JobStorage {
  readonly storage: CheckpointStorage;
  /** null = the job starts anew. */
  readonly restored: StoredCheckpoint | null;
  /**
   * It goes on with an earlier run, from the latest checkpoint: that one is its own, to be removed when there are
   * newer ones. Its last one stays when it has finished: whoever starts it again may not know that it has, because its
   * process may have been killed before it could say so.
   */
  readonly goesOn: boolean;
}

/**
 * Opens the storage of a job and what it starts from. Nothing stays open if it fails.
 * Errors: MR_CHECKPOINT_*, MR_SNAPSHOT_*.
 */
export async function openJobStorage(
  { jobId, graph }: { readonly jobId: string; readonly graph: JobGraph },
  settings: JobSettings,
): Promise<JobStorage> {
  const { storage: place } = graph.options.checkpointing;
  const directory = place.kind === "memory" ? null : place.directory;
  const storage = await openCheckpointStorage({ directory, jobId, jobName: graph.name, graph });
  try {
    const { restore, allowNonRestoredState } = settings;
    const restored = restore === null ? null : await open(storage, restore, directory);
    if (restored !== null) checkRestorable(restored, graph, allowNonRestoredState);
    return { storage, restored, goesOn: restore === LATEST };
  } catch (error) {
    await storage.close();
    throw error;
  }
}

/** A job that crashed before its first checkpoint starts anew; a checkpoint that is there and cannot be read is an error. */
async function open(
  storage: CheckpointStorage,
  restore: string,
  directory: string | null,
): Promise<StoredCheckpoint | null> {
  try {
    return await storage.open(restore);
  } catch (error) {
    const isMissing = error instanceof EngineError && error.code === "MR_SNAPSHOT_NOT_FOUND";
    if (restore !== LATEST || directory === null || !isMissing) throw error;
    process.emitWarning(`There is no checkpoint in ${directory}: the job starts anew.`, {
      code: error.code,
    });
    return null;
  }
}
