/**
 * Time as the data plane sees it; the only place that reads it. Tests inject a clock of their own.
 */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** Monotonic ms, with a fraction. */
  monotonic(): number;
}

export interface AlarmClock extends Clock {
  /**
   * ms since the epoch of the last millisecond that is over. Timers up to it are due: what comes in the
   * millisecond that a timer is for is still in front of it, as in Flink.
   */
  elapsed(): number;
  /** Calls back once, `delayMs` from now; answers how to take that back. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: AlarmClock = {
  now: () => Date.now(),
  elapsed: () => Date.now() - 1,
  monotonic: () => performance.now(),
  after: (delayMs, callback) => {
    const handle = setTimeout(callback, Math.ceil(delayMs));
    return () => clearTimeout(handle);
  },
};
