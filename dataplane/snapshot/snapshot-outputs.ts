/** Opens outputs for the snapshots of subtasks: on this thread, or by a port on the job's snapshot thread. */
import { storageFailed } from "./snapshot-errors.ts";
import type { FileOutput } from "./snapshot-output.ts";
import type { SnapshotAccess } from "./state-file-reader.ts";
import { StateFileWriter } from "./state-file-writer.ts";

/** Where the files of a checkpoint or savepoint under way go. */
export interface SnapshotLocation {
  readonly checkpointId: number;
  /** There already. */
  readonly folder: string;
  /** Worth it where the disk is slower than some 100 MB/s. */
  readonly compress: boolean;
}

export interface SnapshotOutputs {
  /** @param file stateFileName(). Errors: MR_CHECKPOINT_STORAGE, now or by finish(): it is not under way. */
  open(checkpointId: number, file: string): FileOutput;
}

/** Name of a subtask's state file, in the folders of later checkpoints as well. */
export function stateFileName(
  vertexId: string,
  subtaskIndex: number,
  checkpointId: number,
): string {
  return `${vertexId}-${subtaskIndex}-${checkpointId}.state`;
}

/** Writes on this thread. */
export class LocalSnapshotOutputs implements SnapshotOutputs {
  readonly #access: SnapshotAccess;
  readonly #locations = new Map<number, SnapshotLocation>();

  constructor(access: SnapshotAccess) {
    this.#access = access;
  }

  /** Before the checkpoint is triggered. */
  begin(location: SnapshotLocation): void {
    this.#locations.set(location.checkpointId, location);
  }

  /** Completed or given up: nothing more is opened for it. */
  end(checkpointId: number): void {
    this.#locations.delete(checkpointId);
  }

  open(checkpointId: number, file: string): StateFileWriter {
    const location = this.#locations.get(checkpointId);
    if (location !== undefined) return new StateFileWriter({ ...this.#access, ...location, file });
    throw storageFailed(`checkpoint ${checkpointId}`, new Error("it is not under way"));
  }
}
