import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";

import { javaHash, keyGroupOfHash } from "../../../../../dataplane/formats/java-hash.ts";
import { KeyEncoder } from "../../../../../dataplane/formats/key-codec.ts";
import { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../../../../dataplane/memory/schema.ts";
import type {
  BatchType,
  KeySpec,
  RollingFunction,
} from "../../../../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import type { DataType, ScalarKind } from "../../../../../dataplane/protocol/types.ts";
import { BUILDER_WITH_KEY_GROUPS } from "../../../../../dataplane/protocol/view-layout.ts";
import { createSegments } from "../../../../../dataplane/worker/operators/create-segments.ts";
import type { KeyedSpec } from "../../../../../dataplane/worker/operators/fold-head.ts";
import type { JsSegment } from "../../../../../dataplane/worker/operators/js-segment.ts";
import type { RollingSpec } from "../../../../../dataplane/worker/operators/rolling-js.ts";
import type { Segment, SegmentContext } from "../../../../../dataplane/worker/segment.ts";
import { projectRoot } from "../../../../project-root.ts";
import { anyLong, anyNumber, anyString, SEED } from "../../formats/arbitraries.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  encodeState,
  endInput,
  type Harness,
  INT,
  NUMBER,
  processBatch,
  readRows,
  rowsOf,
  STRING,
  scalar,
  type TimedRow,
  tuple,
  valuesOf,
} from "./harness.ts";

const FIRST_FIELD: KeySpec = { kind: "fields", fields: [0] };

interface Options {
  readonly engine?: "js" | "wasm";
  readonly finalOnly?: boolean;
  readonly first?: boolean;
  readonly key?: KeySpec;
  readonly outputRows?: number;
}

function rollingSpec(
  name: RollingFunction,
  field: string | number,
  type: BatchType | null,
  options: Options = {},
): RollingSpec {
  return {
    kind: "rolling",
    function: name,
    field,
    first: options.first ?? true,
    key: options.key ?? FIRST_FIELD,
    finalOnly: options.finalOnly ?? false,
    id: "op",
    name: `${name} of ${field}`,
    input: null,
    inputType: type,
    outputType: type === null ? null : batchType(type.record),
    engine: options.engine ?? "js",
  };
}

function reduceSpec(type: BatchType | null, options: Options = {}): KeyedSpec {
  const { name: _, ...base } = rollingSpec("sum", 1, type, options);
  const { key, finalOnly, id, input, inputType, outputType, engine } = base;
  return {
    kind: "reduce",
    name: "reduce",
    key,
    finalOnly,
    id,
    input,
    inputType,
    outputType,
    engine,
  };
}

/** All key groups are this subtask's. */
function contextOf(harness: Harness, spec: KeyedSpec, fn?: unknown): SegmentContext {
  return {
    ...harness.context,
    subtaskIndex: 0,
    parallelism: 1,
    operators: [spec],
    functionOf: () => fn,
  };
}

async function openKeyed(
  harness: Harness,
  spec: KeyedSpec,
  fn?: unknown,
  outputRows?: number,
): Promise<Segment> {
  const options = outputRows === undefined ? {} : { outputRows };
  const [node] = createSegments(contextOf(harness, spec, fn), options);
  assert.ok(node !== undefined);
  await node.segment.open();
  return node.segment;
}

/** Rows with the key groups that the exchange gives them, by field 0. */
function keyedRows(rows: readonly TimedRow[], record: DataType): readonly TimedRow[] {
  const type = record.kind === "TUPLE" ? (record.fields[0] ?? null) : null;
  return rows.map((row) => {
    const [key] = row.value as readonly unknown[];
    return { ...row, keyGroup: keyGroupOfHash(javaHash(key, type), 128) };
  });
}

/** Field 1 of each record aggregated per field 0, the plain way. */
function oracle(
  rows: readonly (readonly [unknown, unknown, unknown])[],
  name: RollingFunction,
  first: boolean,
  add: (a: unknown, b: unknown) => unknown,
  rank: (value: unknown) => number | bigint | string,
): unknown[] {
  const state = new Map<unknown, readonly [unknown, unknown, unknown]>();
  return rows.map((row) => {
    const known = state.get(row[0]);
    let next = row;
    if (known !== undefined) {
      const [a, b] = [rank(known[1]), rank(row[1])];
      const better = name === "max" || name === "maxBy" ? b > a : b < a;
      const by = name === "minBy" || name === "maxBy";
      if (name === "sum") next = [known[0], add(known[1], row[1]), known[2]];
      else if (by) next = better || (a === b && !first) ? row : known;
      else next = better ? [known[0], row[1], known[2]] : known;
    }
    state.set(row[0], next);
    return next;
  });
}

const wrapLong = (value: bigint): number | bigint => {
  const wrapped = BigInt.asIntN(64, value);
  return Number.isSafeInteger(Number(wrapped)) ? Number(wrapped) : wrapped;
};
/** Double.compare as a sortable text: sign, then magnitude; NaN last. */
const doubleRank = (value: unknown): bigint => {
  const words = new BigInt64Array(1);
  new Float64Array(words.buffer)[0] = Number.isNaN(value) ? Number.NaN : (value as number);
  const bits = words[0] ?? 0n;
  return bits < 0n ? bits ^ 0x7fffffffffffffffn : bits;
};

interface Case {
  readonly kind: ScalarKind;
  readonly values: fc.Arbitrary<unknown>;
  readonly add: (a: unknown, b: unknown) => unknown;
  readonly rank: (value: unknown) => number | bigint | string;
}

const CASES: readonly Case[] = [
  {
    kind: "INT",
    values: fc.oneof(fc.integer(), fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 1)),
    add: (a, b) => Number(BigInt.asIntN(32, BigInt(a as number) + BigInt(b as number))),
    rank: (value) => value as number,
  },
  {
    kind: "LONG",
    values: anyLong,
    add: (a, b) => wrapLong(BigInt(a as number) + BigInt(b as number)),
    rank: (value) => BigInt(value as number),
  },
  {
    kind: "NUMBER",
    values: anyNumber,
    add: (a, b) => (a as number) + (b as number),
    rank: doubleRank,
  },
  {
    kind: "DOUBLE",
    values: anyNumber,
    add: (a, b) => (a as number) + (b as number),
    rank: doubleRank,
  },
  { kind: "STRING", values: anyString, add: () => null, rank: (value) => value as string },
  { kind: "BOOLEAN", values: fc.boolean(), add: () => null, rank: (value) => Number(value) },
];

const FUNCTIONS: readonly RollingFunction[] = ["sum", "min", "max", "minBy", "maxBy"];

test("rolling aggregates of every type equal a plain loop, in JavaScript and in WebAssembly", async () => {
  const harness = await createHarness();
  for (const { kind, values, add, rank } of CASES) {
    const type = batchType(tuple(STRING, scalar(kind), INT));
    const keys = fc.constantFrom("a", "b", "", "\ud83d\ude00");
    const anyRows = fc.array(fc.tuple(keys, values, fc.integer()), { minLength: 1, maxLength: 25 });
    for (const name of FUNCTIONS) {
      if (name === "sum" && (kind === "STRING" || kind === "BOOLEAN")) continue;
      await fc.assert(
        fc.asyncProperty(
          anyRows,
          fc.boolean(),
          fc.constantFrom(1, 3, 4096),
          async (rows, first, outputRows) => {
            const batch = buildBatch(harness.memory, keyedRows(rowsOf(rows), type.record), type);
            const expected = oracle(rows, name, first, add, rank);
            for (const engine of ["js", "wasm"] as const) {
              const segment = await openKeyed(
                harness,
                rollingSpec(name, 1, type, { engine, first }),
                undefined,
                outputRows,
              );
              const results = await processBatch(segment, batch);
              assert.equal(segment.engine, engine);
              assert.deepStrictEqual(valuesOf(results), expected, `${engine} ${name} ${kind}`);
              assert.deepEqual(
                results.map((row) => row.timestampMs),
                rowsOf(rows).map((row) => row.timestampMs),
              );
              await segment.close();
            }
            batch.dispose();
          },
        ),
        { seed: SEED, numRuns: 40 },
      );
    }
  }
});

test("the vectors of rolling aggregates hold", async () => {
  const file = join(projectRoot, "test/conformance/operators/09-rolling-aggregations.json");
  const vectors = JSON.parse(readFileSync(file, "utf8")) as readonly Vector[];
  assert.ok(vectors.length > 10);
  for (const vector of vectors) {
    const { keyBy, function: call } = vector.operator;
    const record = tuple(...vector.types.map((kind) => scalar(kind)));
    const key: KeySpec = { kind: "fields", fields: [keyBy].flat() };
    const type = batchType(record);
    const isReduce = call.type === "reduce";
    const spec = isReduce
      ? reduceSpec(type, { key })
      : rollingSpec(call.type as RollingFunction, call.field ?? 0, type, {
          key,
          first: call.first ?? true,
        });
    const concat = (a: [string, string], b: [string, string]) => [a[0], `(${a[1]}+${b[1]})`];
    const harness = await createHarness();
    let segment = await openKeyed(harness, spec, concat);
    for (const [at, event] of vector.input.entries()) {
      if (event.snapshotAndRestore === true)
        segment = await restored(harness, segment, spec, concat);
      if (event.record === undefined) continue;
      const value = event.record.map((item, index) =>
        vector.types[index] === "DOUBLE" ? Number(item) : item,
      );
      const groupOf = (index: number) =>
        javaHash(value[index], scalar(vector.types[index] ?? "STRING"));
      const hash = [keyBy]
        .flat()
        .reduce((sum, index) => (Math.imul(sum, 31) + groupOf(index)) | 0, 0);
      const row = { value, timestampMs: event.ts ?? null, keyGroup: keyGroupOfHash(hash, 128) };
      const results = await processBatch(segment, buildBatch(harness.memory, [row], type));
      const expected = vector.output.filter(
        (output) => output.at === at && output.record !== undefined,
      );
      assert.deepEqual(
        results,
        expected.map((output) => ({
          value: output.record?.map((item, index) =>
            vector.types[index] === "DOUBLE" ? Number(item) : item,
          ),
          timestampMs: output.ts ?? null,
        })),
        `${vector.name} at ${at}`,
      );
    }
  }
});

interface Vector {
  readonly name: string;
  readonly operator: {
    readonly keyBy: number | readonly number[];
    readonly function: { readonly type: string; readonly field?: number; readonly first?: boolean };
  };
  readonly types: readonly ScalarKind[];
  readonly input: readonly {
    readonly record?: readonly unknown[];
    readonly ts?: number;
    readonly snapshotAndRestore?: boolean;
  }[];
  readonly output: readonly {
    readonly record?: readonly unknown[];
    readonly ts?: number;
    readonly at: number;
  }[];
}

/** Takes a snapshot of a segment and opens another one from it. */
async function restored(
  harness: Harness,
  segment: Segment,
  spec: KeyedSpec,
  fn?: unknown,
): Promise<Segment> {
  segment.freeze(1n);
  const pages = encodeState(harness.memory, segment, 2);
  await segment.close();
  const next = await openKeyed(harness, spec, fn);
  for (const page of pages) next.restore(page);
  return next;
}

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
  segment.freeze();
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

  segment.freeze();
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
  state.freeze();
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
