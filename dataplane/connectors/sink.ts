/** Sink interface (after Flink's Sink V2): a writer per subtask; a committer for what must be published in a second step. */

import type { BatchView } from "../memory/batch-view.ts";
import type { RuntimeContext } from "./runtime-context.ts";

export interface SinkWriterContext {
  readonly operatorName: string;
  readonly subtaskIndex: number;
  readonly parallelism: number;
  readonly attempt: number;
  readonly runtimeContext: RuntimeContext;
}

export interface Sink<T, CommittableT = never> {
  readonly description: string;
  createWriter(
    context: SinkWriterContext,
  ): SinkWriter<T, CommittableT> | Promise<SinkWriter<T, CommittableT>>;
  createCommitter?(): Committer<CommittableT>;
}

export interface SinkWriter<T, CommittableT = never> {
  /** A promise = backpressure: the next record comes when it is settled. */
  write(record: T, timestampMs: number | null): void | Promise<void>;
  /** For writers that read columns themselves; used instead of write() where present. */
  writeBatch?(batch: BatchView): void | Promise<void>;
  /** Everything written so far must be out; at the end of input and before a checkpoint. */
  flush(endOfInput: boolean): void | Promise<void>;
  prepareCommit?(): readonly CommittableT[] | Promise<readonly CommittableT[]>;
  close(): void | Promise<void>;
}

export interface Committer<CommittableT> {
  /** Publishes; must be idempotent: it is repeated after a restore. */
  commit(committables: readonly CommittableT[]): Promise<void>;
  close(): void | Promise<void>;
}
