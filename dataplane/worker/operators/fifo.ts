/** A queue whose ends are both cheap; an array alone moves all that is left at each shift(). */

/** Places before the first value that are not given back yet. */
const MAX_GAP = 1024;

export class Fifo<T> {
  #values: T[] = [];
  #start = 0;

  get size(): number {
    return this.#values.length - this.#start;
  }

  get first(): T | null {
    return this.#values[this.#start] ?? null;
  }

  push(value: T): void {
    this.#values.push(value);
  }

  shift(): T | null {
    const { first } = this;
    if (this.size === 0) return null;
    (this.#values as (T | undefined)[])[this.#start] = undefined;
    this.#start += 1;
    if (this.size === 0 || (this.#start >= MAX_GAP && this.#start > this.size)) {
      this.#values = this.#values.slice(this.#start);
      this.#start = 0;
    }
    return first;
  }

  values(): T[] {
    return this.#values.slice(this.#start);
  }
}
