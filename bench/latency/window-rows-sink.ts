/**
 * Takes the time of each batch of result rows (key, count) and keeps the rows, to be checked at the end: what is
 * done while the job runs is a copy of columns. The time is taken behind the copy.
 */
import {
  ListAccumulator,
  type Sink,
  type SinkWriter,
  type SinkWriterContext,
} from "../../control/index.ts";
import type { BatchView } from "../../dataplane/memory/batch-view.ts";
import { Checksum } from "../jobs/checksum.ts";
import { monotonicMs } from "./monotonic-ms.ts";

/** Accumulator of Arrival: rows of one window that came at one time. */
export const ARRIVALS = "arrivals";

export interface Arrival {
  readonly windowEndMs: number;
  readonly latencyMs: number;
  readonly rows: number;
}

interface Rows {
  readonly windowEndMs: number;
  /** Two words for each LONG. */
  readonly keys: Int32Array;
  readonly counts: Int32Array;
}

export class WindowRowsSink implements Sink<[number, number]> {
  readonly description = "window rows";
  readonly #startMs: number;

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  createWriter(context: SinkWriterContext): SinkWriter<[number, number]> {
    return new WindowRowsWriter(this.#startMs, context);
  }
}

class WindowRowsWriter implements SinkWriter<[number, number]> {
  readonly #startMs: number;
  readonly #arrivals = new ListAccumulator<Arrival>();
  readonly #checksum: Checksum;
  readonly #rows: Rows[] = [];

  constructor(startMs: number, { runtimeContext }: SinkWriterContext) {
    this.#startMs = startMs;
    runtimeContext.addAccumulator(ARRIVALS, this.#arrivals);
    this.#checksum = new Checksum(runtimeContext);
  }

  write(): void {
    throw new TypeError("rows come as columns");
  }

  writeBatch(batch: BatchView): void {
    for (let from = 0; from < batch.rowCount; ) {
      const windowEndMs = windowEndOf(batch, from);
      let to = batch.rowCount;
      // Rows of a window lie together, and mostly a batch is of one.
      if (windowEndOf(batch, to - 1) !== windowEndMs) {
        for (to = from + 1; windowEndOf(batch, to) === windowEndMs; ) to++;
      }
      this.#take(batch, windowEndMs, from, to);
      from = to;
    }
  }

  flush(endOfInput: boolean): void {
    if (!endOfInput) return;
    for (const { windowEndMs, keys, counts } of this.#rows) {
      for (let word = 0; word < keys.length; word += 2) {
        this.#checksum.add([keys[word], windowEndMs, counts[word]]);
      }
    }
  }

  close(): void {}

  #take(batch: BatchView, windowEndMs: number, from: number, to: number): void {
    this.#rows.push({
      windowEndMs,
      keys: wordsOf(batch, 0, from, to),
      counts: wordsOf(batch, 1, from, to),
    });
    const latencyMs = monotonicMs() - this.#startMs - windowEndMs;
    this.#arrivals.add({ windowEndMs, latencyMs, rows: to - from });
  }
}

/** Times are below 2^32 ms. */
function windowEndOf(batch: BatchView, row: number): number {
  return (batch.memory.u32[(batch.timestampsPtr >>> 2) + 2 * row] ?? 0) + 1;
}

function wordsOf(batch: BatchView, column: number, from: number, to: number): Int32Array {
  const data = batch.dataPtr(column) >>> 2;
  return batch.memory.i32.slice(data + 2 * from, data + 2 * to);
}
