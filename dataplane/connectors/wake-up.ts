/**
 * From event callbacks to a poll loop. A wake() between clear() and wait() is kept, so nothing is
 * missed when the loop clears, looks for work, finds none and then waits.
 */
export class WakeUp {
  #isAwake = false;
  #waiting: { readonly promise: Promise<void>; readonly settle: () => void } | null = null;

  /** Before looking for work. */
  clear(): void {
    this.#isAwake = false;
  }

  wake(): void {
    this.#isAwake = true;
    this.#waiting?.settle();
    this.#waiting = null;
  }

  /** Settled when wake() was called since the last clear(). */
  wait(): Promise<void> {
    if (this.#isAwake) return Promise.resolve();
    if (this.#waiting === null) {
      let settle = (): void => {};
      const promise = new Promise<void>((resolve) => {
        settle = resolve;
      });
      this.#waiting = { promise, settle };
    }
    return this.#waiting.promise;
  }
}
