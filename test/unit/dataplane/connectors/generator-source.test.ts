import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  DataGeneratorSource,
  type GeneratorOptions,
} from "../../../../dataplane/connectors/generator-source.ts";
import { cutRange, type IndexRange } from "../../../../dataplane/connectors/index-range.ts";
import type { SourceReader } from "../../../../dataplane/connectors/source.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { FakeTimers } from "./fake-timers.ts";
import { assignedSplits, ObjectOutput, readerContext } from "./reader-harness.ts";

function readerOf<T>(
  source: DataGeneratorSource<T>,
  splits: readonly IndexRange[],
  parallelism = 1,
): SourceReader<T, IndexRange> {
  const reader = source.createReader(readerContext({ parallelism }));
  reader.start();
  reader.addSplits(splits);
  reader.notifyNoMoreSplits();
  return reader;
}

function readAll<T>(reader: SourceReader<T, IndexRange>, output: ObjectOutput<T>): readonly T[] {
  while (reader.pollNext(output) === "more") output.ship();
  return output.all;
}

const square = (index: number): number => index * index;

test("each subtask makes its contiguous share, and together they make all, once and in order", async () => {
  for (const [count, parallelism] of [
    [10, 3],
    [2, 4],
    [0, 2],
    [7, 1],
  ] as const) {
    const source = new DataGeneratorSource(square, count);
    const shares = await assignedSplits(source, parallelism);
    const made = shares.flatMap((splits) =>
      readAll(readerOf(source, splits, parallelism), new ObjectOutput(3)),
    );
    assert.deepEqual(
      made,
      Array.from({ length: count }, (_, index) => index * index),
    );
  }
});

test("shares differ by one at most, the larger ones first", () => {
  assert.deepEqual(
    cutRange(5, 15, 4).map(({ from, to }) => [from, to]),
    [
      [5, 8],
      [8, 11],
      [11, 13],
      [13, 15],
    ],
  );
});

test("without an end each subtask makes every p-th index, and the source is unbounded", async () => {
  const source = new DataGeneratorSource((index) => index, Number.POSITIVE_INFINITY);
  assert.equal(source.boundedness, "CONTINUOUS_UNBOUNDED");
  const shares = await assignedSplits(source, 3);
  const output = new ObjectOutput<number>(4);
  const reader = readerOf(source, shares[1] ?? [], 3);
  assert.equal(reader.pollNext(output), "more");
  assert.deepEqual(output.all, [1, 4, 7, 10]);
  const [split] = reader.snapshotState();
  assert.deepEqual(JSON.parse(JSON.stringify(split)), { from: 1, to: null, step: 3, position: 13 });
});

test("a reader restored from any snapshot goes on without a gap or a repeat", () => {
  const source = new DataGeneratorSource((index) => index, 50);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 }), (steps) => {
      let splits: readonly IndexRange[] = cutRange(0, 50, 2);
      const made: number[] = [];
      for (const step of steps) {
        const output = new ObjectOutput<number>(step);
        const reader = readerOf(source, splits);
        reader.pollNext(output);
        made.push(...output.all);
        splits = reader.snapshotState();
      }
      made.push(...readAll(readerOf(source, splits), new ObjectOutput(8)));
      assert.deepEqual(
        made,
        Array.from({ length: 50 }, (_, index) => index),
      );
    }),
    { seed: 51 },
  );
});

function limited(count: number, options: GeneratorOptions, parallelism: number) {
  const source = new DataGeneratorSource((index) => index, count, options);
  return readerOf(source, cutRange(0, count, 1), parallelism);
}

test("the rate is that of all subtasks together and is kept without sleeping", async () => {
  const timers = new FakeTimers();
  const reader = limited(1000, { ratePerSecond: 40, timers }, 2);
  const output = new ObjectOutput<number>(1000);
  assert.equal(reader.pollNext(output), "nothing");
  assert.equal(output.all.length, 1);
  for (let ms = 0; ms < 10_000; ms += 10) {
    timers.advance(10);
    assert.equal(reader.pollNext(output), "nothing");
    assert.equal(timers.pendingCount, 1, "one timer, however often it is polled");
  }
  assert.equal(output.all.length, 1 + 200);
});

test("isAvailable() settles when the next record is due, and close() takes the timer back", async () => {
  const timers = new FakeTimers();
  const reader = limited(10, { ratePerSecond: 10, timers }, 1);
  const output = new ObjectOutput<number>(1000);
  reader.pollNext(output);
  let isAvailable = false;
  const available = reader.isAvailable().then(() => {
    isAvailable = true;
  });
  timers.advance(99);
  await null;
  assert.equal(isAvailable, false);
  timers.advance(1);
  await available;
  assert.equal(reader.pollNext(output), "nothing");
  assert.deepEqual(output.all, [0, 1]);
  await reader.close();
  assert.equal(timers.pendingCount, 0);
});

test("a function that throws names the index and the place", () => {
  const source = new DataGeneratorSource((index) => {
    if (index === 3) throw new RangeError("three");
    return index;
  }, 10);
  const output = new ObjectOutput<number>(100);
  assert.throws(
    () => readAll(readerOf(source, cutRange(0, 10, 1)), output),
    (error) => {
      assert.ok(error instanceof EngineError && error.code === "MR_FUNCTION_THREW");
      assert.equal(error.details.record, "index 3");
      assert.match(String(error.details.position), /generator-source\.test\.[jt]s:\d+:\d+$/);
      return error.cause instanceof RangeError;
    },
  );
  assert.deepEqual(output.all, [0, 1, 2]);
});

test("counts and rates that make no sense are refused", () => {
  const make = (count: number, options?: GeneratorOptions) => () =>
    new DataGeneratorSource(square, count, options);
  for (const wrong of [make(-1), make(1.5), make(Number.NaN), make(1, { ratePerSecond: 0 })]) {
    assert.throws(
      wrong,
      (error) => error instanceof EngineError && error.code === "MR_FUNCTION_INVALID",
    );
  }
});
