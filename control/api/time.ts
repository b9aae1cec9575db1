/** Time and TimeCharacteristic: names of Flink that Duration and window assigners have replaced. */
import { amountMs } from "../../dataplane/protocol/duration.ts";
import type { TimeUnit } from "../../dataplane/protocol/time-unit.ts";

/**
 * A span of time. The factories throw MR_FUNCTION_INVALID unless it comes to whole milliseconds.
 * @deprecated As in Flink: use Duration, milliseconds, or text such as "5 s".
 * @public
 */
export class Time {
  readonly #ms: number;

  private constructor(amount: number, unit: TimeUnit, operation: string) {
    this.#ms = amountMs(amount, unit, operation);
  }

  static of(size: number, unit: TimeUnit): Time {
    return new Time(size, unit, "Time.of()");
  }

  static milliseconds(milliseconds: number): Time {
    return new Time(milliseconds, "MILLISECONDS", "Time.milliseconds()");
  }

  static seconds(seconds: number): Time {
    return new Time(seconds, "SECONDS", "Time.seconds()");
  }

  static minutes(minutes: number): Time {
    return new Time(minutes, "MINUTES", "Time.minutes()");
  }

  static hours(hours: number): Time {
    return new Time(hours, "HOURS", "Time.hours()");
  }

  static days(days: number): Time {
    return new Time(days, "DAYS", "Time.days()");
  }

  toMilliseconds(): number {
    return this.#ms;
  }
}

/**
 * What setStreamTimeCharacteristic() takes.
 * @deprecated As in Flink: window assigners and timers say which time they mean.
 * @public
 */
export const TimeCharacteristic = Object.freeze({
  ProcessingTime: "ProcessingTime",
  IngestionTime: "IngestionTime",
  EventTime: "EventTime",
});

/** @public */
export type TimeCharacteristic = (typeof TimeCharacteristic)[keyof typeof TimeCharacteristic];
