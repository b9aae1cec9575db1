/** Sinks for result rows of any flat type: a cheap digest for timed runs, and the recorded checksum. */
import {
  Counter,
  type Sink,
  type SinkWriter,
  type SinkWriterContext,
} from "../../control/index.ts";
import type { BatchView } from "../../dataplane/memory/batch-view.ts";
import { Checksum } from "./checksum.ts";

const TWO_32 = 2 ** 32;

/** Digest of a row so far with one more number, of a string with its length and last character. */
export function numberDigest(digest: number, value: number): number {
  return halvesDigest(digest, value | 0, Math.floor(value / TWO_32) | 0);
}

function textDigest(digest: number, length: number, lastCode: number): number {
  return halvesDigest(digest, length, lastCode);
}

function halvesDigest(digest: number, low: number, high: number): number {
  return Math.imul(digest ^ low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
}

/** Accumulators "rows" and "digest": the sum of all rows' digests, modulo 2^32 per batch. */
export class DigestSink implements Sink<object> {
  readonly description = "digest";

  createWriter({ runtimeContext }: SinkWriterContext): SinkWriter<object> {
    const rows = new Counter();
    const sum = new Counter();
    runtimeContext.addAccumulator("rows", rows);
    runtimeContext.addAccumulator("digest", sum);
    return {
      write(row) {
        rows.add(1);
        sum.add(digestOf(row) >>> 0);
      },
      writeBatch(batch) {
        rows.add(batch.rowCount);
        sum.add(digestOfBatch(batch) >>> 0);
      },
      flush() {},
      close() {},
    };
  }
}

/** Digest of (word, count), for ASCII words. */
export function wordCountDigest(word: string, count: number): number {
  const last = word === "" ? 0 : word.charCodeAt(word.length - 1);
  return numberDigest(textDigest(0, word.length, last), count);
}

export function digestOf(row: object): number {
  let digest = 0;
  for (const value of Object.values(row)) {
    digest =
      typeof value === "string"
        ? textDigest(digest, value.length, value.charCodeAt(value.length - 1))
        : numberDigest(digest, value);
  }
  return digest;
}

function digestOfBatch(batch: BatchView): number {
  let sum = 0;
  for (const digest of digestsOfBatch(batch)) sum = (sum + digest) | 0;
  return sum;
}

/** Of each row. */
export function digestsOfBatch(batch: BatchView): Int32Array {
  const digests = new Int32Array(batch.rowCount);
  const { i32, f64, u8, u32 } = batch.memory;
  for (const { column, type } of batch.schema.fields) {
    const data = batch.dataPtr(column);
    if (type.kind === "STRING") {
      const heap = batch.heapPtr(column);
      for (let row = 0; row < digests.length; row++) {
        const from = u32[(data >>> 2) + row] ?? 0;
        const to = u32[(data >>> 2) + row + 1] ?? 0;
        const last = to > from ? (u8[heap + to - 1] ?? 0) : 0;
        digests[row] = textDigest(digests[row] ?? 0, to - from, last);
      }
    } else if (type.kind === "NUMBER") {
      for (let row = 0; row < digests.length; row++) {
        digests[row] = numberDigest(digests[row] ?? 0, f64[(data >>> 3) + row] ?? 0);
      }
    } else {
      for (let row = 0; row < digests.length; row++) {
        const at = (data >>> 2) + 2 * row;
        digests[row] = halvesDigest(digests[row] ?? 0, i32[at] ?? 0, i32[at + 1] ?? 0);
      }
    }
  }
  return digests;
}

/** The checksum of result rows. */
export class ChecksumSink implements Sink<object> {
  readonly description = "checksum";

  createWriter({ runtimeContext }: SinkWriterContext): SinkWriter<object> {
    const checksum = new Checksum(runtimeContext);
    return {
      write(row) {
        checksum.add(Object.values(row));
      },
      flush() {},
      close() {},
    };
  }
}
