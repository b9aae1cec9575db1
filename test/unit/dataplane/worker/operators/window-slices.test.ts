/** Windows that share slices: streams near to order, on both sides of what sharing asks of records. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BatchType } from "../../../../../dataplane/protocol/deployment.ts";
import { type OracleResult, WindowOracle } from "../../../../oracle/windows.ts";
import {
  batchType,
  createHarness,
  type Harness,
  INT,
  NUMBER,
  STRING,
  type TimedRow,
  tuple,
} from "./harness.ts";
import { asResults, foldOf, grouped, type Row, WindowJob, type WindowShape } from "./window-job.ts";

const SEED = 20261125;
/** Nothing else shows; the first record's note shows; sums may be rounded. */
const PAIRS = batchType(tuple(STRING, INT));
const NOTED = batchType(tuple(STRING, INT, STRING));
const NUMBERS = batchType(tuple(STRING, NUMBER));

interface Record {
  readonly key: string;
  readonly value: number;
  /** After the clock of its batch. */
  readonly delay: number;
}

type Step =
  | {
      readonly kind: "records";
      readonly advance: number;
      readonly isSorted: boolean;
      readonly isWhole: boolean;
      readonly rows: readonly Record[];
    }
  /** Behind the clock. */
  | { readonly kind: "watermark"; readonly lag: number }
  | { readonly kind: "restore" };

const delay = fc.oneof(
  { weight: 20, arbitrary: fc.nat({ max: 12 }) },
  { weight: 1, arbitrary: fc.integer({ min: -60, max: 0 }) },
);
const record = fc.record({
  key: fc.constantFrom("a", "b", "c", ""),
  value: fc.integer({ min: -9, max: 9 }),
  delay,
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("records" as const),
      advance: fc.nat({ max: 20 }),
      isSorted: fc.boolean(),
      isWhole: fc.boolean(),
      rows: fc.array(record, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("watermark" as const),
      lag: fc.constantFrom(-13, -3, 0, 5, 25),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restore" as const }) },
);

const shape: fc.Arbitrary<WindowShape> = fc
  .record({
    slide: fc.integer({ min: 1, max: 6 }),
    slides: fc.integer({ min: 4, max: 9 }),
    rest: fc.nat({ max: 5 }),
    offset: fc.integer({ min: -5, max: 5 }),
    allowedLateness: fc.constantFrom(0, 0, 7, 40),
    function: fc.constantFrom("sum" as const, "min" as const, "max" as const),
    byRecord: fc.constantFrom(null, null, "minBy" as const, "maxBy" as const),
    sideOutput: fc.boolean(),
    rowCapacity: fc.integer({ min: 1, max: 3 }),
    type: fc.constantFrom(PAIRS, NOTED, NUMBERS),
  })
  .map(({ slides, rest, byRecord, ...others }) => ({
    ...others,
    size: others.slide * slides + (rest % others.slide),
    function: byRecord ?? others.function,
  }));

function rowOf({ key, value }: Record, type: BatchType, isWhole: boolean, note: number): Row {
  if (type === NOTED) return [key, value, `note ${note}`];
  if (type === PAIRS || isWhole) return [key, value];
  return [key, value % 2 === 0 ? value * 2 ** 53 : value];
}

/** Runs steps, in an oracle too, on subtasks that become one at the first restore. */
class Comparison {
  readonly #shape: WindowShape;
  readonly #oracle: WindowOracle;
  #jobs: readonly WindowJob[];
  #clock = -100;
  #watermark = -300n;
  #noted = 0;

  constructor(options: WindowShape, jobs: readonly WindowJob[]) {
    this.#shape = options;
    this.#jobs = jobs;
    this.#oracle = new WindowOracle({
      size: BigInt(options.size),
      slide: BigInt(options.slide),
      offset: BigInt(options.offset),
      allowedLateness: BigInt(options.allowedLateness),
      fold: foldOf(options.function),
    });
  }

  async take(next: Step): Promise<void> {
    if (next.kind === "records") await this.#takeRecords(next);
    else if (next.kind === "watermark") await this.#takeWatermark(next.lag);
    else await this.#restore();
  }

  async finish(): Promise<void> {
    await this.#takeWatermark(-1_000_000);
    assert.equal(this.#oracle.openCount, 0);
    for (const job of this.#jobs) await job.close();
  }

  async #takeRecords({ advance, isSorted, isWhole, rows }: Step & { kind: "records" }) {
    this.#clock += advance;
    const timed = rows.map((each): TimedRow & { timestampMs: number } => {
      this.#noted += 1;
      const value = rowOf(each, this.#shape.type, isWhole, this.#noted);
      return { value, timestampMs: this.#clock + each.delay };
    });
    if (isSorted) timed.sort((a, b) => a.timestampMs - b.timestampMs);
    const expected = timed.flatMap(({ value, timestampMs }) => {
      const key = (value as Row)[0];
      return this.#oracle.process({ key, time: BigInt(timestampMs), record: value });
    });
    const results: OracleResult[] = [];
    for (const [index, job] of this.#jobs.entries()) {
      const own = timed.filter(({ value }) => this.#jobOf(value as Row) === index);
      if (own.length > 0) results.push(...asResults(await job.process(own)));
    }
    assert.deepEqual(grouped(results), grouped(expected));
  }

  async #takeWatermark(lag: number): Promise<void> {
    const watermark = BigInt(this.#clock - lag);
    if (watermark > this.#watermark) this.#watermark = watermark;
    const expected = this.#oracle.watermark(this.#watermark);
    const fired: OracleResult[] = [];
    for (const job of this.#jobs) fired.push(...asResults(await job.watermark(this.#watermark)));
    assert.deepEqual(grouped(fired), grouped(expected));
    const order = fired.map(({ time }) => time);
    if (this.#jobs.length === 1) {
      assert.deepEqual(
        order,
        expected.map(({ time }) => time),
      );
    }
  }

  async #restore(): Promise<void> {
    const [first, ...others] = this.#jobs as [WindowJob, ...WindowJob[]];
    await first.restoreWith(others);
    this.#jobs = [first];
    this.#oracle.forgetWatermark();
  }

  #jobOf([key]: Row): number {
    return key < "b" ? 0 : this.#jobs.length - 1;
  }
}

async function check(
  harness: Harness,
  subtasks: number,
  options: WindowShape,
  steps: readonly Step[],
): Promise<void> {
  const jobs: WindowJob[] = [];
  for (let index = 0; index < subtasks; ++index) jobs.push(await WindowJob.open(harness, options));
  const comparison = new Comparison(options, jobs);
  for (const next of steps) await comparison.take(next);
  await comparison.finish();
}

test("windows that share slices give what folding record by record gives", async () => {
  const harness = await createHarness();
  const run = (options: WindowShape, steps: readonly Step[]) => check(harness, 1, options, steps);
  await fc.assert(fc.asyncProperty(shape, fc.array(step, { maxLength: 20 }), run), {
    seed: SEED,
    numRuns: 200,
  });
});

test("sums of doubles are rounded as record by record", async () => {
  const harness = await createHarness();
  const sums = shape.map((any) => ({ ...any, function: "sum" as const, type: NUMBERS }));
  const run = (options: WindowShape, steps: readonly Step[]) => check(harness, 1, options, steps);
  await fc.assert(fc.asyncProperty(sums, fc.array(step, { maxLength: 20 }), run), {
    seed: SEED,
    numRuns: 150,
  });
});

test("one subtask goes on with the slices and windows of two", async () => {
  const harness = await createHarness();
  const run = (options: WindowShape, steps: readonly Step[]) => check(harness, 2, options, steps);
  await fc.assert(fc.asyncProperty(shape, fc.array(step, { maxLength: 20 }), run), {
    seed: SEED,
    numRuns: 200,
  });
});

test("records whose windows share a slice take one table, also a thousand windows", async () => {
  const harness = await createHarness();
  const job = await WindowJob.open(harness, {
    size: 10_000,
    slide: 10,
    offset: 0,
    allowedLateness: 0,
    function: "sum",
    sideOutput: false,
    rowCapacity: 100,
    type: PAIRS,
  });
  const before = harness.memory.liveBytes;
  await job.process([{ value: ["a", 1], timestampMs: 5 }]);
  assert.ok(harness.memory.liveBytes - before < 100_000);
  const fired = await job.watermark(10_008n);
  assert.equal(fired.length, 1000);
  await job.close();
});
