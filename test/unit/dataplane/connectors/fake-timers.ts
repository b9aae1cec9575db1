/** A clock that stands still until it is moved, and timers that go off when it is. */
import type { CancelTimer, Timers } from "../../../../dataplane/connectors/timers.ts";

export class FakeTimers implements Timers {
  #nowMs = 0;
  #pending: { readonly atMs: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#pending.push(timer);
    return () => {
      this.#pending = this.#pending.filter((other) => other !== timer);
    };
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
    const due = this.#pending.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#pending = this.#pending.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { callback } of due.sort((a, b) => a.atMs - b.atMs)) callback();
  }
}
