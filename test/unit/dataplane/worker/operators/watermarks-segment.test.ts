import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { WatermarkOutput } from "../../../../../dataplane/connectors/watermark-generator.ts";
import type { OperatorSpec, WatermarksSpec } from "../../../../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import { METRIC_CURRENT_WATERMARK } from "../../../../../dataplane/protocol/metrics-layout.ts";
import { STATUS_DONE } from "../../../../../dataplane/protocol/status.ts";
import { createSegments } from "../../../../../dataplane/worker/operators/create-segments.ts";
import type { Cursor, Segment } from "../../../../../dataplane/worker/segment.ts";
import { batchType, buildBatch, createHarness, INT, readRows, STRING } from "./harness.ts";

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

type Element = { readonly value: unknown; readonly time: bigint | null } | string;
interface Row {
  readonly value: number;
  readonly timestampMs: number | null;
}

const PUNCTUATED: WatermarksSpec = {
  generator: { kind: "function" },
  assigner: true,
  idlenessMs: null,
  intervalMs: 200,
};
const BOUNDED: WatermarksSpec = {
  generator: { kind: "max-timestamp", lagMs: 1 },
  assigner: false,
  idlenessMs: null,
  intervalMs: 200,
};

/** Behind even values: watermark = value * 10; behind multiples of 7: idle first. */
const generator = {
  onEvent(value: number, _timestampMs: number, output: WatermarkOutput): void {
    if (value % 7 === 0) output.markIdle();
    if (value % 2 === 0) output.emitWatermark(value * 10);
  },
  onPeriodicEmit: () => undefined,
};

const timeOf = (value: number, given: number | bigint): number | bigint =>
  value < 0 ? given : value * 10;

async function open(
  watermarks: WatermarksSpec,
  functions: { timestamps?: unknown; generator?: unknown } = {},
  outputRows = 3,
) {
  const spec: OperatorSpec = {
    kind: "watermarks",
    id: "w",
    name: "times",
    input: null,
    inputType: batchType(INT),
    outputType: batchType(INT),
    engine: "js",
    watermarks,
  };
  const { timestamps = timeOf, generator: supplier = () => generator } = functions;
  const harness = await createHarness({ "w/timestamps": timestamps, "w/generator": supplier }, [
    spec,
  ]);
  const segment = createSegments(harness.context, { outputRows })[0]?.segment as Segment;
  await segment.open();
  return { ...harness, segment };
}

/** Calls the segment as a chain does: rows out, then its own events, then again. */
function run(segment: Segment, call: (cursor: Cursor) => number): Element[] {
  const elements: Element[] = [];
  const cursor: Cursor = { row: 0, step: 0 };
  for (let status = -1, calls = 0; status !== STATUS_DONE; calls++) {
    assert.ok(calls < 1000, "it makes progress");
    status = call(cursor);
    const builder = segment.outputs[0]?.builder ?? null;
    if (builder !== null) {
      for (const { value, timestampMs } of readRows(builder)) {
        elements.push({ value, time: timestampMs === null ? null : BigInt(timestampMs) });
      }
      builder.reset();
    }
    for (let event = segment.takeControl?.(); event; event = segment.takeControl?.()) {
      elements.push(event.kind === "watermark" ? String(event.watermarkMs) : eventText(event));
    }
  }
  return elements;
}

function eventText(event: { readonly kind: string; readonly status?: string }): string {
  return event.status ?? event.kind;
}

/** Record by record, as TimestampsAndWatermarksOperator says it. */
function expected(rows: readonly Row[]): Element[] {
  const elements: Element[] = [];
  let current = LONG_MIN;
  let isIdle = false;
  for (const { value, timestampMs } of rows) {
    const time = BigInt(timeOf(value, timestampMs ?? LONG_MIN));
    elements.push({ value, time });
    if (value % 7 === 0 && !isIdle) {
      isIdle = true;
      elements.push("idle");
    }
    if (value % 2 !== 0 || BigInt(value * 10) <= current) continue;
    current = BigInt(value * 10);
    if (isIdle) elements.push("active");
    isIdle = false;
    elements.push(String(current));
  }
  return elements;
}

test("rows and watermarks come in the order of the records, whatever fits the output", async () => {
  const row = fc.record({
    value: fc.integer({ min: -30, max: 60 }),
    timestampMs: fc.option(fc.integer({ min: -1000, max: 1000 })),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(row, { maxLength: 20 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 5 }),
      async (batches, outputRows) => {
        const { segment, memory } = await open(PUNCTUATED, {}, outputRows);
        const elements = batches.flatMap((rows) => {
          const batch = buildBatch(memory, rows, batchType(INT));
          return run(segment, (cursor) => segment.process(batch, cursor));
        });
        assert.deepEqual(elements, expected(batches.flat()));
        await segment.close();
      },
    ),
    { seed: 5, numRuns: 60 },
  );
});

test("times that are there are kept; a record without one gets Long.MIN, as in Flink", async () => {
  const { segment, memory, metrics } = await open(BOUNDED);
  const feed = (rows: Row[]): Element[] => {
    const batch = buildBatch(memory, rows, batchType(INT));
    return run(segment, (cursor) => segment.process(batch, cursor));
  };
  assert.deepEqual(feed([{ value: 1, timestampMs: 500 }]), [{ value: 1, time: 500n }]);
  assert.deepEqual(
    feed([
      { value: 2, timestampMs: null },
      { value: 3, timestampMs: 700 },
    ]),
    [
      { value: 2, time: LONG_MIN },
      { value: 3, time: 700n },
    ],
  );
  assert.equal(segment.nextTimerMs, 200);
  assert.deepEqual(
    run(segment, (cursor) => segment.timer(199n, cursor)),
    [],
  );
  assert.deepEqual(
    run(segment, (cursor) => segment.timer(200n, cursor)),
    ["699"],
  );
  assert.equal(metrics.get(METRIC_CURRENT_WATERMARK), 699);
  assert.deepEqual(
    run(segment, (cursor) => segment.watermark(5000n, cursor)),
    [],
  );
  assert.deepEqual(
    run(segment, (cursor) => segment.watermark(LONG_MAX, cursor)),
    [String(LONG_MAX)],
  );
});

test("the columns of a key are left behind, and another type of record is taken as it comes", async () => {
  const { segment, memory } = await open(BOUNDED);
  const keyed = buildBatch(
    memory,
    [{ value: 1, timestampMs: 5, key: "k", keyGroup: 3 }],
    batchType(INT, STRING),
  );
  assert.deepEqual(
    run(segment, (cursor) => segment.process(keyed, cursor)),
    [{ value: 1, time: 5n }],
  );
  const texts = buildBatch(memory, [{ value: "a", timestampMs: 6 }], batchType(STRING));
  assert.deepEqual(
    run(segment, (cursor) => segment.process(texts, cursor)),
    [{ value: "a", time: 6n }],
  );
});

test("with an interval of 0 there are no periodic watermarks", async () => {
  const { segment } = await open({ ...BOUNDED, intervalMs: 0 });
  assert.equal(segment.nextTimerMs, Number.POSITIVE_INFINITY);
});

const failures: readonly (readonly [string, string, RegExp, Parameters<typeof open>[1]])[] = [
  ["a time that is none", "MR_TIMESTAMP_INVALID", /timestamp is 0\.5/, { timestamps: () => 0.5 }],
  [
    "an assigner that throws",
    "MR_FUNCTION_THREW",
    /threw at .* on 1: no time/,
    {
      timestamps: () => {
        throw new Error("no time");
      },
    },
  ],
  ["an assigner that is async", "MR_FUNCTION_ASYNC", /Promise/, { timestamps: async () => 1 }],
  [
    "a watermark that is none",
    "MR_TIMESTAMP_INVALID",
    /watermark is NaN/,
    {
      generator: () => ({
        ...generator,
        onEvent: (_: 0, __: 0, o: WatermarkOutput) => o.emitWatermark(Number.NaN),
      }),
    },
  ],
  ["a supplier of nothing", "MR_FUNCTION_INVALID", /onPeriodicEmit/, { generator: () => null }],
];

for (const [what, code, message, functions] of failures) {
  test(`${what} fails with ${code}`, async () => {
    await assert.rejects(
      async () => {
        const { segment, memory } = await open(PUNCTUATED, functions);
        const batch = buildBatch(memory, [{ value: 1, timestampMs: 0 }], batchType(INT));
        run(segment, (cursor) => segment.process(batch, cursor));
      },
      (error) => error instanceof EngineError && error.code === code && message.test(error.message),
    );
  });
}
