import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Watermark } from "../../../../../dataplane/connectors/watermark-generator.ts";
import { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import { LONG_MIN } from "../../../../../dataplane/protocol/long.ts";
import {
  checkTimestamp,
  checkWatermark,
} from "../../../../../dataplane/worker/watermarks/event-time.ts";
import { createMemory } from "../../formats/arbitraries.ts";
import { batchType, buildBatch, INT } from "../operators/harness.ts";

const LONG_MAX = 2n ** 63n - 1n;

function isInvalid(error: unknown): boolean {
  return error instanceof EngineError && error.code === "MR_TIMESTAMP_INVALID";
}

test("a timestamp is a whole number of ms that fits 64 bits", () => {
  for (const value of [0, -5, 2 ** 53 - 1, 5n, LONG_MIN, LONG_MAX]) {
    assert.equal(BigInt(checkTimestamp(value, "op")), BigInt(value));
  }
  const wrong = [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 63, LONG_MAX + 1n, "5", null];
  for (const value of [...wrong, undefined, new Date(0)]) {
    assert.throws(() => checkTimestamp(value, "op"), isInvalid);
  }
});

test("a watermark may be a Watermark, and infinite", () => {
  assert.equal(checkWatermark(new Watermark(5), "op"), 5n);
  assert.equal(checkWatermark(Watermark.MAX_WATERMARK, "op"), LONG_MAX);
  assert.equal(checkWatermark(Number.NEGATIVE_INFINITY, "op"), LONG_MIN);
  assert.equal(checkWatermark(Number.POSITIVE_INFINITY, "op"), LONG_MAX);
  assert.equal(checkWatermark(-1000, "op"), -1000n);
  for (const value of [0.5, Number.NaN, "5", null, { timestamp: 5 }]) {
    assert.throws(() => checkWatermark(value, "op"), isInvalid);
  }
});

test("the largest time of rows is that of their values", async () => {
  const memory = await createMemory(1 << 26);
  const time = fc.option(
    fc.oneof(
      fc.bigInt({ min: LONG_MIN, max: LONG_MAX }),
      fc.bigInt({ min: -3n, max: 3n }),
      fc.constantFrom(LONG_MIN, LONG_MAX, -(2n ** 32n), 2n ** 32n - 1n),
    ),
  );
  fc.assert(
    fc.property(fc.array(time, { maxLength: 40 }), fc.nat(40), fc.nat(40), (times, a, b) => {
      const rows = times.map((timestampMs, value) => ({ value, timestampMs }));
      const batch = buildBatch(memory, rows, batchType(INT));
      const [from, to] = [Math.min(a, b), Math.min(Math.max(a, b), times.length)];
      const expected = times
        .slice(from, to)
        .reduce<bigint>((max, each) => (each !== null && each > max ? each : max), LONG_MIN);
      assert.equal(memory.kernels.latestTime(batch.ptr, from, to), expected);
      batch.dispose();
    }),
    { seed: 71, numRuns: 500 },
  );
});
