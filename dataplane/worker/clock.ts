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
  /** Calls back once, `delayMs` from now; answers how to take that back. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: AlarmClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, callback) => {
    const handle = setTimeout(callback, Math.ceil(delayMs));
    return () => clearTimeout(handle);
  },
};
