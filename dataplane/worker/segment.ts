/**
 * The chain interface. A chain is a tree of segments; each is Wasm or JavaScript over RowBatches
 * and neither knows which its neighbours are. Nothing blocks inside a segment: what cannot go on
 * says so and is resumed with the same cursor.
 *
 * Every call answers a status of protocol/status.ts:
 *   STATUS_DONE         the input is used up (what was written to the outputs still has to be shipped)
 *   STATUS_OUTPUT_FULL  ship and reset the outputs, then call again with the same arguments
 *   STATUS_NEED_HOST    wait for `hostWork()`, then call again with the same arguments
 *
 * Event times and watermarks are bigint ms here (Long.MIN to Long.MAX); they appear once per batch
 * or less, never per row.
 */
import type { RuntimeContext } from "../connectors/runtime-context.ts";
import type { BatchBuilder } from "../memory/batch-builder.ts";
import type { BatchView } from "../memory/batch-view.ts";
import type { TaskMemory } from "../memory/task-memory.ts";
import type { BatchType, OperatorSpec } from "../protocol/deployment.ts";
import type { OperatorStateEntry } from "../protocol/operator-state.ts";
import type { WatermarkGroupSpec } from "../protocol/watermark-group.ts";
import type { AlarmClock, Clock } from "./clock.ts";
import type { SubtaskMetrics } from "./metrics.ts";
import type { ControlEvent } from "./stream-event.ts";
import type { StreamStatus } from "./watermark-valve.ts";

/**
 * Where a segment stands in its input. `row` and `step` are its own to use; both are 0 at first.
 */
export interface Cursor {
  row: number;
  step: number;
}

export interface SegmentContext {
  readonly operators: readonly OperatorSpec[];
  /** Outputs whose rows leave the chain; absent = those that no operator of the chain reads. */
  readonly exits?: readonly OutputRef[];
  /** Of a source with an alignment at the head. */
  readonly watermarkGroup?: WatermarkGroupSpec;
  readonly subtaskIndex: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly memory: TaskMemory;
  readonly clock: Clock;
  readonly metrics: SubtaskMetrics;
  readonly maxRecordBytes: number;
  /** Module of a run of compiled operators, by its id; null = it is not compiled yet. */
  moduleOf(moduleId: string): WebAssembly.Module | null;
  /** Function, source or sink of an operator, by role ("fn", "key", "source", "sink"). */
  functionOf(operatorId: string, role: string): unknown;
  /**
   * Handed to open() of user functions; accumulators registered through it go out with the
   * "finished" report.
   */
  readonly runtimeContext: RuntimeContext;
  /** Asks the master for splits of the head's source. */
  requestSplits(): void;
  /** Says something to the master. */
  report(report: SegmentReport): void;
  /**
   * null = the master keeps up with what was reported; else settled when it does (answer
   * STATUS_NEED_HOST).
   */
  reportRoom(): Promise<void> | null;
  /** A segment has something to do though no event is under way: its `nextTimerMs` has changed. */
  wake(): void;
  /** Of the clock: for hostWork() that a timer may end. */
  after: AlarmClock["after"];
  /** The job takes checkpoints; absent = it does not, and what is put out last is final at once. */
  readonly isCheckpointed?: boolean;
}

export type SegmentReport =
  | {
      readonly kind: "collected";
      readonly operatorId: string;
      readonly batch: Uint8Array;
      readonly type: string;
    }
  | { readonly kind: "printed"; readonly text: string; readonly toStderr: boolean };

/** How much a segment keeps. */
export interface StateCounts {
  /** Values of keyed state, each of a key and a namespace; timers and broadcast state do not count. */
  readonly entries: number;
  readonly eventTimers: number;
  readonly processingTimers: number;
}

/** Of a segment that has keyed state and no timers. */
export function entriesOnly(entries: number): StateCounts {
  return { entries, eventTimers: 0, processingTimers: 0 };
}

export interface Segment {
  /** "wasm" or "js": what ran, for explain() and the summary. */
  readonly engine: "wasm" | "js";
  /** Output 0 is the main one, then side outputs and late data. Empty for sinks. */
  readonly outputs: readonly SegmentOutput[];

  open(): void | Promise<void>;
  /** @param which input the batch came by, of segments that have two; absent = the first */
  process(input: BatchView, cursor: Cursor, which?: number): number;
  /**
   * Fires what `watermarkMs` makes due, paged. The chain forwards the watermark after STATUS_DONE.
   */
  watermark(watermarkMs: bigint, cursor: Cursor): number;
  /** Of its input. Absent = it goes on at once. */
  status?(status: StreamStatus, cursor: Cursor): number;
  /** `clock.now()` of the earliest processing-time timer; Infinity = there is none. */
  readonly nextTimerMs: number;
  /**
   * Fires the processing-time timers of times up to `nowMs`, paged. A task at work calls it when the
   * clock has passed `nowMs`, for all its segments, also those that have nothing due.
   */
  timer(nowMs: bigint, cursor: Cursor): number;
  /** Events of its input that end here, since it puts out its own instead; absent = none. */
  readonly keeps?: ReadonlySet<ControlEvent["kind"]>;
  /**
   * Control events of its own; null = none, or no more. Asked whenever the rows it wrote have been
   * shipped: a segment that has one to put out between two rows stops with STATUS_OUTPUT_FULL.
   */
  takeControl?(): ControlEvent | null;
  /** No more input comes: emits what is still held (BATCH results), paged. */
  endOfInput(cursor: Cursor): number;
  /** Settled when a STATUS_NEED_HOST can be resumed. */
  hostWork(): Promise<void>;

  /** What rows of snapshots look like; null = no state, or none so far. */
  readonly stateType: BatchType | null;
  /** Absent = it keeps nothing by key. */
  readonly counts?: StateCounts;
  /** Fixes the state as of now for `checkpointId`; O(1) in the size of the state. */
  freeze(checkpointId: bigint): void;
  /**
   * In the place of freeze(): what has changed since the freeze before, where that is known.
   *
   * @returns false = everything, as freeze()
   */
  freezeChanges?(checkpointId: bigint): boolean;
  /**
   * Appends frozen entries as rows; STATUS_OUTPUT_FULL = more to come, STATUS_DONE = all encoded,
   * thawed.
   */
  encodeStep(target: BatchBuilder): number;
  /**
   * Takes rows that encodeStep wrote; only key groups of this subtask. Before the first process().
   */
  restore(rows: BatchView): void;

  /**
   * Before freeze(), paged: puts out what has to be in front of the barrier, and gets done what a
   * snapshot has to wait for.
   */
  prepareBarrier?(cursor: Cursor): number;
  /** After freeze(): what it keeps beside keyed state, as of then. */
  operatorState?(): readonly OperatorStateEntry[];
  /**
   * Before open(), whenever the job starts from a snapshot: the subtask's share of what operatorState()
   * answered, also when that is nothing.
   */
  restoreOperatorState?(entries: readonly OperatorStateEntry[]): void;
  /**
   * The checkpoint, and all before it, will never be undone. A notice may be lost: the next one stands
   * for it. The subtask ends no earlier than the promise is settled.
   */
  notifyCheckpointComplete?(checkpointId: bigint): void | Promise<void>;
  notifyCheckpointAborted?(checkpointId: bigint): void;
  /**
   * After endOfInput(): what it put out last becomes final by a checkpoint only, so that the subtask must
   * not end before one that was frozen since then is complete. Absent = no.
   */
  readonly awaitsCheckpoint?: boolean;
  /** Always called once, also after a failure or a failed open(). */
  close(): void | Promise<void>;
}

/**
 * The head of a chain that reads a source. poll() takes the place of process() and writes to output
 * 0:
 *   STATUS_DONE         all splits are read and no more will come
 *   STATUS_OUTPUT_FULL  ship and reset the output, then call again
 *   STATUS_NEED_HOST    nothing more at the moment: ship, wait for `hostWork()`, call again
 */
export interface SourceSegment extends Segment {
  poll(): number;
  addSplits(splits: readonly unknown[]): void;
  notifyNoMoreSplits(): void;
}

/** Names an output within a chain: which operator's, and which of its outputs (0 = main). */
export interface OutputRef {
  readonly operatorId: string;
  readonly output: number;
}

/** An output of a segment: the rows it has written since the last reset. */
export interface SegmentOutput extends OutputRef {
  /** null until the first record tells the type of an output that is typed at run time. */
  readonly builder: BatchBuilder | null;
}

/**
 * A segment and the output that feeds it; null = the head of the chain. Chains list parents first.
 */
export interface ChainNode {
  readonly segment: Segment;
  readonly input: OutputRef | null;
  /** Operators that the segment runs, in order; absent = it keeps nothing that a snapshot has. */
  readonly operatorIds?: readonly string[];
}
