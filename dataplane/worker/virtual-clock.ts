/** Time as a test moves it, for tasks on the test's thread. */
import { type AlarmClock, systemClock } from "./clock.ts";

/** What a test moves. */
export interface MovableClock extends Pick<AlarmClock, "now" | "after"> {
  /** Calls back whenever it was moved, until the answer is called. */
  onMove(listener: () => void): () => void;
}

/**
 * Where a test has put the clock, the millisecond is over: timers of that time fire, as in Flink's
 * harnesses. What is no time of the program's, such as how long a batch waits, goes by the real one.
 */
export function virtualClock(clock: MovableClock): AlarmClock {
  return {
    now: () => clock.now(),
    elapsed: () => clock.now(),
    monotonic: systemClock.monotonic,
    after: (delayMs, callback) => clock.after(delayMs, callback),
  };
}
