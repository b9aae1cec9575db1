/** Time as connectors see it; the only place of theirs that reads clocks and sets timers. Tests inject their own. */
export interface Timers {
  /** Monotonic ms, with a fraction. */
  now(): number;
  /** Calls back once, `delayMs` from now; answers how to take that back. */
  after(delayMs: number, callback: () => void): CancelTimer;
}

export type CancelTimer = () => void;

export const systemTimers: Timers = {
  now: () => performance.now(),
  after: (delayMs, callback) => {
    const handle = setTimeout(callback, Math.ceil(delayMs));
    return () => clearTimeout(handle);
  },
};
