import assert from "node:assert/strict";
import { before, test } from "node:test";

import fc from "fast-check";

import {
  CollectionSource,
  type CollectionSplit,
} from "../../../../dataplane/connectors/collection-source.ts";
import type { SourceOutput } from "../../../../dataplane/connectors/source.ts";
import { packGeneric, unpackGeneric } from "../../../../dataplane/formats/generic.ts";
import { createRowReader } from "../../../../dataplane/formats/row-reader.ts";
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import type { DataType } from "../../../../dataplane/protocol/types.ts";
import { assignedSplits, readerContext, taskMemory } from "./reader-harness.ts";

let memory: TaskMemory;
before(async () => {
  memory = await taskMemory();
});

/** Reads with batches of `rowCapacity` rows, a new reader from a snapshot after every `pollsPerReader` polls. */
async function roundTrip<T>(
  source: CollectionSource<T>,
  rowCapacity = 4096,
  pollsPerReader = Number.POSITIVE_INFINITY,
): Promise<readonly unknown[]> {
  const schema = Schema.of({ record: source.producedType, key: null });
  schema.descriptorPtr(memory);
  const liveBytes = memory.liveBytes;
  const builder = new BatchBuilder(memory, schema, { rowCapacity });
  const rowReader = createRowReader(schema);
  const output = {
    builder,
    get isFull() {
      return builder.isFull;
    },
    createOutputForSplit: () => assert.fail("one sequence"),
    releaseOutputForSplit: () => undefined,
    collect: () => assert.fail("no JavaScript values"),
  };
  const records: unknown[] = [];
  let [splits = []]: readonly (readonly CollectionSplit[])[] = await assignedSplits(source, 1);
  for (let isAtEnd = false; !isAtEnd; ) {
    const reader = source.createReader(readerContext({}, memory));
    await reader.start();
    reader.addSplits(splits);
    reader.notifyNoMoreSplits();
    for (let poll = 0; poll < pollsPerReader && !isAtEnd; ++poll) {
      let result = reader.pollNext(output);
      if (result === "nothing") {
        await reader.isAvailable();
        result = reader.pollNext(output);
      }
      isAtEnd = result === "end";
      rowReader.open(builder);
      for (let row = 0; row < builder.rowCount; ++row) records.push(rowReader.read(row));
      builder.reset();
    }
    splits = reader.snapshotState();
    await reader.close();
  }
  builder.dispose();
  assert.equal(memory.liveBytes, liveBytes, "the readers have given their memory back");
  return records;
}

function isError(code: string): (error: unknown) => boolean {
  return (error) => error instanceof EngineError && error.code === code;
}

test("any records come out as they went in, in order", async () => {
  const record = fc.tuple(
    fc.string({ unit: "binary" }),
    fc.double(),
    fc.boolean(),
    fc.option(fc.string()),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      async (records, rowCapacity) => {
        assert.deepEqual(await roundTrip(CollectionSource.of(records), rowCapacity), records);
      },
    ),
    { seed: 101, numRuns: 60 },
  );
});

test("restored after any poll no record is lost or repeated", async () => {
  const records = Array.from({ length: 100 }, (_, index) => ({ word: `w${index}`, count: index }));
  for (const [rowCapacity, polls] of [
    [1, 1],
    [7, 1],
    [7, 3],
    [4096, 1],
  ] as const) {
    assert.deepEqual(await roundTrip(CollectionSource.of(records), rowCapacity, polls), records);
  }
});

test("snapshots can be stored in files, and the rest comes from the program", async () => {
  const values = Array.from({ length: 20_000 }, (_, index) => index);
  const [splits = []] = await assignedSplits(CollectionSource.of(values), 1);
  const reader = CollectionSource.of(values).createReader(readerContext({}, memory));
  reader.addSplits(splits);
  const stored = unpackGeneric(packGeneric(reader.snapshotState(), { operator: "", path: "" }));
  assert.deepEqual(stored, [
    { position: 0, end: 8192, encoded: null },
    { position: 8192, end: 16_384, encoded: null },
    { position: 16_384, end: 20_000, encoded: null },
  ]);
  await reader.close();
});

test("a collection that has become too short since the snapshot is refused", async () => {
  const reader = CollectionSource.of([1, 2]).createReader(readerContext({}, memory));
  reader.addSplits([{ position: 1, end: 3, encoded: null }]);
  const output = { isFull: false } as SourceOutput<number>;
  assert.equal(reader.pollNext(output), "nothing");
  await reader.isAvailable();
  assert.throws(() => reader.pollNext(output), isError("MR_SOURCE_CHANGED"));
  await reader.close();
});

test("collections larger than a batch become several splits, all of one subtask", async () => {
  const values = Array.from({ length: 20_000 }, (_, index) => index);
  const source = CollectionSource.of(values, { kind: "INT" });
  const shares = await assignedSplits(source, 2);
  assert.deepEqual(
    shares.map((splits) => splits.length),
    [3, 0],
  );
  assert.equal(source.maxSourceParallelism, 1);
  assert.deepEqual(await roundTrip(source), values);
});

test("a record larger than a batch is carried whole", async () => {
  const values = ["a", "x".repeat(1_000_000), "b"];
  assert.deepEqual(await roundTrip(CollectionSource.of(values)), values);
});

test("the type is that of all values: fields they lack are null, what differs is GENERIC", async () => {
  const rows = CollectionSource.of<object>([{ a: 1 }, { a: 2, b: "x" }]);
  assert.deepEqual(await roundTrip(rows), [
    { a: 1, b: null },
    { a: 2, b: "x" },
  ]);
  const mixed = CollectionSource.of<unknown>([1, "a", [true]]);
  assert.deepEqual(mixed.producedType, { kind: "GENERIC" });
  assert.deepEqual(await roundTrip(mixed), [1, "a", [true]]);
});

test("iterables are taken once, and later changes of a collection do not matter", async () => {
  const set = new Set(["a", "b"]);
  const source = CollectionSource.of(set);
  set.add("c");
  assert.deepEqual(await roundTrip(source), ["a", "b"]);
  assert.deepEqual(await roundTrip(source), ["a", "b"], "a second job reads them again");
  function* count(): Generator<number> {
    yield 1;
    yield 2;
  }
  assert.deepEqual(await roundTrip(CollectionSource.of(count())), [1, 2]);
});

test("an empty collection is a source without splits", async () => {
  for (const type of [null, { kind: "STRING" }] satisfies (DataType | null)[]) {
    const source = CollectionSource.of([], type);
    assert.deepEqual(await assignedSplits(source, 1), [[]]);
    assert.deepEqual(await roundTrip(source), []);
  }
});

test("null and undefined are no records, wherever they are", () => {
  for (const values of [[null], ["a", undefined]]) {
    for (const type of [null, { kind: "STRING" }] satisfies (DataType | null)[]) {
      assert.throws(() => CollectionSource.of(values, type), isError("MR_RECORD_NULL"));
    }
  }
  assert.throws(() => CollectionSource.of(["a", null]), /null at index 1/);
});

test("a value that does not fit the declared type fails the start of the job", async () => {
  const source = CollectionSource.of<unknown>([1, 2.5], { kind: "INT" });
  await assert.rejects(assignedSplits(source, 1), isError("MR_TYPE_MISMATCH"));
  assert.throws(() => CollectionSource.of([() => 1]), isError("MR_TYPE_UNSUPPORTED"));
});
