import assert from "node:assert/strict";
import { test } from "node:test";
import { distributionOf } from "../../../../control/common/distribution.ts";

test("percentiles lie between values by their rank", () => {
  const { min, max, average, sum, p25, p50, p75, p95 } = distributionOf([1708, 1487]);
  assert.deepEqual(
    [min, max, average, sum, p25, p50, p75, p95],
    [1487, 1708, 1597.5, 3195, 1487, 1597.5, 1708, 1708],
  );
  const ten = distributionOf(Array.from({ length: 10 }, (_, index) => index + 1));
  assert.deepEqual([ten.p25, ten.p50, ten.p90], [2.75, 5.5, 9.9]);
});

test("one value is all of them, and no value has none", () => {
  const one = distributionOf([4]);
  assert.deepEqual([one.min, one.p25, one.p50, one.p999, one.max], [4, 4, 4, 4, 4]);
  const none = distributionOf([]);
  assert.deepEqual([none.count, none.min, none.average, none.p50], [0, 0, 0, Number.NaN]);
});
