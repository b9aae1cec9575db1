import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import { BatchBuilder as Builder } from "../../../../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../../../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../../../../dataplane/memory/task-memory.ts";
import { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../../../../dataplane/protocol/view-layout.ts";
import {
  ChooserPlanner,
  HashPlanner,
  RoundRobinPlanner,
} from "../../../../../dataplane/worker/exchange/row-planners.ts";
import { MAX_WATERMARK } from "../../../../../dataplane/worker/stream-event.ts";
import { type Row, writeRow } from "../../../../oracle/column-rows.ts";
import { Exchange, type ExchangeOptions, INT_TYPE } from "./exchange-harness.ts";

const intSchema = Schema.of(INT_TYPE);
const textSchema = Schema.of({ record: { kind: "STRING" }, key: null });
const WATERMARK = { kind: "watermark", watermarkMs: 5n } as const;
const END = { kind: "end" } as const;

function toFirst(channelCount = 1): ExchangeOptions {
  return { channelCount, planner: () => null };
}

function ints(memory: TaskMemory, values: readonly number[]): BatchBuilder {
  const builder = new Builder(memory, intSchema, {
    rowCapacity: Math.max(4096, values.length + 1),
  });
  for (const value of values) writeRow(builder, { values: [value], timestamp: null });
  return builder;
}

function texts(memory: TaskMemory, values: readonly string[]): BatchBuilder {
  const builder = new Builder(memory, textSchema, {
    rowCapacity: values.length + 1,
    byteCapacity: 1 << 26,
  });
  for (const value of values) writeRow(builder, { values: [value], timestamp: null });
  return builder;
}

function valuesOf(rows: readonly Row[]): unknown[] {
  return rows.map(({ values }) => values[0]);
}

function range(count: number, start = 0): number[] {
  return Array.from({ length: count }, (_, index) => start + index);
}

const BARRIER = {
  kind: "barrier",
  checkpointId: 7n,
  triggeredMs: 99n,
  options: { mode: "AT_LEAST_ONCE", type: "savepoint", stop: "drain" },
} as const;

test("a small batch waits for the buffer timeout, and is flushed in one frame with those behind it", () => {
  const exchange = new Exchange(toFirst());
  const { memory } = exchange.producerMemory;
  exchange.clock.advance(1000);
  assert.equal(exchange.partition.flushAt, Number.POSITIVE_INFINITY);
  exchange.partition.write(ints(memory, [1, 2]));
  assert.equal(exchange.partition.flushAt, 1100);
  exchange.clock.advance(50);
  exchange.partition.write(ints(memory, [3]));
  assert.equal(exchange.partition.flushAt, 1100, "the deadline is that of the first row");
  assert.deepEqual(exchange.drain(0), []);
  assert.equal(exchange.partition.flush(), true);
  assert.equal(exchange.partition.flushAt, Number.POSITIVE_INFINITY);
  const [first, ...others] = exchange.drain(0);
  assert.deepEqual(valuesOf((first as { rows: Row[] }).rows), [1, 2, 3]);
  assert.deepEqual(others, []);
  assert.deepEqual([exchange.counted.rows, exchange.counted.batches], [3, 1]);
});

test("buffer timeout 0 lets every batch out at once, -1 none before it is full", () => {
  const eager = new Exchange({ ...toFirst(), bufferTimeoutMs: 0 });
  eager.partition.write(ints(eager.producerMemory.memory, [1]));
  assert.deepEqual(valuesOf(eager.drainRows(0)), [1]);
  const patient = new Exchange({ ...toFirst(), bufferTimeoutMs: -1 });
  patient.partition.write(ints(patient.producerMemory.memory, [1]));
  assert.equal(patient.partition.flushAt, Number.POSITIVE_INFINITY);
  assert.deepEqual(patient.drain(0), []);
  patient.partition.writeControl(END);
  assert.deepEqual(valuesOf(patient.drainRows(0)), [1]);
});

test("buffer timeout 0 lets rows of every channel out at once", () => {
  const planner = (): RoundRobinPlanner => new RoundRobinPlanner(2, 0);
  const exchange = new Exchange({ channelCount: 2, bufferTimeoutMs: 0, planner });
  exchange.partition.write(ints(exchange.producerMemory.memory, [1, 2, 3]));
  assert.deepEqual(valuesOf(exchange.drainRows(0)), [1, 3]);
  assert.deepEqual(valuesOf(exchange.drainRows(1)), [2]);
});

test("a large batch goes to the ring as it is, behind rows that waited", () => {
  const exchange = new Exchange(toFirst());
  const { memory } = exchange.producerMemory;
  exchange.partition.write(ints(memory, [1]));
  exchange.partition.write(ints(memory, range(900, 2)));
  const received = exchange
    .drain(0)
    .map((event) => ("rows" in event ? event.rows.length : event.kind));
  assert.deepEqual(received, [1, 900]);
});

test("control events come behind the rows before them, on every channel", () => {
  const exchange = new Exchange({ channelCount: 2, planner: () => "broadcast" });
  const { memory } = exchange.producerMemory;
  exchange.partition.write(ints(memory, [1]));
  exchange.partition.writeControl(WATERMARK);
  exchange.partition.writeControl({ kind: "status", status: "idle" });
  exchange.partition.writeControl({ kind: "status", status: "active" });
  exchange.partition.writeControl(BARRIER);
  exchange.partition.write(ints(memory, [2]));
  exchange.partition.writeControl(END);
  for (const index of [0, 1]) {
    const kinds = exchange
      .drain(index)
      .map((event) => ("rows" in event ? valuesOf(event.rows) : event));
    assert.deepEqual(kinds, [
      [1],
      WATERMARK,
      { kind: "status", status: "idle" },
      { kind: "status", status: "active" },
      BARRIER,
      [2],
      { kind: "watermark", watermarkMs: MAX_WATERMARK },
      END,
    ]);
  }
});

test("a blocked control event reaches channels with room at once, and each channel once", () => {
  const exchange = new Exchange({ channelCount: 2, planner: () => "broadcast" });
  const [full] = exchange.producers;
  while (full?.writeControl(3, 0, -1n));
  assert.equal(exchange.partition.writeControl(WATERMARK), false);
  assert.equal(exchange.partition.hasRoom, false);
  assert.equal(exchange.partition.writeControl(WATERMARK), false);
  assert.deepEqual(exchange.drain(1), [WATERMARK]);
  exchange.drain(0);
  assert.equal(exchange.partition.hasRoom, true);
  assert.equal(exchange.partition.writeControl(WATERMARK), true);
  assert.deepEqual(exchange.drain(0), [WATERMARK]);
  assert.deepEqual(exchange.drain(1), []);
});

test("a full channel does not hold up the others, and gets its rows once when there is room", () => {
  const planner = (): RoundRobinPlanner => new RoundRobinPlanner(2, 0);
  const exchange = new Exchange({ channelCount: 2, planner });
  const { memory } = exchange.producerMemory;
  const sinks: Row[][] = [[], []];
  const batch = ints(memory, range(20_000));
  let blocked = 0;
  while (!exchange.partition.write(batch)) {
    blocked += 1;
    sinks[1]?.push(...exchange.drainRows(1));
    if (sinks[1]?.length === 10_000 || blocked % 20 === 0) sinks[0]?.push(...exchange.drainRows(0));
  }
  assert.ok(blocked > 5);
  exchange.partition.writeControl(END);
  exchange.drainInto(sinks);
  assert.deepEqual(
    valuesOf(sinks[0] ?? []),
    range(10_000).map((index) => 2 * index),
  );
  assert.deepEqual(
    valuesOf(sinks[1] ?? []),
    range(10_000).map((index) => 2 * index + 1),
  );
  assert.equal(exchange.counted.rows, 20_000);
});

test("a record larger than the ring travels in chunks and the memory it borrowed is given back", () => {
  const declaredType = textSchema.type;
  const exchange = new Exchange({ ...toFirst(), declaredType, maxRecordBytes: 1 << 20 });
  const { memory, manager } = exchange.producerMemory;
  const long = "ä€😀".repeat(60_000);
  const sinks: Row[][] = [[]];
  exchange.writeAll(texts(memory, ["a", long, "b"]), sinks);
  exchange.writeAll(texts(memory, ["c"]), sinks);
  while (!exchange.partition.writeControl(END)) exchange.drainInto(sinks);
  exchange.drainInto(sinks);
  assert.deepEqual(valuesOf(sinks[0] ?? []), ["a", long, "b", "c"]);
  assert.equal(manager.borrowed, memory.byteLength);
});

test("one large record does not hold its memory for ever", () => {
  const declaredType = textSchema.type;
  const exchange = new Exchange({ ...toFirst(), declaredType });
  const { memory } = exchange.producerMemory;
  const batch = texts(memory, ["a", "x".repeat(500_000), "b"]);
  const sinks: Row[][] = [[]];
  exchange.writeAll(batch, sinks);
  batch.dispose();
  while (!exchange.partition.writeControl(END)) exchange.drainInto(sinks);
  assert.ok(memory.liveBytes < 100_000, `${memory.liveBytes} bytes`);
});

test("a partition that is closed in the middle of a chunked record gives its memory back", () => {
  const exchange = new Exchange({ ...toFirst(), declaredType: textSchema.type });
  const { memory, manager } = exchange.producerMemory;
  exchange.partition.write(texts(memory, ["x".repeat(100_000)]));
  assert.ok(manager.borrowed > memory.byteLength);
  exchange.partition.close();
  assert.equal(manager.borrowed, memory.byteLength);
});

test("a record above the limit is refused with its size", () => {
  const exchange = new Exchange({
    ...toFirst(),
    declaredType: textSchema.type,
    maxRecordBytes: 1000,
  });
  const batch = texts(exchange.producerMemory.memory, ["x".repeat(300_000)]);
  assert.throws(
    () => exchange.partition.write(batch),
    (error) =>
      error instanceof EngineError &&
      error.code === "MR_RECORD_TOO_LARGE" &&
      error.details.limit === 1000,
  );
});

test("types that are not declared are announced, and a change of type lets older rows out first", () => {
  const exchange = new Exchange({ ...toFirst(), declaredType: null });
  const { memory } = exchange.producerMemory;
  exchange.partition.write(ints(memory, [1, 2]));
  exchange.partition.write(texts(memory, ["three"]));
  exchange.partition.write(ints(memory, [4]));
  exchange.partition.writeControl(END);
  const received = exchange
    .drain(0)
    .flatMap((event) => ("rows" in event ? [valuesOf(event.rows)] : []));
  assert.deepEqual(received, [[1, 2], ["three"], [4]]);
});

test("a type longer than a frame is announced in parts", () => {
  const fields = range(400).map((index) => ({
    name: `a_rather_long_name_${index}`,
    type: { kind: "INT" as const },
  }));
  const schema = Schema.of({ record: { kind: "ROW", fields }, key: null });
  const exchange = new Exchange({ ...toFirst(), declaredType: null });
  const builder = new Builder(exchange.producerMemory.memory, schema, {
    rowCapacity: 2,
    byteCapacity: 1 << 20,
  });
  writeRow(builder, { values: fields.map((_, index) => index), timestamp: null });
  const sinks: Row[][] = [[]];
  exchange.writeAll(builder, sinks);
  while (!exchange.partition.writeControl(END)) exchange.drainInto(sinks);
  exchange.drainInto(sinks);
  assert.deepEqual(sinks[0]?.[0]?.values, range(400));
});

test("rows that differ from the declared type are a fault of the engine", () => {
  const exchange = new Exchange(toFirst());
  assert.throws(
    () => exchange.partition.write(texts(exchange.producerMemory.memory, ["x"])),
    TypeError,
  );
});

test("a producer that fails in the middle is noticed behind its rows", () => {
  const exchange = new Exchange({ ...toFirst(), bufferTimeoutMs: 0 });
  exchange.partition.write(ints(exchange.producerMemory.memory, [1]));
  exchange.partition.fail();
  assert.deepEqual(valuesOf((exchange.take(0) as { rows: Row[] }).rows), [1]);
  assert.throws(
    () => exchange.take(0),
    (error) => error instanceof EngineError && error.code === "MR_UPSTREAM_FAILED",
  );
});

interface Case {
  readonly channelCount: number;
  readonly batches: readonly number[];
  readonly drains: readonly number[];
  readonly withTimestamps: boolean;
}

const schedule: fc.Arbitrary<Case> = fc.record({
  channelCount: fc.integer({ min: 1, max: 5 }),
  batches: fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 3000 })), {
    maxLength: 12,
  }),
  drains: fc.array(fc.nat(40), { minLength: 1, maxLength: 40 }),
  withTimestamps: fc.boolean(),
});

const plannersUnderTest = {
  forward: () => null,
  broadcast: () => "broadcast" as const,
  "round robin": (_: TaskMemory, channelCount: number) => new RoundRobinPlanner(channelCount, 0),
  hash: (memory: TaskMemory, channelCount: number) =>
    new HashPlanner(memory, {
      key: { kind: "fields", fields: [0] },
      maxParallelism: 128,
      channelCount,
      operatorName: "keyBy",
    }),
  chosen: (memory: TaskMemory, channelCount: number) =>
    new ChooserPlanner(
      memory,
      (batch, row) => (memory.u32[(batch.dataPtr(0) >>> 2) + row] as number) % channelCount,
    ),
};

for (const [name, planner] of Object.entries(plannersUnderTest)) {
  test(`${name}: whatever the schedule, no row is lost, doubled or overtaken`, () => {
    fc.assert(
      fc.property(schedule, ({ channelCount, batches, drains, withTimestamps }) => {
        const exchange = new Exchange({
          channelCount,
          planner: (memory) => planner(memory, channelCount),
        });
        const { memory } = exchange.producerMemory;
        const sinks: Row[][] = range(channelCount).map(() => []);
        let turn = 0;
        const drainSome = (): void => {
          const choice = drains[turn++ % drains.length] ?? 0;
          const index = turn % 7 === 0 ? turn % channelCount : choice % channelCount;
          sinks[index]?.push(...exchange.drainRows(index));
        };
        let next = 0;
        const flags = withTimestamps ? BUILDER_WITH_TIMESTAMPS : 0;
        const builder = new Builder(memory, intSchema, { rowCapacity: 3000, flags });
        for (const rows of batches) {
          builder.reset();
          for (const value of range(rows, next)) {
            writeRow(builder, {
              values: [value],
              timestamp: withTimestamps ? BigInt(value) * 10n : null,
            });
          }
          next += rows;
          while (!exchange.partition.write(builder)) drainSome();
          if ((drains[turn] ?? 0) % 3 === 0) exchange.partition.flush();
        }
        while (!exchange.partition.writeControl(END)) drainSome();
        exchange.drainInto(sinks);
        assertDealtOut(sinks, { name, next, withTimestamps });
      }),
      { numRuns: 60, seed: 71 },
    );
  });
}

function assertDealtOut(
  sinks: readonly (readonly Row[])[],
  { name, next, withTimestamps }: { name: string; next: number; withTimestamps: boolean },
): void {
  for (const rows of sinks) {
    const values = valuesOf(rows) as number[];
    assert.deepEqual(
      values,
      values.toSorted((a, b) => a - b),
    );
    for (const row of rows) {
      assert.equal(row.timestamp, withTimestamps ? BigInt(row.values[0] as number) * 10n : null);
    }
    if (name === "broadcast") assert.deepEqual(values, range(next));
  }
  if (name === "broadcast") return;
  const all = sinks.flatMap((rows) => valuesOf(rows) as number[]);
  assert.deepEqual(
    all.toSorted((a, b) => a - b),
    range(next),
  );
}
