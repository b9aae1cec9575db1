/** Where snapshots of subtasks go to and come from. */
import type { StateBlock, SubtaskState } from "../../protocol/checkpoint.ts";
import type { SubtaskAddress } from "../../protocol/messages.ts";
import type { OperatorStateEntry } from "../../protocol/operator-state.ts";
import type { SnapshotOutput } from "../../snapshot/snapshot-output.ts";

export interface SnapshotStorage {
  /** Begins the snapshot of a subtask. Nothing waits: failures come out at finish(). null = no state. */
  create(address: SubtaskAddress, checkpointId: number): SnapshotOutput<SubtaskState | null>;
  /** What create() has led to. Errors: those of the storage, before anything of the state is used. */
  open(state: SubtaskState): Promise<SnapshotInput>;
}

export type IsWanted = (firstKeyGroup: number, lastKeyGroup: number) => boolean;

/** Rows of a block; some may be of other key groups than were wanted. */
export type StateRows = Pick<StateBlock, "type" | "batch">;

/** The state of one subtask. */
export interface SnapshotInput {
  /** Blocks of an operator whose first and last key group are wanted, in the order they were written. */
  rows(operatorId: string, isWanted: IsWanted): AsyncIterable<StateRows>;
  operatorState(operatorId: string): Promise<readonly OperatorStateEntry[]>;
  close(): Promise<void>;
}
