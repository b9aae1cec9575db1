/** From what a job's subtasks have acknowledged to the manifest of a checkpoint, and back. */
import { typeText } from "../../dataplane/formats/type-text.ts";
import {
  type MemorySubtaskState,
  NO_STATE,
  type SubtaskState,
} from "../../dataplane/protocol/checkpoint.ts";
import type { StateFile } from "../../dataplane/protocol/state-file.ts";
import { STATE_SECTION_OPERATOR_STATE } from "../../dataplane/protocol/state-file-layout.ts";
import {
  type SnapshotAccess,
  StateFileReader,
} from "../../dataplane/snapshot/state-file-reader.ts";
import type { OpenedSnapshot } from "../checkpoint/checkpoint-store.ts";
import type {
  CheckpointManifest,
  SnapshotOperator,
  SnapshotVertex,
} from "../checkpoint/manifest.ts";
import { type SubtaskId, subtaskIdOf } from "../checkpoint/topology.ts";
import type { JobGraph, JobOperator } from "../plan/job-graph.ts";
import { keyTypeOf } from "../plan/key-type.ts";
import type { FinishedCheckpoint, StoredCheckpoint } from "./checkpoint-storage.ts";

export interface JobFacts {
  readonly jobId: string;
  readonly jobName: string;
  readonly graph: JobGraph;
}

/** @param states what became of those that the subtasks gave; one without is not in it */
export function manifestOf<State>(
  { jobId, jobName, graph }: JobFacts,
  checkpoint: FinishedCheckpoint,
  states: ReadonlyMap<SubtaskId, State>,
  completedMs: number,
): CheckpointManifest<State> {
  const { type, checkpointId, triggeredMs } = checkpoint;
  const vertices = graph.vertices.map(
    ({ id, name, parallelism, maxParallelism, operators }): SnapshotVertex<State> => ({
      id,
      name,
      parallelism,
      maxParallelism,
      operators: operators.map(snapshotOperator),
      subtasks: Array.from({ length: parallelism }, (_, index) => {
        const subtask = subtaskIdOf(id, index);
        const isFinished = checkpoint.states.get(subtask) === null;
        return { isFinished, state: states.get(subtask) ?? null };
      }),
    }),
  );
  const enumerators = [...checkpoint.enumerators].map(([operatorId, state]) => ({
    operatorId,
    state,
  }));
  const facts = { type, checkpointId, jobId, jobName, triggeredMs, completedMs };
  return { ...facts, vertices, enumerators };
}

function snapshotOperator(operator: JobOperator): SnapshotOperator {
  const { id, uid, name, kind, engine } = operator;
  const keyType = keyTypeOf(operator);
  const facts = { id, uid, name, kind, engine };
  return keyType === null ? facts : { ...facts, keyType: typeText(keyType) };
}

/** Errors: MR_SNAPSHOT_DAMAGED, MR_SNAPSHOT_VERSION. */
export async function storedCheckpoint(
  access: SnapshotAccess,
  { path, manifest }: OpenedSnapshot<SubtaskState>,
): Promise<StoredCheckpoint> {
  const { type, checkpointId, vertices, enumerators } = manifest;
  const stateful = new Set(enumerators.map(({ operatorId }) => operatorId));
  for (const { state } of vertices.flatMap(({ subtasks }) => subtasks)) {
    const ids = state?.kind === "file" ? await idsInFiles(access, state) : idsInMemory(state);
    for (const id of ids) stateful.add(id);
  }
  return {
    path,
    type,
    checkpoint: {
      checkpointId,
      vertices: vertices.map(({ operators, maxParallelism, subtasks }) => ({
        operatorIds: operators.map(({ id }) => id),
        maxParallelism,
        subtasks: subtasks.map(({ isFinished, state }) =>
          isFinished ? null : (state ?? NO_STATE),
        ),
      })),
      enumerators: new Map(enumerators.map(({ operatorId, state }) => [operatorId, state])),
    },
    vertices,
    statefulOperators: stateful,
  };
}

/** The first file has rows of whatever has any. */
async function idsInFiles(access: SnapshotAccess, state: StateFile): Promise<readonly string[]> {
  const files = [...(state.bases ?? []).slice(0, 1), state];
  return (await Promise.all(files.map((file) => idsInFile(access, file)))).flat();
}

async function idsInFile(access: SnapshotAccess, state: StateFile): Promise<readonly string[]> {
  const reader = await StateFileReader.open(access, state);
  await reader.close();
  const { blocks, operators } = reader.index;
  return blocks
    .filter(({ section, count }) => section !== STATE_SECTION_OPERATOR_STATE || count > 0)
    .map(({ operator }) => operators[operator] as string);
}

function idsInMemory(state: MemorySubtaskState | null): readonly string[] {
  const { rows, operatorState } = state ?? NO_STATE;
  const withValues = operatorState.filter(({ entries }) =>
    entries.some(({ values }) => values.length > 0),
  );
  return [...rows, ...withValues].map(({ operatorId }) => operatorId);
}
