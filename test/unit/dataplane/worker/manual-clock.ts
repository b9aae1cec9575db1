/** A clock that stands still until a test moves it. */
import type { AlarmClock } from "../../../../dataplane/worker/clock.ts";

interface Alarm {
  readonly atMs: number;
  readonly callback: () => void;
}

export class ManualClock implements AlarmClock {
  #nowMs = 0;
  readonly #alarms = new Set<Alarm>();

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const alarm = { atMs: this.#nowMs + delayMs, callback };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    for (const alarm of [...this.#alarms]) {
      if (alarm.atMs > this.#nowMs) continue;
      this.#alarms.delete(alarm);
      alarm.callback();
    }
  }
}
