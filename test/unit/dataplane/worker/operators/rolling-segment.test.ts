import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { KeyEncoder } from "../../../../../dataplane/formats/key-codec.ts";
import { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import type { BatchView } from "../../../../../dataplane/memory/batch-view.ts";
import { Schema } from "../../../../../dataplane/memory/schema.ts";
import type { BatchType, RollingFunction } from "../../../../../dataplane/protocol/deployment.ts";
import { STATUS_DONE } from "../../../../../dataplane/protocol/status.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_OPS,
  BUILDER_WITH_TIMESTAMPS,
} from "../../../../../dataplane/protocol/view-layout.ts";
import { FoldHead } from "../../../../../dataplane/worker/operators/fold-head.ts";
import { JsSegment } from "../../../../../dataplane/worker/operators/js-segment.ts";
import { OutputTarget } from "../../../../../dataplane/worker/operators/output-target.ts";
import type { RollingSpec } from "../../../../../dataplane/worker/operators/rolling-aggregate.ts";
import { RollingFold } from "../../../../../dataplane/worker/operators/rolling-js.ts";
import { RollingSegment } from "../../../../../dataplane/worker/operators/rolling-segment.ts";
import type { Cursor, Segment } from "../../../../../dataplane/worker/segment.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  drive,
  endInput,
  type Harness,
  INT,
  NUMBER,
  processBatch,
  STRING,
  scalar,
  type TimedRow,
  tuple,
  valuesOf,
} from "./harness.ts";

const SEED = 20260304;
/** Key groups of the harness' subtask are 32 to 63. */
const FIRST_GROUP = 32;
const BYTES = scalar("BYTES");
const WORD_COUNT = batchType(tuple(STRING, INT, STRING));

interface SpecOptions {
  readonly function?: RollingFunction;
  readonly field?: string | number;
  readonly type?: BatchType | null;
  readonly key?: RollingSpec["key"];
  readonly first?: boolean;
  readonly finalOnly?: boolean;
}

function specOf({ type = WORD_COUNT, ...options }: SpecOptions = {}): RollingSpec {
  return {
    id: "rolling",
    name: "sum of words",
    input: null,
    inputType: type,
    outputType: type === null ? null : batchType(type.record),
    engine: "wasm",
    kind: "rolling",
    function: options.function ?? "sum",
    field: options.field ?? 1,
    first: options.first ?? true,
    key: options.key ?? { kind: "fields", fields: [0] },
    finalOnly: options.finalOnly ?? false,
  };
}

/** Of a stream whose type is found at run time: its keys are encoded. */
function untyped(options: SpecOptions = {}): RollingSpec {
  return specOf({ type: null, key: { kind: "key-column" }, ...options });
}

function createJs(spec: RollingSpec, { context }: Harness): JsSegment {
  const { memory, maxRecordBytes } = context;
  const target = new OutputTarget({
    operatorId: spec.id,
    operatorName: spec.name,
    type: spec.outputType,
    keyType: null,
    memory,
    maxRecordBytes,
    builder: { flags: BUILDER_WITH_TIMESTAMPS },
  });
  const head = new FoldHead(spec, new RollingFold(spec), "shared", context);
  return new JsSegment({ head, steps: [], target, context });
}

function groupOf(key: unknown): number {
  const text = String(key);
  return FIRST_GROUP + (text.length === 0 ? 0 : (text.charCodeAt(0) * 7 + text.length) % 32);
}

function keyed(values: readonly (readonly unknown[])[]): TimedRow[] {
  return values.map((value, index) => ({ value, timestampMs: index, keyGroup: groupOf(value[0]) }));
}

/** Rows with the canonical bytes of a key beside them. */
function withKeys(rows: readonly { readonly key: unknown; readonly value: unknown }[]): TimedRow[] {
  const encoder = new KeyEncoder();
  return rows.map(({ key, value }, index) => ({
    value,
    timestampMs: index,
    key: Uint8Array.from(encoder.encode(key, { operator: "test", row: index })),
    keyGroup: groupOf(key),
  }));
}

/** A batch whose record type is found from its rows alone. */
function buildUntyped(harness: Harness, rows: readonly TimedRow[]): BatchBuilder {
  const found = buildBatch(harness.memory, rows).schema.type.record;
  return buildBatch(harness.memory, rows, batchType(found, BYTES));
}

function snapshot(
  harness: Harness,
  segment: RollingSegment,
  type: BatchType | null,
  rowCapacity = 2,
) {
  const batches: BatchBuilder[] = [];
  const flags = BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_TIMESTAMPS | BUILDER_WITH_OPS;
  for (let status = -1; type !== null && status !== STATUS_DONE; ) {
    const target = new BatchBuilder(harness.memory, Schema.of(type), { rowCapacity, flags });
    status = segment.encodeStep(target);
    batches.push(target);
  }
  return batches;
}

function restored(spec: RollingSpec, harness: Harness, rows: readonly BatchView[]): RollingSegment {
  const segment = new RollingSegment(spec, harness.context);
  segment.open();
  for (const batch of rows) segment.restore(batch);
  return segment;
}

test("sum keeps the other fields of the first record and the timestamp of the present one", async () => {
  const harness = await createHarness();
  const segment = new RollingSegment(specOf(), harness.context);
  segment.open();
  const rows = keyed([
    ["a", 1, "x"],
    ["a", 2, "y"],
    ["b", 5, "z"],
    ["a", -4, "w"],
  ]);
  const results = await processBatch(segment, buildBatch(harness.memory, rows, WORD_COUNT));
  assert.deepEqual(results, [
    { value: ["a", 1, "x"], timestampMs: 0 },
    { value: ["a", 3, "x"], timestampMs: 1 },
    { value: ["b", 5, "z"], timestampMs: 2 },
    { value: ["a", -1, "x"], timestampMs: 3 },
  ]);
  assert.deepEqual(await endInput(segment), []);
});

test("for bounded input each key gives its last value once, with the time of its last record", async () => {
  const harness = await createHarness();
  const segment = new RollingSegment(specOf({ finalOnly: true }), harness.context, {
    rowCapacity: 2,
  });
  segment.open();
  const words = Array.from({ length: 50 }, (_, index) => [`w${index % 7}`, index, "x"]);
  const input = buildBatch(harness.memory, keyed(words), WORD_COUNT);
  assert.deepEqual(await processBatch(segment, input), []);
  const results = await endInput(segment);
  const sums = new Map<unknown, number>();
  for (const [word, count] of words) sums.set(word, (sums.get(word) ?? 0) + (count as number));
  assert.deepEqual(
    new Map(
      results.map(({ value }) => (value as [string, number]).slice(0, 2) as [unknown, number]),
    ),
    sums,
  );
  const first = results.find(({ value }) => (value as readonly unknown[])[0] === "w0");
  assert.equal(first?.timestampMs, 49);
  assert.equal(results.length, 7);
});

test("a table larger than the caches gets its rows by key group, and the same results", async () => {
  const harness = await createHarness();
  const segment = new RollingSegment(specOf({ finalOnly: true }), harness.context);
  segment.open();
  const keys = 100_000;
  const rounds = [0, 1, 2];
  for (const round of rounds) {
    for (let from = 0; from < keys; from += 4_000) {
      const words = Array.from({ length: 4_000 }, (_, index) => [
        `w${from + index}`,
        round === 0 ? from + index : round,
        `round ${round}`,
      ]);
      const rows = words.map((value, index) => ({
        value,
        timestampMs: round * keys + from + index,
        keyGroup: FIRST_GROUP + ((from + index) % 32),
      }));
      const batch = buildBatch(harness.memory, rows, WORD_COUNT);
      assert.deepEqual(await processBatch(segment, batch), []);
      batch.dispose();
    }
  }
  const results = await endInput(segment);
  assert.equal(results.length, keys);
  for (const { value, timestampMs } of results) {
    const [word, sum, rest] = value as [string, number, string];
    const key = Number(word.slice(1));
    assert.deepEqual([sum, rest, timestampMs], [key + 3, "round 0", 2 * keys + key]);
  }
  await segment.close();
});

test("a segment that saw no rows has no final results", async () => {
  const harness = await createHarness();
  const segment = new RollingSegment(untyped({ finalOnly: true }), harness.context);
  segment.open();
  assert.deepEqual(await endInput(segment), []);
  assert.equal(segment.stateType, null);
});

test("fields are found by name in rows, by position in tuples", async () => {
  const harness = await createHarness();
  const row = (fields: readonly string[]): BatchType =>
    batchType({
      kind: "ROW",
      fields: fields.map((name) => ({ name, type: name === "word" ? STRING : NUMBER })),
    });
  const segment = new RollingSegment(
    specOf({ type: row(["word", "count"]), field: "count" }),
    harness.context,
  );
  segment.open();
  const value = { word: "a", count: 2 };
  const rows = [value, value].map((item) => ({
    value: item,
    timestampMs: null,
    keyGroup: FIRST_GROUP,
  }));
  const batch = buildBatch(harness.memory, rows, row(["word", "count"]));
  assert.deepEqual(valuesOf(await processBatch(segment, batch)), [value, { word: "a", count: 4 }]);
});

test("a field that is not there, or cannot be aggregated, is an error with a code", async () => {
  const { context } = await createHarness();
  const open = (options: SpecOptions) => () => new RollingSegment(specOf(options), context).open();
  assert.throws(open({ field: 3 }), { code: "MR_FIELD_UNKNOWN" });
  assert.throws(open({ field: "count" }), { code: "MR_FIELD_UNKNOWN" });
  assert.throws(open({ field: 0 }), { code: "MR_FIELD_NOT_NUMERIC" });
  assert.throws(open({ field: 1, type: batchType(tuple(STRING, BYTES)), function: "max" }), {
    code: "MR_FIELD_NOT_NUMERIC",
  });
  open({ field: 0, function: "max" })();
});

/** Records of every shape that make a type widen, each with a number `n` and a key. */
const anyRecord = fc.record(
  {
    n: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ noDefaultInfinity: true })),
    s: fc.oneof(fc.string(), fc.constant(null)),
    t: fc.oneof(fc.string(), fc.integer(), fc.tuple(fc.integer(), fc.string()), fc.constant(null)),
    u: fc.record({ x: fc.integer(), y: fc.oneof(fc.boolean(), fc.string()) }, { requiredKeys: [] }),
  },
  { requiredKeys: ["n"] },
);
const anyBatches = fc.array(
  fc.array(fc.record({ key: fc.constantFrom("a", "b", 1, 2n, true), value: anyRecord }), {
    minLength: 1,
    maxLength: 8,
  }),
  { minLength: 1, maxLength: 5 },
);

/** `undefined` fields and missing ones are the same to JSON-like comparison here. */
function normalize(rows: readonly TimedRow[]): unknown[] {
  return rows.map(({ value, timestampMs }) => [withoutNulls(value), timestampMs]);
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(fields.map(([name, item]) => [name, withoutNulls(item)]).sort());
}

test("streams typed at run time give what JavaScript gives, through every change of type and restore", async () => {
  const harness = await createHarness();
  const property = fc.asyncProperty(
    anyBatches,
    fc.constantFrom<RollingFunction>("sum", "min", "max", "minBy", "maxBy"),
    fc.boolean(),
    fc.integer({ min: 1, max: 5 }),
    async (batches, rollingFunction, finalOnly, rowCapacity) => {
      const spec = untyped({ function: rollingFunction, field: "n", finalOnly });
      const options = { rowCapacity, flags: BUILDER_WITH_TIMESTAMPS };
      const js = createJs(spec, harness);
      let wasm = new RollingSegment(spec, harness.context, options);
      await js.open();
      wasm.open();
      for (const rows of batches) {
        const batch = buildUntyped(harness, withKeys(rows));
        const expected = normalize(await processBatch(js, batch));
        assert.deepEqual(normalize(await processBatch(wasm, batch)), expected);
        const type = wasm.stateType;
        wasm.freeze(1n);
        const state = snapshot(harness, wasm, type);
        await wasm.close();
        wasm = restored(spec, harness, state);
        for (const builder of [batch, ...state]) builder.dispose();
      }
      const expected = normalize(await endInput(js))
        .map((row) => JSON.stringify(row))
        .sort();
      const actual = normalize(await endInput(wasm))
        .map((row) => JSON.stringify(row))
        .sort();
      assert.deepEqual(actual, expected);
      await js.close();
      await wasm.close();
    },
  );
  await fc.assert(property, { seed: SEED, numRuns: 60 });
});

test("results put out before a wider batch are shipped in the type they have", async () => {
  const harness = await createHarness();
  const segment = new RollingSegment(untyped({ field: "n" }), harness.context);
  segment.open();
  const narrow = buildUntyped(harness, withKeys([{ key: "a", value: { n: 1 } }]));
  const wide = buildUntyped(harness, withKeys([{ key: "a", value: { n: 2, extra: "x" } }]));
  const cursor: Cursor = { row: 0, step: 0 };
  assert.equal(segment.process(narrow, cursor), STATUS_DONE);
  const before = segment.outputs[0]?.builder as BatchBuilder;
  assert.equal(before.rowCount, 1);
  const next: Cursor = { row: 0, step: 0 };
  assert.notEqual(segment.process(wide, next), STATUS_DONE);
  assert.equal(segment.outputs[0]?.builder, before, "the rows still wait to be shipped");
  before.reset();
  const rows = await drive(segment, () => segment.process(wide, next));
  assert.deepEqual(valuesOf(rows), [{ n: 3, extra: null }]);
});

test("batches of producers that see different fields take turns in one state", async () => {
  const harness = await createHarness();
  const segment = new RollingSegment(untyped({ field: "n" }), harness.context);
  segment.open();
  const left = withKeys([{ key: "a", value: { n: 1, left: "l" } }]);
  const right = withKeys([{ key: "a", value: { right: 7, n: 10 } }]);
  const batches = [left, right, left, right].map((rows) => buildUntyped(harness, rows));
  const sums: unknown[] = [];
  for (const batch of batches) {
    const [result] = valuesOf(await processBatch(segment, batch));
    sums.push((result as { readonly n: number }).n);
  }
  assert.deepEqual(sums, [1, 11, 12, 22]);
  assert.deepEqual(segment.stateType?.record, {
    kind: "ROW",
    fields: [
      { name: "n", type: NUMBER },
      { name: "left", type: STRING },
      { name: "right", type: NUMBER },
    ],
  });
});

test("records of no common shape are aggregated in JavaScript, with what was there before", async () => {
  const harness = await createHarness();
  const segment = new RollingSegment(untyped({ field: 1 }), harness.context);
  segment.open();
  const first = withKeys([
    { key: "a", value: ["a", 1] },
    { key: "b", value: ["b", 5] },
  ]);
  const second = withKeys([
    { key: "a", value: ["a", 2, "longer"] },
    { key: "b", value: ["b", 6] },
  ]);
  await processBatch(segment, buildUntyped(harness, first));
  const third = await processBatch(segment, buildUntyped(harness, second));
  assert.deepEqual(valuesOf(third), [
    ["a", 3],
    ["b", 11],
  ]);
});

test("a snapshot goes on in the type it was frozen in while the state takes a wider one", async () => {
  const harness = await createHarness();
  const spec = untyped({ field: "n" });
  const segment = new RollingSegment(spec, harness.context);
  segment.open();
  const rows = ["a", "b", "c"].map((key) => ({ key, value: { n: 1 } }));
  await processBatch(segment, buildUntyped(harness, withKeys(rows)));
  const frozenType = segment.stateType;
  segment.freeze(1n);
  const wide = withKeys([{ key: "a", value: { n: 5, extra: true } }]);
  assert.deepEqual(valuesOf(await processBatch(segment, buildUntyped(harness, wide))), [
    { n: 6, extra: null },
  ]);
  const state = snapshot(harness, segment, frozenType, 1);
  assert.ok(state.length > 2);
  const again = restored(spec, harness, state);
  const more = buildUntyped(harness, withKeys(rows));
  assert.deepEqual(valuesOf(await processBatch(again, more)), [{ n: 2 }, { n: 2 }, { n: 2 }]);
  await segment.close();
});

test("running values survive a snapshot taken between any two batches", async () => {
  const harness = await createHarness();
  const spec = specOf();
  let segment: RollingSegment = restored(spec, harness, []);
  const sums: unknown[] = [];
  for (let round = 0; round < 5; ++round) {
    const batch = buildBatch(
      harness.memory,
      keyed([
        ["a", 1, "x"],
        [`k${round}`, 10, "y"],
      ]),
      WORD_COUNT,
    );
    sums.push(valuesOf(await processBatch(segment, batch)));
    const type = segment.stateType;
    segment.freeze(1n);
    const state = snapshot(harness, segment, type);
    await segment.close();
    segment = restored(spec, harness, state);
  }
  assert.deepEqual(
    sums,
    [1, 2, 3, 4, 5].map((sum) => [
      ["a", sum, "x"],
      [`k${sum - 1}`, 10, "y"],
    ]),
  );
});

test("close gives back all memory but the descriptors of schemas", async () => {
  const harness = await createHarness();
  const batch = buildBatch(
    harness.memory,
    keyed([
      ["a", 1, "x".repeat(500)],
      ["b", 2, "y"],
    ]),
    WORD_COUNT,
  );
  const cycle = async (): Promise<number> => {
    const before = harness.memory.liveBytes;
    const segment: Segment = new RollingSegment(specOf({ function: "maxBy" }), harness.context);
    await segment.open();
    await processBatch(segment, batch);
    segment.freeze(1n);
    await segment.close();
    return harness.memory.liveBytes - before;
  };
  assert.ok((await cycle()) <= 2 * 64, "input and output schema");
});
