/**
 * Adapter for the deprecated addSource(): a function that pushes records.
 *
 * run() is called once in the one subtask and may be async or not; it should return soon after
 * cancel(). Records wait in a queue of QUEUE_RECORDS. collect() answers undefined while there is room
 * and a promise when there is none: `await ctx.collect(value)` makes the function as slow as its
 * readers. A function that does not await is not stopped until MAX_QUEUED_RECORDS wait; then collect()
 * throws, because a loop that never yields can neither be slowed down nor canceled. It throws after
 * run() has returned too: the source has ended then.
 *
 * Split: none. Position: none; after a failure run() starts again (at most once for what was queued).
 */
import { EngineError } from "../protocol/errors.ts";
import type { DataType } from "../protocol/types.ts";
import type {
  EnumeratorContext,
  PollResult,
  ReaderContext,
  Source,
  SourceOutput,
  SourceReader,
  SplitEnumerator,
} from "./source.ts";
import { SplitShares } from "./split-enumerators.ts";
import { userCodeError } from "./user-code.ts";
import { WakeUp } from "./wake-up.ts";

const QUEUE_RECORDS = 4096;
const MAX_QUEUED_RECORDS = 1_048_576;

export interface SourceContext<T> {
  /** A promise = wait for it before the next record. */
  collect(value: T): Promise<void> | undefined;
  collectWithTimestamp(value: T, timestampMs: number): Promise<void> | undefined;
}

export interface SourceFunction<T> {
  run(context: SourceContext<T>): void | Promise<void>;
  /** Makes run() return. */
  cancel(): void;
}

export class FunctionSource<T> implements Source<T, never> {
  readonly boundedness = "CONTINUOUS_UNBOUNDED";
  readonly maxSourceParallelism = 1;
  readonly isReplayable = false;
  readonly description = "Custom Source";
  readonly producedType: DataType | null;
  readonly #function: SourceFunction<T>;

  constructor(sourceFunction: SourceFunction<T>, type: DataType | null = null) {
    this.#function = sourceFunction;
    this.producedType = type;
  }

  createEnumerator(context: EnumeratorContext<never>): SplitEnumerator<never> {
    return new SplitShares<never>(context, () => []);
  }

  restoreEnumerator(context: EnumeratorContext<never>): SplitEnumerator<never> {
    return this.createEnumerator(context);
  }

  createReader(context: ReaderContext): SourceReader<T, never> {
    return new FunctionReader(this.#function, context);
  }
}

interface Queued<T> {
  readonly value: T;
  readonly timestampMs: number | undefined;
}

class FunctionReader<T> implements SourceReader<T, never> {
  readonly #function: SourceFunction<T>;
  readonly #context: ReaderContext;
  readonly #wakeUp = new WakeUp();
  readonly #room = new WakeUp();
  #queue: Queued<T>[] = [];
  #nextIndex = 0;
  #state: "created" | "running" | "returned" | "closed" = "created";
  #failure: EngineError | null = null;

  constructor(sourceFunction: SourceFunction<T>, context: ReaderContext) {
    this.#function = sourceFunction;
    this.#context = context;
  }

  start(): void {
    this.#state = "running";
    void this.#run();
  }

  pollNext(output: SourceOutput<T>): PollResult {
    this.#wakeUp.clear();
    while (this.#nextIndex < this.#queue.length) {
      if (output.isFull) return "more";
      const queued = this.#queue[this.#nextIndex++] as Queued<T>;
      output.collect(queued.value, queued.timestampMs);
    }
    this.#queue = [];
    this.#nextIndex = 0;
    this.#room.wake();
    if (this.#failure !== null) throw this.#failure;
    return this.#state === "running" ? "nothing" : "end";
  }

  isAvailable(): Promise<void> {
    return this.#wakeUp.wait();
  }

  addSplits(): void {}

  notifyNoMoreSplits(): void {}

  snapshotState(): readonly never[] {
    return [];
  }

  close(): void {
    if (this.#state === "running") this.#function.cancel();
    this.#state = "closed";
    this.#queue = [];
    this.#room.wake();
  }

  async #run(): Promise<void> {
    try {
      await this.#function.run({
        collect: (value) => this.#collect(value, undefined),
        collectWithTimestamp: (value, timestampMs) => this.#collect(value, timestampMs),
      });
    } catch (error) {
      const { operatorName, subtaskIndex } = this.#context;
      const call = { operator: operatorName, subtask: subtaskIndex, record: "run()" };
      this.#failure = userCodeError(error, call);
    }
    if (this.#state === "running") this.#state = "returned";
    this.#wakeUp.wake();
  }

  #collect(value: T, timestampMs: number | undefined): Promise<void> | undefined {
    if (this.#state === "closed") return undefined;
    if (this.#state === "returned") {
      throw this.#misused("a run() that returns after the last collect()", "a collect() after it");
    }
    if (this.#queue.length >= MAX_QUEUED_RECORDS) {
      const actual = `${MAX_QUEUED_RECORDS} records collected without waiting`;
      throw this.#misused("a run() that awaits what collect() returns", actual);
    }
    this.#queue.push({ value, timestampMs });
    this.#wakeUp.wake();
    if (this.#queue.length < QUEUE_RECORDS) return undefined;
    this.#room.clear();
    return this.#room.wait();
  }
  #misused(expected: string, actual: string): EngineError {
    const operation = `addSource (${this.#context.operatorName})`;
    return new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual });
  }
}
