import assert from "node:assert/strict";
import { test } from "node:test";
import { decideRestart, NO_RESTARTS } from "../../../../control/checkpoint/restart-strategy.ts";
import type { RestartStrategySpec } from "../../../../control/plan/checkpoint-schema.ts";

const MIDDLE = 0.5;

/** Delays of failures at these times. */
function delaysOf(
  strategy: RestartStrategySpec,
  timesMs: readonly number[],
  chance = MIDDLE,
): (number | null)[] {
  let history = NO_RESTARTS;
  return timesMs.map((nowMs) => {
    const decision = decideRestart(strategy, history, { nowMs, chance });
    history = decision.history;
    return decision.delayMs;
  });
}

const exponential: RestartStrategySpec = {
  kind: "exponential-delay",
  initialBackoffMs: 1000,
  maxBackoffMs: 60_000,
  multiplier: 1.5,
  resetThresholdMs: 3_600_000,
  jitterFactor: 0.1,
  attempts: null,
};

test("none never restarts", () => {
  assert.deepEqual(delaysOf({ kind: "none" }, [0]), [null]);
});

test("fixed-delay restarts as often as it says", () => {
  const strategy = { kind: "fixed-delay", attempts: 2, delayMs: 7 } as const;
  assert.deepEqual(delaysOf(strategy, [0, 10, 20]), [7, 7, null]);
});

test("failure-rate bears so many failures within its interval", () => {
  const strategy = {
    kind: "failure-rate",
    maxFailuresPerInterval: 2,
    intervalMs: 100,
    delayMs: 5,
  } as const;
  assert.deepEqual(delaysOf(strategy, [0, 50, 100]), [5, 5, null]);
  assert.deepEqual(delaysOf(strategy, [0, 50, 101, 151, 200]), [5, 5, 5, 5, null]);
});

test("exponential-delay waits longer each time, up to its limit", () => {
  const times = Array.from({ length: 14 }, (_, index) => index * 100_000);
  const expected = [1000, 1500, 2250, 3375, 5062, 7593, 11390, 17085, 25628, 38443, 57665];
  assert.deepEqual(delaysOf(exponential, times), [...expected, 60_000, 60_000, 60_000]);
});

test("exponential-delay changes a delay by its jitter, within both limits", () => {
  assert.deepEqual(delaysOf(exponential, [0, 100_000], 0), [1000, 1350]);
  assert.deepEqual(delaysOf(exponential, [0, 100_000], 0.75), [1050, 1575]);
  assert.equal(delaysOf({ ...exponential, maxBackoffMs: 1000 }, [0], 0.99)[0], 1000);
});

test("exponential-delay begins again when its job has run long enough", () => {
  assert.deepEqual(delaysOf(exponential, [0, 10_000, 3_611_499]), [1000, 1500, 2250]);
  assert.deepEqual(delaysOf(exponential, [0, 10_000, 3_611_500]), [1000, 1500, 1000]);
});

test("failures before the restart of an earlier one are one attempt of exponential-delay", () => {
  assert.deepEqual(delaysOf(exponential, [0, 400, 1000, 1001]), [1000, 600, 0, 1500]);
});

test("exponential-delay gives up after its attempts in a row", () => {
  const strategy = { ...exponential, attempts: 2 };
  assert.deepEqual(delaysOf(strategy, [0, 10_000, 20_000]), [1000, 1500, null]);
  assert.deepEqual(delaysOf(strategy, [0, 10_000, 9_000_000]), [1000, 1500, 1000]);
});
