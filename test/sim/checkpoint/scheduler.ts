/**
 * Virtual time and chance. Everything that happens is an entry of a queue: entries of one queue happen
 * in their order, those of different queues in any, as the seed will have it.
 */
import { createPrng, type Prng } from "../../../dataplane/worker/prng.ts";

interface Entry {
  readonly readyMs: number;
  readonly run: () => void;
}

export class Scheduler {
  readonly prng: Prng;
  nowMs = 0;
  readonly #queues = new Map<string, Entry[]>();
  #serial = 0;

  constructor(seed: number) {
    this.prng = createPrng(seed);
  }

  /** From 0 up to, but not including, 1. */
  chance(): number {
    return this.prng.nextInt(2 ** 24) / 2 ** 24;
  }

  isLikely(probability: number): boolean {
    return this.chance() < probability;
  }

  between(min: number, max: number): number {
    return min + this.prng.nextInt(max - min + 1);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.prng.nextInt(values.length)] as T;
  }

  post(queue: string, delayMs: number, run: () => void): void {
    const entries = this.#queues.get(queue) ?? [];
    const behindMs = entries.at(-1)?.readyMs ?? 0;
    entries.push({ readyMs: Math.max(behindMs, this.nowMs + delayMs), run });
    this.#queues.set(queue, entries);
  }

  /** In a queue of its own; answers its name. */
  after(delayMs: number, run: () => void): string {
    const queue = `once-${this.#serial++}`;
    this.post(queue, delayMs, run);
    return queue;
  }

  drop(queue: string): void {
    this.#queues.delete(queue);
  }

  dropAll(): void {
    this.#queues.clear();
  }

  /** What may happen now: heads of queues that are ready. */
  ready(): (() => void)[] {
    const runs: (() => void)[] = [];
    for (const [queue, [head]] of this.#queues) {
      if (head !== undefined && head.readyMs <= this.nowMs) runs.push(() => this.#take(queue));
    }
    return runs;
  }

  /** Lets time jump to the next entry; answers whether there is one. */
  jump(): boolean {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [head] of this.#queues.values()) {
      if (head !== undefined) nextMs = Math.min(nextMs, head.readyMs);
    }
    if (nextMs === Number.POSITIVE_INFINITY) return false;
    this.nowMs = Math.max(this.nowMs, nextMs);
    return true;
  }

  #take(queue: string): void {
    const entries = this.#queues.get(queue);
    const head = entries?.shift();
    if (entries?.length === 0) this.#queues.delete(queue);
    head?.run();
  }
}
