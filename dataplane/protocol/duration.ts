/** Spans of time: milliseconds, text or a Duration, wherever one is asked for. */
import { EngineError } from "./errors.ts";
import { type TimeUnit, UNIT_MS } from "./time-unit.ts";

/** Words for units, as Flink's options take them; words, not letters, may have an "s" at their end. */
const UNITS: ReadonlyMap<string, TimeUnit> = new Map([
  ["", "MILLISECONDS"],
  ["ms", "MILLISECONDS"],
  ["milli", "MILLISECONDS"],
  ["millisecond", "MILLISECONDS"],
  ["s", "SECONDS"],
  ["sec", "SECONDS"],
  ["second", "SECONDS"],
  ["m", "MINUTES"],
  ["min", "MINUTES"],
  ["minute", "MINUTES"],
  ["h", "HOURS"],
  ["hour", "HOURS"],
  ["d", "DAYS"],
  ["day", "DAYS"],
]);

/**
 * A span of time in whole milliseconds, as `java.time.Duration` is used with Flink. The factories throw
 * MR_FUNCTION_INVALID where it does not come to whole milliseconds.
 *
 * ```ts
 * Duration.ofSeconds(5).toMillis(); // 5000
 * ```
 * @public
 */
export class Duration {
  readonly #ms: number;

  private constructor(amount: number, unit: TimeUnit, operation: string) {
    this.#ms = amountMs(amount, unit, operation);
  }

  static ofMillis(millis: number): Duration {
    return new Duration(millis, "MILLISECONDS", "Duration.ofMillis()");
  }

  static ofSeconds(seconds: number): Duration {
    return new Duration(seconds, "SECONDS", "Duration.ofSeconds()");
  }

  static ofMinutes(minutes: number): Duration {
    return new Duration(minutes, "MINUTES", "Duration.ofMinutes()");
  }

  static ofHours(hours: number): Duration {
    return new Duration(hours, "HOURS", "Duration.ofHours()");
  }

  static ofDays(days: number): Duration {
    return new Duration(days, "DAYS", "Duration.ofDays()");
  }

  toMillis(): number {
    return this.#ms;
  }
}

/** Milliseconds, text such as `"5 s"` (ms, s, min, h, d), a Duration, or one of Flink's Time. @public */
export type TimeSpan = number | string | { toMillis(): number } | { toMilliseconds(): number };

/** The time in whole ms, negative ones too. Throws MR_FUNCTION_INVALID, naming `operation`. */
export function durationMs(value: unknown, operation: string): number {
  const ms = parseDurationMs(value);
  if (ms !== null) return ms;
  throw invalid(operation, textOf(value));
}

/** null = it is not a time in whole ms. */
export function parseDurationMs(value: unknown): number | null {
  const ms = typeof value === "string" ? parseText(value) : numberOf(value);
  return Number.isSafeInteger(ms) ? (ms as number) : null;
}

function numberOf(value: unknown): unknown {
  const object = value as Partial<{ toMillis(): unknown; toMilliseconds(): unknown }> | null;
  if (typeof object !== "object" || object === null) return value;
  if (typeof object.toMillis === "function") return object.toMillis();
  return typeof object.toMilliseconds === "function" ? object.toMilliseconds() : null;
}

function parseText(text: string): number | null {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const word = (match?.[2] ?? "").toLowerCase();
  const isPlural = word.length > 3 && word.endsWith("s");
  const unit = UNITS.get(isPlural ? word.slice(0, -1) : word);
  return match === null || unit === undefined ? null : Number(match[1]) * UNIT_MS[unit];
}

/** ms of the (number, unit) form. Throws MR_FUNCTION_INVALID. */
export function amountMs(amount: unknown, unit: TimeUnit, operation: string): number {
  const ms = typeof amount === "number" ? amount * UNIT_MS[unit] : Number.NaN;
  if (Number.isSafeInteger(ms)) return ms;
  throw invalid(operation, textOf(amount));
}

function invalid(operation: string, actual: string): EngineError {
  const expected = 'a time in whole ms: a number of ms, text such as "5 s", or a Duration';
  return new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual });
}

function textOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
