import assert from "node:assert/strict";
import { test } from "node:test";

import { javaHash, keyGroupOfHash } from "../../../../../dataplane/formats/java-hash.ts";
import { KeyEncoder } from "../../../../../dataplane/formats/key-codec.ts";
import { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../../../../dataplane/memory/schema.ts";
import type { BatchType } from "../../../../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import { BUILDER_WITH_KEY_GROUPS } from "../../../../../dataplane/protocol/view-layout.ts";
import { createSegments } from "../../../../../dataplane/worker/operators/create-segments.ts";
import type { KeyedSpec } from "../../../../../dataplane/worker/operators/fold-head.ts";
import type { JsSegment } from "../../../../../dataplane/worker/operators/js-segment.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  encodeState,
  endInput,
  NUMBER,
  processBatch,
  readRows,
  rowsOf,
  STRING,
  type TimedRow,
  tuple,
  valuesOf,
} from "./harness.ts";
import {
  contextOf,
  FUNCTIONS,
  keyedRows,
  openKeyed,
  reduceSpec,
  restored,
  rollingSpec,
} from "./keyed-operators.ts";

test("final results come once per key at the end, with the time of the key's last record", async () => {
  const harness = await createHarness();
  const type = batchType(tuple(STRING, NUMBER));
  const values = [
    ["a", 1],
    ["b", 5],
    ["a", 2],
    ["c", 1],
    ["a", 4],
  ];
  const spec = rollingSpec("sum", 1, type, { finalOnly: true });
  for (const outputRows of [1, 4096]) {
    const segment = await openKeyed(harness, spec, undefined, outputRows);
    const batch = buildBatch(harness.memory, keyedRows(rowsOf(values), type.record), type);
    assert.deepEqual(await processBatch(segment, batch), []);
    const results = await endInput(segment);
    results.sort((x, y) => String(x.value).localeCompare(String(y.value)));
    assert.deepEqual(results, [
      { value: ["a", 7], timestampMs: 40 },
      { value: ["b", 5], timestampMs: 10 },
      { value: ["c", 1], timestampMs: 30 },
    ]);
    await segment.close();
  }
});

test("reduce gets accumulated value and new record in this order; the first record is unchanged", async () => {
  const harness = await createHarness();
  const type = batchType(tuple(STRING, STRING));
  const fn = { reduce: (a: [string, string], b: [string, string]) => [a[0], `(${a[1]}+${b[1]})`] };
  const segment = await openKeyed(harness, reduceSpec(type), fn);
  const values = [
    ["a", "p"],
    ["a", "q"],
    ["b", "x"],
    ["a", "r"],
  ];
  const batch = buildBatch(harness.memory, keyedRows(rowsOf(values), type.record), type);
  assert.deepEqual(valuesOf(await processBatch(segment, batch)), [
    ["a", "p"],
    ["a", "(p+q)"],
    ["b", "x"],
    ["a", "((p+q)+r)"],
  ]);
});

test("a reduce that changes its accumulator in place does not leak into a frozen snapshot", async () => {
  const harness = await createHarness();
  const type = batchType(tuple(NUMBER, { kind: "LIST", element: NUMBER }));
  const fn = (a: [number, number[]], b: [number, number[]]) => {
    a[1].push(...b[1]);
    return a;
  };
  const spec = reduceSpec(type);
  const rowsAt = (step: number) =>
    keyedRows(rowsOf(Array.from({ length: 20 }, (_, key) => [key, [step]])), type.record);
  const segment = (await openKeyed(harness, spec, fn)) as JsSegment;
  await processBatch(segment, buildBatch(harness.memory, rowsAt(1), type));
  segment.freeze(1n);
  const half = new BatchBuilder(harness.memory, Schema.of(segment.stateType ?? type), {
    rowCapacity: 7,
    flags: BUILDER_WITH_KEY_GROUPS,
  });
  segment.encodeStep(half);
  const newKey = keyedRows(rowsOf([[99, [2]]]), type.record);
  await processBatch(segment, buildBatch(harness.memory, [...rowsAt(2), ...newKey], type));
  const pages = [half, ...encodeState(harness.memory, segment, 3)];
  const snapshot = pages.flatMap(readRows);
  assert.equal(snapshot.length, 20);
  for (const { value } of snapshot) assert.deepEqual((value as [number, number[]])[1], [1]);
  assert.deepEqual(
    snapshot.map(({ value }) => (value as [number, number[]])[0]).sort((x, y) => x - y),
    Array.from({ length: 20 }, (_, key) => key),
  );

  const next = await openKeyed(harness, spec, fn);
  for (const page of pages) next.restore(page);
  const results = await processBatch(next, buildBatch(harness.memory, rowsAt(3), type));
  for (const { value } of results) assert.deepEqual((value as [number, number[]])[1], [1, 3]);

  segment.freeze(1n);
  const second = encodeState(harness.memory, segment, 4096).flatMap(readRows);
  assert.equal(second.length, 21);
});

test("operators behind a keyed one may change what they are given without changing the state", async () => {
  const harness = await createHarness();
  const type = batchType(tuple(STRING, NUMBER));
  const spec = rollingSpec("sum", 1, type);
  const map = {
    ...reduceSpec(type),
    kind: "map",
    id: "spoil",
    name: "spoil",
    input: "op",
    outputType: type,
  } as const;
  const spoil = (record: unknown[]) => {
    record[1] = -1;
    return record;
  };
  const context = { ...contextOf(harness, spec, spoil), operators: [spec, map] };
  const [node, ...others] = createSegments(context);
  assert.ok(node !== undefined && others.length === 0);
  await node.segment.open();
  const batch = buildBatch(
    harness.memory,
    keyedRows(
      rowsOf([
        ["a", 1],
        ["a", 2],
      ]),
      type.record,
    ),
    type,
  );
  assert.deepEqual(valuesOf(await processBatch(node.segment, batch)), [
    ["a", -1],
    ["a", -1],
  ]);
  const state = node.segment as JsSegment;
  state.freeze(1n);
  assert.deepEqual(
    encodeState(harness.memory, state, 10)
      .flatMap(readRows)
      .map(({ value }) => value),
    [["a", 3]],
  );
});

test("keys of no declared type are told apart by their canonical bytes, also after a restore", async () => {
  const harness = await createHarness();
  const type = batchType(tuple(NUMBER), { kind: "BYTES" });
  const spec = rollingSpec("sum", 0, type, { key: { kind: "key-column" } });
  const encoder = new KeyEncoder();
  const keys = [1, "1", 1n, [1], true, -0, 0, { a: 1, b: 2 }, { b: 2, a: 1 }];
  const rows = keys.map((key) => ({
    value: [1],
    timestampMs: null,
    key: encoder.encode(key, { operator: "keyBy", row: 0 }).slice(),
    keyGroup: keyGroupOfHash(javaHash(key, null), 128),
  }));
  const batch = buildBatch(harness.memory, rows, type);
  const sums = (results: readonly TimedRow[]) =>
    valuesOf(results).map((value) => (value as [number])[0]);
  let segment = await openKeyed(harness, spec);
  assert.deepEqual(sums(await processBatch(segment, batch)), [1, 1, 1, 1, 1, 1, 2, 1, 2]);
  segment = await restored(harness, segment, spec);
  assert.deepEqual(sums(await processBatch(segment, batch)), [2, 2, 2, 2, 2, 3, 4, 3, 4]);
});

test("null and NaN keys, null values and unknown fields are coded errors", async () => {
  const harness = await createHarness();
  const type = batchType(tuple(NUMBER, NUMBER));
  const run = async (
    spec: KeyedSpec,
    value: unknown,
    record: BatchType = type,
  ): Promise<EngineError> => {
    try {
      const segment = await openKeyed(harness, spec, (a: unknown) => a);
      await processBatch(
        segment,
        buildBatch(harness.memory, [{ value, timestampMs: null }], record),
      );
    } catch (error) {
      assert.ok(error instanceof EngineError, String(error));
      return error;
    }
    return assert.fail("nothing was thrown");
  };
  assert.equal((await run(reduceSpec(type), [null, 1])).code, "MR_KEY_NULL");
  assert.equal((await run(reduceSpec(type), [Number.NaN, 1])).code, "MR_KEY_NAN");
  for (const name of FUNCTIONS) {
    const error = await run(rollingSpec(name, 1, type), [1, null]);
    assert.equal(error.code, "MR_FIELD_NOT_NUMERIC");
    assert.equal(error.details["actual"], "null");
  }
  const unknown = await run(rollingSpec("sum", 7, type), [1, 1]);
  assert.deepEqual([unknown.code, unknown.details["fields"]], ["MR_FIELD_UNKNOWN", "0, 1"]);
  const texts = batchType(tuple(NUMBER, STRING));
  const text = await run(rollingSpec("sum", 1, texts), [1, "x"], texts);
  assert.deepEqual([text.code, text.details["actual"]], ["MR_FIELD_NOT_NUMERIC", "STRING"]);
});

test("a reduce that throws or answers nothing is a coded error", async () => {
  const harness = await createHarness();
  const type = batchType(tuple(STRING, NUMBER));
  const fail = (): never => {
    throw new Error("bad sum");
  };
  for (const [fn, code] of [
    [fail, "MR_FUNCTION_THREW"],
    [() => null, "MR_RECORD_NULL"],
    [async () => 1, "MR_FUNCTION_ASYNC"],
  ] as const) {
    const segment = await openKeyed(harness, reduceSpec(type), fn);
    const rows = keyedRows(
      rowsOf([
        ["a", 1],
        ["a", 2],
      ]),
      type.record,
    );
    await assert.rejects(() => processBatch(segment, buildBatch(harness.memory, rows, type)), {
      code,
    });
  }
});
