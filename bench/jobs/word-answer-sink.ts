/** A sink for (word, count) rows that keeps a digest independent of their order. */
import {
  Counter,
  type Sink,
  type SinkWriter,
  type SinkWriterContext,
} from "../../control/index.ts";

/** Digest of one row; sums of digests are taken modulo 2^32. */
export function wordDigest(word: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < word.length; index++) {
    hash = Math.imul(hash ^ word.charCodeAt(index), 0x01000193);
  }
  return Math.imul(hash, 0x9e3779b1) ^ Math.imul(count, 0x85ebca6b);
}

export class WordAnswerSink implements Sink<[string, number]> {
  readonly description = "answer";

  createWriter({ runtimeContext }: SinkWriterContext): SinkWriter<[string, number]> {
    const rows = new Counter();
    const digest = new Counter();
    runtimeContext.addAccumulator("rows", rows);
    runtimeContext.addAccumulator("digest", digest);
    return {
      write([word, count]) {
        rows.add(1);
        digest.add(wordDigest(word, count) >>> 0);
      },
      flush() {},
      close() {},
    };
  }
}
