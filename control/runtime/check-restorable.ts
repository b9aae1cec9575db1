/** Whether a job can go on from a checkpoint, as far as can be said before anything runs. */
import { typeText } from "../../dataplane/formats/type-text.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { SnapshotOperator } from "../checkpoint/manifest.ts";
import type { JobGraph } from "../plan/job-graph.ts";
import { keyTypeOf } from "../plan/key-type.ts";
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
  checkKeys(stored, graph);
}

/** State is found by its key, and nothing would be by keys of another type. */
function checkKeys({ checkpoint, vertices, statefulOperators }: StoredCheckpoint, graph: JobGraph) {
  const operators = vertices.flatMap(({ operators }) => operators);
  const old = new Map(operators.map((operator) => [operator.id, operator]));
  for (const operator of graph.vertices.flatMap(({ operators }) => operators)) {
    const [was, type] = [old.get(operator.id)?.keyType, keyTypeOf(operator)];
    if (was === undefined || type === null || !statefulOperators.has(operator.id)) continue;
    const is = typeText(type);
    if (was === is) continue;
    const message = `operator ${operator.name} kept its state by a key of type ${was}, and the key is ${is} here`;
    throw new EngineError("MR_CHECKPOINT_UNSUITABLE", {
      checkpoint: checkpoint.checkpointId,
      message,
    });
  }
}

function describe({ name, uid }: SnapshotOperator): string {
  return uid === null ? `${name} (which had no uid)` : `${name} (uid ${uid})`;
}
