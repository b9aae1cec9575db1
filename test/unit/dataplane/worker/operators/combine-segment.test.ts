import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RollingFunction } from "../../../../../dataplane/protocol/deployment.ts";
import { CombineSegment } from "../../../../../dataplane/worker/operators/combine-segment.ts";
import type { CombineSpec } from "../../../../../dataplane/worker/operators/combine-state.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  endInput,
  type Harness,
  INT,
  NUMBER,
  processBatch,
  STRING,
  scalar,
  type TimedRow,
  tuple,
} from "./harness.ts";

const SEED = 20261124;
const TYPE = batchType(tuple(STRING, INT, STRING));
const KEYED = batchType(tuple(STRING, INT, STRING), scalar("BYTES"));

type Row = [string, number, string];

function specOf(options: Partial<CombineSpec> = {}): CombineSpec {
  return {
    id: "combine",
    name: "Local sum",
    input: null,
    inputType: TYPE,
    outputType: TYPE,
    engine: "wasm",
    kind: "combine",
    panes: null,
    function: "sum",
    field: 1,
    first: true,
    key: { kind: "fields", fields: [0] },
    maxParallelism: 128,
    ...options,
  };
}

/** One rolling aggregate in plain JavaScript: first record's other fields, or whole records. */
function fold(rows: readonly Row[], func: RollingFunction, keepsFirst: boolean): Map<string, Row> {
  const results = new Map<string, Row>();
  for (const row of rows) {
    const known = results.get(row[0]);
    if (known === undefined) results.set(row[0], [...row]);
    else results.set(row[0], foldTwo(known, row, func, keepsFirst));
  }
  return results;
}

function foldTwo(known: Row, row: Row, func: RollingFunction, keepsFirst: boolean): Row {
  const [key, value, rest] = known;
  if (func === "sum") return [key, (value + row[1]) | 0, rest];
  if (func === "min") return [key, Math.min(value, row[1]), rest];
  if (func === "max") return [key, Math.max(value, row[1]), rest];
  const direction = func === "maxBy" ? 1 : -1;
  const order = Math.sign(row[1] - value) * direction;
  return order > 0 || (order === 0 && !keepsFirst) ? row : known;
}

async function combine(
  segment: CombineSegment,
  harness: Harness,
  rows: readonly TimedRow[],
  type = TYPE,
): Promise<TimedRow[]> {
  const out: TimedRow[] = [];
  for (let at = 0; at < rows.length; at += 4096) {
    const batch = buildBatch(harness.memory, rows.slice(at, at + 4096), type);
    for (const row of await processBatch(segment, batch)) out.push(row);
    batch.dispose();
  }
  for (const row of await endInput(segment)) out.push(row);
  return out;
}

function timed(rows: readonly Row[]): TimedRow[] {
  return rows.map((value, index) => ({ value, timestampMs: index }));
}

function timedPairs(rows: readonly (readonly [string, number])[]): TimedRow[] {
  return rows.map((value, index) => ({ value, timestampMs: index }));
}

function pairOf({ value }: TimedRow): readonly [string, number] {
  return value as [string, number];
}

function rowsIn(rows: readonly TimedRow[]): Row[] {
  return rows.map(({ value }) => value as Row);
}

for (const func of ["sum", "min", "max", "minBy", "maxBy"] as const) {
  test(`${func}: folding what was combined gives what folding all rows gives`, async () => {
    const harness = await createHarness();
    const word = fc.constantFrom("a", "b", "", "ä", "a long key of many bytes");
    const row = fc.tuple(word, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), word);
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 200 }),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        async (rows, rowCapacity, first) => {
          const spec = specOf({ function: func, first });
          const segment = new CombineSegment(spec, harness.context, { rowCapacity });
          segment.open();
          const combined = rowsIn(await combine(segment, harness, timed(rows)));
          segment.close();
          assert.deepEqual(fold(combined, func, first), fold(rows, func, first));
          assert.equal(combined.length, new Set(rows.map(([key]) => key)).size);
        },
      ),
      { seed: SEED, numRuns: 100 },
    );
  });
}

test("sums of doubles are folded as long as they are exact, and the same to the last bit", async () => {
  const harness = await createHarness();
  const type = batchType(tuple(STRING, NUMBER));
  const value = fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: -1000, max: 1000 }) },
    { weight: 1, arbitrary: fc.double() },
    { weight: 1, arbitrary: fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53) },
  );
  const batch = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), value), { maxLength: 20 });
  const sums = (rows: readonly (readonly [string, number])[]) => {
    const totals = new Map<string, number>();
    for (const [key, count] of rows) totals.set(key, (totals.get(key) ?? -0) + count);
    return totals;
  };
  let folded = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { maxLength: 6 }), async (batches) => {
      const segment = new CombineSegment(specOf({ inputType: type }), harness.context);
      segment.open();
      const combined: (readonly [string, number])[] = [];
      for (const rows of batches) {
        const input = buildBatch(harness.memory, timedPairs(rows), type);
        for (const row of await processBatch(segment, input)) combined.push(pairOf(row));
        input.dispose();
      }
      for (const row of await endInput(segment)) combined.push(pairOf(row));
      segment.close();
      folded += batches.flat().length - combined.length;
      assert.deepEqual(sums(combined), sums(batches.flat()));
    }),
    { seed: SEED, numRuns: 200 },
  );
  assert.ok(folded > 500, `${folded} rows were folded`);
});

test("a row that was combined has the timestamp of its last record", async () => {
  const harness = await createHarness();
  const segment = new CombineSegment(specOf(), harness.context);
  segment.open();
  const rows = timed([
    ["a", 1, "x"],
    ["b", 2, "x"],
    ["a", 3, "y"],
  ]);
  const combined = await combine(segment, harness, rows);
  assert.deepEqual(
    new Map(combined.map(({ value, timestampMs }) => [(value as Row)[0], timestampMs])),
    new Map([
      ["a", 2],
      ["b", 1],
    ]),
  );
  segment.close();
});

test("keys that hardly repeat pass through once the table is full, in order and none lost", async () => {
  const harness = await createHarness();
  const segment = new CombineSegment(specOf(), harness.context);
  segment.open();
  const rows = Array.from({ length: 150_000 }, (_, index): Row => [`key ${index}`, index, "x"]);
  const combined = rowsIn(await combine(segment, harness, timed(rows)));
  assert.equal(combined.length, rows.length);
  assert.deepEqual(fold(combined, "sum", true), fold(rows, "sum", true));
  assert.deepEqual(combined.slice(-4096), rows.slice(-4096));
  segment.close();
});

test("more keys than the table holds, each often: entries go out several times", async () => {
  const harness = await createHarness();
  const segment = new CombineSegment(specOf(), harness.context);
  segment.open();
  const rows = Array.from({ length: 400_000 }, (_, index): Row => {
    const key = Math.floor(index / 20_000) * 5_000 + (index % 5_000);
    return [`key ${key}`, index, "x"];
  });
  const combined = rowsIn(await combine(segment, harness, timed(rows)));
  assert.ok(combined.length < rows.length / 3, `${combined.length} rows`);
  assert.deepEqual(fold(combined, "sum", true), fold(rows, "sum", true));
  segment.close();
});

test("more keys than the caches hold, seen again later: the table grows, and each goes out once", async () => {
  const harness = await createHarness();
  const segment = new CombineSegment(specOf(), harness.context);
  segment.open();
  const rows = scattered(400_000, 100_000);
  const combined = rowsIn(await combine(segment, harness, timed(rows)));
  assert.equal(combined.length, new Set(rows.map(([key]) => key)).size);
  assert.deepEqual(fold(combined, "sum", true), fold(rows, "sum", true));
  segment.close();
});

test("the same keys in a slot without room for them pass through", async () => {
  const harness = await createHarness({}, [], 24 * 2 ** 20);
  const segment = new CombineSegment(specOf(), harness.context);
  segment.open();
  const rows = scattered(200_000, 100_000);
  const combined = rowsIn(await combine(segment, harness, timed(rows)));
  assert.deepEqual(combined.slice(-4096), rows.slice(-4096));
  assert.deepEqual(fold(combined, "sum", true), fold(rows, "sum", true));
  segment.close();
});

test("a few frequent keys hide how many there are: entries go out before all are held", async () => {
  const harness = await createHarness();
  const segment = new CombineSegment(specOf(), harness.context);
  segment.open();
  const rows = Array.from({ length: 400_000 }, (_, index): Row => {
    return [index % 4 === 0 ? "frequent" : `key ${index}`, index, "x"];
  });
  const combined = rowsIn(await combine(segment, harness, timed(rows)));
  assert.deepEqual(combined.slice(-4096), rows.slice(-4096));
  assert.deepEqual(fold(combined, "sum", true), fold(rows, "sum", true));
  segment.close();
});

/** Rows whose keys come in no order. */
function scattered(count: number, keys: number): Row[] {
  return Array.from({ length: count }, (_, index): Row => {
    const key = Math.imul(index + 1, 0x9e3779b1) >>> 0;
    return [`key ${((key >>> 3) ^ index) % keys}`, index, "x"];
  });
}

test("an evaluated key keeps its column and its key group", async () => {
  const harness = await createHarness();
  const spec = specOf({ inputType: KEYED, outputType: KEYED, key: { kind: "key-column" } });
  const segment = new CombineSegment(spec, harness.context);
  segment.open();
  const key = Uint8Array.of(1, 2, 3);
  const rows = [1, 2, 3].map((count, index) => ({
    value: ["a", count, "x"],
    timestampMs: index,
    key,
    keyGroup: 77,
  }));
  const combined = await combine(segment, harness, rows, KEYED);
  assert.deepEqual(combined, [{ value: ["a", 6, "x"], timestampMs: 2, key, keyGroup: 77 }]);
  segment.close();
});

test("everything it borrowed is given back, but for the schema's descriptor", async () => {
  const harness = await createHarness();
  const leftBehind = async (count: number): Promise<number> => {
    const before = harness.memory.liveBytes;
    const segment = new CombineSegment(specOf(), harness.context);
    segment.open();
    for (let at = 0; at < count; at++) {
      const batch = buildBatch(harness.memory, timed([[`key ${at}`, at, "x"]]), TYPE);
      await processBatch(segment, batch);
      batch.dispose();
    }
    segment.close();
    return harness.memory.liveBytes - before;
  };
  const descriptor = await leftBehind(0);
  assert.equal(await leftBehind(2), 3 * descriptor);
});
