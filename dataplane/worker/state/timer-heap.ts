import type { Long } from "../../protocol/long.ts";

/**
 * Timers of one operator, earliest first and those of one ms in the order they were set; any of them
 * can be taken back.
 *
 * Invariants: #heap is a binary heap; timer.index is its place in it, -1 = it has fired or was taken
 * back.
 */
export interface Timer<T> {
  readonly time: Long;
  readonly value: T;
  readonly order: number;
  index: number;
}

export class TimerHeap<T> {
  readonly #heap: Timer<T>[] = [];
  #nextOrder = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the first one is due; Infinity = there is none. */
  get nextMs(): number {
    return Number(this.#heap[0]?.time ?? Number.POSITIVE_INFINITY);
  }

  add(time: Long, value: T): Timer<T> {
    const timer = { time, value, order: this.#nextOrder, index: this.#heap.length };
    this.#nextOrder += 1;
    this.#heap.push(timer);
    this.#siftUp(timer);
    return timer;
  }

  /** Nothing happens if it has fired. */
  remove(timer: Timer<T>): void {
    const { index } = timer;
    if (index < 0) return;
    timer.index = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === timer) return;
    this.#place(last, index);
    this.#siftUp(last);
    this.#siftDown(last);
  }

  /** Takes the first one out if it is due at `time`. */
  takeDue(time: Long): Timer<T> | null {
    const first = this.#heap[0];
    if (first === undefined || first.time > time) return null;
    this.remove(first);
    return first;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #siftUp(timer: Timer<T>): void {
    while (timer.index > 0) {
      const parent = this.#heap[(timer.index - 1) >> 1];
      if (parent === undefined || isBefore(parent, timer)) return;
      this.#swap(parent, timer);
    }
  }

  #siftDown(timer: Timer<T>): void {
    for (;;) {
      const left = this.#heap[2 * timer.index + 1];
      const right = this.#heap[2 * timer.index + 2];
      const child =
        left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || isBefore(timer, child)) return;
      this.#swap(timer, child);
    }
  }

  #swap(parent: Timer<T>, child: Timer<T>): void {
    const { index } = parent;
    this.#place(parent, child.index);
    this.#place(child, index);
  }

  #place(timer: Timer<T>, index: number): void {
    this.#heap[index] = timer;
    timer.index = index;
  }
}

function isBefore<T>(a: Timer<T>, b: Timer<T>): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
