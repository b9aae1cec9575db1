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
  #isFound: boolean;
  #remaining: SplitT[] | null = null;

  /** @param restored what snapshotState() of another one has answered */
  constructor(
    context: EnumeratorContext<SplitT>,
    findSplits: FindSplits<SplitT>,
    restored: readonly SplitT[] | null = null,
  ) {
    this.#context = context;
    this.#findSplits = findSplits;
    this.#isFound = restored !== null;
    if (restored !== null) this.#remaining = [...restored].reverse();
  }

  async start(): Promise<void> {
    if (!this.#isFound) this.#remaining = [...(await this.#findSplits())].reverse();
    this.#isFound = true;
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

  /** null = they are not known yet. */
  snapshotState(): readonly SplitT[] | null {
    return this.#isFound ? [...(this.#remaining ?? [])].reverse() : null;
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
  #isDealt: boolean;

  /** @param isDealt what snapshotState() of another one has answered */
  constructor(
    context: EnumeratorContext<SplitT>,
    findShares: FindSplits<readonly SplitT[]>,
    isDealt = false,
  ) {
    this.#context = context;
    this.#findShares = findShares;
    this.#isDealt = isDealt;
  }

  async start(): Promise<void> {
    const shares = this.#isDealt ? [] : await this.#findShares();
    this.#isDealt = true;
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

  /** Whether the readers have got their shares. */
  snapshotState(): boolean {
    return this.#isDealt;
  }

  close(): void {}
}
