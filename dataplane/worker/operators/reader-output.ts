/** The output that a source reader fills; records that it emits although that is full wait in a queue. */
import type { SourceOutput } from "../../connectors/source.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import { STATUS_DONE } from "../../protocol/status.ts";
import type { OutputTarget } from "./output-target.ts";

interface Queued {
  readonly record: unknown;
  readonly timestampMs: number | null;
}

/** What a reader writes to: record by record, or straight into the columns. */
export interface ReaderOutput extends SourceOutput<unknown> {
  /** Before the reader is asked: takes over the builder and writes what waits. */
  begin(): void;
  /** After the reader was asked: the builder is no longer its own, isFull speaks of what it wrote. */
  settle(): void;
  /** Rows become visible to others. */
  end(): void;
  close(): void;
}

/** The output of a source that makes no watermarks. */
export class PlainOutput implements ReaderOutput {
  readonly #target: OutputTarget;
  #queue: Queued[] = [];
  /** The reader has the builder; the target must look at it again before it writes. */
  #isLent = false;

  constructor(target: OutputTarget) {
    this.#target = target;
  }

  get isFull(): boolean {
    if (this.#isLent) return this.#target.builder?.isFull === true;
    return this.#target.status !== STATUS_DONE || this.#queue.length > 0;
  }

  get builder(): BatchBuilder {
    if (!this.#isLent) this.#target.end();
    this.#isLent = true;
    const { builder } = this.#target;
    if (builder === null) throw new TypeError("a source without producedType has no builder");
    return builder;
  }

  collect(record: unknown, timestampMs?: number): void {
    if (this.#isLent) this.begin();
    const time = timestampMs ?? null;
    if (this.isFull) this.#queue.push({ record, timestampMs: time });
    else this.#target.push(record, time);
  }

  createOutputForSplit(): this {
    return this;
  }

  releaseOutputForSplit(): void {}

  begin(): void {
    this.#isLent = false;
    this.#target.begin();
    const queue = this.#queue;
    let taken = 0;
    while (taken < queue.length && this.#target.status === STATUS_DONE) {
      const { record, timestampMs } = queue[taken] as Queued;
      this.#target.push(record, timestampMs);
      taken += 1;
    }
    if (taken > 0) this.#queue = queue.slice(taken);
  }

  settle(): void {}

  end(): void {
    if (!this.#isLent) this.#target.end();
  }

  close(): void {}
}
