import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WindowOracle } from "../../../../oracle/windows.ts";
import { batchType, createHarness, INT, STRING, type TimedRow, tuple } from "./harness.ts";
import { asResults, foldOf, grouped, type Row, WindowJob, type WindowShape } from "./window-job.ts";

const SEED = 20261125;
const TYPE = batchType(tuple(STRING, INT, STRING));

type Step =
  | { readonly kind: "records"; readonly rows: readonly (readonly [string, number, number])[] }
  | { readonly kind: "watermark"; readonly advance: number }
  | { readonly kind: "restore" };

const times = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: -60, max: 60 }) },
  { weight: 1, arbitrary: fc.integer({ min: -100_000, max: 100_000 }) },
);
const records = fc.array(
  fc.tuple(fc.constantFrom("a", "b", "", "__proto__"), fc.integer({ min: -9, max: 9 }), times),
  { minLength: 1, maxLength: 12 },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: records.map((rows) => ({ kind: "records" as const, rows })) },
  {
    weight: 3,
    arbitrary: fc.nat({ max: 30 }).map((advance) => ({ kind: "watermark" as const, advance })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restore" as const }) },
);
const shape: fc.Arbitrary<WindowShape> = fc.record({
  size: fc.integer({ min: 1, max: 20 }),
  slide: fc.integer({ min: 1, max: 20 }),
  offset: fc.integer({ min: -7, max: 7 }),
  allowedLateness: fc.constantFrom(0, 0, 5, 40),
  function: fc.constantFrom(
    "sum" as const,
    "min" as const,
    "max" as const,
    "minBy" as const,
    "maxBy" as const,
    "reduce" as const,
    "aggregate" as const,
    "aggregate in JavaScript" as const,
  ),
  sideOutput: fc.boolean(),
  rowCapacity: fc.integer({ min: 1, max: 3 }),
  type: fc.constant(TYPE),
});

test("windows of random streams are those of an oracle, also after restores, and leave nothing behind", async () => {
  const harness = await createHarness();
  const run = async (options: WindowShape, steps: readonly Step[]): Promise<void> => {
    const job = await WindowJob.open(harness, options);
    const oracle = new WindowOracle({
      size: BigInt(options.size),
      slide: BigInt(options.slide),
      offset: BigInt(options.offset),
      allowedLateness: BigInt(options.allowedLateness),
      fold: foldOf(options.function),
    });
    let watermark = -70n;
    let noted = 0;
    for (const next of [...steps, { kind: "watermark", advance: 10 ** 7 } as const]) {
      if (next.kind === "restore") {
        await job.restore();
        oracle.forgetWatermark();
      } else if (next.kind === "watermark") {
        watermark += BigInt(next.advance);
        const fired = asResults(await job.watermark(watermark));
        const expected = oracle.watermark(watermark);
        assert.deepEqual(grouped(fired), grouped(expected));
        assert.deepEqual(
          fired.map(({ time }) => time),
          expected.map(({ time }) => time),
        );
      } else {
        const rows = next.rows.map(([key, value, timestampMs]): TimedRow => {
          noted += 1;
          return { value: [key, value, `note ${noted}`], timestampMs };
        });
        const results = asResults(await job.process(rows));
        const expected = rows.flatMap(({ value, timestampMs }) =>
          oracle.process({ key: (value as Row)[0], time: BigInt(timestampMs ?? 0), record: value }),
        );
        assert.deepEqual(grouped(results), grouped(expected));
      }
    }
    assert.equal(oracle.openCount, 0);
    const late = options.sideOutput ? job.late.length : job.dropped;
    assert.equal(late, oracle.late.length);
    assert.deepEqual(new Set(job.late), new Set(options.sideOutput ? oracle.late : []));
    await job.close();
  };
  await fc.assert(fc.asyncProperty(shape, fc.array(step, { maxLength: 12 }), run), {
    seed: SEED,
    numRuns: 250,
  });
});

test("rows without a time are refused", async () => {
  const harness = await createHarness();
  const shape = {
    size: 10,
    slide: 10,
    offset: 0,
    allowedLateness: 0,
    rowCapacity: 3,
    type: TYPE,
  } as const;
  const job = await WindowJob.open(harness, { ...shape, function: "sum", sideOutput: false });
  const timed = { value: ["a", 1, "x"], timestampMs: 1 };
  const timeless = { value: ["a", 1, "x"], timestampMs: null };
  const refused = { code: "MR_RECORD_NO_TIMESTAMP" };
  await assert.rejects(job.process([timeless]), refused);
  await assert.rejects(job.process([timed, timeless]), refused);
  await job.close();
});

test("times at the ends of the range wrap as in Flink", async () => {
  const harness = await createHarness();
  const shape = {
    size: 10,
    slide: 10,
    offset: 0,
    allowedLateness: 0,
    rowCapacity: 3,
    type: TYPE,
  } as const;
  const job = await WindowJob.open(harness, { ...shape, function: "sum", sideOutput: false });
  const least = -(2n ** 63n);
  const value = ["a", 1, "x"];
  assert.deepEqual(await job.process([{ value, timestampMs: 2n ** 63n - 1n }]), []);
  assert.deepEqual(await job.process([{ value, timestampMs: least + 9n }]), []);
  // The first one's window ends beyond Long.MAX, in the distant past: any watermark is behind it.
  const fired = await job.watermark(least + 100n);
  assert.deepEqual(fired, [
    { value, timestampMs: BigInt.asIntN(64, 2n ** 63n - 1n - 7n + 9n) },
    { value, timestampMs: least + 17n },
  ]);
  await job.close();
});

test("records that wait for the next watermark after a restore outlast another one", async () => {
  const harness = await createHarness();
  const shape = {
    size: 10,
    slide: 10,
    offset: 0,
    allowedLateness: 100,
    rowCapacity: 3,
    type: TYPE,
  } as const;
  const job = await WindowJob.open(harness, { ...shape, function: "sum", sideOutput: false });
  await job.process([
    { value: ["a", 1, "x"], timestampMs: 5 },
    { value: ["b", 7, "x"], timestampMs: 5 },
  ]);
  assert.equal((await job.watermark(20n)).length, 2);
  await job.restore();
  assert.deepEqual(await job.process([{ value: ["a", 2, "y"], timestampMs: 6 }]), []);
  await job.restore();
  assert.deepEqual(await job.watermark(20n), [{ value: ["a", 3, "x"], timestampMs: 9 }]);
  await job.close();
});

test("each record of windows that have fired gives a result in each, however many there are", async () => {
  const harness = await createHarness();
  const shape = {
    size: 40,
    slide: 10,
    offset: 0,
    allowedLateness: 1000,
    rowCapacity: 3000,
    type: TYPE,
  } as const;
  const job = await WindowJob.open(harness, { ...shape, function: "sum", sideOutput: false });
  await job.watermark(100n);
  const rows = Array.from({ length: 6000 }, (_, index) => ({
    value: ["a", 1, "x"],
    timestampMs: index % 2 === 0 ? 5 : 15,
  }));
  assert.equal((await job.process(rows)).length, 4 * rows.length);
  await job.close();
});
