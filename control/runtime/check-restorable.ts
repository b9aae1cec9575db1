/** Whether a job can go on from a checkpoint, as far as can be said before anything runs. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { SnapshotOperator } from "../checkpoint/manifest.ts";
import type { JobGraph } from "../plan/job-graph.ts";
import type { StoredCheckpoint } from "./checkpoint-storage.ts";
import { restoreOf } from "./job-checkpoint.ts";

/**
 * Errors: MR_CHECKPOINT_UNMATCHED_STATE, MR_CHECKPOINT_UNSUITABLE.
 *
 * @param allowNonRestored state of operators that the job has no more is left out
 */
export function checkRestorable(
  stored: StoredCheckpoint,
  graph: JobGraph,
  allowNonRestored: boolean,
): void {
  const known = new Set(graph.vertices.flatMap(({ operators }) => operators.map(({ id }) => id)));
  const unmatched = stored.vertices
    .flatMap(({ operators }) => operators)
    .filter(({ id }) => stored.statefulOperators.has(id) && !known.has(id));
  if (unmatched.length > 0 && !allowNonRestored) {
    const operators = unmatched.map(describe).join(", ");
    throw new EngineError("MR_CHECKPOINT_UNMATCHED_STATE", { path: stored.path, operators });
  }
  for (const vertex of graph.vertices) restoreOf(stored.checkpoint, vertex);
}

function describe({ name, uid }: SnapshotOperator): string {
  return uid === null ? `${name} (which had no uid)` : `${name} (uid ${uid})`;
}
