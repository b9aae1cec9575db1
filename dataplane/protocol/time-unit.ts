/** Units of the (number, unit) form of times, as in Flink's older methods. @public */
export const TimeUnit = Object.freeze({
  MILLISECONDS: "MILLISECONDS",
  SECONDS: "SECONDS",
  MINUTES: "MINUTES",
  HOURS: "HOURS",
  DAYS: "DAYS",
});

/** @public */
export type TimeUnit = (typeof TimeUnit)[keyof typeof TimeUnit];

/** ms of one unit. */
export const UNIT_MS: Readonly<Record<TimeUnit, number>> = {
  MILLISECONDS: 1,
  SECONDS: 1000,
  MINUTES: 60_000,
  HOURS: 3_600_000,
  DAYS: 86_400_000,
};
