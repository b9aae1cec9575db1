/** Where snapshots of subtasks go to and come from. */
import type { StateBlock, SubtaskState } from "../../protocol/checkpoint.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import type { SubtaskAddress } from "../../protocol/messages.ts";
import type { OperatorStateEntry } from "../../protocol/operator-state.ts";

export interface SnapshotStorage {
  /** Begins the snapshot of a subtask. Nothing waits: failures come out at finish(). */
  create(address: SubtaskAddress, checkpointId: number): SnapshotOutput;
  /** What create() has led to. Errors: those of the storage, before anything of the state is used. */
  open(state: SubtaskState): Promise<SnapshotInput>;
}

/** Takes the state of one subtask. Ends with either finish() or abort(). */
export interface SnapshotOutput {
  /**
   * A sealed batch, which the output keeps. Key groups are those of its rows.
   *
   * @returns a promise to wait for before the next batch, if too much is under way
   */
  rows(
    operatorId: string,
    type: BatchType,
    batch: Uint8Array,
    firstKeyGroup: number,
    lastKeyGroup: number,
  ): void | Promise<void>;
  operatorState(operatorId: string, entries: readonly OperatorStateEntry[]): void;
  /** Settled when the state is safe. Errors: those of the storage. */
  finish(): Promise<SubtaskState>;
  /** The checkpoint was given up. */
  abort(): void;
}

export type IsWanted = (firstKeyGroup: number, lastKeyGroup: number) => boolean;

/** The state of one subtask. */
export interface SnapshotInput {
  /** Blocks of an operator whose first and last key group are wanted, in the order they were written. */
  rows(operatorId: string, isWanted: IsWanted): AsyncIterable<StateBlock>;
  operatorState(operatorId: string): Promise<readonly OperatorStateEntry[]>;
  close(): Promise<void>;
}
