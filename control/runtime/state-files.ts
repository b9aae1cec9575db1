/** Writes states that subtasks kept in memory to files, for a savepoint. */
import type { MemorySubtaskState, SubtaskState } from "../../dataplane/protocol/checkpoint.ts";
import type { StateFile } from "../../dataplane/protocol/state-file.ts";
import {
  LocalSnapshotOutputs,
  type SnapshotLocation,
  stateFileName,
} from "../../dataplane/snapshot/snapshot-outputs.ts";
import type { SnapshotAccess } from "../../dataplane/snapshot/state-file-reader.ts";
import type { StateFileWriter } from "../../dataplane/snapshot/state-file-writer.ts";
import type { SubtaskId } from "../checkpoint/topology.ts";

/**
 * One subtask after the other, on this thread. What is written when it fails is left to whoever removes the folder.
 * Errors: MR_CHECKPOINT_STORAGE, MR_TYPE_UNSUPPORTED.
 *
 * @returns without those that have no state
 */
export async function stateFilesOf(
  access: SnapshotAccess,
  location: SnapshotLocation,
  states: ReadonlyMap<SubtaskId, SubtaskState | null>,
): Promise<ReadonlyMap<SubtaskId, StateFile>> {
  const outputs = new LocalSnapshotOutputs(access);
  outputs.begin(location);
  const files = new Map<SubtaskId, StateFile>();
  for (const [subtask, state] of states) {
    const file = state?.kind === "memory" ? await write(state, openFor(subtask)) : state;
    if (file !== null) files.set(subtask, file);
  }
  return files;

  function openFor(subtask: SubtaskId): StateFileWriter {
    const [vertexId = "", subtaskIndex] = subtask.split("/");
    const { checkpointId } = location;
    return outputs.open(checkpointId, stateFileName(vertexId, Number(subtaskIndex), checkpointId));
  }
}

async function write(
  { rows, operatorState }: MemorySubtaskState,
  output: StateFileWriter,
): Promise<StateFile | null> {
  try {
    for (const { operatorId, type, batch, firstKeyGroup, lastKeyGroup } of rows) {
      output.rows(operatorId, type, batch, firstKeyGroup, lastKeyGroup);
      await output.room();
    }
    for (const { operatorId, entries } of operatorState) output.operatorState(operatorId, entries);
  } catch (error) {
    await output.abort();
    throw error;
  }
  return output.finish();
}
