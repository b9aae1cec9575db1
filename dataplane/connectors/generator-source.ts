/**
 * Records made by a function of their index, after Flink's DataGeneratorSource.
 *
 * Split: an IndexRange; position: the next index. A bounded source gives each subtask a contiguous
 * range; an unbounded one gives subtask i of p the indexes i, i + p, i + 2p, ... The function must
 * answer the same for the same index, so that a restored job goes on as it was.
 */
import { EngineError } from "../protocol/errors.ts";
import type { DataType } from "../protocol/types.ts";
import { enumerateRange, type IndexRange, idOfRange } from "./index-range.ts";
import { RateLimiter } from "./rate-limiter.ts";
import type {
  Boundedness,
  EnumeratorContext,
  PollResult,
  ReaderContext,
  Source,
  SourceOutput,
  SourceReader,
  SplitEnumerator,
} from "./source.ts";
import { type SplitCursor, SplitReader } from "./split-reader.ts";
import { type CancelTimer, systemTimers, type Timers } from "./timers.ts";
import { userCodeError } from "./user-code.ts";

export type GeneratorFunction<T> = (index: number) => T;

export interface GeneratorOptions {
  /** Records per second of all subtasks together; default: as fast as they are taken. */
  readonly ratePerSecond?: number;
  /** Default: found out from the first record. */
  readonly type?: DataType | null;
  /** For tests. */
  readonly timers?: Timers;
}

export class DataGeneratorSource<T> implements Source<T, IndexRange> {
  readonly description = "Data Generator Source";
  readonly boundedness: Boundedness;
  readonly producedType: DataType | null;
  readonly #function: GeneratorFunction<T>;
  readonly #count: number;
  readonly #options: GeneratorOptions;

  /**
   * Calls `generatorFunction` with 0 to count - 1; `count` may be Infinity.
   *
   * @throws EngineError MR_FUNCTION_INVALID
   */
  constructor(
    generatorFunction: GeneratorFunction<T>,
    count: number,
    options: GeneratorOptions = {},
  ) {
    const { ratePerSecond, type = null } = options;
    if (typeof generatorFunction !== "function") {
      throw invalid("a function of the index", typeof generatorFunction);
    }
    if (count !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(count) && count >= 0)) {
      throw invalid("a count from 0 to Infinity", String(count));
    }
    if (ratePerSecond !== undefined && !(ratePerSecond > 0)) {
      throw invalid("a ratePerSecond above 0", String(ratePerSecond));
    }
    this.boundedness = count === Number.POSITIVE_INFINITY ? "CONTINUOUS_UNBOUNDED" : "BOUNDED";
    this.producedType = type;
    this.#function = generatorFunction;
    this.#count = count;
    this.#options = options;
  }

  createEnumerator(context: EnumeratorContext<IndexRange>): SplitEnumerator<IndexRange> {
    return this.restoreEnumerator(context, false);
  }

  restoreEnumerator(
    context: EnumeratorContext<IndexRange>,
    isDealt: unknown,
  ): SplitEnumerator<IndexRange> {
    const to = Number.isFinite(this.#count) ? this.#count : null;
    return enumerateRange(context, 0, to, isDealt === true);
  }

  createReader(context: ReaderContext): SourceReader<T, IndexRange> {
    const { ratePerSecond, timers = systemTimers } = this.#options;
    const share = ratePerSecond === undefined ? null : ratePerSecond / context.parallelism;
    const pacer = new Pacer(share === null ? null : new RateLimiter(share), timers);
    return new SplitReader({
      requestSplits: () => context.requestSplits(),
      idOf: idOfRange,
      open: (range, wake) => new GeneratorCursor(this.#function, range, context, pacer.for(wake)),
      release: () => pacer.close(),
    });
  }
}

/** How many records may go now, and a call when the next one may. */
interface Pace {
  take(wanted: number): number;
}

/** Paces all splits of a reader together; without a limiter, not at all. */
class Pacer {
  readonly #limiter: RateLimiter | null;
  readonly #timers: Timers;
  #cancelTimer: CancelTimer | null = null;

  constructor(limiter: RateLimiter | null, timers: Timers) {
    this.#limiter = limiter;
    this.#timers = timers;
  }

  for(wake: () => void): Pace {
    return { take: (wanted) => this.#take(wanted, wake) };
  }

  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #take(wanted: number, wake: () => void): number {
    if (this.#limiter === null) return wanted;
    const nowMs = this.#timers.now();
    const taken = this.#limiter.take(nowMs, wanted);
    if (taken > 0 || this.#cancelTimer !== null) return taken;
    this.#cancelTimer = this.#timers.after(this.#limiter.delayMs(nowMs), () => {
      this.#cancelTimer = null;
      wake();
    });
    return 0;
  }
}

/** Records asked of the limiter at a time. */
const PACE_RECORDS = 256;

class GeneratorCursor<T> implements SplitCursor<T, IndexRange> {
  readonly #function: GeneratorFunction<T>;
  readonly #range: IndexRange;
  readonly #context: ReaderContext;
  readonly #pace: Pace;
  #position: number;
  #allowed = 0;

  constructor(
    generatorFunction: GeneratorFunction<T>,
    range: IndexRange,
    context: ReaderContext,
    pace: Pace,
  ) {
    this.#function = generatorFunction;
    this.#range = range;
    this.#context = context;
    this.#pace = pace;
    this.#position = range.position;
  }

  poll(output: SourceOutput<T>): PollResult {
    const { to, step } = this.#range;
    const end = to ?? Number.POSITIVE_INFINITY;
    while (this.#position < end) {
      if (output.isFull) return "more";
      if (this.#allowed === 0) this.#allowed = this.#pace.take(this.#wanted(end));
      if (this.#allowed === 0) return "nothing";
      output.collect(this.#generate(this.#position));
      this.#position += step;
      this.#allowed -= 1;
    }
    return "end";
  }

  snapshot(): IndexRange {
    return { ...this.#range, position: this.#position };
  }

  close(): void {}

  #wanted(end: number): number {
    return Math.min(Math.ceil((end - this.#position) / this.#range.step), PACE_RECORDS);
  }

  #generate(index: number): T {
    try {
      return this.#function(index);
    } catch (error) {
      const { operatorName, subtaskIndex } = this.#context;
      const call = { operator: operatorName, subtask: subtaskIndex, record: `index ${index}` };
      throw userCodeError(error, call);
    }
  }
}

function invalid(expected: string, actual: string): EngineError {
  return new EngineError("MR_FUNCTION_INVALID", {
    operation: "DataGeneratorSource",
    expected,
    actual,
  });
}
