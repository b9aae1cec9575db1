/** The two ways splits reach readers. Both belong to sources whose splits are all known at the start. */
import type { EnumeratorContext, SplitEnumerator } from "./source.ts";

export type FindSplits<SplitT> = () => readonly SplitT[] | Promise<readonly SplitT[]>;

/** A request is answered with at most this many splits. */
const MAX_DEAL = 64;
/** Shares of a subtask that are left after a deal: the fewer splits remain, the fewer are dealt at once. */
const SHARES = 4;

/**
 * Deals splits out on request, in order: a subtask that reads faster gets more of them. Many small
 * ones are dealt several at a time, the last ones one by one, so that all subtasks end together.
 */
export class SplitDealer<SplitT> implements SplitEnumerator<SplitT> {
  readonly #context: EnumeratorContext<SplitT>;
  readonly #findSplits: FindSplits<SplitT>;
  readonly #waiting: number[] = [];
  #remaining: SplitT[] | null = null;

  constructor(context: EnumeratorContext<SplitT>, findSplits: FindSplits<SplitT>) {
    this.#context = context;
    this.#findSplits = findSplits;
  }

  async start(): Promise<void> {
    this.#remaining = [...(await this.#findSplits())].reverse();
    this.#serve();
  }

  handleSplitRequest(subtaskIndex: number): void {
    if (!this.#waiting.includes(subtaskIndex)) this.#waiting.push(subtaskIndex);
    this.#serve();
  }

  addSplitsBack(splits: readonly SplitT[], _subtaskIndex: number): void {
    this.#remaining = [...(this.#remaining ?? []), ...[...splits].reverse()];
    this.#serve();
  }

  snapshotState(): readonly SplitT[] {
    return [...(this.#remaining ?? [])].reverse();
  }

  close(): void {
    this.#waiting.length = 0;
  }

  #serve(): void {
    if (this.#remaining === null) return;
    for (const subtaskIndex of this.#waiting.splice(0)) {
      const splits = this.#deal(this.#remaining);
      if (splits.length === 0) this.#context.signalNoMoreSplits(subtaskIndex);
      else this.#context.assignSplits(splits, subtaskIndex);
    }
  }

  #deal(remaining: SplitT[]): readonly SplitT[] {
    const share = Math.floor(remaining.length / (SHARES * this.#context.parallelism));
    const count = Math.min(Math.max(share, 1), MAX_DEAL);
    return remaining.splice(-count).reverse();
  }
}

/** Gives each subtask its share at the start: element i of what `findShares` answers goes to subtask i. */
export class SplitShares<SplitT> implements SplitEnumerator<SplitT> {
  readonly #context: EnumeratorContext<SplitT>;
  readonly #findShares: FindSplits<readonly SplitT[]>;

  constructor(context: EnumeratorContext<SplitT>, findShares: FindSplits<readonly SplitT[]>) {
    this.#context = context;
    this.#findShares = findShares;
  }

  async start(): Promise<void> {
    const shares = await this.#findShares();
    for (let subtaskIndex = 0; subtaskIndex < this.#context.parallelism; ++subtaskIndex) {
      const share = shares[subtaskIndex] ?? [];
      if (share.length > 0) this.#context.assignSplits(share, subtaskIndex);
      this.#context.signalNoMoreSplits(subtaskIndex);
    }
  }

  /** start() has told all there is to tell, or will: "no more" must not come before the share. */
  handleSplitRequest(_subtaskIndex: number): void {}

  addSplitsBack(splits: readonly SplitT[], subtaskIndex: number): void {
    this.#context.assignSplits(splits, subtaskIndex);
    this.#context.signalNoMoreSplits(subtaskIndex);
  }

  snapshotState(): readonly SplitT[] {
    return [];
  }

  close(): void {}
}
