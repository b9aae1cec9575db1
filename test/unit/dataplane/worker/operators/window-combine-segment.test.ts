import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RollingFunction } from "../../../../../dataplane/protocol/deployment.ts";
import type { CombineSpec } from "../../../../../dataplane/worker/operators/combine-state.ts";
import { WindowCombineSegment } from "../../../../../dataplane/worker/operators/window-combine-segment.ts";
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
  type TimedRow,
  tuple,
} from "./harness.ts";

const SEED = 20261125;
const TYPE = batchType(tuple(STRING, INT, STRING));
const SIZE = 10;
const OFFSET = 3;

type Row = [string, number, string];
type Event =
  | { readonly kind: "rows"; readonly rows: readonly TimedRow[] }
  | { readonly kind: "watermark"; readonly ms: number }
  | { readonly kind: "idle" }
  | { readonly kind: "barrier" };

function specOf(options: Partial<CombineSpec> = {}): CombineSpec {
  return {
    id: "combine",
    name: "Local windows",
    input: null,
    inputType: TYPE,
    outputType: TYPE,
    engine: "wasm",
    kind: "combine",
    panes: { sizeMs: SIZE, offsetMs: OFFSET },
    function: "sum",
    field: 1,
    first: true,
    key: { kind: "fields", fields: [0] },
    maxParallelism: 128,
    ...options,
  };
}

function segmentOf(harness: Harness, spec: CombineSpec, rowCapacity?: number) {
  const options = rowCapacity === undefined ? {} : { rowCapacity };
  const { panes } = spec;
  assert.ok(panes !== null);
  const segment = new WindowCombineSegment(spec, panes, harness.context, options);
  segment.open();
  return segment;
}

function paneOf(timestampMs: number): number {
  return Math.floor((timestampMs - OFFSET) / SIZE) * SIZE + OFFSET;
}

/** What each key of each pane comes to, in the order rows came in: as the windows behind the exchange see it. */
function foldPanes(rows: readonly TimedRow[], func: RollingFunction): Map<string, Row> {
  const results = new Map<string, Row>();
  for (const { value, timestampMs } of rows) {
    const row = value as Row;
    const name = `${paneOf(Number(timestampMs))} ${row[0]}`;
    const known = results.get(name);
    results.set(name, known === undefined ? row : foldTwo(known, row, func));
  }
  return results;
}

function foldTwo(known: Row, row: Row, func: RollingFunction): Row {
  const [key, value, rest] = known;
  if (func === "sum") return [key, (value + row[1]) | 0, rest];
  if (func === "min") return [key, Math.min(value, row[1]), rest];
  if (func === "max") return [key, Math.max(value, row[1]), rest];
  const isBetter = func === "maxBy" ? row[1] > value : row[1] < value;
  return isBetter ? row : known;
}

function handle(segment: WindowCombineSegment, harness: Harness, event: Event) {
  if (event.kind === "watermark") {
    return drive(segment, (cursor) => segment.watermark(BigInt(event.ms), cursor));
  }
  if (event.kind === "idle") return drive(segment, (cursor) => segment.status("idle", cursor));
  if (event.kind === "barrier") return drive(segment, (cursor) => segment.prepareBarrier(cursor));
  const batch = buildBatch(harness.memory, event.rows, TYPE);
  return processBatch(segment, batch).finally(() => batch.dispose());
}

const word = fc.constantFrom("a", "b", "", "ä", "a long key of many bytes");
const row = fc.record({
  value: fc.tuple(word, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), word),
  timestampMs: fc.integer({ min: -10, max: 40 }),
});
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("rows" as const),
      rows: fc.array(row, { minLength: 1, maxLength: 30 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("watermark" as const),
      ms: fc.integer({ min: -20, max: 40 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Event>({ kind: "idle" }, { kind: "barrier" }),
  },
);

for (const func of ["sum", "min", "max", "minBy", "maxBy"] as const) {
  test(`${func}: windows come to the same, and nothing is held back behind its watermark`, async () => {
    const harness = await createHarness();
    let [read, written] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (events, rowCapacity) => {
          const segment = segmentOf(harness, specOf({ function: func }), rowCapacity);
          const given: TimedRow[] = [];
          const taken: TimedRow[] = [];
          let watermark = Number.NEGATIVE_INFINITY;
          for (const next of events) {
            // Watermarks only grow.
            if (next.kind === "watermark" && next.ms <= watermark) continue;
            if (next.kind === "watermark") watermark = next.ms;
            if (next.kind === "rows") given.push(...next.rows);
            for (const out of await handle(segment, harness, next)) taken.push(out);
            const isDue = ({ timestampMs }: TimedRow) =>
              next.kind === "idle" ||
              next.kind === "barrier" ||
              paneOf(Number(timestampMs)) + SIZE - 1 <= watermark;
            assert.deepEqual(
              foldPanes(taken.filter(isDue), func),
              foldPanes(given.filter(isDue), func),
            );
          }
          for (const out of await endInput(segment)) taken.push(out);
          segment.close();
          assert.deepEqual(foldPanes(taken, func), foldPanes(given, func));
          read += given.length;
          written += taken.length;
        },
      ),
      { seed: SEED, numRuns: 80 },
    );
    assert.ok(written < 0.9 * read, `${written} of ${read} rows went out`);
  });
}

test("rows behind the watermark pass one by one, behind what is kept", async () => {
  const harness = await createHarness();
  const segment = segmentOf(harness, specOf());
  await handle(segment, harness, { kind: "watermark", ms: 12 });
  const first = rowsAt([14, ["a", 1, "x"]], [15, ["a", 2, "y"]]);
  assert.deepEqual(await handle(segment, harness, { kind: "rows", rows: first }), []);
  const second = rowsAt([16, ["a", 3, "z"]], [5, ["a", 4, "late"]], [5, ["a", 5, "late"]]);
  const out = await handle(segment, harness, { kind: "rows", rows: second });
  assert.deepEqual(
    out.map(({ value }) => value),
    [
      ["a", 3, "x"],
      ["a", 3, "z"],
      ["a", 4, "late"],
      ["a", 5, "late"],
    ],
  );
  assert.deepEqual(
    out.map(({ timestampMs }) => timestampMs),
    [22, 16, 5, 5],
  );
  segment.close();
});

function rowsAt(...rows: readonly (readonly [number, Row])[]): TimedRow[] {
  return rows.map(([timestampMs, value]) => ({ timestampMs, value }));
}

test("doubles pass from the first sum on that would be rounded", async () => {
  const harness = await createHarness();
  const type = batchType(tuple(STRING, NUMBER));
  const segment = segmentOf(harness, specOf({ inputType: type, outputType: type }));
  const feed = async (...values: readonly number[]) => {
    const rows = values.map((value) => ({ value: ["a", value], timestampMs: 5 }));
    const batch = buildBatch(harness.memory, rows, type);
    const out = await processBatch(segment, batch);
    batch.dispose();
    return out.map(({ value }) => (value as [string, number])[1]);
  };
  assert.deepEqual(await feed(1, 2), []);
  assert.deepEqual(await feed(0.5, 4), [3, 0.5, 4]);
  assert.deepEqual(await feed(1, 2), [1, 2]);
  segment.close();
});

test("where keys hardly repeat most rows pass, and none is lost", async () => {
  const harness = await createHarness();
  const segment = segmentOf(harness, specOf());
  const given: TimedRow[] = [];
  const taken: TimedRow[] = [];
  for (let from = 0; from < 180_000; from += 4096) {
    const rows = Array.from({ length: 4096 }, (_, index) => {
      return { value: [`key ${from + index}`, index, "x"], timestampMs: 5 };
    });
    given.push(...rows);
    for (const out of await handle(segment, harness, { kind: "rows", rows })) taken.push(out);
  }
  for (const out of await endInput(segment)) taken.push(out);
  segment.close();
  assert.equal(taken.length, given.length);
  assert.deepEqual(foldPanes(taken, "sum"), foldPanes(given, "sum"));
  const passed = taken.filter(({ timestampMs }) => timestampMs === 5);
  assert.ok(passed.length > 80_000, `${passed.length} rows passed`);
});
