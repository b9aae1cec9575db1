/**
 * Source interface (after Flink's Source V2). The enumerator runs in the control plane and deals out
 * splits; a reader runs in each subtask and reads the splits it was given. Splits are plain data (they
 * may hold SharedArrayBuffers); a reader's snapshot is its splits with their positions, and nothing that a file
 * cannot hold.
 */
import type { BatchBuilder } from "../memory/batch-builder.ts";
import type { TaskMemory } from "../memory/task-memory.ts";
import type { DataType } from "../protocol/types.ts";

export type Boundedness = "BOUNDED" | "CONTINUOUS_UNBOUNDED";

export interface Source<T, SplitT = unknown> {
  readonly boundedness: Boundedness;
  /** Type of the records; null = found out from the first record. */
  readonly producedType: DataType | null;
  /** Highest parallelism it can run at; 1 for sources that cannot be split. */
  readonly maxSourceParallelism?: number;
  /** false = records that were read before a failure cannot be read again. Absent = they can. */
  readonly isReplayable?: boolean;
  /** For error messages and plans; `T` is the type of the records. */
  readonly description: string;
  createEnumerator(context: EnumeratorContext<SplitT>): SplitEnumerator<SplitT>;
  /**
   * An enumerator that goes on from `state`, which snapshotState() of one before has answered. Readers get
   * the splits that they had, with their positions, from elsewhere. Absent = a job with the source cannot
   * go on from a checkpoint.
   */
  restoreEnumerator?(context: EnumeratorContext<SplitT>, state: unknown): SplitEnumerator<SplitT>;
  createReader(context: ReaderContext): SourceReader<T, SplitT>;
}

export interface EnumeratorContext<SplitT> {
  readonly operatorName: string;
  readonly parallelism: number;
  assignSplits(splits: readonly SplitT[], subtaskIndex: number): void;
  signalNoMoreSplits(subtaskIndex: number): void;
}

export interface SplitEnumerator<SplitT> {
  /** Finds splits. Bounded sources may assign all of them here. */
  start(): void | Promise<void>;
  /** Subtask `subtaskIndex` has read all it has and wants more. */
  handleSplitRequest(subtaskIndex: number): void;
  /** Splits of a failed subtask, with their positions. */
  addSplitsBack(splits: readonly SplitT[], subtaskIndex: number): void;
  /** What was not assigned yet, and whatever else it has to know. Plain data. */
  snapshotState(): unknown;
  close(): void | Promise<void>;
}

export interface ReaderContext {
  readonly operatorName: string;
  readonly subtaskIndex: number;
  readonly parallelism: number;
  readonly memory: TaskMemory;
  readonly maxRecordBytes: number;
  requestSplits(): void;
  /** Sequences of malformed input that were replaced. */
  countMalformed(count: number): void;
}

/** more: call again; nothing: wait for isAvailable(); end: all splits read and no more will come. */
export type PollResult = "more" | "nothing" | "end";

export interface SourceReader<T, SplitT = unknown> {
  start(): void | Promise<void>;
  /** Writes at most what `output` has room for, without waiting. */
  pollNext(output: SourceOutput<T>): PollResult;
  /** Settles when pollNext() is worth calling again. */
  isAvailable(): Promise<void>;
  addSplits(splits: readonly SplitT[]): void;
  notifyNoMoreSplits(): void;
  /**
   * Of readers that read several splits at a time: stop reading some, which are too far ahead of their
   * watermark group, and go on with others. Ids are those of createOutputForSplit(). A split that goes on
   * and has something settles isAvailable(). Absent = the reader is paused as a whole only.
   */
  pauseOrResumeSplits?(splitsToPause: readonly string[], splitsToResume: readonly string[]): void;
  /** Splits not finished, each with its position. */
  snapshotState(): readonly SplitT[];
  close(): void | Promise<void>;
}

export interface SourceOutput<T> {
  /** Takes one record; timestamp in ms of event time, absent = none. */
  collect(record: T, timestampMs?: number): void;
  /** No room: return "more" and go on at the next call. */
  readonly isFull: boolean;
  /** For readers that write columns themselves; only for sources with a producedType. */
  readonly builder: BatchBuilder;
  /**
   * Where the records of one split go, for as long as it is read: each split has a watermark of its own,
   * and the stream's is the smallest. The same id gives the same output. A reader of one split, or of
   * parts of one sequence, needs none.
   */
  createOutputForSplit(splitId: string): SourceOutput<T>;
  /** The split is read to its end: the others' watermarks wait for it no longer. */
  releaseOutputForSplit(splitId: string): void;
}
