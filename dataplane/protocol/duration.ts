/** Lengths of time as programs write them: milliseconds, text such as "5 s", or a Duration. */
import { EngineError } from "./errors.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND_MS,
  min: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
};

/**
 * A length of time.
 *
 * ```ts
 * Duration.ofSeconds(5).toMillis(); // 5000
 * ```
 * @public
 */
export class Duration {
  readonly #ms: number;

  private constructor(ms: number) {
    this.#ms = ms;
  }

  /** Throws MR_FUNCTION_INVALID, as all of these do, unless it comes to whole milliseconds. */
  static ofMillis(ms: number): Duration {
    return durationOf(ms, 1, "Duration.ofMillis()", (total) => new Duration(total));
  }

  static ofSeconds(seconds: number): Duration {
    return durationOf(seconds, SECOND_MS, "Duration.ofSeconds()", (ms) => new Duration(ms));
  }

  static ofMinutes(minutes: number): Duration {
    return durationOf(minutes, MINUTE_MS, "Duration.ofMinutes()", (ms) => new Duration(ms));
  }

  static ofHours(hours: number): Duration {
    return durationOf(hours, HOUR_MS, "Duration.ofHours()", (ms) => new Duration(ms));
  }

  static ofDays(days: number): Duration {
    return durationOf(days, DAY_MS, "Duration.ofDays()", (ms) => new Duration(ms));
  }

  toMillis(): number {
    return this.#ms;
  }
}

/** Milliseconds, text with a unit (ms, s, min, h, d), or a Duration. @public */
export type TimeSpan = number | string | Duration;

/**
 * @param operation the call that was given it, for messages
 * @returns whole ms, may be negative
 * Errors: MR_FUNCTION_INVALID.
 */
export function durationMs(value: unknown, operation: string): number {
  const ms = value instanceof Duration ? value.toMillis() : parsed(value);
  if (Number.isSafeInteger(ms)) return ms;
  throw new EngineError("MR_FUNCTION_INVALID", {
    operation,
    expected: 'a time: milliseconds, text such as "5 s" (ms, s, min, h, d), or a Duration',
    actual: typeof value === "string" ? JSON.stringify(value) : String(value),
  });
}

function parsed(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return Number.NaN;
  const [, amount, unit = ""] = /^\s*(-?\d+)\s*([a-z]+)\s*$/.exec(value) ?? [];
  return Number(amount) * (UNITS_MS[unit] ?? Number.NaN);
}

function durationOf(
  amount: number,
  unitMs: number,
  operation: string,
  create: (ms: number) => Duration,
): Duration {
  return create(durationMs(amount * unitMs, operation));
}
