/**
 * A fast source that never waits by itself, and a slow one that goes on only when the fast one stands still
 * beyond the drift. What the slow one puts out is how far ahead the fast one then was. Both know of each
 * other by shared memory, which comes with their splits.
 */
import {
  defineJob,
  type EnumeratorContext,
  type PollResult,
  type Source,
  type SourceOutput,
  WatermarkStrategy,
} from "../../../control/index.ts";
import { RowsSink } from "./rows-sink.ts";

const DRIFT_MS = 1000;
const STEP_MS = 10;
const ROUND_MS = 20_000;
const ROUNDS = 5;
/** A fast source that stops at the drift is there at the first look; the others give one that does not the time to show it. */
const LOOKS = 8;
const LOOK_MS = 20;

const FAST_POSITION = 0;
const SLOW_HAS_ENDED = 1;
const shared = new SharedArrayBuffer(8);

/** One reader, which is given the shared memory as its only split. */
abstract class Runner implements Source<number, SharedArrayBuffer> {
  readonly boundedness = "CONTINUOUS_UNBOUNDED";
  readonly producedType = { kind: "INT" } as const;
  readonly maxSourceParallelism = 1;
  abstract readonly description: string;

  abstract poll(words: Int32Array, output: SourceOutput<number>): PollResult;

  createEnumerator({ assignSplits, signalNoMoreSplits }: EnumeratorContext<SharedArrayBuffer>) {
    return {
      start: () => {
        assignSplits([shared], 0);
        signalNoMoreSplits(0);
      },
      handleSplitRequest: () => undefined,
      addSplitsBack: () => undefined,
      snapshotState: () => null,
      close: () => undefined,
    };
  }

  createReader() {
    let words: Int32Array | null = null;
    return {
      start: () => undefined,
      pollNext: (output: SourceOutput<number>) =>
        words === null ? ("nothing" as const) : this.poll(words, output),
      isAvailable: () => new Promise<void>((resolve) => setTimeout(resolve, LOOK_MS)),
      addSplits: ([split]: readonly SharedArrayBuffer[]) => {
        if (split !== undefined) words = new Int32Array(split);
      },
      notifyNoMoreSplits: () => undefined,
      snapshotState: () => [],
      close: () => undefined,
    };
  }
}

class Fast extends Runner {
  readonly description = "fast";
  #timeMs = 0;

  poll(words: Int32Array, output: SourceOutput<number>): PollResult {
    this.#timeMs += STEP_MS;
    output.collect(-1, this.#timeMs);
    Atomics.store(words, FAST_POSITION, this.#timeMs);
    const isOver =
      Atomics.load(words, SLOW_HAS_ENDED) === 1 && this.#timeMs > (ROUNDS + 2) * ROUND_MS;
    return isOver ? "end" : "more";
  }
}

class Slow extends Runner {
  readonly description = "slow";
  #round = 0;
  #leadMs = 0;
  #lastSeen = 0;
  #looks = LOOKS;

  poll(words: Int32Array, output: SourceOutput<number>): PollResult {
    if (this.#looks < LOOKS) this.#look(Atomics.load(words, FAST_POSITION));
    if (this.#looks < LOOKS) return "nothing";
    output.collect(this.#leadMs, this.#round * ROUND_MS);
    this.#round += 1;
    this.#looks = 0;
    if (this.#round <= ROUNDS) return "nothing";
    Atomics.store(words, SLOW_HAS_ENDED, 1);
    return "end";
  }

  #look(position: number): void {
    this.#leadMs = position - (this.#round - 1) * ROUND_MS;
    const isStill = position === this.#lastSeen && this.#leadMs > DRIFT_MS;
    this.#looks = isStill ? this.#looks + 1 : 0;
    this.#lastSeen = position;
  }
}

const aligned = WatermarkStrategy.forGenerator<number>(() => ({
  onEvent: (_value, timestampMs, output) => output.emitWatermark(timestampMs),
  onPeriodicEmit: () => undefined,
})).withWatermarkAlignment("runners", DRIFT_MS, 10);

export default defineJob((env) => {
  const fast = env.fromSource(new Fast(), aligned, "fast").slotSharingGroup("fast");
  const slow = env.fromSource(new Slow(), aligned, "slow").slotSharingGroup("slow");
  slow
    .union(fast)
    .filter((lead) => lead >= 0)
    .sinkTo(new RowsSink());
});
