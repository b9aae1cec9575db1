/** Where a run of JavaScript operators puts its records: an output, a printer, a sink. */
import type { BatchView } from "../../memory/batch-view.ts";
import type { Long } from "../../protocol/long.ts";
import type { OperatorStateEntry } from "../../protocol/operator-state.ts";
import type { Cursor, SegmentOutput } from "../segment.ts";

/** ms of event time; null = the record has none. */
export type Timestamp = Long | null;

export interface RowTarget {
  readonly outputs: readonly SegmentOutput[];
  /**
   * STATUS_DONE: takes a record. STATUS_OUTPUT_FULL, STATUS_NEED_HOST: not before the segment was
   * called again, and begin() said STATUS_DONE.
   */
  readonly status: number;
  open(): void | Promise<void>;
  /** At the beginning of each call of the segment; answers the status. */
  begin(): number;
  push(record: unknown, timestampMs: Timestamp): void;
  /** At the end of each call of the segment: records become visible to others. */
  end(): void;
  /** Takes a whole batch as it lies, in a call of its own; null = this target wants records. */
  readonly takeBatch: ((batch: BatchView) => number) | null;
  /** No more records come. Called again until it answers STATUS_DONE. */
  finish(): number;
  /** Settled when a STATUS_NEED_HOST can be resumed. */
  hostWork(): Promise<void>;
  close(): void | Promise<void>;
  /** What it has to do with time and checkpoints; absent = nothing. */
  readonly lifecycle?: TargetLifecycle;
}

/** The parts of a Segment that are its target's; see there. The paged ones are calls of the segment. */
export interface TargetLifecycle {
  readonly nextTimerMs: number;
  timer(nowMs: bigint): number;
  watermark(watermarkMs: bigint): void;
  prepareBarrier(cursor: Cursor): number;
  freeze(checkpointId: bigint): void;
  operatorState(): readonly OperatorStateEntry[];
  restoreOperatorState(entries: readonly OperatorStateEntry[]): void;
  notifyCheckpointComplete(checkpointId: bigint): Promise<void>;
  notifyCheckpointAborted(checkpointId: bigint): void;
  readonly awaitsCheckpoint: boolean;
}
