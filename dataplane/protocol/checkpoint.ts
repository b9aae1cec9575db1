/**
 * Checkpoints as both planes speak of them: what is asked for, what travels with a barrier, and what a
 * subtask hands back. Plain data.
 */
import type { BatchType } from "./deployment.ts";
import type { OperatorStateEntry } from "./operator-state.ts";
import type { StateFile } from "./state-file.ts";

export interface CheckpointOptions {
  /** AT_LEAST_ONCE: no channel waits for the barriers of the others. */
  readonly mode: "EXACTLY_ONCE" | "AT_LEAST_ONCE";
  readonly type: "checkpoint" | "savepoint";
  /**
   * What sources do behind the barrier: null = go on; suspend = end as they are; drain = as at the end
   * of their input, in front of the barrier too.
   */
  readonly stop: null | "suspend" | "drain";
  /**
   * The one that was triggered before is a complete checkpoint, so that tasks may write what has changed since.
   * Absent = no.
   */
  readonly isIncremental?: boolean;
}

/** Options as bits of a barrier frame; 0 = a checkpoint, exactly once. */
const AT_LEAST_ONCE = 1;
const SAVEPOINT = 2;
const SUSPEND = 4;
const DRAIN = 8;
const INCREMENTAL = 16;

export function barrierFlags({ mode, type, stop, isIncremental }: CheckpointOptions): number {
  const stopFlag = stop === "suspend" ? SUSPEND : stop === "drain" ? DRAIN : 0;
  const modeFlag = mode === "AT_LEAST_ONCE" ? AT_LEAST_ONCE : 0;
  const typeFlag = type === "savepoint" ? SAVEPOINT : 0;
  return modeFlag | typeFlag | stopFlag | (isIncremental === true ? INCREMENTAL : 0);
}

export function barrierOptions(flags: number): CheckpointOptions {
  return {
    mode: (flags & AT_LEAST_ONCE) === 0 ? "EXACTLY_ONCE" : "AT_LEAST_ONCE",
    type: (flags & SAVEPOINT) === 0 ? "checkpoint" : "savepoint",
    ...((flags & INCREMENTAL) === 0 ? {} : { isIncremental: true }),
    stop: (flags & SUSPEND) !== 0 ? "suspend" : (flags & DRAIN) !== 0 ? "drain" : null,
  };
}

/** Rows of one operator, of consecutive batches that its segment encoded. */
export interface StateBlock {
  readonly operatorId: string;
  readonly type: BatchType;
  /** A sealed RowBatch with key groups and timestamps. */
  readonly batch: Uint8Array<ArrayBuffer>;
  /** Of its rows; max parallelism = broadcast state, which is for every subtask. */
  readonly firstKeyGroup: number;
  readonly lastKeyGroup: number;
}

export interface OperatorStateBlock {
  readonly operatorId: string;
  readonly entries: readonly OperatorStateEntry[];
}

/** Storage "memory": the state itself. */
export interface MemorySubtaskState {
  readonly kind: "memory";
  readonly rows: readonly StateBlock[];
  readonly operatorState: readonly OperatorStateBlock[];
}

/** Where the state of one subtask lies. */
export type SubtaskState = MemorySubtaskState | StateFile;

/** Of a subtask that has none, whatever the storage: an empty file is never written. */
export const NO_STATE: MemorySubtaskState = { kind: "memory", rows: [], operatorState: [] };

/** What the subtasks of an operator left behind, for those that go on with it. */
export interface OperatorRestore {
  readonly operatorId: string;
  readonly name: string;
  /** By old subtask; null = it had finished. */
  readonly subtasks: readonly (SubtaskState | null)[];
}

/** From which state a subtask starts. */
export interface TaskRestore {
  readonly checkpointId: number;
  /** All subtasks of the vertex had finished. */
  readonly hasFinished: boolean;
  readonly operators: readonly OperatorRestore[];
}
