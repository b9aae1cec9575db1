/** Where checkpoints and savepoints of a job are kept. */
import type { CheckpointManifest } from "./manifest.ts";

export interface CompletedCheckpoint {
  readonly checkpointId: number;
  /** What open() takes. */
  readonly path: string;
}

export interface OpenedSnapshot<State> {
  readonly path: string;
  readonly manifest: CheckpointManifest<State>;
}

export interface CheckpointStore<State> {
  /** The largest id that was used here, completed or not; 0 = none. Ids are never used again. */
  readonly lastCheckpointId: number;
  /**
   * Makes room for what subtasks write. Errors: MR_CHECKPOINT_STORAGE.
   *
   * @param savepointFolder where a savepoint goes, in a folder of its own; null = it is a checkpoint
   * @returns the folder of state files; null = states are kept as they are
   */
  create(checkpointId: number, savepointFolder: string | null): Promise<string | null>;
  /** Settled when it will be found after a crash: the commit point. Errors: MR_CHECKPOINT_STORAGE. */
  complete(manifest: CheckpointManifest<State>): Promise<CompletedCheckpoint>;
  /** All of a checkpoint, or of a savepoint under way; a savepoint that is complete stays. None is no error. */
  discard(checkpointId: number): Promise<void>;
  /**
   * Removes all but the newest `retained` checkpoints, once the newest was read back. What cannot be removed is
   * tried again the next time. Errors: MR_CHECKPOINT_STORAGE, MR_SNAPSHOT_DAMAGED.
   */
  retain(retained: number): Promise<void>;
  /** Checkpoints without savepoints, oldest first. */
  list(): Promise<readonly CompletedCheckpoint[]>;
  /**
   * Every byte of what it answers was checked. Errors: MR_SNAPSHOT_NOT_FOUND, MR_SNAPSHOT_DAMAGED (which names the
   * next older checkpoint), MR_SNAPSHOT_VERSION.
   *
   * @param path of a checkpoint or savepoint; "latest" = the newest checkpoint
   */
  open(path: string): Promise<OpenedSnapshot<State>>;
  /** Others may use the place. */
  close(): Promise<void>;
}
