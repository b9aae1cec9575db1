/**
 * Where a subtask puts its state once its barrier is through. What is handed over belongs to the output: it may
 * have gone to another thread. Nothing throws but for values that no snapshot can hold; what else goes wrong is said by
 * finish().
 */
import type { BatchType } from "../protocol/deployment.ts";
import type { OperatorStateEntry } from "../protocol/operator-state.ts";
import type { StateFile } from "../protocol/state-file.ts";

/** Ends with either finish() or abort(). `StateT` is what the state is known by afterwards. */
export interface SnapshotOutput<StateT> {
  /** @param batch a sealed RowBatch of rows that Segment.encodeStep() wrote, of key groups first to last */
  rows(
    operatorId: string,
    type: BatchType,
    batch: Uint8Array<ArrayBuffer>,
    firstKeyGroup: number,
    lastKeyGroup: number,
  ): void;
  /** Errors: MR_TYPE_UNSUPPORTED. */
  operatorState(operatorId: string, entries: readonly OperatorStateEntry[]): void;
  /** null = it keeps up; else settled when more may be handed over. */
  room(): Promise<void> | null;
  /** Settled when all of it is safe. Errors: those of the storage; of files MR_CHECKPOINT_STORAGE. */
  finish(): Promise<StateT>;
  /** Instead of finish(): what was written is removed. Never rejects. */
  abort(): Promise<void>;
}

/** To a file; null = there was no state, and there is no file. */
export type FileOutput = SnapshotOutput<StateFile | null>;

/** Bytes handed over and not written before an output has no room. */
export const SNAPSHOT_WINDOW_BYTES = 8_388_608;
