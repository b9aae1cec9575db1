/** Restart strategies: whether a job starts again after a failure, and how long it waits. Flink's rules. */
import type { RestartStrategySpec } from "../plan/checkpoint-schema.ts";

/** What a strategy remembers between failures. */
export interface RestartHistory {
  /** Restarts so far; of exponential-delay those since its backoff was reset. */
  readonly attempts: number;
  /** When failures were, as far back as failure-rate looks. */
  readonly failuresMs: readonly number[];
  /** When exponential-delay restarts, or did. */
  readonly restartMs: number | null;
}

/** The time and chance of a decision. */
export interface Moment {
  /** Monotonic ms. */
  readonly nowMs: number;
  /** From 0 up to, but not including, 1. */
  readonly chance: number;
}

export const NO_RESTARTS: RestartHistory = { attempts: 0, failuresMs: [], restartMs: null };

export interface RestartDecision {
  readonly history: RestartHistory;
  /** null = the job fails. */
  readonly delayMs: number | null;
}

type ExponentialDelay = Extract<RestartStrategySpec, { kind: "exponential-delay" }>;
type FailureRate = Extract<RestartStrategySpec, { kind: "failure-rate" }>;

export function decideRestart(
  strategy: RestartStrategySpec,
  history: RestartHistory,
  moment: Moment,
): RestartDecision {
  switch (strategy.kind) {
    case "none":
      return { history, delayMs: null };
    case "fixed-delay": {
      const attempts = history.attempts + 1;
      const delayMs = attempts > strategy.attempts ? null : strategy.delayMs;
      return { history: { ...history, attempts }, delayMs };
    }
    case "failure-rate":
      return decideByRate(strategy, history, moment);
    case "exponential-delay":
      return decideByBackoff(strategy, history, moment);
  }
}

function decideByRate(
  { maxFailuresPerInterval, intervalMs, delayMs }: FailureRate,
  history: RestartHistory,
  { nowMs }: Moment,
): RestartDecision {
  const failuresMs = [...history.failuresMs, nowMs].slice(-(maxFailuresPerInterval + 1));
  const [earliestMs = nowMs] = failuresMs;
  const isExceeded = failuresMs.length > maxFailuresPerInterval && nowMs - earliestMs <= intervalMs;
  return {
    history: { ...history, attempts: history.attempts + 1, failuresMs },
    delayMs: isExceeded ? null : delayMs,
  };
}

/** Failures before the restart that an earlier one has led to belong to that restart. */
function decideByBackoff(
  strategy: ExponentialDelay,
  history: RestartHistory,
  { nowMs, chance }: Moment,
): RestartDecision {
  const { restartMs } = history;
  if (restartMs !== null && nowMs <= restartMs) return { history, delayMs: restartMs - nowMs };
  const isReset = restartMs !== null && nowMs - restartMs >= strategy.resetThresholdMs;
  const attempts = isReset ? 0 : history.attempts;
  if (strategy.attempts !== null && attempts >= strategy.attempts) {
    return { history: { ...history, attempts }, delayMs: null };
  }
  const delayMs = backoffMs(strategy, attempts, chance);
  return {
    history: { ...history, attempts: attempts + 1, restartMs: nowMs + delayMs },
    delayMs,
  };
}

function backoffMs(
  { initialBackoffMs, maxBackoffMs, multiplier, jitterFactor }: ExponentialDelay,
  attempts: number,
  chance: number,
): number {
  const backoff = Math.min(initialBackoffMs * multiplier ** attempts, maxBackoffMs);
  const jitter = backoff * jitterFactor * (2 * chance - 1);
  return Math.floor(Math.max(initialBackoffMs, Math.min(backoff + jitter, maxBackoffMs)));
}
