/** Control protocol between a job's master and its slots, one port per slot. All serialisable. */
import type { AccumulatorSnapshot } from "./accumulators.ts";
import type { CheckpointOptions, SubtaskState } from "./checkpoint.ts";
import type { TaskSpec } from "./deployment.ts";
import type { WireError } from "./errors.ts";

export interface SubtaskAddress {
  readonly vertexId: string;
  readonly subtaskIndex: number;
}

/** From the master to a slot. */
export type SlotCommand =
  /** Subtasks that have not begun yet. */
  | { readonly kind: "start" }
  /** null = all subtasks of the slot. */
  | { readonly kind: "cancel"; readonly subtasks: readonly SubtaskAddress[] | null }
  /** New attempts of subtasks that have ended; they wait for "start". The program is loaded again. */
  | { readonly kind: "deploy"; readonly attempt: number; readonly tasks: readonly TaskSpec[] }
  /** Nothing more will be deployed: the slot ends with the last of its subtasks. */
  | { readonly kind: "close" }
  | (SubtaskAddress & { readonly kind: "add-splits"; readonly splits: readonly unknown[] })
  | (SubtaskAddress & { readonly kind: "no-more-splits" })
  /**
   * For a subtask that gets no barrier by a channel: a source sends it, another one does when its channels
   * have ended. Splits that come behind this are not part of the checkpoint.
   */
  | (SubtaskAddress & {
      readonly kind: "trigger-checkpoint";
      readonly checkpointId: number;
      readonly triggeredMs: number;
      readonly options: CheckpointOptions;
    })
  /** It, and all before it, will never be undone. */
  | { readonly kind: "checkpoint-complete"; readonly checkpointId: number }
  /** It, and all before it that are not complete, never will be. */
  | { readonly kind: "checkpoint-aborted"; readonly checkpointId: number }
  /** A module that was not compiled yet when the job started; a WebAssembly.Module. */
  | { readonly kind: "module"; readonly moduleId: string; readonly module: object }
  /** The master has taken this many bytes of "collected" and "printed" reports of the slot. */
  | { readonly kind: "report-credit"; readonly bytes: number };

/** Bytes of reports a slot may have under way before its sinks wait. */
export const REPORT_WINDOW_BYTES = 4_194_304;

/** From a slot to the master. */
export type SlotReport =
  | { readonly kind: "ready" }
  /** Its state is restored. */
  | (SubtaskAddress & { readonly kind: "running" })
  /** All its input is behind it; it ends when a checkpoint that comes now is complete. */
  | (SubtaskAddress & { readonly kind: "waiting" })
  | (SubtaskAddress & {
      readonly kind: "finished";
      readonly accumulators: readonly AccumulatorSnapshot[];
    })
  | (SubtaskAddress & { readonly kind: "canceled" })
  /** As soon as it is known; "closed" follows. */
  | (SubtaskAddress & { readonly kind: "failed"; readonly error: WireError })
  /** Nothing of a subtask that has failed runs any more. */
  | (SubtaskAddress & { readonly kind: "closed" })
  | (SubtaskAddress & { readonly kind: "request-splits" })
  /** A subtask that ends before its barrier has come acknowledges by its end. */
  | (SubtaskAddress & {
      readonly kind: "acknowledge-checkpoint";
      readonly checkpointId: number;
      readonly state: SubtaskState;
      /** ms between the first and the last barrier, that the segments stood still, and until it was safe. */
      readonly alignmentMs: number;
      readonly syncMs: number;
      readonly asyncMs: number;
      readonly bytes: number;
    })
  | (SubtaskAddress & {
      readonly kind: "decline-checkpoint";
      readonly checkpointId: number;
      readonly error: WireError;
    })
  /** Rows of a collect sink: a sealed RowBatch and, when it changes, its type (JSON of a BatchType). */
  | (SubtaskAddress & {
      readonly kind: "collected";
      readonly operatorId: string;
      readonly batch: Uint8Array;
      readonly type: string;
      /** The last checkpoint or savepoint whose barrier went through the subtask before; 0 = none. */
      readonly behindCheckpoint: number;
    })
  /** Lines of a print sink, each ending in a newline. */
  | (SubtaskAddress & {
      readonly kind: "printed";
      readonly text: string;
      readonly toStderr: boolean;
    });
