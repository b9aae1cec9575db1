/**
 * Sink interface (after Flink's Sink V2): a writer per subtask; a committer for what must be published in
 * a second step. At a checkpoint the writer hands over committables, which go into the snapshot; they
 * are committed when that is complete, and again after a restore, since nobody knows then whether they
 * were.
 */

import type { FunctionInitializationContext } from "../functions/checkpointed-function.ts";
import type { BatchView } from "../memory/batch-view.ts";
import type { RuntimeContext } from "./runtime-context.ts";

export interface SinkWriterContext {
  readonly operatorName: string;
  readonly subtaskIndex: number;
  readonly parallelism: number;
  readonly attempt: number;
  readonly runtimeContext: RuntimeContext;
  readonly processingTimeService: ProcessingTimeService;
  /** State of the operator beside what snapshotState() answers. */
  readonly initializationContext: FunctionInitializationContext;
}

export interface ProcessingTimeService {
  /** ms since the epoch. */
  getCurrentProcessingTime(): number;
  /** Calls back once, between two records, when the time has passed. Not part of snapshots. */
  registerTimer(timeMs: number, callback: (timeMs: number) => void | Promise<void>): void;
}

export interface Sink<T, CommittableT = never, WriterStateT = never> {
  readonly description: string;
  createWriter(
    context: SinkWriterContext,
  ): SinkWriter<T, CommittableT, WriterStateT> | Promise<SinkWriter<T, CommittableT, WriterStateT>>;
  /** In place of createWriter(), with what writers of the snapshot had; dealt out to any number of subtasks. */
  restoreWriter?(
    context: SinkWriterContext,
    states: readonly WriterStateT[],
  ): SinkWriter<T, CommittableT, WriterStateT> | Promise<SinkWriter<T, CommittableT, WriterStateT>>;
  createCommitter?(context: SinkWriterContext): Committer<CommittableT>;
}

export interface SinkWriter<T, CommittableT = never, WriterStateT = never> {
  /** A promise = backpressure: the next record comes when it is settled. */
  write(record: T, timestampMs: number | null): void | Promise<void>;
  /** For writers that read columns themselves; used instead of write() where present. */
  writeBatch?(batch: BatchView): void | Promise<void>;
  /** ms of event time: no record before it comes any more. */
  writeWatermark?(watermarkMs: number): void;
  /** Everything written so far must be out; at the end of input and before a checkpoint. */
  flush(endOfInput: boolean): void | Promise<void>;
  /** After flush(): what is to be committed. Plain data, as GENERIC records hold it. */
  prepareCommit?(): readonly CommittableT[] | Promise<readonly CommittableT[]>;
  /** After prepareCommit(), when the snapshot is taken. Plain data; it must not change later. */
  snapshotState?(checkpointId: number): readonly WriterStateT[];
  notifyCheckpointComplete?(checkpointId: number): void | Promise<void>;
  notifyCheckpointAborted?(checkpointId: number): void;
  close(): void | Promise<void>;
}

/** repeated = after a restore: they may have been committed before, in part or all. */
export type CommitAttempt = "first" | "repeated";

export interface Committer<CommittableT> {
  /** Publishes; must be idempotent: whatever fails is tried again by the next attempt of the job. */
  commit(committables: readonly CommittableT[], attempt: CommitAttempt): Promise<void>;
  close(): void | Promise<void>;
}
