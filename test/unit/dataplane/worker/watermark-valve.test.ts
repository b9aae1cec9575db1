import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type StreamStatus, WatermarkValve } from "../../../../dataplane/worker/watermark-valve.ts";
import { projectRoot } from "../../../project-root.ts";

interface ValveCase {
  readonly name: string;
  readonly operator: { readonly kind: string; readonly channels: number };
  readonly input: readonly {
    readonly input: number;
    readonly watermark?: number | string;
    readonly status?: string;
  }[];
  readonly output: readonly {
    readonly watermark?: number | string;
    readonly status?: string;
    readonly at: number;
  }[];
}

const vectors = join(projectRoot, "test/conformance/operators/08-watermarks.json");
const cases = (JSON.parse(readFileSync(vectors, "utf8")) as readonly ValveCase[]).filter(
  ({ operator }) => operator.kind === "watermarkValve",
);

test("there are vectors for the valve", () => {
  assert.equal(cases.length, 5);
});

for (const { name, operator, input, output } of cases) {
  test(`answers as Flink does: ${name}`, () => {
    const actual: unknown[] = [];
    let at = 0;
    const valve = new WatermarkValve(operator.channels, {
      watermark: (watermarkMs) => actual.push({ watermark: String(watermarkMs), at }),
      status: (status) => actual.push({ status: status.toUpperCase(), at }),
    });
    for (const event of input) {
      const channel = event.input - 1;
      if (event.status === undefined) valve.inputWatermark(channel, BigInt(event.watermark ?? 0));
      else valve.inputStatus(channel, event.status.toLowerCase() as StreamStatus);
      at += 1;
    }
    const expected = output.map(({ watermark, status, at: index }) =>
      status === undefined ? { watermark: String(watermark), at: index } : { status, at: index },
    );
    assert.deepEqual(actual, expected);
  });
}

test("a status that changes nothing and a watermark that does not grow say nothing", () => {
  const actual: unknown[] = [];
  const valve = new WatermarkValve(1, {
    watermark: (watermarkMs) => actual.push(watermarkMs),
    status: (status) => actual.push(status),
  });
  valve.inputStatus(0, "active");
  valve.inputWatermark(0, 7n);
  valve.inputWatermark(0, 7n);
  valve.inputWatermark(0, 6n);
  valve.inputStatus(0, "idle");
  valve.inputStatus(0, "idle");
  valve.inputWatermark(0, 9n);
  assert.deepEqual(actual, [7n, "idle"]);
  assert.equal(valve.sent, 7n);
});
