/** A file sink as its operator drives it, and what is in its directory. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import type { FileSink } from "../../../../dataplane/connectors/file-sink.ts";
import type { FileWriterBucketState } from "../../../../dataplane/connectors/file-writer-bucket.ts";
import type { Committer, SinkWriter } from "../../../../dataplane/connectors/sink.ts";
import { RowWriter } from "../../../../dataplane/formats/row-writer.ts";
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import type { DataType } from "../../../../dataplane/protocol/types.ts";
import { ManualTime, writerContext } from "./writer-harness.ts";

export const STRING: DataType = { kind: "STRING" };

type Committable = Parameters<
  ReturnType<FileSink<unknown>["createCommitter"]>["commit"]
>[0][number];

/** What a checkpoint has of one subtask. */
export interface SinkSnapshot {
  readonly states: readonly FileWriterBucketState[];
  readonly committables: readonly Committable[];
}

/** One subtask of the sink, from its start to its end or its crash. */
export class SinkAttempt<T> {
  readonly time: ManualTime;
  readonly writer: SinkWriter<T, Committable, FileWriterBucketState>;
  readonly #committer: Committer<Committable>;
  #pending: Committable[] = [];

  static async start<T>(
    sink: FileSink<T>,
    snapshot: SinkSnapshot | null = null,
    nowMs = 0,
  ): Promise<SinkAttempt<T>> {
    const time = new ManualTime(nowMs);
    const context = writerContext({ processingTimeService: time });
    const committer = sink.createCommitter();
    if (snapshot === null) return new SinkAttempt(sink.createWriter(context), committer, time);
    await committer.commit(snapshot.committables, "repeated");
    const writer = await sink.restoreWriter(context, snapshot.states);
    return new SinkAttempt(writer, committer, time);
  }

  private constructor(
    writer: SinkWriter<T, Committable, FileWriterBucketState>,
    committer: Committer<Committable>,
    time: ManualTime,
  ) {
    this.writer = writer;
    this.#committer = committer;
    this.time = time;
  }

  async write(...records: readonly T[]): Promise<void> {
    for (const record of records) await this.writer.write(record, null);
  }

  async checkpoint(): Promise<SinkSnapshot> {
    await this.writer.flush(false);
    this.#pending.push(...((await this.writer.prepareCommit?.()) ?? []));
    const states = this.writer.snapshotState?.(1) ?? [];
    // As it comes out of a snapshot.
    return JSON.parse(JSON.stringify({ states, committables: this.#pending })) as SinkSnapshot;
  }

  /** The last checkpoint is complete. */
  async commit(): Promise<void> {
    await this.#committer.commit(this.#pending, "first");
    this.#pending = [];
  }

  /** Without checkpoints. */
  async finish(): Promise<void> {
    await this.writer.flush(true);
    this.#pending.push(...((await this.writer.prepareCommit?.()) ?? []));
    await this.commit();
    await this.writer.close();
  }

  /** Lets go of the files; nothing else happens that a killed process would not do. */
  async crash(): Promise<void> {
    await this.writer.close();
  }
}

/** Hands `records` to a writer in batches of `batchRows`, as a job does. */
export async function writeBatches(
  writer: Pick<SinkWriter<never>, "writeBatch">,
  memory: TaskMemory,
  type: DataType,
  records: readonly unknown[],
  batchRows = 100,
): Promise<void> {
  const builder = new BatchBuilder(memory, Schema.of({ record: type, key: null }));
  const options = { operator: "sink", maxRecordBytes: 1e8, missingFields: "refused" } as const;
  const rows = new RowWriter(builder, options);
  for (let at = 0; at < records.length; at += batchRows) {
    for (const record of records.slice(at, at + batchRows)) rows.write(record, null);
    rows.sync();
    await writer.writeBatch?.(builder);
    builder.reset();
    rows.attach();
  }
  builder.dispose();
}

/** Paths below a directory, sorted: those that readers see, or those that they pass over. */
export async function filesOf(
  directory: string,
  which: "finished" | "hidden" = "finished",
): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.startsWith(".") === (which === "hidden"))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

/** What is in the finished files, file by file. */
export async function contentsOf(directory: string): Promise<readonly string[]> {
  const paths = await filesOf(directory);
  return Promise.all(paths.map((path) => readFile(path, "utf8")));
}
