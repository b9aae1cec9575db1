/** A sink for (LONG key, LONG sum) rows that keeps a digest independent of their order, read from columns. */

import {
  Counter,
  type Sink,
  type SinkWriter,
  type SinkWriterContext,
} from "../../control/index.ts";
import type { BatchView } from "../../dataplane/memory/batch-view.ts";

/** Digest of one row; sums of digests are taken modulo 2^32. */
export function rowDigest(key: number, sum: number): number {
  return Math.imul(key, 0x9e3779b1) ^ Math.imul(sum, 0x85ebca6b);
}

export function answerText(rowCount: number, digest: number): string {
  return `${rowCount}:${digest >>> 0}`;
}

export class AnswerSink implements Sink<[number, number]> {
  readonly description = "answer";

  createWriter(context: SinkWriterContext): SinkWriter<[number, number]> {
    return new AnswerWriter(context);
  }
}

class AnswerWriter implements SinkWriter<[number, number]> {
  readonly #rows = new Counter();
  readonly #digest = new Counter();

  constructor({ runtimeContext }: SinkWriterContext) {
    runtimeContext.addAccumulator("rows", this.#rows);
    runtimeContext.addAccumulator("digest", this.#digest);
  }

  write([key, sum]: [number, number]): void {
    this.#rows.add(1);
    this.#digest.add(rowDigest(key, sum) >>> 0);
  }

  writeBatch(batch: BatchView): void {
    const words = batch.memory.i32;
    const keys = batch.dataPtr(0) >>> 2;
    const sums = batch.dataPtr(1) >>> 2;
    let digest = 0;
    for (let row = 0; row < batch.rowCount; row++) {
      digest = (digest + rowDigest(words[keys + 2 * row] ?? 0, words[sums + 2 * row] ?? 0)) | 0;
    }
    this.#rows.add(batch.rowCount);
    this.#digest.add(digest >>> 0);
  }

  flush(): void {}

  close(): void {}
}
