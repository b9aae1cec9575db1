/** Control protocol between a job's master and its slots, one port per slot. All serialisable. */
import type { AccumulatorSnapshot } from "./accumulators.ts";
import type { WireError } from "./errors.ts";

export interface SubtaskAddress {
  readonly vertexId: string;
  readonly subtaskIndex: number;
}

/** From the master to a slot. */
export type SlotCommand =
  | { readonly kind: "start" }
  | { readonly kind: "cancel" }
  | (SubtaskAddress & { readonly kind: "add-splits"; readonly splits: readonly unknown[] })
  | (SubtaskAddress & { readonly kind: "no-more-splits" })
  /** A module that was not compiled yet when the job started; a WebAssembly.Module. */
  | { readonly kind: "module"; readonly moduleId: string; readonly module: object }
  /** The master has taken this many bytes of "collected" and "printed" reports of the slot. */
  | { readonly kind: "report-credit"; readonly bytes: number };

/** Bytes of reports a slot may have under way before its sinks wait. */
export const REPORT_WINDOW_BYTES = 4_194_304;

/** From a slot to the master. */
export type SlotReport =
  | { readonly kind: "ready" }
  | (SubtaskAddress & { readonly kind: "running" })
  | (SubtaskAddress & {
      readonly kind: "finished";
      readonly accumulators: readonly AccumulatorSnapshot[];
    })
  | (SubtaskAddress & { readonly kind: "canceled" })
  | (SubtaskAddress & { readonly kind: "failed"; readonly error: WireError })
  | (SubtaskAddress & { readonly kind: "request-splits" })
  /** Rows of a collect sink: a sealed RowBatch and, when it changes, its type (JSON of a BatchType). */
  | (SubtaskAddress & {
      readonly kind: "collected";
      readonly operatorId: string;
      readonly batch: Uint8Array;
      readonly type: string;
    })
  /** Lines of a print sink, each ending in a newline. */
  | (SubtaskAddress & {
      readonly kind: "printed";
      readonly text: string;
      readonly toStderr: boolean;
    });
