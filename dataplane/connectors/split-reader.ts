/**
 * Reads splits one after the other. What a split is and how it is read is the business of a
 * SplitCursor; this class keeps the queue, asks for more and tells when there is nothing left.
 *
 * Invariants: #current is the split being read, #pending those after it, in order; a request for
 * splits is under way at most once.
 */
import type { PollResult, SourceOutput, SourceReader } from "./source.ts";
import { WakeUp } from "./wake-up.ts";

/** One split being read. */
export interface SplitCursor<T, SplitT> {
  /** "more": the output is full; "nothing": `wake` will be called; "end": the split is read. Never waits. */
  poll(output: SourceOutput<T>): PollResult;
  /** The split with its position: everything before it has been written to an output. */
  snapshot(): SplitT;
  /** Must not reject: what was read is read, whether or not its file closes well. */
  close(): void | Promise<void>;
}

export interface SplitReaderOptions<T, SplitT> {
  requestSplits(): void;
  /** `wake` says that the cursor's poll() is worth calling again. */
  open(split: SplitT, wake: () => void): SplitCursor<T, SplitT>;
  /** A split as snapshots have it, without what its source knows; absent = all of it. */
  toState?(split: SplitT): SplitT;
  /** Name of a split whose watermark is its own; absent = all splits are parts of one sequence. */
  idOf?(split: SplitT): string;
  /** After the last cursor has been closed. */
  release?(): void;
}

export class SplitReader<T, SplitT> implements SourceReader<T, SplitT> {
  readonly #options: SplitReaderOptions<T, SplitT>;
  readonly #wakeUp = new WakeUp();
  readonly #closing = new Set<Promise<void>>();
  #pending: SplitT[] = [];
  #current: SplitCursor<T, SplitT> | null = null;
  #currentId: string | null = null;
  #hasRequested = false;
  #isLast = false;

  constructor(options: SplitReaderOptions<T, SplitT>) {
    this.#options = options;
  }

  start(): void {
    this.#requestAhead();
  }

  pollNext(output: SourceOutput<T>): PollResult {
    this.#wakeUp.clear();
    for (;;) {
      if (this.#current === null && !this.#openNext()) return this.#isLast ? "end" : "nothing";
      if (output.isFull) return "more";
      const id = this.#currentId;
      const own = id === null ? output : output.createOutputForSplit(id);
      const result = this.#current?.poll(own) ?? "end";
      if (result !== "end") return result;
      if (id !== null) output.releaseOutputForSplit(id);
      this.#closeCurrent();
    }
  }

  isAvailable(): Promise<void> {
    return this.#wakeUp.wait();
  }

  addSplits(splits: readonly SplitT[]): void {
    this.#pending.push(...splits);
    this.#hasRequested = false;
    this.#wakeUp.wake();
  }

  notifyNoMoreSplits(): void {
    this.#isLast = true;
    this.#wakeUp.wake();
  }

  snapshotState(): readonly SplitT[] {
    const current = this.#current === null ? [] : [this.#current.snapshot()];
    const splits = [...current, ...this.#pending];
    const { toState } = this.#options;
    return toState === undefined ? splits : splits.map(toState);
  }

  async close(): Promise<void> {
    this.#closeCurrent();
    this.#pending = [];
    await Promise.all(this.#closing);
    this.#options.release?.();
  }

  #openNext(): boolean {
    const split = this.#pending.shift();
    if (split !== undefined) {
      this.#current = this.#options.open(split, () => this.#wakeUp.wake());
      this.#currentId = this.#options.idOf?.(split) ?? null;
    }
    this.#requestAhead();
    return split !== undefined;
  }

  /** Asked while the last split is read, so that the next one is there in time. */
  #requestAhead(): void {
    if (this.#isLast || this.#hasRequested || this.#pending.length > 0) return;
    this.#hasRequested = true;
    this.#options.requestSplits();
  }

  #closeCurrent(): void {
    const closed = this.#current?.close();
    this.#current = null;
    if (!(closed instanceof Promise)) return;
    this.#closing.add(closed);
    void closed.then(() => this.#closing.delete(closed));
  }
}
