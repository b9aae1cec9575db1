/**
 * Wakes a worker thread that sleeps for want of work. A ring costs one atomic load unless the other
 * thread sleeps. Who sleeps sets the flag first and looks for work once more, so that a ring which
 * found the flag unset was for work that is seen.
 */
import { DOORBELL_SEQUENCE, DOORBELL_SLEEPING } from "../../protocol/ring-layout.ts";

export class Doorbell {
  readonly #words: Int32Array;

  /** @param offset of this doorbell in the doorbells of the job */
  constructor(doorbells: SharedArrayBuffer, offset: number) {
    this.#words = new Int32Array(doorbells, offset, 16);
  }

  /** From any thread. */
  ring(): void {
    if (Atomics.load(this.#words, DOORBELL_SLEEPING / 4) === 0) return;
    Atomics.add(this.#words, DOORBELL_SEQUENCE / 4, 1);
    Atomics.notify(this.#words, DOORBELL_SEQUENCE / 4);
  }

  /** Announces sleep; look for work again before waiting. @returns what to hand to wait() */
  prepareToSleep(): number {
    Atomics.store(this.#words, DOORBELL_SLEEPING / 4, 1);
    return Atomics.load(this.#words, DOORBELL_SEQUENCE / 4);
  }

  /** Settled when somebody rings after prepareToSleep(), or after `timeoutMs`. */
  async wait(prepared: number, timeoutMs: number): Promise<void> {
    const waiting = Atomics.waitAsync(this.#words, DOORBELL_SEQUENCE / 4, prepared, timeoutMs);
    if (waiting.async) await waiting.value;
  }

  wakeUp(): void {
    Atomics.store(this.#words, DOORBELL_SLEEPING / 4, 0);
  }
}
