/**
 * Lets `perSecond` records through per second, the first one at once. What was not used is kept for up
 * to one second, as Flink's limiter does, so that a late timer does not lower the rate.
 */
const BURST_MS = 1000;

export class RateLimiter {
  readonly #msPerRecord: number;
  /** When the next record is due, on the clock that take() is given. */
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number) {
    this.#msPerRecord = 1000 / perSecond;
  }

  /** How many of `wanted` records may pass at `nowMs`; they count as passed. */
  take(nowMs: number, wanted: number): number {
    if (this.#nextMs === Number.NEGATIVE_INFINITY) this.#nextMs = nowMs;
    this.#nextMs = Math.max(this.#nextMs, nowMs - BURST_MS);
    if (nowMs < this.#nextMs) return 0;
    const due = Math.floor((nowMs - this.#nextMs) / this.#msPerRecord) + 1;
    const taken = Math.min(due, wanted);
    this.#nextMs += taken * this.#msPerRecord;
    return taken;
  }

  /** ms from `nowMs` until take() answers more than 0. */
  delayMs(nowMs: number): number {
    return Math.max(this.#nextMs - nowMs, 0);
  }
}
