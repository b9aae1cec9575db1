import assert from "node:assert/strict";
import { before, test } from "node:test";

import fc from "fast-check";

import { cutRange, type IndexRange } from "../../../../dataplane/connectors/index-range.ts";
import { NumberSequenceSource } from "../../../../dataplane/connectors/number-sequence-source.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { assignedSplits, ColumnOutput, readerContext, taskMemory } from "./reader-harness.ts";

let memory: TaskMemory;
before(async () => {
  memory = await taskMemory();
});

function outputOf(rowCapacity: number): ColumnOutput<number> {
  return new ColumnOutput(memory, { kind: "LONG" }, rowCapacity);
}

/** Polls `polls` times, shipping in between; answers the splits that are left. */
function readSome(
  splits: readonly IndexRange[],
  output: ColumnOutput<number>,
  polls: number,
): readonly IndexRange[] {
  const reader = new NumberSequenceSource(0, 0).createReader(readerContext());
  reader.start();
  reader.addSplits(splits);
  reader.notifyNoMoreSplits();
  for (let poll = 0; poll < polls && reader.pollNext(output) !== "end"; ++poll) output.ship();
  output.ship();
  return reader.snapshotState();
}

test("the sequence has both ends and is shared out in contiguous ranges", async () => {
  for (const [from, to, parallelism] of [
    [1, 10, 3],
    [-3, 3, 2],
    [5, 5, 4],
  ] as const) {
    const shares = await assignedSplits(new NumberSequenceSource(from, to), parallelism);
    const output = outputOf(3);
    for (const splits of shares) readSome(splits, output, Number.POSITIVE_INFINITY);
    assert.deepEqual(
      output.all,
      Array.from({ length: to - from + 1 }, (_, index) => from + index),
    );
    output.dispose();
  }
});

test("numbers are exact up to the safe limits, on both sides of 0 and of 2^32", () => {
  const max = Number.MAX_SAFE_INTEGER;
  for (const from of [-max, -(2 ** 32) - 2, -2, 2 ** 31 - 2, 2 ** 32 - 2, max - 4]) {
    const output = outputOf(4096);
    readSome(cutRange(from, from + 5, 1), output, 9);
    assert.deepEqual(
      output.all,
      [0, 1, 2, 3, 4].map((index) => from + index),
    );
    output.dispose();
  }
});

test("restored at any position it goes on with the next number", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 12 }), (polls) => {
      let splits: readonly IndexRange[] = cutRange(0, 40, 3);
      const output = outputOf(4);
      for (const count of polls) splits = readSome(splits, output, count);
      readSome(splits, output, Number.POSITIVE_INFINITY);
      assert.deepEqual(
        output.all,
        Array.from({ length: 40 }, (_, index) => index),
      );
      output.dispose();
    }),
    { seed: 52, numRuns: 50 },
  );
});

test("ends that are out of order or not safe integers are refused", () => {
  const max = Number.MAX_SAFE_INTEGER;
  for (const [from, to] of [
    [2, 1],
    [0, 0.5],
    [0, max + 1],
    [-max, max],
  ] as const) {
    assert.throws(
      () => new NumberSequenceSource(from, to),
      (error) => error instanceof EngineError && error.code === "MR_FUNCTION_INVALID",
    );
  }
});
