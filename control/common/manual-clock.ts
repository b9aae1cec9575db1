/**
 * A clock that stands still until it is moved. Alarms ring in the order of their times, those of one
 * time in the order they were set, and the clock shows an alarm's time while it rings.
 */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { Clock } from "./clock.ts";

interface Alarm {
  readonly atMs: number;
  readonly ring: () => void;
}

/**
 * A virtual clock for tests: processing-time timers, time to live and timeouts go by it.
 *
 * ```ts
 * const clock = new ManualClock();
 * clock.after(50, () => console.log("50 ms have passed"));
 * clock.advance(50);
 * ```
 * @public
 */
export class ManualClock implements Clock {
  #nowMs: number;
  /** In the order they were set. */
  readonly #alarms = new Set<Alarm>();
  readonly #listeners = new Set<() => void>();

  /** @param nowMs ms since the epoch that it shows at first */
  constructor(nowMs = 0) {
    this.#nowMs = nowMs;
  }

  /** ms since the epoch. */
  now(): number {
    return this.#nowMs;
  }

  /** The same as now(). */
  monotonic(): number {
    return this.#nowMs;
  }

  /** The millisecond before: the current one is not over. */
  elapsed(): number {
    return this.#nowMs - 1;
  }

  /** Moves the clock on by some ms. Throws MR_TESTING_BACKWARDS. */
  advance(ms: number): void {
    this.setTime(this.#nowMs + ms);
  }

  /** Moves the clock on to ms since the epoch. Throws MR_TESTING_BACKWARDS. */
  setTime(timeMs: number): void {
    if (!(timeMs >= this.#nowMs)) {
      const details = { what: "The clock", last: this.#nowMs, actual: timeMs };
      throw new EngineError("MR_TESTING_BACKWARDS", details);
    }
    for (let alarm = this.#due(timeMs); alarm !== null; alarm = this.#due(timeMs)) {
      this.#alarms.delete(alarm);
      this.#nowMs = Math.max(this.#nowMs, alarm.atMs);
      alarm.ring();
    }
    this.#nowMs = timeMs;
    for (const listener of this.#listeners) listener();
  }

  /** Calls back once, when the clock has been moved on by `delayMs`; answers how to take that back. */
  after(delayMs: number, callback: () => void): () => void {
    const alarm = { atMs: this.#nowMs + delayMs, ring: callback };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Settled with `work`, or when the clock has been moved on by `ms` if that comes first. */
  atMost(work: Promise<void>, ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const takeBack = this.after(ms, resolve);
      work.then(resolve, reject).finally(takeBack);
    });
  }

  /** Calls back whenever the clock has been moved on by another `ms`, until the answer is called. */
  every(ms: number, callback: () => void): () => void {
    let takeBack: () => void = () => undefined;
    const ring = (): void => {
      takeBack = this.after(ms, ring);
      callback();
    };
    takeBack = this.after(ms, ring);
    return () => takeBack();
  }

  /** Calls back whenever the clock was moved, until the answer is called. */
  onMove(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #due(timeMs: number): Alarm | null {
    let first: Alarm | null = null;
    for (const alarm of this.#alarms) {
      if (alarm.atMs <= timeMs && (first === null || alarm.atMs < first.atMs)) first = alarm;
    }
    return first;
  }
}
