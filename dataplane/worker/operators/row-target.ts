/** Where a run of JavaScript operators puts its records: an output, a printer, a sink. */
import type { BatchView } from "../../memory/batch-view.ts";
import type { Long } from "../../protocol/long.ts";
import type { SegmentOutput } from "../segment.ts";

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
}
