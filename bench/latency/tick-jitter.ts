/** How late ticks of 1 ms are on a thread that does nothing else: what the machine itself adds to any latency. */
import { Worker } from "node:worker_threads";
import type { WeightedValue } from "./percentiles.ts";

/** Width of a count. */
export const TICK_STEP_MS = 0.01;
const MAX_MS = 1000;

/** Shared with the thread. */
export interface TickData {
  /** Of ticks that were n steps late; the last one also counts those that were later. */
  readonly counts: Uint32Array;
  /** Word 0: never changed, to wait for; word 1: whether ticks are counted. */
  readonly words: Int32Array;
}

export class TickJitter {
  readonly #data: TickData = {
    counts: new Uint32Array(new SharedArrayBuffer((MAX_MS / TICK_STEP_MS) * 4)),
    words: new Int32Array(new SharedArrayBuffer(8)),
  };
  readonly #worker = new Worker(new URL("../workers/tick-jitter.js", import.meta.url), {
    workerData: this.#data,
  });

  startCounting(): void {
    Atomics.store(this.#data.words, 1, 1);
  }

  /** Ends the thread. */
  async stop(): Promise<readonly WeightedValue[]> {
    Atomics.store(this.#data.words, 1, 0);
    await this.#worker.terminate();
    return [...this.#data.counts]
      .map((weight, step): WeightedValue => ({ value: (step + 1) * TICK_STEP_MS, weight }))
      .filter(({ weight }) => weight > 0);
  }
}
