/**
 * What the writers of a FileSink have in common: a bucket per directory that records go to, and errors
 * that name the sink (after Flink's FileWriter). How records become bytes is theirs.
 */
import { posix } from "node:path";

import { EngineError } from "../protocol/errors.ts";
import type { BucketAssigner, BucketAssignerContext } from "./bucket-assigner.ts";
import type { FileCommittable } from "./file-committer.ts";
import {
  type BucketOptions,
  FileWriterBucket,
  type FileWriterBucketState,
} from "./file-writer-bucket.ts";
import type { SinkWriterContext } from "./sink.ts";
import { recordText, userCodeError } from "./user-code.ts";

export interface FileWriterOptions extends BucketOptions {
  readonly assigner: BucketAssigner<unknown>;
  /** How often files are looked at that no record comes to, ms. */
  readonly checkIntervalMs: number;
  readonly context: SinkWriterContext;
}

export abstract class FileWriter {
  protected readonly context: SinkWriterContext;
  readonly #options: FileWriterOptions;
  readonly #buckets = new Map<string, FileWriterBucket>();
  #current: FileWriterBucket | null = null;
  #nowMs = 0;
  #timestampMs: number | null = null;
  #watermarkMs = Number(-(2n ** 63n));
  #isEnding = false;
  readonly #assignerContext: BucketAssignerContext = {
    currentProcessingTime: () => this.#nowMs,
    currentWatermark: () => this.#watermarkMs,
    timestamp: () => this.#timestampMs,
  };

  constructor(options: FileWriterOptions) {
    this.#options = options;
    this.context = options.context;
    this.#scheduleCheck();
  }

  /** Errors: MR_SINK_FAILED. */
  async restore(states: readonly FileWriterBucketState[]): Promise<void> {
    for (const state of states) await this.#guard(this.#bucketOf(state.bucketId).restore(state));
  }

  writeWatermark(watermarkMs: number): void {
    this.#watermarkMs = watermarkMs;
  }

  /** Errors: MR_SINK_FAILED. */
  async flush(endOfInput: boolean): Promise<void> {
    this.#isEnding ||= endOfInput;
    for (const bucket of this.#buckets.values()) await this.#guard(bucket.flush());
  }

  /** Errors: MR_SINK_FAILED. */
  async prepareCommit(): Promise<readonly FileCommittable[]> {
    const when = this.#isEnding ? "end" : "checkpoint";
    const committables: FileCommittable[] = [];
    for (const [bucketId, bucket] of this.#buckets) {
      if (bucket.isIdle) {
        this.#buckets.delete(bucketId);
        if (this.#current === bucket) this.#current = null;
      } else {
        committables.push(...(await this.#guard(bucket.prepareCommit(when))));
      }
    }
    return committables;
  }

  snapshotState(): readonly FileWriterBucketState[] {
    const active = [...this.#buckets.values()].filter((bucket) => !bucket.isIdle);
    return active.map((bucket) => bucket.snapshotState());
  }

  async close(): Promise<void> {
    for (const bucket of this.#buckets.values()) await this.#guard(bucket.dispose());
  }

  /** Says whose bytes come next. Errors: MR_FUNCTION_THREW, MR_FUNCTION_INVALID. */
  protected select(record: unknown, timestampMs: number | null): void {
    this.#nowMs = this.#options.now();
    this.#timestampMs = timestampMs;
    const bucketId = this.#bucketIdOf(record);
    if (this.#current?.bucketId !== bucketId) this.#current = this.#bucketOf(bucketId);
  }

  /**
   * The buffer to write `bytes` to, from bufferLength on; null = wait for whenRoom(), then select and ask
   * again.
   */
  protected reserve(bytes: number, record: unknown): Buffer | null {
    try {
      return this.#selected.reserve(bytes, record);
    } catch (cause) {
      throw this.#failure(cause);
    }
  }

  protected get bufferLength(): number {
    return this.#selected.bufferLength;
  }

  protected commit(bufferLength: number): void {
    this.#selected.commit(bufferLength, this.#nowMs);
  }

  protected whenRoom(): Promise<void> {
    return this.#selected.whenRoom();
  }

  get #selected(): FileWriterBucket {
    if (this.#current === null) throw new TypeError("no bucket is selected");
    return this.#current;
  }

  #bucketIdOf(record: unknown): string {
    const { assigner } = this.#options;
    let bucketId: unknown;
    try {
      bucketId = assigner.getBucketId(record, this.#assignerContext);
    } catch (error) {
      const { operatorName: operator, subtaskIndex: subtask } = this.context;
      throw userCodeError(error, { operator, subtask, record: recordText(record) });
    }
    if (bucketId === this.#current?.bucketId) return bucketId as string;
    return checkBucketId(bucketId);
  }

  #bucketOf(bucketId: string): FileWriterBucket {
    const known = this.#buckets.get(bucketId);
    if (known !== undefined) return known;
    const bucket = new FileWriterBucket(bucketId, this.#options);
    this.#buckets.set(bucketId, bucket);
    return bucket;
  }

  #scheduleCheck(): void {
    const { processingTimeService } = this.context;
    const nextMs = processingTimeService.getCurrentProcessingTime() + this.#options.checkIntervalMs;
    processingTimeService.registerTimer(nextMs, () => {
      const nowMs = this.#options.now();
      for (const bucket of this.#buckets.values()) bucket.onProcessingTime(nowMs);
      this.#scheduleCheck();
    });
  }

  async #guard<R>(work: Promise<R>): Promise<R> {
    try {
      return await work;
    } catch (cause) {
      throw this.#failure(cause);
    }
  }

  #failure(cause: unknown): EngineError {
    return fileSinkFailure(this.context.operatorName, cause);
  }
}

/** @returns MR_SINK_FAILED */
function fileSinkFailure(operator: string, cause: unknown): EngineError {
  if (cause instanceof EngineError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new EngineError("MR_SINK_FAILED", { operator, message }, cause);
}

function checkBucketId(bucketId: unknown): string {
  const isPath = typeof bucketId === "string" && !posix.isAbsolute(bucketId);
  if (isPath && !bucketId.split("/").includes("..") && !bucketId.includes("\0")) return bucketId;
  throw new EngineError("MR_FUNCTION_INVALID", {
    operation: "getBucketId()",
    expected: "a relative path without ..",
    actual: typeof bucketId === "string" ? JSON.stringify(bucketId) : String(bucketId),
  });
}
