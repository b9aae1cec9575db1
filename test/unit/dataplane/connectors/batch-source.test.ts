import assert from "node:assert/strict";
import { before, test } from "node:test";

import fc from "fast-check";

import { ColumnsSource, type ColumnsSplit } from "../../../../dataplane/connectors/batch-source.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import type { DataType } from "../../../../dataplane/protocol/types.ts";
import { assignedSplits, ColumnOutput, readerContext, taskMemory } from "./reader-harness.ts";

const TYPE: DataType = {
  kind: "TUPLE",
  fields: [{ kind: "STRING" }, { kind: "NUMBER" }, { kind: "INT" }, { kind: "LONG" }],
};

let memory: TaskMemory;
before(async () => {
  memory = await taskMemory();
});

type Row = readonly [string, number, number, number];

function columnsOf(rows: readonly Row[]) {
  return [
    rows.map((row) => row[0]),
    Float64Array.from(rows, (row) => row[1]),
    Int32Array.from(rows, (row) => row[2]),
    BigInt64Array.from(rows, (row) => BigInt(row[3])),
  ];
}

/** Polls `polls` times, shipping in between; answers what is left. */
function readSome<T>(
  source: ColumnsSource<T>,
  splits: readonly ColumnsSplit[],
  output: ColumnOutput<T>,
  polls = Number.POSITIVE_INFINITY,
): readonly ColumnsSplit[] {
  const reader = source.createReader(readerContext());
  reader.start();
  reader.addSplits(splits);
  reader.notifyNoMoreSplits();
  for (let poll = 0; poll < polls && reader.pollNext(output) !== "end"; ++poll) output.ship();
  output.ship();
  return reader.snapshotState();
}

const rows = fc.array(
  fc.tuple(
    fc.string({
      unit: fc.constantFrom("a", "é", "€", "𝄞", "\ud800", "\0", "long text ".repeat(9)),
      maxLength: 6,
    }),
    fc.double(),
    fc.integer(),
    fc.maxSafeInteger(),
  ),
  { maxLength: 60 },
);

test("the subtasks' shares together are all rows, in order, whatever the batches", async () => {
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 700, max: 3000 }),
      async (all, parallelism, rowCapacity, byteCapacity) => {
        const source = ColumnsSource.of<Row>(columnsOf(all), TYPE);
        const shares = await assignedSplits(source, parallelism);
        assert.ok(shares.every((splits) => splits.length <= 1));
        const output = new ColumnOutput<Row>(memory, TYPE, rowCapacity, byteCapacity);
        for (const splits of shares) readSome(source, splits, output);
        assert.deepEqual(
          output.all,
          all.map((row) => [...row]),
        );
        assert.ok(output.timestamps.every((timestamp) => timestamp === null));
        output.dispose();
      },
    ),
    { seed: 81 },
  );
});

test("restored after any number of polls no row is lost or repeated", async () => {
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 8 }),
      async (all, polls) => {
        const source = ColumnsSource.of<Row>(columnsOf(all), TYPE);
        const output = new ColumnOutput<Row>(memory, TYPE, 3);
        let [splits = []] = await assignedSplits(source, 1);
        for (const count of polls) splits = readSome(source, splits, output, count);
        readSome(source, splits, output);
        assert.deepEqual(
          output.all,
          all.map((row) => [...row]),
        );
        output.dispose();
      },
    ),
    { seed: 82, numRuns: 50 },
  );
});

test("rows in blocks are dealt out in turn, in every pass, whose times are later", async () => {
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 20 }),
      async (all, parallelism, blockRows, passes, rowCapacity) => {
        const times = BigInt64Array.from(all, (_, index) => BigInt(index));
        const options = { timestamps: () => times, passes, passMs: 1000, blockRows };
        const source = ColumnsSource.of<Row>(() => columnsOf(all), TYPE, options);
        const shares = await assignedSplits(source, parallelism);
        for (let subtask = 0; subtask < parallelism; subtask++) {
          const output: ColumnOutput<Row> = new ColumnOutput(memory, TYPE, rowCapacity);
          let splits: readonly ColumnsSplit[] = shares[subtask] ?? [];
          for (let polls = 1; splits.length > 0; polls++) {
            splits = readSome(source, splits, output, polls);
          }
          const own = [...all.keys()].filter(
            (index) => Math.floor(index / blockRows) % parallelism === subtask,
          );
          const read = Array.from({ length: passes }, (_, pass) =>
            own.map((index) => ({ row: [...(all[index] ?? [])], time: 1000 * pass + index })),
          ).flat();
          assert.deepEqual(
            output.all,
            read.map(({ row }) => row),
          );
          assert.deepEqual(
            output.timestamps.map(Number),
            read.map(({ time }) => time),
          );
          output.dispose();
        }
      },
    ),
    { seed: 83, numRuns: 60 },
  );
});

test("a run of long strings makes small batches", async () => {
  const strings = [
    ...Array<string>(5000).fill("a"),
    ...Array<string>(20).fill("b".repeat(100_000)),
  ];
  const source = ColumnsSource.of<string>([strings], { kind: "STRING" });
  const output = new ColumnOutput<string>(memory, { kind: "STRING" });
  const [splits = []] = await assignedSplits(source, 1);
  const reader = source.createReader(readerContext());
  reader.start();
  reader.addSplits(splits);
  reader.notifyNoMoreSplits();
  while (reader.pollNext(output) !== "end") {
    assert.ok(output.builder.byteLength < 400_000, `${output.builder.byteLength}`);
    output.ship();
  }
  output.ship();
  assert.deepEqual(output.all, strings);
  output.dispose();
});

test("several passes read each share as often, from any snapshot on", async () => {
  const source = ColumnsSource.of<number>([Int32Array.of(1, 2, 3)], { kind: "INT" }, { passes: 3 });
  const output = new ColumnOutput<number>(memory, { kind: "INT" }, 2);
  let [splits = []] = await assignedSplits(source, 1);
  for (let poll = 0; poll < 3; ++poll) splits = readSome(source, splits, output, 1);
  readSome(source, splits, output);
  assert.deepEqual(output.all, [1, 2, 3, 1, 2, 3, 1, 2, 3]);
  output.dispose();
});

test("columns can be made by a function, where the splits are made and nowhere else", async () => {
  let calls = 0;
  const make = () => {
    calls += 1;
    return [Int32Array.of(7, 8)];
  };
  const source = ColumnsSource.of<number>(make, { kind: "INT" });
  const output = new ColumnOutput<number>(memory, { kind: "INT" });
  source.createReader(readerContext());
  assert.equal(calls, 0);
  for (const splits of await assignedSplits(source, 2)) readSome(source, splits, output);
  assert.equal(calls, 1);
  assert.deepEqual(output.all, [7, 8]);
  output.dispose();
  const wrong = ColumnsSource.of<number>(() => [Float64Array.of(7)], { kind: "INT" });
  await assert.rejects(
    assignedSplits(wrong, 1),
    (error) => error instanceof EngineError && error.code === "MR_TYPE_MISMATCH",
  );
});

test("timestamps come with their rows", async () => {
  const timestamps = BigInt64Array.of(5n, -7n, 0n, 9_007_199_254_740_991n, 1n);
  const source = ColumnsSource.of<number>(
    [Int32Array.of(1, 2, 3, 4, 5)],
    { kind: "INT" },
    { timestamps },
  );
  const output = new ColumnOutput<number>(memory, { kind: "INT" }, 2);
  for (const splits of await assignedSplits(source, 2)) readSome(source, splits, output);
  assert.deepEqual(output.all, [1, 2, 3, 4, 5]);
  assert.deepEqual(output.timestamps, Array.from(timestamps, Number));
  output.dispose();
});

test("numbers that lie in shared memory are not copied", async () => {
  const shared = new Int32Array(new SharedArrayBuffer(48), 8, 10).map((_, index) => index);
  const view = new Int32Array(new SharedArrayBuffer(48), 8, 10);
  view.set(shared);
  const source = ColumnsSource.of<number>([view], { kind: "INT" });
  const shares = await assignedSplits(source, 2);
  assert.equal(shares[1]?.[0]?.shared?.columns[0]?.data, view.buffer);
  const output = new ColumnOutput<number>(memory, { kind: "INT" });
  for (const splits of shares) readSome(source, splits, output);
  assert.deepEqual(output.all, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  output.dispose();
});

test("a row type takes its columns in the order of its fields", async () => {
  const type: DataType = {
    kind: "ROW",
    fields: [
      { name: "word", type: { kind: "STRING" } },
      { name: "count", type: { kind: "NUMBER" } },
    ],
  };
  const source = ColumnsSource.of<unknown>([["x"], Float64Array.of(2)], type);
  const output = new ColumnOutput<unknown>(memory, type);
  for (const splits of await assignedSplits(source, 1)) readSome(source, splits, output);
  assert.deepEqual(output.all, [["x", 2]]);
  output.dispose();
});

test("columns that do not fit the type or each other are refused", () => {
  const pair: DataType = { kind: "TUPLE", fields: [{ kind: "INT" }, { kind: "STRING" }] };
  const mismatches: readonly (() => unknown)[] = [
    () => ColumnsSource.of([Float64Array.of(1), ["a"]], pair),
    () => ColumnsSource.of([Int32Array.of(1), ["a", 1 as unknown as string]], pair),
    () => ColumnsSource.of([["true"]], { kind: "BOOLEAN" }),
  ];
  for (const call of mismatches) {
    assert.throws(
      call,
      (error) => error instanceof EngineError && error.code === "MR_TYPE_MISMATCH",
    );
  }
  const invalid: readonly (() => unknown)[] = [
    () => ColumnsSource.of([Int32Array.of(1)], pair),
    () => ColumnsSource.of([Int32Array.of(1, 2), ["a"]], pair),
    () => ColumnsSource.of([Int32Array.of(1)], { kind: "INT" }, { passes: 0 }),
    () =>
      ColumnsSource.of([Int32Array.of(1)], { kind: "INT" }, { timestamps: new BigInt64Array(2) }),
  ];
  for (const call of invalid) {
    assert.throws(
      call,
      (error) => error instanceof EngineError && error.code === "MR_FUNCTION_INVALID",
    );
  }
});
