/** Where a job master puts checkpoints and savepoints, and gets them back from. */
import type { MessagePort } from "node:worker_threads";
import type { SubtaskState } from "../../dataplane/protocol/checkpoint.ts";
import type { SnapshotVertex } from "../checkpoint/manifest.ts";
import type { SubtaskId } from "../checkpoint/topology.ts";
import type { JobCheckpoint } from "./job-checkpoint.ts";

export interface CheckpointStorage {
  /** The largest id there ever was here; 0 = none. */
  readonly lastCheckpointId: number;
  /** For a slot that starts, to be transferred with its deployment; null = states come with the reports. */
  connect(): MessagePort | null;
  /**
   * Before subtasks are triggered. Errors: MR_CHECKPOINT_STORAGE.
   *
   * @param savepointFolder where a savepoint goes, in a folder of its own; null = it is a checkpoint
   */
  begin(checkpointId: number, savepointFolder: string | null): Promise<void>;
  /**
   * The commit point. Errors: MR_CHECKPOINT_STORAGE; MR_TYPE_UNSUPPORTED, for what operators and enumerators have
   * given to be stored.
   *
   * @returns what open() takes
   */
  complete(checkpoint: FinishedCheckpoint): Promise<string>;
  /** Removes it, under way or complete; a savepoint that is complete stays. Errors: MR_CHECKPOINT_STORAGE. */
  discard(checkpointId: number): Promise<void>;
  /**
   * Every byte of what it answers was checked. Errors: MR_SNAPSHOT_NOT_FOUND, MR_SNAPSHOT_DAMAGED,
   * MR_SNAPSHOT_VERSION.
   *
   * @param path of a checkpoint or savepoint of this or another job; "latest" = the newest checkpoint here
   */
  open(path: string): Promise<StoredCheckpoint>;
  /** One that complete() or open() has answered, again: its blocks are checked when they are used. Errors: as open(). */
  load(checkpointId: number): Promise<StoredCheckpoint>;
  /** Ends its thread and gives the folder free. */
  close(): Promise<void>;
}

/** All subtasks have acknowledged. */
export interface FinishedCheckpoint {
  readonly checkpointId: number;
  readonly type: "checkpoint" | "savepoint";
  /** ms since the epoch. */
  readonly triggeredMs: number;
  /** Of all subtasks; null = it had finished. */
  readonly states: ReadonlyMap<SubtaskId, SubtaskState | null>;
  /** What SplitEnumerator.snapshotState() answered, by the id of the source. */
  readonly enumerators: ReadonlyMap<string, unknown>;
}

export interface StoredCheckpoint {
  readonly path: string;
  readonly type: "checkpoint" | "savepoint";
  readonly checkpoint: JobCheckpoint;
  /** Its tasks, with names and uids of their operators. */
  readonly vertices: readonly SnapshotVertex<SubtaskState>[];
  /** Ids of operators that left anything. */
  readonly statefulOperators: ReadonlySet<string>;
}
