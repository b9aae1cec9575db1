/** Time as the control plane sees it; the only place that reads it or waits for it. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** Monotonic ms, with a fraction. */
  monotonic(): number;
  /** Settled with `work`, or after `ms` if that comes first. */
  atMost(work: Promise<void>, ms: number): Promise<void>;
  /** Calls back once after `ms`, unless the returned function is called before. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back every `ms` until the returned function is called; does not keep the process alive. */
  every(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  atMost: (work, ms) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    }),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  every: (ms, callback) => {
    const timer = setInterval(callback, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};
