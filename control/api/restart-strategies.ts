/** RestartStrategies: Flink's names for what setRestartStrategy() takes. */
import type { TimeSpan } from "../../dataplane/protocol/duration.ts";
import { parseDurationMs } from "../../dataplane/protocol/duration.ts";
import { describeValue } from "../common/describe-value.ts";
import {
  DEFAULT_RESTART_STRATEGIES,
  type RestartStrategy,
} from "../config/restart-strategy-kind.ts";
import { invalidFunction } from "./functions.ts";

/**
 * Whether and when a job starts again after a failure. Times are ms, text such as "10 s", or a Duration;
 * setRestartStrategy() throws MR_CONFIG_INVALID for numbers out of range, these MR_FUNCTION_INVALID for
 * what is no time.
 *
 * ```ts
 * env.setRestartStrategy(RestartStrategies.fixedDelayRestart(3, "10 s"));
 * ```
 * @public
 */
export const RestartStrategies = Object.freeze({
  noRestart: (): RestartStrategy => DEFAULT_RESTART_STRATEGIES.none,

  /** So many times, each after the same delay. */
  fixedDelayRestart: (attempts: number, delay: TimeSpan): RestartStrategy => ({
    kind: "fixed-delay",
    attempts,
    delayMs: msOf(delay, "fixedDelayRestart()"),
  }),

  /** As long as there are not more failures than `failureRate` within an interval. */
  failureRateRestart: (
    failureRate: number,
    failureInterval: TimeSpan,
    delay: TimeSpan,
  ): RestartStrategy => ({
    kind: "failure-rate",
    maxFailuresPerInterval: failureRate,
    intervalMs: msOf(failureInterval, "failureRateRestart()"),
    delayMs: msOf(delay, "failureRateRestart()"),
  }),

  /** For ever, each time after a longer delay; from the initial one again when it has run long enough. */
  exponentialDelayRestart: (
    initialBackoff: TimeSpan,
    maxBackoff: TimeSpan,
    backoffMultiplier: number,
    resetBackoffThreshold: TimeSpan,
    jitterFactor: number,
  ): RestartStrategy => ({
    kind: "exponential-delay",
    initialBackoffMs: msOf(initialBackoff, "exponentialDelayRestart()"),
    maxBackoffMs: msOf(maxBackoff, "exponentialDelayRestart()"),
    multiplier: backoffMultiplier,
    resetThresholdMs: msOf(resetBackoffThreshold, "exponentialDelayRestart()"),
    jitterFactor,
    attempts: null,
  }),
});

function msOf(time: TimeSpan, operation: string): number {
  const ms = parseDurationMs(time);
  if (ms !== null) return ms;
  const expected = 'a time: ms, text such as "10 s", or a Duration';
  throw invalidFunction(`RestartStrategies.${operation}`, expected, describeValue(time));
}
