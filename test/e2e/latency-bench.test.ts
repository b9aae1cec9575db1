/** The latency benchmark, small: its job gives the rows its own count expects, and its figures are figures. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { percentiles } from "../../bench/latency/percentiles.ts";
import { runRate } from "../../bench/latency.ts";

describe("the latency benchmark", () => {
  it("counts what it sent and times what it got", async () => {
    const { isRight, figures } = await runRate(20_000, 300, 400);
    assert.equal(isRight, true);
    const { rowMs, lastRowMs } = figures as Record<string, readonly number[]>;
    for (const ms of [...(rowMs ?? []), ...(lastRowMs ?? [])]) {
      assert.ok(ms > 0 && ms < 5000, `${ms} ms`);
    }
  });

  it("weighs values in percentiles", () => {
    const values = [
      { value: 9, weight: 1 },
      { value: 1, weight: 98 },
      { value: 5, weight: 1 },
    ];
    assert.deepEqual(percentiles(values, [0.5, 0.98, 0.99, 1]), [1, 1, 5, 9]);
    assert.ok(Number.isNaN(percentiles([], [0.5])[0]));
  });
});
