/**
 * Watermarks of the splits of one source reader as one (Flink's WatermarkOutputMultiplexer): the minimum
 * over the splits that are not idle; idle when all are. A split that ends leaves the minimum. Records
 * that belong to no split, and a reader without splits, count as one split more.
 */
import { LONG_MIN } from "../../protocol/long.ts";
import type { Generator, GeneratorOutput } from "./generators.ts";

/** Of one split. */
export class SplitWatermark {
  readonly generator: Generator;
  /** What the generator says at a record counts at once. */
  readonly output: GeneratorOutput;
  watermarkMs = LONG_MIN;
  isIdle = false;
  /** The reader leaves this split out, whatever it does with others. */
  isPaused = false;
  hasRecords = false;

  constructor(generator: Generator, combine: () => void) {
    this.generator = generator;
    this.output = {
      emitWatermark: (watermarkMs) => {
        this.emitWatermark(watermarkMs);
        combine();
      },
      markIdle: () => {
        this.isIdle = true;
        combine();
      },
      markActive: () => {
        this.isIdle = false;
        combine();
      },
    };
  }

  emitWatermark(watermarkMs: bigint): void {
    this.isIdle = false;
    if (watermarkMs > this.watermarkMs) this.watermarkMs = watermarkMs;
  }
}

export class SplitWatermarks {
  readonly #createGenerator: () => Generator;
  readonly #output: GeneratorOutput;
  readonly #splits = new Map<string, SplitWatermark>();
  /** Those that nobody writes to any more, but whose last records wait. */
  readonly #leaving = new Set<SplitWatermark>();
  #main: SplitWatermark | null = null;
  #isReaderPaused = false;

  constructor(createGenerator: () => Generator, output: GeneratorOutput) {
    this.#createGenerator = createGenerator;
    this.#output = output;
  }

  /** For records of no split. */
  get main(): SplitWatermark {
    this.#main ??= this.#create();
    return this.#main;
  }

  /** A split that is there already stays what it is. */
  add(splitId: string): SplitWatermark {
    const known = this.#splits.get(splitId);
    if (known !== undefined) return known;
    const split = this.#create();
    this.#splits.set(splitId, split);
    return split;
  }

  /** A split of that id is from now on another one; null = there is none. */
  release(splitId: string): SplitWatermark | null {
    const split = this.#splits.get(splitId) ?? null;
    if (split === null) return null;
    this.#splits.delete(splitId);
    this.#leaving.add(split);
    return split;
  }

  /** After release(). The minimum without it counts from the next emission on: another may be about to come. */
  remove(split: SplitWatermark): void {
    this.#leaving.delete(split);
    // What it knew while it did not count is old.
    if (this.#main?.hasRecords === false) this.#main = null;
  }

  onPeriodicEmit(): void {
    for (const split of this.#counted()) {
      split.generator.onPeriodicEmit({
        emitWatermark: (watermarkMs) => split.emitWatermark(watermarkMs),
        markIdle: () => {
          split.isIdle = true;
        },
        markActive: () => {
          split.isIdle = false;
        },
      });
    }
    this.#combine();
  }

  /** A reader that is not asked for records says nothing by its silence. */
  setReaderPaused(isPaused: boolean): void {
    this.#isReaderPaused = isPaused;
    for (const split of this.#counted()) this.#passPauseOn(split);
  }

  /**
   * Marks splits above `maxMs` as paused and others as not. A split that is the only one is never paused:
   * that is the reader's business. @returns those for which that is new
   */
  pauseAbove(maxMs: bigint): { readonly paused: string[]; readonly resumed: string[] } {
    const paused: string[] = [];
    const resumed: string[] = [];
    for (const [id, split] of this.#splits) {
      const isAhead = this.#splits.size > 1 && split.watermarkMs > maxMs;
      if (isAhead === split.isPaused) continue;
      split.isPaused = isAhead;
      this.#passPauseOn(split);
      (isAhead ? paused : resumed).push(id);
    }
    return { paused, resumed };
  }

  #create(): SplitWatermark {
    const split = new SplitWatermark(this.#createGenerator(), () => this.#combine());
    this.#passPauseOn(split);
    return split;
  }

  #passPauseOn({ generator, isPaused }: SplitWatermark): void {
    generator.setPaused?.(this.#isReaderPaused || isPaused);
  }

  #counted(): readonly SplitWatermark[] {
    const splits = [...this.#splits.values(), ...this.#leaving];
    const hasMain = splits.length === 0 || this.#main?.hasRecords === true;
    return hasMain ? [this.main, ...splits] : splits;
  }

  #combine(): void {
    const active = this.#counted().filter(({ isIdle }) => !isIdle);
    if (active.length === 0) {
      this.#output.markIdle();
      return;
    }
    const minimum = active.reduce(
      (least, { watermarkMs }) => (watermarkMs < least ? watermarkMs : least),
      active[0]?.watermarkMs ?? LONG_MIN,
    );
    this.#output.emitWatermark(minimum);
  }
}
