/** A checkpoint of a whole job, and what each subtask of the same job, at whatever parallelism, takes of it. */
import type { SubtaskState, TaskRestore } from "../../dataplane/protocol/checkpoint.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { JobVertex } from "../plan/job-graph.ts";

export interface VertexCheckpoint {
  /** Of the operators that were chained in it. */
  readonly operatorIds: readonly string[];
  readonly maxParallelism: number;
  /** By subtask; null = it had finished. */
  readonly subtasks: readonly (SubtaskState | null)[];
}

export interface JobCheckpoint {
  readonly checkpointId: number;
  readonly vertices: readonly VertexCheckpoint[];
  /** What SplitEnumerator.snapshotState() answered, by the id of the source. */
  readonly enumerators: ReadonlyMap<string, unknown>;
}

/**
 * What the subtasks of a vertex start from. Operators that the checkpoint does not have start empty.
 *
 * Errors: MR_CHECKPOINT_UNSUITABLE.
 */
export function restoreOf(checkpoint: JobCheckpoint, vertex: JobVertex): TaskRestore {
  const { checkpointId, vertices } = checkpoint;
  const found = vertex.operators.map(({ id: operatorId, name }) => {
    const old = vertices.find(({ operatorIds }) => operatorIds.includes(operatorId));
    const maxParallelism = old?.maxParallelism ?? vertex.maxParallelism;
    if (maxParallelism !== vertex.maxParallelism) {
      const message = `operator ${name} had max parallelism ${maxParallelism}, and has ${vertex.maxParallelism} here`;
      throw new EngineError("MR_CHECKPOINT_UNSUITABLE", { checkpoint: checkpointId, message });
    }
    return { operatorId, name, subtasks: old?.subtasks ?? [] };
  });
  const subtasks = found[0]?.subtasks ?? [];
  const hasFinished = subtasks.length > 0 && subtasks.every((state) => state === null);
  return { checkpointId, hasFinished, operators: found };
}
