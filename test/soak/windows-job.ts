/** Keys seen once each in event-time windows, and then little input for a while. */
import {
  defineJob,
  type PollResult,
  type Source,
  type SourceOutput,
  type SourceReader,
  TumblingEventTimeWindows,
  Types,
  WatermarkStrategy,
} from "../../control/index.ts";

/** Of a window, in ms of event time; a window has as many keys. */
const WINDOW_MS = 1_000_000;
const IDLE_ROWS = 10;
const IDLE_KEYS = 100;
const IDLE_TICK_MS = 100;

/** args: keys, s of little input */
export default defineJob((env, args) => {
  const [keys = 1, idleSeconds = 1] = args.map(Number);
  env
    .fromSource(
      new OnceSource(keys, (idleSeconds * 1000) / IDLE_TICK_MS),
      WatermarkStrategy.forMonotonousTimestamps(),
      "keys",
    )
    .keyBy(0)
    .window(TumblingEventTimeWindows.of(WINDOW_MS))
    .sum(1)
    .addSink(() => undefined);
});

/** Row i has key i and time i; ticks of a few rows of few keys follow, a window of event time apart. */
class OnceSource implements Source<[number, number], null> {
  readonly boundedness = "BOUNDED";
  readonly description = "keys seen once";
  readonly producedType = Types.TUPLE(Types.LONG, Types.LONG).descriptor;
  readonly maxSourceParallelism = 1;
  readonly #keys: number;
  readonly #ticks: number;

  constructor(keys: number, ticks: number) {
    this.#keys = keys;
    this.#ticks = ticks;
  }

  createEnumerator() {
    return {
      start() {},
      handleSplitRequest() {},
      addSplitsBack() {},
      snapshotState: () => null,
      close() {},
    };
  }

  createReader(): SourceReader<[number, number], null> {
    return new OnceReader(this.#keys, this.#ticks);
  }
}

class OnceReader implements SourceReader<[number, number], null> {
  readonly #keys: number;
  #next = 0;
  #ticksLeft: number;

  constructor(keys: number, ticks: number) {
    this.#keys = keys;
    this.#ticksLeft = ticks;
  }

  start(): void {}

  addSplits(): void {}

  notifyNoMoreSplits(): void {}

  pollNext(output: SourceOutput<[number, number]>): PollResult {
    for (; this.#next < this.#keys; this.#next++) {
      if (output.isFull) return "more";
      output.collect([this.#next, 1], this.#next);
    }
    if (this.#ticksLeft-- <= 0) return "end";
    for (let row = 0; row < IDLE_ROWS; row++) {
      output.collect([this.#next % IDLE_KEYS, 1], this.#next + WINDOW_MS);
    }
    this.#next += WINDOW_MS / IDLE_ROWS;
    return "nothing";
  }

  isAvailable(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, IDLE_TICK_MS));
  }

  snapshotState(): readonly null[] {
    return [];
  }

  close(): void {}
}
