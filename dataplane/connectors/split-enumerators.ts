/** The two ways splits reach readers. Both belong to sources whose splits are all known at the start. */
import type { EnumeratorContext, SplitEnumerator } from "./source.ts";

export type FindSplits<SplitT> = () => readonly SplitT[] | Promise<readonly SplitT[]>;

/** Deals splits out one per request, in order: a subtask that reads faster gets more of them. */
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
      const split = this.#remaining.pop();
      if (split === undefined) this.#context.signalNoMoreSplits(subtaskIndex);
      else this.#context.assignSplits([split], subtaskIndex);
    }
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

  handleSplitRequest(subtaskIndex: number): void {
    this.#context.signalNoMoreSplits(subtaskIndex);
  }

  addSplitsBack(splits: readonly SplitT[], subtaskIndex: number): void {
    this.#context.assignSplits(splits, subtaskIndex);
    this.#context.signalNoMoreSplits(subtaskIndex);
  }

  snapshotState(): readonly SplitT[] {
    return [];
  }

  close(): void {}
}
