import assert from "node:assert/strict";
import { test } from "node:test";

import type {
  Sink,
  SinkWriter,
  SinkWriterContext,
} from "../../../../../dataplane/connectors/sink.ts";
import { BatchView } from "../../../../../dataplane/memory/batch-view.ts";
import { Schema } from "../../../../../dataplane/memory/schema.ts";
import type { BatchType, OperatorSpec } from "../../../../../dataplane/protocol/deployment.ts";
import {
  STATUS_DONE,
  STATUS_NEED_HOST,
  STATUS_OUTPUT_FULL,
} from "../../../../../dataplane/protocol/status.ts";
import { createSegments } from "../../../../../dataplane/worker/operators/create-segments.ts";
import type { Segment } from "../../../../../dataplane/worker/segment.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  endInput,
  type Harness,
  NUMBER,
  processBatch,
  readRows,
  rowsOf,
  STRING,
  scalar,
  tuple,
  valuesOf,
} from "./harness.ts";

const BASE = { engine: "js", input: null, inputType: null, outputType: null } as const;
const PRINT: OperatorSpec = {
  ...BASE,
  kind: "print",
  id: "p",
  name: "print",
  identifier: "",
  toStderr: false,
};
const COLLECT: OperatorSpec = { ...BASE, kind: "collect", id: "c", name: "collect" };
const SINK: OperatorSpec = { ...BASE, kind: "sink", id: "s", name: "my sink" };

function mapTo(spec: OperatorSpec, inputType: BatchType | null = null): readonly OperatorSpec[] {
  const map: OperatorSpec = { ...BASE, kind: "map", id: "m", name: "map", outputType: inputType };
  return [map, { ...spec, input: "m", inputType }];
}

async function openTask(
  harness: Harness,
  operators: readonly OperatorSpec[],
  functions: Readonly<Record<string, unknown>> = {},
  outputRows?: number,
): Promise<Segment> {
  const context = {
    ...harness.context,
    operators,
    functionOf: (id: string, role: string) => functions[`${id}/${role}`],
  };
  const nodes = createSegments(context, outputRows === undefined ? {} : { outputRows });
  assert.equal(nodes.length, 1);
  const segment = (nodes[0] as (typeof nodes)[number]).segment;
  await segment.open();
  return segment;
}

/** Rows of all "collected" reports, read with the types they name. */
function collected({ reports, memory }: Harness): {
  readonly types: string[];
  readonly values: unknown[];
} {
  const types: string[] = [];
  const values: unknown[] = [];
  for (const report of reports) {
    assert.ok(report.kind === "collected");
    const ptr = memory.alloc(report.batch.length);
    memory.u8.set(report.batch, ptr);
    const view = BatchView.open(memory, Schema.of(JSON.parse(report.type) as BatchType), ptr);
    types.push(report.type);
    values.push(...valuesOf(readRows(view)));
    view.dispose();
  }
  return { types, values };
}

function printed({ reports }: Harness): string {
  return reports.map((report) => (report.kind === "printed" ? report.text : "?")).join("");
}

const identity = { "m/fn": (value: unknown) => value };

test("print reports the lines of a batch at once, with prefix and declared types", async () => {
  const harness = await createHarness();
  const type = batchType(tuple(STRING, scalar("DOUBLE")));
  const spec = { ...PRINT, identifier: "out", toStderr: true, inputType: type } as OperatorSpec;
  const segment = await openTask(harness, [spec]);
  await processBatch(
    segment,
    buildBatch(
      harness.memory,
      rowsOf([
        ["a", 1],
        ["b", 2.5],
      ]),
      type,
    ),
  );
  assert.deepEqual(harness.reports, [
    { kind: "printed", text: "out:2> (a,1.0)\nout:2> (b,2.5)\n", toStderr: true },
  ]);
});

test("print shows the same text behind a function as behind columns", async () => {
  const values = [["a", 1], { word: "b", n: [1, 2] }, "text", 1.5, 7n, true, new Map([["k", 1]])];
  for (const value of values) {
    const direct = await createHarness();
    await processBatch(await openTask(direct, [PRINT]), buildBatch(direct.memory, rowsOf([value])));
    const fused = await createHarness();
    const segment = await openTask(fused, mapTo(PRINT), identity);
    await processBatch(segment, buildBatch(fused.memory, rowsOf([value])));
    assert.equal(printed(fused), printed(direct));
    assert.ok(printed(direct).length > 4);
  }
});

test("print waits for the master's room before the next batch", async () => {
  const harness = await createHarness();
  const segment = await openTask(harness, [PRINT]);
  const batch = buildBatch(harness.memory, rowsOf([1]));
  let makeRoom = (): void => {};
  harness.room = new Promise((resolve) => {
    makeRoom = resolve;
  });
  const cursor = { row: 0, step: 0 };
  assert.equal(segment.process(batch, cursor), STATUS_NEED_HOST);
  assert.equal(harness.reports.length, 0);
  const waiting = segment.hostWork();
  harness.room = null;
  makeRoom();
  await waiting;
  assert.equal(segment.process(batch, cursor), STATUS_DONE);
  assert.equal(printed(harness), "2> 1\n");
});

test("collect reports sealed batches with their type, from columns as from functions", async () => {
  const values = [{ a: 1 }, { a: 2, b: "x" }, { a: null, b: "y" }];
  const fused = await createHarness();
  const segment = await openTask(fused, mapTo(COLLECT), { "m/fn": (n: number) => values[n] });
  await processBatch(segment, buildBatch(fused.memory, rowsOf([0, 1, 2])));
  const { types, values: rows } = collected(fused);
  assert.deepEqual(rows, values);
  assert.equal(new Set(types).size, 2);

  const direct = await createHarness();
  const type = batchType(tuple(STRING, NUMBER));
  const plain = await openTask(direct, [{ ...COLLECT, inputType: type }]);
  const batch = buildBatch(
    direct.memory,
    rowsOf([
      ["a", 1],
      ["b", 2],
    ]),
    type,
  );
  const bytes = new Uint8Array(batch.sealedLength());
  batch.sealInto(bytes, 0, 0);
  const ptr = direct.memory.alloc(bytes.length);
  direct.memory.u8.set(bytes, ptr);
  await processBatch(plain, batch);
  await processBatch(plain, BatchView.open(direct.memory, batch.schema, ptr));
  assert.deepEqual(collected(direct).values, [
    ["a", 1],
    ["b", 2],
    ["a", 1],
    ["b", 2],
  ]);
});

test("collect waits for room, in a batch of columns and in the middle of a function's rows", async () => {
  for (const [operators, functions] of [
    [[COLLECT], {}],
    [mapTo(COLLECT), identity],
  ] as const) {
    const harness = await createHarness();
    const segment = await openTask(harness, operators, functions, 2);
    const batch = buildBatch(harness.memory, rowsOf([1, 2, 3, 4, 5]));
    const cursor = { row: 0, step: 0 };
    harness.room = Promise.resolve();
    assert.equal(segment.process(batch, cursor), STATUS_NEED_HOST);
    harness.room = null;
    await segment.hostWork();
    await processBatchFrom(segment, batch, cursor);
    assert.deepEqual(collected(harness).values, [1, 2, 3, 4, 5]);
  }
});

async function processBatchFrom(
  segment: Segment,
  batch: BatchView,
  cursor: { row: number; step: number },
) {
  for (let calls = 0; calls < 100; ++calls) {
    const status = segment.process(batch, cursor);
    if (status === STATUS_DONE) return;
    if (status === STATUS_NEED_HOST) await segment.hostWork();
    else assert.equal(status, STATUS_OUTPUT_FULL);
  }
  assert.fail("no progress");
}

/** Remembers what happens to a writer; slow ones answer promises, which are settled by hand. */
class RecordingSink implements Sink<unknown> {
  readonly description = "recording";
  readonly log: string[] = [];
  context: SinkWriterContext | null = null;
  settle: (() => void)[] = [];
  readonly #isSlow: boolean;
  readonly #takesBatches: boolean;

  constructor(isSlow: boolean, takesBatches: boolean) {
    this.#isSlow = isSlow;
    this.#takesBatches = takesBatches;
  }

  createWriter(context: SinkWriterContext): SinkWriter<unknown> {
    this.context = context;
    const writer: SinkWriter<unknown> = {
      write: (record, timestampMs) => this.#did(`write ${String(record)} ${timestampMs}`),
      flush: (endOfInput) => this.#did(`flush ${endOfInput}`),
      close: () => {
        this.log.push("close");
      },
    };
    if (this.#takesBatches) {
      writer.writeBatch = (batch) => this.#did(`batch ${valuesOf(readRows(batch)).join(" ")}`);
    }
    return writer;
  }

  #did(what: string): void | Promise<void> {
    this.log.push(what);
    if (this.#isSlow) return new Promise((resolve) => this.settle.push(resolve));
  }
}

test("a sink's writer gets every record with its time, is flushed at the end and closed once", async () => {
  const harness = await createHarness();
  const sink = new RecordingSink(false, false);
  const segment = await openTask(harness, [SINK], { "s/sink": sink });
  await processBatch(
    segment,
    buildBatch(harness.memory, [
      { value: "a", timestampMs: 5 },
      { value: "b", timestampMs: null },
    ]),
  );
  await endInput(segment);
  await segment.close();
  assert.deepEqual(sink.log, ["write a 5", "write b null", "flush true", "close"]);
  assert.equal(sink.context?.operatorName, "my sink");
  assert.equal(sink.context?.subtaskIndex, 1);
});

test("a writer that answers promises gets the next record only when they are settled", async () => {
  const harness = await createHarness();
  const sink = new RecordingSink(true, false);
  const segment = await openTask(harness, mapTo(SINK), { ...identity, "s/sink": sink });
  const batch = buildBatch(harness.memory, rowsOf(["a", "b"]));
  const cursor = { row: 0, step: 0 };
  for (const expected of [["write a 0"], ["write a 0", "write b 10"]]) {
    assert.equal(segment.process(batch, cursor), STATUS_NEED_HOST);
    assert.equal(segment.process(batch, cursor), STATUS_NEED_HOST);
    assert.deepEqual(sink.log, expected);
    sink.settle.pop()?.();
    await segment.hostWork();
  }
  assert.equal(segment.process(batch, cursor), STATUS_DONE);
  const end = { row: 0, step: 0 };
  assert.equal(segment.endOfInput(end), STATUS_NEED_HOST);
  sink.settle.pop()?.();
  await segment.hostWork();
  assert.equal(segment.endOfInput(end), STATUS_DONE);
  assert.equal(sink.log.at(-1), "flush true");
});

test("a writer of batches gets columns as they lie, and the records of functions in batches", async () => {
  for (const isSlow of [false, true]) {
    const harness = await createHarness();
    const sink = new RecordingSink(isSlow, true);
    const segment = await openTask(harness, mapTo(SINK), { ...identity, "s/sink": sink }, 2);
    const batch = buildBatch(harness.memory, rowsOf([1, 2, 3]));
    const cursor = { row: 0, step: 0 };
    const settleAll = setImmediateLoop(sink);
    await processBatchFrom(segment, batch, cursor);
    await endInput(segment);
    settleAll.stop();
    assert.deepEqual(sink.log, ["batch 1 2", "batch 3", "flush true"]);

    const alone = new RecordingSink(false, true);
    const direct = await openTask(harness, [SINK], { "s/sink": alone });
    await processBatch(direct, batch);
    await processBatch(direct, batch);
    assert.deepEqual(alone.log, ["batch 1 2 3", "batch 1 2 3"]);
  }
});

test("results of the end of input reach a writer of batches before it is flushed", async () => {
  const harness = await createHarness();
  const sink = new RecordingSink(false, true);
  const type = batchType(tuple(STRING, NUMBER));
  const sum: OperatorSpec = {
    ...BASE,
    kind: "rolling",
    id: "sum",
    name: "sum",
    function: "sum",
    field: 1,
    first: true,
    key: { kind: "fields", fields: [0] },
    finalOnly: true,
    inputType: type,
    outputType: type,
  };
  const operators = [sum, { ...SINK, input: "sum", inputType: type } as OperatorSpec];
  const segment = await openTask(harness, operators, { "s/sink": sink }, 2);
  const values = ["a", "b", "c"].map((word, n) => [word, n]);
  await processBatch(segment, buildBatch(harness.memory, rowsOf(values), type));
  assert.deepEqual(sink.log, []);
  await endInput(segment);
  assert.deepEqual(sink.log, ["batch a,0 b,1", "batch c,2", "flush true"]);
});

/** Settles what a slow sink waits for, turn by turn. */
function setImmediateLoop(sink: RecordingSink): { stop(): void } {
  let isRunning = true;
  const turn = (): void => {
    for (const settle of sink.settle.splice(0)) settle();
    if (isRunning) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    stop: () => {
      isRunning = false;
    },
  };
}

test("a sink that fails, at once or later, is named", async () => {
  const failing = (write: () => void | Promise<void>): Sink<unknown> => ({
    description: "failing",
    createWriter: () => ({ write, flush: () => {}, close: () => {} }),
  });
  const harness = await createHarness();
  const batch = buildBatch(harness.memory, rowsOf([1]));
  const atOnce = failing(() => {
    throw new Error("disk full");
  });
  const direct = await openTask(harness, [SINK], { "s/sink": atOnce });
  await assert.rejects(() => processBatch(direct, batch), {
    code: "MR_SINK_FAILED",
    details: { operator: "my sink", message: "disk full" },
  });
  const later = await openTask(harness, [SINK], {
    "s/sink": failing(() => Promise.reject(new Error("gone"))),
  });
  await assert.rejects(() => processBatch(later, batch), { code: "MR_SINK_FAILED" });
  const sink = { description: "x", createWriter: () => Promise.reject(new Error("no such host")) };
  await assert.rejects(() => openTask(harness, [SINK], { "s/sink": sink }), {
    code: "MR_SINK_FAILED",
    details: { operator: "my sink", message: "no such host" },
  });
});
