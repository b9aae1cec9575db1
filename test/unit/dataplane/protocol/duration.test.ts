import assert from "node:assert/strict";
import { test } from "node:test";
import { Time } from "../../../../control/api/time.ts";
import { Duration, durationMs } from "../../../../dataplane/protocol/duration.ts";
import { TimeUnit } from "../../../../dataplane/protocol/time-unit.ts";
import { throwsCode } from "../../control/throws-code.ts";

test("a time is ms, text with a unit, a Duration, or Flink's older Time", () => {
  const cases: readonly (readonly [unknown, number])[] = [
    [0, 0],
    [1500, 1500],
    [-3000, -3000],
    ["200", 200],
    ["200 ms", 200],
    ["5 s", 5000],
    [" 5s ", 5000],
    ["1.5 sec", 1500],
    ["2 Minutes", 120_000],
    ["3 min", 180_000],
    ["-8 h", -28_800_000],
    ["1 day", 86_400_000],
    ["7 d", 604_800_000],
    [Duration.ofMillis(7), 7],
    [Duration.ofSeconds(5), 5000],
    [Duration.ofMinutes(2), 120_000],
    [Duration.ofHours(-8), -28_800_000],
    [Duration.ofDays(36_500), 3_153_600_000_000],
    [Time.milliseconds(7), 7],
    [Time.seconds(5), 5000],
    [Time.minutes(2), 120_000],
    [Time.hours(1), 3_600_000],
    [Time.days(1), 86_400_000],
    [Time.of(3, TimeUnit.SECONDS), 3000],
  ];
  for (const [value, ms] of cases) assert.equal(durationMs(value, "withIdleness()"), ms);
});

test("what is no whole number of ms is refused with the call it was given to", () => {
  const wrong = [
    "",
    "5 parsecs",
    "s",
    "0.5 ms",
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    null,
    {},
  ];
  for (const value of [...wrong, undefined, 5n, [], "1e3 s", "5 ss"]) {
    const error = throwsCode("MR_FUNCTION_INVALID", () => durationMs(value, "withIdleness()"));
    assert.match(error.message, /^withIdleness\(\): expected a time in whole ms/);
  }
  throwsCode("MR_FUNCTION_INVALID", () => Duration.ofSeconds(0.0001));
  throwsCode("MR_FUNCTION_INVALID", () => Duration.ofDays(Number.MAX_SAFE_INTEGER));
  throwsCode("MR_FUNCTION_INVALID", () => Time.of(1, "FORTNIGHTS" as "DAYS"));
});
