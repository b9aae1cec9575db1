import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { RateLimiter } from "../../../../dataplane/connectors/rate-limiter.ts";

test("the first record passes at once and the next one when its time has come", () => {
  const limiter = new RateLimiter(10);
  assert.equal(limiter.take(5000, 4), 1);
  assert.equal(limiter.take(5000, 4), 0);
  assert.equal(limiter.delayMs(5000), 100);
  assert.equal(limiter.take(5099, 4), 0);
  assert.equal(limiter.take(5100, 4), 1);
  assert.equal(limiter.take(5400, 4), 3);
});

test("what is not wanted now passes later", () => {
  const limiter = new RateLimiter(10);
  assert.equal(limiter.take(0, 1), 1);
  assert.equal(limiter.take(500, 2), 2);
  assert.equal(limiter.take(500, 9), 3);
});

test("no more than one second's worth is made up for after a pause", () => {
  const limiter = new RateLimiter(100);
  assert.equal(limiter.take(0, 1), 1);
  assert.equal(limiter.take(60_000, 1_000_000), 101);
});

test("over any schedule no more than the rate passes, and all of it when polled often", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50_000 }),
      fc.array(fc.double({ min: 0.01, max: 900, noNaN: true }), { minLength: 1, maxLength: 60 }),
      (perSecond, steps) => {
        const limiter = new RateLimiter(perSecond);
        let nowMs = 0;
        let passed = limiter.take(nowMs, 1_000_000);
        for (const step of steps) {
          nowMs += step;
          passed += limiter.take(nowMs, 1_000_000);
          const due = (nowMs * perSecond) / 1000 + 1;
          assert.ok(passed <= due + 1e-6, `${passed} of ${due} at ${nowMs}`);
          assert.ok(passed > due - 1.001, `${passed} of ${due} at ${nowMs}`);
        }
      },
    ),
    { seed: 31 },
  );
});
