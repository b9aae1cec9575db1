import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CombinedWatermark } from "../../../../dataplane/worker/combined-watermark.ts";

type Said = bigint | "idle" | "active";

function combined(inputCount: number): { readonly of: CombinedWatermark; readonly said: Said[] } {
  const said: Said[] = [];
  const of = new CombinedWatermark(inputCount, {
    watermark: (watermarkMs) => said.push(watermarkMs),
    status: (status) => said.push(status),
  });
  return { of, said };
}

test("the watermark of two inputs is the smaller one, and is sent when it grows", () => {
  const { of, said } = combined(2);
  of.inputWatermark(0, 10n);
  assert.deepEqual(said, []);
  of.inputWatermark(1, 5n);
  of.inputWatermark(0, 7n);
  of.inputWatermark(1, 20n);
  of.inputWatermark(0, 30n);
  assert.deepEqual(said, [5n, 10n, 20n]);
});

test("an idle input does not count, and what that makes due comes before the status", () => {
  const { of, said } = combined(2);
  of.inputWatermark(0, 10n);
  of.inputStatus(1, "idle");
  of.inputWatermark(0, 20n);
  of.inputStatus(0, "idle");
  of.inputStatus(1, "active");
  of.inputWatermark(1, 15n);
  of.inputWatermark(1, 25n);
  assert.deepEqual(said, [10n, 20n, "idle", "active", 25n]);
});

test("an input that goes idle gives the other's watermark free before all are idle", () => {
  const { of, said } = combined(2);
  of.inputWatermark(0, 30n);
  of.inputWatermark(1, 35n);
  of.inputStatus(0, "idle");
  of.inputStatus(1, "idle");
  assert.deepEqual(said, [30n, 35n, "idle"]);
});

test("a watermark ends the idleness of its input, though no status says so", () => {
  const { of, said } = combined(2);
  of.inputStatus(0, "idle");
  of.inputStatus(1, "idle");
  of.inputWatermark(0, 5n);
  of.inputStatus(0, "idle");
  assert.deepEqual(said, ["idle", 5n, "idle"]);
});

test("at any time the largest minimum over the inputs that are not idle has been sent", () => {
  const event = fc.record({
    which: fc.nat(2),
    what: fc.oneof(fc.bigInt(-50n, 50n), fc.constantFrom<Said>("idle", "active")),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const { of, said } = combined(3);
      const inputs = [0, 1, 2].map(() => ({ watermark: -(2n ** 63n), isIdle: false }));
      let largest = -(2n ** 63n);
      for (const { which, what } of events) {
        const input = inputs[which] as (typeof inputs)[number];
        if (typeof what === "bigint") {
          of.inputWatermark(which, what);
          input.isIdle = false;
          if (what > input.watermark) input.watermark = what;
        } else {
          of.inputStatus(which, what);
          input.isIdle = what === "idle";
        }
        const counted = inputs.flatMap(({ isIdle, watermark }) => (isIdle ? [] : [watermark]));
        const minimum = counted.reduce((a, b) => (a < b ? a : b), 2n ** 63n);
        if (counted.length > 0 && minimum > largest) largest = minimum;
        const sent = said.filter((one) => typeof one === "bigint");
        assert.equal(sent.at(-1) ?? -(2n ** 63n), largest);
      }
    }),
    { seed: 5, numRuns: 300 },
  );
});
