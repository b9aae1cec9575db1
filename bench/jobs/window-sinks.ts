/** Sinks for results of windows: (key, sum), whose time is the last ms of the window, as (key, window end, sum). */
import {
  Counter,
  type Sink,
  type SinkWriter,
  type SinkWriterContext,
} from "../../control/index.ts";
import type { BatchView } from "../../dataplane/memory/batch-view.ts";
import { Checksum } from "./checksum.ts";
import { digestOf, digestsOfBatch, numberDigest } from "./digest-sinks.ts";

type WindowRow = readonly [key: number | string, sum: number];

/** Digest of a result: that of its row and the window's end. */
export function windowDigest(row: WindowRow, windowEndMs: number): number {
  return numberDigest(digestOf(row), windowEndMs);
}

/** Accumulators "rows", "digest" (the sum of all rows' digests, modulo 2^32 per batch), "total" (of all sums). */
export class WindowDigestSink implements Sink<WindowRow> {
  readonly description = "digest of windows";

  createWriter({ runtimeContext }: SinkWriterContext): SinkWriter<WindowRow> {
    const rows = new Counter();
    const digest = new Counter();
    const total = new Counter();
    runtimeContext.addAccumulator("rows", rows);
    runtimeContext.addAccumulator("digest", digest);
    runtimeContext.addAccumulator("total", total);
    return {
      write(row, timestampMs) {
        rows.add(1);
        digest.add(windowDigest(row, windowEndOf(timestampMs)) >>> 0);
        total.add(Number(row[1]));
      },
      writeBatch(batch) {
        rows.add(batch.rowCount);
        digest.add(digestOfBatch(batch));
        total.add(totalOfBatch(batch));
      },
      flush() {},
      close() {},
    };
  }
}

/** Times are from 0 to 2^32 ms. */
function digestOfBatch(batch: BatchView): number {
  const { u32 } = batch.memory;
  const times = batch.timestampsPtr >>> 2;
  const digests = digestsOfBatch(batch);
  let sum = 0;
  for (let row = 0; row < digests.length; row++) {
    sum = (sum + numberDigest(digests[row] ?? 0, (u32[times + 2 * row] ?? 0) + 1)) | 0;
  }
  return sum >>> 0;
}

/** Sums are below 2^32. */
function totalOfBatch(batch: BatchView): number {
  const sums = batch.dataPtr(1);
  let total = 0;
  if (batch.schema.fields[1]?.type.kind === "NUMBER") {
    for (let row = 0; row < batch.rowCount; row++)
      total += batch.memory.f64[(sums >>> 3) + row] ?? 0;
  } else {
    for (let row = 0; row < batch.rowCount; row++) {
      total += batch.memory.u32[(sums >>> 2) + 2 * row] ?? 0;
    }
  }
  return total;
}

/** The checksum of results as (key, window end, sum). */
export class WindowChecksumSink implements Sink<WindowRow> {
  readonly description = "checksum of windows";

  createWriter({ runtimeContext }: SinkWriterContext): SinkWriter<WindowRow> {
    const checksum = new Checksum(runtimeContext);
    return {
      write([key, sum], timestampMs) {
        checksum.add([key, windowEndOf(timestampMs), sum]);
      },
      flush() {},
      close() {},
    };
  }
}

function windowEndOf(timestampMs: number | null): number {
  if (timestampMs === null) throw new TypeError("a result of a window has no time");
  return timestampMs + 1;
}
