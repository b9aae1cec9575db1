/** What goes to a job's snapshot thread and comes from it. */
import type { MessagePort } from "node:worker_threads";
import type { BatchType } from "../protocol/deployment.ts";
import type { WireError } from "../protocol/errors.ts";
import type { StateFile } from "../protocol/state-file.ts";
import type { SnapshotLocation } from "./snapshot-outputs.ts";

/** From the master. The answer to "begin" is its checkpointId: then the checkpoint may be triggered. */
export type SnapshotThreadCommand =
  | { readonly kind: "slot"; readonly port: MessagePort }
  | { readonly kind: "begin"; readonly location: SnapshotLocation }
  | { readonly kind: "end"; readonly checkpointId: number };

/** From a slot, by a port of its own. `output` numbers those of a port. */
export type SnapshotRequest =
  | {
      readonly kind: "open";
      readonly output: number;
      readonly checkpointId: number;
      readonly file: string;
    }
  | {
      readonly kind: "rows";
      readonly output: number;
      readonly operatorId: string;
      readonly type: BatchType;
      readonly batch: Uint8Array<ArrayBuffer>;
      readonly firstKeyGroup: number;
      readonly lastKeyGroup: number;
    }
  | {
      readonly kind: "entry";
      readonly output: number;
      readonly operatorId: string;
      readonly count: number;
      readonly packed: Uint8Array<ArrayBuffer>;
    }
  | { readonly kind: "finish" | "abort"; readonly output: number };

export type SnapshotReply =
  /** There is room for this many bytes more. */
  | { readonly kind: "credit"; readonly output: number; readonly bytes: number }
  | { readonly kind: "finished"; readonly output: number; readonly state: StateFile | null }
  | { readonly kind: "aborted"; readonly output: number }
  | { readonly kind: "failed"; readonly output: number; readonly error: WireError };
