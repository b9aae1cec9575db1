/** How a mailbox loop sleeps when no subtask can get on, and how it is woken. */
import type { AlarmClock } from "./clock.ts";
import type { Doorbell } from "./exchange/doorbell.ts";

export interface Sleeper {
  /** ms to look for work again and again before sleeping: cheaper than being woken. */
  readonly spinMs: number;
  /** Announces sleep: who makes work from now on wakes. Look for work once more before sleep(). */
  prepare(): void;
  /** Settled when woken since prepare(), or after `timeoutMs`. */
  sleep(timeoutMs: number): Promise<void>;
  /** Ends what prepare() announced. */
  cancel(): void;
  /** From the thread of the loop. */
  wake(): void;
}

/** Sleeps until another thread, or this one, rings its doorbell. */
export class DoorbellSleeper implements Sleeper {
  readonly spinMs = 0.02;
  readonly #doorbell: Doorbell;
  #prepared = 0;

  constructor(doorbell: Doorbell) {
    this.#doorbell = doorbell;
  }

  prepare(): void {
    this.#prepared = this.#doorbell.prepareToSleep();
  }

  sleep(timeoutMs: number): Promise<void> {
    return this.#doorbell.wait(this.#prepared, timeoutMs);
  }

  cancel(): void {
    this.#doorbell.wakeUp();
  }

  wake(): void {
    this.#doorbell.ring();
  }
}

/** Sleeps until this thread says so: all there is runs on it. */
export class LocalSleeper implements Sleeper {
  readonly spinMs = 0;
  readonly #clock: AlarmClock;
  #isAwake = true;
  #wakeSleeper: () => void = () => undefined;

  constructor(clock: AlarmClock) {
    this.#clock = clock;
  }

  prepare(): void {
    this.#isAwake = false;
  }

  async sleep(timeoutMs: number): Promise<void> {
    if (this.#isAwake) return;
    await new Promise<void>((resolve) => {
      const isTimed = timeoutMs < Number.POSITIVE_INFINITY;
      const takeBack = isTimed ? this.#clock.after(timeoutMs, resolve) : () => undefined;
      this.#wakeSleeper = () => {
        takeBack();
        resolve();
      };
    });
  }

  cancel(): void {
    this.#isAwake = true;
  }

  wake(): void {
    this.#isAwake = true;
    this.#wakeSleeper();
  }
}
