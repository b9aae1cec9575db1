/** Restart strategies as an option: a name, for Flink's defaults, or an object. */
import type { OptionKind } from "./option-kinds.ts";

/** Times in ms. @public */
export type RestartStrategy =
  | { readonly kind: "none" }
  | { readonly kind: "fixed-delay"; readonly attempts: number; readonly delayMs: number }
  | {
      readonly kind: "failure-rate";
      /** One more within the interval fails the job. */
      readonly maxFailuresPerInterval: number;
      readonly intervalMs: number;
      readonly delayMs: number;
    }
  | {
      readonly kind: "exponential-delay";
      readonly initialBackoffMs: number;
      readonly maxBackoffMs: number;
      readonly multiplier: number;
      /** Without a failure for so long, the next one waits the initial backoff. */
      readonly resetThresholdMs: number;
      /** Part of a backoff by which it is changed at random. */
      readonly jitterFactor: number;
      /** Restarts in a row before the job fails; null = any number. */
      readonly attempts: number | null;
    };

/** By name, with Flink's defaults. */
export const DEFAULT_RESTART_STRATEGIES = {
  none: { kind: "none" },
  "fixed-delay": { kind: "fixed-delay", attempts: 1, delayMs: 1000 },
  "failure-rate": {
    kind: "failure-rate",
    maxFailuresPerInterval: 1,
    intervalMs: 60_000,
    delayMs: 1000,
  },
  "exponential-delay": {
    kind: "exponential-delay",
    initialBackoffMs: 1000,
    maxBackoffMs: 60_000,
    multiplier: 1.5,
    resetThresholdMs: 3_600_000,
    jitterFactor: 0.1,
    attempts: null,
  },
} as const satisfies Readonly<Record<RestartStrategy["kind"], RestartStrategy>>;

const isCount = (least: number) => (value: unknown) =>
  Number.isSafeInteger(value) && (value as number) >= least;
const isNumber = (least: number, most: number) => (value: unknown) =>
  typeof value === "number" && value >= least && value <= most;

const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  delayMs: isCount(0),
  maxFailuresPerInterval: isCount(1),
  intervalMs: isCount(1),
  initialBackoffMs: isCount(1),
  maxBackoffMs: isCount(1),
  multiplier: isNumber(1, Number.MAX_VALUE),
  resetThresholdMs: isCount(1),
  jitterFactor: isNumber(0, 1),
};

export function restartStrategy(): OptionKind<RestartStrategy> {
  return {
    expected:
      '"none", "fixed-delay", "failure-rate", "exponential-delay", or what RestartStrategies makes: counts and ms, of exponential-delay initialBackoffMs up to maxBackoffMs, multiplier >= 1, jitterFactor from 0 to 1',
    check: (value) => {
      const strategy = strategyOf(value);
      return strategy === null ? { ok: false } : { ok: true, value: strategy };
    },
    fromText: (text) => text,
  };
}

function strategyOf(value: unknown): RestartStrategy | null {
  const { kind, ...given } = (typeof value === "string" ? { kind: value } : (value ?? {})) as {
    readonly kind?: unknown;
  };
  if (typeof kind !== "string" || !Object.hasOwn(DEFAULT_RESTART_STRATEGIES, kind)) return null;
  const defaults = DEFAULT_RESTART_STRATEGIES[kind as RestartStrategy["kind"]];
  const isFine = Object.entries(given).every(
    ([name, part]) => Object.hasOwn(defaults, name) && isField(kind, name, part),
  );
  if (!isFine) return null;
  const strategy = Object.freeze({ ...defaults, ...given }) as RestartStrategy;
  const isOrdered =
    strategy.kind !== "exponential-delay" || strategy.initialBackoffMs <= strategy.maxBackoffMs;
  return isOrdered ? strategy : null;
}

function isField(kind: string, name: string, value: unknown): boolean {
  if (name !== "attempts") return FIELDS[name]?.(value) ?? false;
  return kind === "fixed-delay" ? isCount(0)(value) : value === null || isCount(1)(value);
}
