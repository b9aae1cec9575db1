import assert from "node:assert/strict";
import { test } from "node:test";
import { Duration, durationMs } from "../../../../dataplane/protocol/duration.ts";

test("a time is milliseconds, text with a unit, or a Duration", () => {
  const times: readonly (readonly [number | string | Duration, number])[] = [
    [1500, 1500],
    [-1, -1],
    ["250 ms", 250],
    ["5 s", 5000],
    ["5s", 5000],
    ["-8 h", -28_800_000],
    ["2 min", 120_000],
    ["1 d", 86_400_000],
    [Duration.ofMillis(7), 7],
    [Duration.ofSeconds(1.5), 1500],
    [Duration.ofMinutes(1), 60_000],
    [Duration.ofHours(2), 7_200_000],
    [Duration.ofDays(1), 86_400_000],
  ];
  for (const [time, expected] of times) assert.equal(durationMs(time, "test"), expected);
});

test("anything else is refused", () => {
  for (const time of [1.5, Number.NaN, "5", "5 weeks", "s", "", null, undefined, {}]) {
    assert.throws(() => durationMs(time, "test"), { code: "MR_FUNCTION_INVALID" }, String(time));
  }
  assert.throws(() => Duration.ofMillis(0.5), { code: "MR_FUNCTION_INVALID" });
});
