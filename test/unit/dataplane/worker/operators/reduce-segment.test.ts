/** Compiled reduce() against the JavaScript engine: results, times, state, snapshots, restore. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { foldModule } from "../../../../../control/compiler/emit/fold-module.ts";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import { javaHash, keyGroupOfHash } from "../../../../../dataplane/formats/java-hash.ts";
import type { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import type { BatchType, KeySpec } from "../../../../../dataplane/protocol/deployment.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { createSegments } from "../../../../../dataplane/worker/operators/create-segments.ts";
import {
  ReduceSegment,
  type ReduceSpec,
} from "../../../../../dataplane/worker/operators/reduce-segment.ts";
import type { Segment } from "../../../../../dataplane/worker/segment.ts";
import { Random } from "../../../../compiler-fuzz/random.ts";
import { randomRows } from "../../../../compiler-fuzz/rows.ts";
import { compileModule } from "./compiled-modules.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  encodeState,
  endInput,
  INT,
  NUMBER,
  processBatch,
  readRows,
  type TimedRow,
  tuple,
} from "./harness.ts";
import { REDUCE_CASES, type ReduceCase, type Word, Words } from "./reduce-cases.ts";

interface Opened {
  readonly segment: Segment;
  readonly memory: BatchBuilder["memory"];
  readonly calls: () => number;
  deliver(): void;
}

interface Options {
  readonly engine: "wasm" | "js";
  readonly finalOnly: boolean;
  readonly outputRows: number;
}

async function openOf(
  each: ReduceCase,
  { engine, finalOnly, outputRows }: Options,
): Promise<Opened> {
  const { fn, type, keyField } = each;
  const analysis = analyze({ fn, role: "reduce", inputType: type, declaredOutput: type });
  if (!analysis.ok) throw new Error(`${each.name}: ${analysis.reason}`);
  const module = await compileModule(foldModule({ about: each.name, program: analysis.program }));
  let calls = 0;
  const call = typeof fn === "function" ? fn : (fn as { reduce: CallableFunction }).reduce;
  const counted = (a: unknown, b: unknown): unknown => {
    calls += 1;
    return call(a, b);
  };
  const key: KeySpec =
    keyField === null ? { kind: "key-column" } : { kind: "fields", fields: [keyField] };
  const spec: ReduceSpec = {
    kind: "reduce",
    id: "op",
    name: "reduce",
    input: null,
    inputType: inputTypeOf(each),
    outputType: batchType(type),
    engine,
    key,
    finalOnly,
    ...(engine === "js" ? {} : { module: "op", changedFields: analysis.changedFields }),
  };
  const { context, memory } = await createHarness();
  const [node] = createSegments(
    {
      ...context,
      subtaskIndex: 0,
      parallelism: 1,
      operators: [spec],
      functionOf: () => counted,
      moduleOf: module.moduleOf,
    },
    { outputRows },
  );
  if (node === undefined) throw new TypeError("there is no segment");
  assert.equal(node.segment instanceof ReduceSegment, engine === "wasm");
  await node.segment.open();
  return {
    segment: node.segment,
    memory,
    calls: () => calls,
    deliver: () => module.deliver(),
  };
}

function inputTypeOf({ type, keyField }: ReduceCase): BatchType {
  return batchType(type, keyField === null ? INT : null);
}

/** Records of few keys, with times, some without one. */
function rowsOf(each: ReduceCase, count: number, random: Random): readonly TimedRow[] {
  const { type, keyField } = each;
  const keyTypes = keyField === null ? INT : fieldType(type, keyField);
  const keys = randomRows(keyTypes, 9, random).filter((key) => !Number.isNaN(key));
  const records = randomRows(type, count, random);
  return records.map((record, index) => {
    const key = keys[random.below(keys.length)];
    const value = keyField === null ? record : withKey(record, type, keyField, key);
    const timed = { value, timestampMs: index % 5 === 0 ? null : index };
    const keyGroup = keyGroupOfHash(javaHash(key, keyTypes), 128);
    return keyField === null ? { ...timed, key, keyGroup } : { ...timed, keyGroup };
  });
}

function fieldType(type: DataType, index: number): DataType {
  if (type.kind === "TUPLE") return type.fields[index] ?? type;
  return type.kind === "ROW" ? (type.fields[index]?.type ?? type) : type;
}

function withKey(record: unknown, type: DataType, index: number, key: unknown): unknown {
  if (type.kind === "TUPLE") return (record as unknown[]).with(index, key);
  if (type.kind !== "ROW") return key;
  return { ...(record as object), [type.fields[index]?.name ?? ""]: key };
}

/** Some fields without a value. */
function withNulls(rows: readonly TimedRow[]): readonly TimedRow[] {
  return rows.map((row, index) =>
    index % 4 === 0 ? { ...row, value: withNull(row.value as object, index % 8 === 0) } : row,
  );
}

function withNull(value: object, isFirst: boolean): unknown {
  if (Array.isArray(value)) return value.with(isFirst ? 1 : 2, null);
  return { ...value, at: isFirst ? null : { x: null, s: "" } };
}

interface Snapshot {
  readonly rows: readonly TimedRow[];
  readonly type: BatchType;
}

function encode({ segment, memory }: Opened): Snapshot {
  const pages = encodeState(memory, segment, 7);
  const rows = pages.flatMap((page) => {
    const groups = keyGroupsOf(page);
    return readRows(page).map((row, index) => ({ ...row, keyGroup: groups[index] ?? -1 }));
  });
  for (const page of pages) page.dispose();
  return { rows, type: segment.stateType as BatchType };
}

function keyGroupsOf(view: BatchBuilder): readonly number[] {
  const { u16 } = view.memory;
  const at = view.keyGroupsPtr >>> 1;
  return Array.from({ length: view.rowCount }, (_, row) => u16[at + row] ?? -1);
}

async function restored(
  each: ReduceCase,
  options: Options,
  { rows, type }: Snapshot,
): Promise<Opened> {
  const opened = await openOf(each, options);
  opened.segment.restore(buildBatch(opened.memory, rows, type));
  return opened;
}

/** What both engines' state says: records and, where they are kept, times. */
function contents({ rows }: Snapshot, hasTimes: boolean): readonly string[] {
  return sorted(
    rows.map(({ value, timestampMs, keyGroup }) => [value, hasTimes ? timestampMs : 0, keyGroup]),
  );
}

function sorted(values: readonly unknown[]): readonly string[] {
  return values
    .map((value) =>
      JSON.stringify(value, (_, part: unknown) => {
        if (typeof part === "bigint") return `${part}n`;
        return typeof part === "number" ? `${Object.is(part, -0) ? "-0" : part}` : part;
      }),
    )
    .sort();
}

const BATCHES = [1, 40, 300, 3000, 7, 1200];

for (const each of REDUCE_CASES) {
  for (const finalOnly of [false, true]) {
    test(`${each.name}: ${finalOnly ? "final results" : "each result"} as in JavaScript`, async () => {
      const random = new Random(20260104);
      for (const outputRows of [5, 4000]) await compare(each, { finalOnly, outputRows }, random);
    });
  }
}

async function compare(
  each: ReduceCase,
  options: Omit<Options, "engine">,
  random: Random,
): Promise<void> {
  const [asWasm, asJs] = [
    { ...options, engine: "wasm" },
    { ...options, engine: "js" },
  ] as const;
  let wasm = await openOf(each, asWasm);
  let js = await openOf(each, asJs);
  const both = async (rows: readonly TimedRow[]): Promise<readonly TimedRow[]> => {
    const type = inputTypeOf(each);
    const expected = await processBatch(js.segment, buildBatch(js.memory, rows, type));
    const actual = await processBatch(wasm.segment, buildBatch(wasm.memory, rows, type));
    assert.deepEqual(actual, expected);
    return actual;
  };
  let before = 0;
  for (const [index, size] of BATCHES.entries()) {
    if (index === 1) {
      before = wasm.calls();
      wasm.deliver();
    }
    await both(rowsOf(each, size, random));
  }
  if (each.nulls === true) await both(withNulls(rowsOf(each, 100, random)));
  const calls = wasm.calls() - before;
  if (each.gives === undefined) assert.equal(calls, 0);
  else assert.ok(calls > 0 && (each.gives === "all" || calls < js.calls()), `${calls} calls`);
  await both(rowsOf(each, 50, random));

  wasm.segment.freeze(1n);
  js.segment.freeze(1n);
  const next = rowsOf(each, 500, random);
  const results = await both(next);
  const [wasmState, jsState] = [encode(wasm), encode(js)];
  assert.deepEqual(contents(wasmState, options.finalOnly), contents(jsState, options.finalOnly));
  const expected = [await endInput(wasm.segment), await endInput(js.segment)].map(sorted);
  assert.deepEqual(expected[0], expected[1]);
  assert.equal(expected[0]?.length === 0, !options.finalOnly);
  await wasm.segment.close();
  await js.segment.close();

  wasm = await restored(each, asWasm, wasmState);
  js = await restored(each, asJs, jsState);
  wasm.deliver();
  assert.deepEqual(await both(next), results);
  assert.deepEqual(
    [await endInput(wasm.segment), await endInput(js.segment)].map(sorted),
    expected,
  );
  await wasm.segment.close();
  await js.segment.close();
}

test("many keys: groups grow in the middle of batches", async () => {
  const each: ReduceCase = {
    name: "growth",
    type: tuple(INT, NUMBER),
    keyField: 0,
    fn: (a: [number, number], b: [number, number]) => [a[0], a[1] + b[1]],
  };
  const wasm = await openOf(each, { engine: "wasm", finalOnly: false, outputRows: 8000 });
  wasm.deliver();
  const sums = new Map<number, number>();
  for (let batch = 0; batch < 6; ++batch) {
    const rows = Array.from({ length: 8000 }, (_, index) => {
      const key = (index * 7919 + batch) % 20_011;
      const keyGroup = keyGroupOfHash(javaHash(key, INT), 128);
      return { value: [key, index], timestampMs: null, keyGroup };
    });
    const actual = await processBatch(
      wasm.segment,
      buildBatch(wasm.memory, rows, inputTypeOf(each)),
    );
    const expected = rows.map(({ value: [key = 0, value = 0] }) => {
      sums.set(key, (sums.get(key) ?? 0) + value);
      return [key, sums.get(key)];
    });
    assert.deepEqual(
      actual.map(({ value }) => value),
      expected,
    );
  }
  assert.equal(wasm.calls(), 0);
  await wasm.segment.close();
});

test("what the function throws is told with the record, and a result of another type is refused", async () => {
  const each: ReduceCase = {
    name: "throws",
    type: Words,
    keyField: 0,
    fn: (a: Word, b: Word) => [a[0], a[1], "x".repeat(b[1])],
  };
  const { segment, memory, deliver } = await openOf(each, {
    engine: "wasm",
    finalOnly: false,
    outputRows: 10,
  });
  deliver();
  const batch = (n: number) =>
    buildBatch(
      memory,
      [1, n].map((count) => ({ value: ["k", count, ""], timestampMs: null, keyGroup: 1 })),
      batchType(Words),
    );
  assert.equal((await processBatch(segment, batch(3))).length, 2);
  await assert.rejects(processBatch(segment, batch(-1)), { code: "MR_FUNCTION_THREW" });
  await segment.close();
});

for (const [fn, reason] of [
  [(a: Word, b: Word) => [a[0], a[1], a[2] + b[2]], /puts a string together from the one before/],
  [(a: Word, b: Word) => [a[0], a[1], `${b[2]},${a[2]}`], /puts a string together/],
  [
    (a: Word, b: Word) => {
      let text = "";
      for (const part of a[2].split(",")) text = part;
      return [a[0], b[1], text];
    },
    /puts a string together/,
  ],
  [(a: Word, b: Word) => [a[0], b[0], ""], /emits STRING where NUMBER is declared/],
  [(a: Word) => [a[0], a[1]], /emits .* where .* is declared/],
] as const) {
  test(`${String(fn)} stays JavaScript`, () => {
    const analysis = analyze({ fn, role: "reduce", inputType: Words, declaredOutput: Words });
    assert.match(analysis.ok ? "" : analysis.reason, reason);
  });
}
