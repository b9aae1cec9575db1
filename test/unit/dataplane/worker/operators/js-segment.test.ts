import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BatchType } from "../../../../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import { METRIC_OVERFLOW_BYTES } from "../../../../../dataplane/protocol/metrics-layout.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../../../../dataplane/protocol/status.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../../../../dataplane/protocol/view-layout.ts";
import { JsSegment } from "../../../../../dataplane/worker/operators/js-segment.ts";
import { OutputTarget } from "../../../../../dataplane/worker/operators/output-target.ts";
import type { PipelineStep } from "../../../../../dataplane/worker/operators/row-pipeline.ts";
import { UserFunction } from "../../../../../dataplane/worker/operators/user-function.ts";
import { SEED } from "../../formats/arbitraries.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  drive,
  type Harness,
  INT,
  NUMBER,
  processBatch,
  rowsOf,
  STRING,
  tuple,
  valuesOf,
} from "./harness.ts";

type Collect = (value: unknown, out: { collect(item: unknown): void }) => unknown;

interface Chain {
  readonly outputType?: BatchType | null;
  readonly outputRows?: number;
}

const OWNER = { operatorName: "words", subtaskIndex: 1 };

function step(kind: PipelineStep["kind"], fn: unknown): PipelineStep {
  return { kind, fn: new UserFunction(OWNER, fn, kind) };
}

async function open(
  harness: Harness,
  steps: readonly PipelineStep[],
  chain: Chain = {},
): Promise<JsSegment> {
  const segment = create(harness, steps, chain);
  await segment.open();
  return segment;
}

function create(
  harness: Harness,
  steps: readonly PipelineStep[],
  { outputType = null, outputRows = 4096 }: Chain = {},
): JsSegment {
  const { memory, context } = harness;
  const target = new OutputTarget({
    operatorId: "m",
    operatorName: "words",
    type: outputType,
    keyType: null,
    memory,
    maxRecordBytes: context.maxRecordBytes,
    builder: { flags: BUILDER_WITH_TIMESTAMPS, rowCapacity: outputRows },
  });
  return new JsSegment({ head: null, steps, target, context });
}

async function errorOf(action: () => unknown): Promise<EngineError> {
  try {
    await action();
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    return error;
  }
  return assert.fail("nothing was thrown");
}

test("map, filter and flatMap run in order and keep the input's timestamp", async () => {
  const harness = await createHarness();
  const segment = await open(harness, [
    step("flatMap", (line: string) => line.split(" ")),
    step("filter", (word: string) => word !== "b"),
    step("map", (word: string) => [word, word.length]),
  ]);
  const batch = buildBatch(harness.memory, [
    { value: "a bb b", timestampMs: 5 },
    { value: "", timestampMs: null },
    { value: "ccc", timestampMs: 2n ** 62n },
  ]);
  assert.deepEqual(await processBatch(segment, batch), [
    { value: ["a", 1], timestampMs: 5 },
    { value: ["bb", 2], timestampMs: 5 },
    { value: ["", 0], timestampMs: null },
    { value: ["ccc", 3], timestampMs: 2n ** 62n },
  ]);
});

test("nested flatMaps give the same rows in the same order whatever the output's size", async () => {
  const harness = await createHarness();
  const pair = (n: number): number[] => (n % 3 === 0 ? [] : [n, n + 1]);
  const flavours: Readonly<Record<string, unknown>> = {
    array: pair,
    generator: function* (n: number) {
      yield* pair(n);
    },
    set: (n: number) => new Set(pair(n)),
    collector: (n: number, out: { collect(item: unknown): void }) => {
      for (const item of pair(n)) out.collect(item);
    },
    both: (n: number, out: { collect(item: unknown): void }) => {
      const [first, ...rest] = pair(n);
      if (first !== undefined) out.collect(first);
      return rest;
    },
    object: { flatMap: pair },
  };
  const flavour = fc.constantFrom(...Object.keys(flavours));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 20 }),
      fc.array(flavour, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(1, 2, 3, 7, 4096),
      async (values, names, outputRows) => {
        const steps = names.map((name) => step("flatMap", flavours[name]));
        const outputType = batchType(NUMBER);
        const segment = await open(harness, steps, { outputType, outputRows });
        const batch = buildBatch(harness.memory, rowsOf(values), batchType(NUMBER));
        const rows = await processBatch(segment, batch);
        const expected = rowsOf(values).flatMap(({ value, timestampMs }) => {
          const results = names.reduce<number[]>((list) => list.flatMap(pair), [value as number]);
          return results.map((result) => ({ value: result, timestampMs }));
        });
        assert.deepEqual(rows, expected);
        assert.equal(harness.metrics.get(METRIC_OVERFLOW_BYTES), 0);
        await segment.close();
        batch.dispose();
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});

test("one record becomes a million without ever holding more than a batch", async () => {
  const harness = await createHarness();
  let produced = 0;
  function* count(): Generator<number> {
    for (let n = 0; n < 1_000_000; ++n) {
      produced = n + 1;
      yield n;
    }
  }
  const segment = await open(harness, [step("flatMap", count)], { outputType: batchType(NUMBER) });
  const batch = buildBatch(harness.memory, rowsOf([0]));
  const cursor = { row: 0, step: 0 };
  let rows = 0;
  let sum = 0;
  for (let status = STATUS_OUTPUT_FULL; status !== STATUS_DONE; ) {
    status = segment.process(batch, cursor);
    const builder = segment.outputs[0]?.builder;
    rows += builder?.rowCount ?? 0;
    assert.ok(produced <= rows, `${produced} produced, ${rows} shipped`);
    sum += harness.memory.f64[(builder?.dataPtr(0) ?? 0) >>> 3] ?? 0;
    builder?.reset();
  }
  assert.equal(rows, 1_000_000);
  assert.ok(sum > 0);
});

test("rows are read right after the output has made the memory grow", async () => {
  const harness = await createHarness();
  const segment = await open(harness, [step("map", (text: string) => text.repeat(600))], {
    outputType: batchType(STRING),
  });
  const values = Array.from({ length: 500 }, (_, n) => `${n % 2 === 0 ? "é" : "e"}${n}`);
  const ascii = buildBatch(harness.memory, rowsOf(values.filter((_, n) => n % 2 === 1)));
  const mixed = buildBatch(harness.memory, rowsOf(values));
  const before = harness.memory.byteLength;
  const expected = values.map((text) => text.repeat(600));
  assert.deepEqual(
    valuesOf(await processBatch(segment, ascii)),
    expected.filter((_, n) => n % 2 === 1),
  );
  assert.deepEqual(valuesOf(await processBatch(segment, mixed)), expected);
  assert.ok(harness.memory.byteLength > before);
});

test("what a collector emits beyond the output is counted as overflow and goes out before the next input", async () => {
  const harness = await createHarness();
  const steps = [
    step("flatMap", (n: number, out: { collect(item: unknown): void }) => {
      for (let i = 0; i < 5; ++i) out.collect({ n, i });
    }),
  ];
  const segment = await open(harness, steps, { outputRows: 2 });
  const batch = buildBatch(harness.memory, rowsOf([1, 2]));
  const cursor = { row: 0, step: 0 };
  assert.equal(segment.process(batch, cursor), STATUS_OUTPUT_FULL);
  assert.equal(cursor.row, 1);
  assert.equal(segment.outputs[0]?.builder?.rowCount, 2);
  assert.ok(harness.metrics.get(METRIC_OVERFLOW_BYTES) > 0);
  segment.outputs[0]?.builder?.reset();
  const rest = await drive(segment, () => segment.process(batch, cursor));
  assert.deepEqual(
    valuesOf(rest),
    [2, 3, 4].map((i) => ({ n: 1, i })).concat([0, 1, 2, 3, 4].map((i) => ({ n: 2, i }))),
  );
  assert.equal(harness.metrics.get(METRIC_OVERFLOW_BYTES), 0);
});

test("an object that is changed after collect() goes out as it was, also from the overflow", async () => {
  const harness = await createHarness();
  const reuse: Collect = (n, out) => {
    const record = { n, i: 0 };
    for (; record.i < 4; ++record.i) out.collect(record);
  };
  for (const behind of [[], [step("flatMap", (record: unknown) => [record, record])]]) {
    const segment = await open(harness, [step("flatMap", reuse), ...behind], { outputRows: 1 });
    const batch = buildBatch(harness.memory, rowsOf([7]));
    const times = behind.length + 1;
    const expected = [0, 1, 2, 3].flatMap((i) =>
      Array.from({ length: times }, () => ({ n: 7, i })),
    );
    assert.deepEqual(valuesOf(await processBatch(segment, batch)), expected);
  }
});

test("a record that waits for a wider output is not changed by what the function does next", async () => {
  const harness = await createHarness();
  const reuse: Collect = (_, out) => {
    const record: { v: unknown } = { v: 1 };
    out.collect(record);
    record.v = "text";
    out.collect(record);
    record.v = true;
  };
  const segment = await open(harness, [step("flatMap", reuse)]);
  const batch = buildBatch(harness.memory, rowsOf([7]));
  assert.deepEqual(valuesOf(await processBatch(segment, batch)), [{ v: 1 }, { v: "text" }]);
});

test("collect() after the function has returned is an error", async () => {
  const harness = await createHarness();
  let late: (() => void) | undefined;
  const steps = [
    step("flatMap", (n: number, out: { collect(item: unknown): void }) => {
      late = () => out.collect(n);
    }),
  ];
  const segment = await open(harness, steps);
  await processBatch(segment, buildBatch(harness.memory, rowsOf([1])));
  assert.equal((await errorOf(() => late?.())).code, "MR_FUNCTION_INVALID");
});

test("an error behind a collector is not lost when the user's function catches it", async () => {
  const harness = await createHarness();
  const steps = [
    step("flatMap", (n: number, out: { collect(item: unknown): void }) => {
      try {
        out.collect(n);
      } catch {
        // As careless code does.
      }
    }),
    step("map", () => {
      throw new Error("down the line");
    }),
  ];
  const segment = await open(harness, steps);
  const error = await errorOf(() => processBatch(segment, buildBatch(harness.memory, rowsOf([1]))));
  assert.equal(error.code, "MR_FUNCTION_THREW");
  assert.equal(error.details["message"], "down the line");
});

test("a function that throws is named with operator, subtask, record, position and cause", async () => {
  const harness = await createHarness();
  const cause = new RangeError("no such thing");
  const line = Number(/:(\d+):\d+\)?$/m.exec(new Error().stack?.split("\n")[1] ?? "")?.[1]);
  const fail = (value: unknown): never => {
    cause.stack = new Error().stack?.replace("Error", "RangeError") ?? "";
    throw Object.assign(cause, { value });
  };
  const segment = await open(harness, [step("map", fail)]);
  const batch = buildBatch(harness.memory, rowsOf([{ word: "x".repeat(500), n: 1 }]));
  const error = await errorOf(() => processBatch(segment, batch));
  assert.equal(error.code, "MR_FUNCTION_THREW");
  assert.equal(error.cause, cause);
  const { operator, subtask, position, record, message } = error.details;
  assert.deepEqual(
    { operator, subtask, message },
    { operator: "words", subtask: 1, message: "no such thing" },
  );
  assert.match(String(position), new RegExp(`js-segment\\.test\\.[jt]s:${line + 2}:\\d+$`));
  assert.match(String(record), /^\{ word: 'x{100}/);
  assert.equal(String(record).length, 200);
});

test("what an iterator or a thrown value that is no Error says is reported too", async () => {
  const harness = await createHarness();
  const thrower = function* (): Generator<number> {
    yield 1;
    throw "plain text";
  };
  const segment = await open(harness, [step("flatMap", thrower)]);
  const error = await errorOf(() =>
    processBatch(segment, buildBatch(harness.memory, rowsOf(["in"]))),
  );
  assert.equal(error.code, "MR_FUNCTION_THREW");
  assert.equal(error.details["message"], "plain text");
  assert.equal(error.details["record"], "'in'");
});

test("answers that are no records, booleans or iterables are coded errors", async () => {
  const harness = await createHarness();
  const cases: readonly (readonly [string, PipelineStep["kind"], unknown])[] = [
    ["MR_RECORD_NULL", "map", () => null],
    ["MR_RECORD_NULL", "map", () => undefined],
    ["MR_RECORD_NULL", "flatMap", () => [1, null]],
    [
      "MR_RECORD_NULL",
      "flatMap",
      (_: unknown, out: { collect(item: unknown): void }) => out.collect(undefined),
    ],
    ["MR_FUNCTION_ASYNC", "map", async () => 1],
    ["MR_FUNCTION_ASYNC", "map", () => Promise.reject(new Error("never seen"))],
    ["MR_FUNCTION_ASYNC", "filter", async () => true],
    ["MR_FUNCTION_ASYNC", "flatMap", async () => [1]],
    ["MR_FUNCTION_ASYNC", "flatMap", async function* () {}],
    ["MR_FILTER_NOT_BOOLEAN", "filter", () => 1],
    ["MR_FILTER_NOT_BOOLEAN", "filter", () => undefined],
    ["MR_FUNCTION_INVALID", "flatMap", () => 7],
    ["MR_FUNCTION_INVALID", "flatMap", () => "text"],
    ["MR_TYPE_UNSUPPORTED", "map", () => Symbol("s")],
    ["MR_TYPE_UNSUPPORTED", "map", () => new (class Odd {})()],
  ];
  for (const [code, kind, fn] of cases) {
    const segment = await open(harness, [step(kind, fn)]);
    const error = await errorOf(() =>
      processBatch(segment, buildBatch(harness.memory, rowsOf([1]))),
    );
    assert.equal(error.code, code, String(fn));
    assert.equal(String(error.details["operator"] ?? "words").includes("words"), true);
    await segment.close();
  }
});

test("a flatMap that answers nothing emits nothing", async () => {
  const harness = await createHarness();
  const segment = await open(harness, [step("flatMap", () => {})], { outputType: batchType(INT) });
  assert.deepEqual(await processBatch(segment, buildBatch(harness.memory, rowsOf([1, 2]))), []);
});

test("a declared output type is checked and named", async () => {
  const harness = await createHarness();
  const outputType = batchType(tuple(STRING, INT));
  const segment = await open(harness, [step("map", (n: number) => ["a", n])], { outputType });
  const error = await errorOf(() =>
    processBatch(segment, buildBatch(harness.memory, rowsOf([1, 1.5]))),
  );
  assert.equal(error.code, "MR_TYPE_MISMATCH");
  assert.deepEqual(error.details, {
    operator: "words",
    path: "record[1]",
    expected: "INT (an integer of 32 bits)",
    actual: "the number 1.5",
  });
});

test("an output typed at run time widens between batches and loses nothing", async () => {
  const harness = await createHarness();
  const values = [
    { a: 1 },
    { a: 2, b: "x" },
    { a: null, b: "y" },
    { a: "three", b: "z" },
    { b: "only" },
    [1, 2],
    "text",
  ];
  for (const outputRows of [1, 2, 100]) {
    const segment = await open(harness, [step("map", (index: number) => values[index])], {
      outputRows,
    });
    const batch = buildBatch(harness.memory, rowsOf(values.map((_, index) => index)));
    assert.deepEqual(valuesOf(await processBatch(segment, batch)), [
      { a: 1 },
      { a: 2, b: "x" },
      { a: null, b: "y" },
      { a: "three", b: "z" },
      { a: null, b: "only" },
      [1, 2],
      "text",
    ]);
    await segment.close();
    batch.dispose();
  }
});

test("open and close are called in pairs, also after a failing open and a failing close", async () => {
  const harness = await createHarness();
  const calls: string[] = [];
  const rich = (name: string, failing: "open" | "close" | "nothing") => ({
    map: (value: unknown) => value,
    open(context: { getTaskName(): string }) {
      calls.push(`open ${name} ${context.getTaskName()}`);
      if (failing === "open") throw new Error(`cannot open ${name}`);
    },
    close() {
      calls.push(`close ${name}`);
      if (failing === "close") throw new Error(`cannot close ${name}`);
    },
  });
  const steps = [rich("a", "close"), rich("b", "open"), rich("c", "nothing")].map((fn) =>
    step("map", fn),
  );
  const segment = create(harness, steps);
  const failure = await errorOf(() => segment.open());
  assert.equal(failure.code, "MR_FUNCTION_THREW");
  assert.equal(failure.details["record"], "open()");
  assert.equal((await errorOf(() => segment.close())).details["message"], "cannot close a");
  assert.deepEqual(calls, ["open a test task", "open b test task", "close b", "close a"]);
});

test("close() reaches every function that was opened, even if one of them throws", async () => {
  const harness = await createHarness();
  const calls: string[] = [];
  const rich = (name: string) => ({
    map: (value: unknown) => value,
    open: () => {},
    close() {
      calls.push(name);
      if (name === "b") throw new Error("b is stuck");
    },
  });
  const segment = await open(
    harness,
    ["a", "b", "c"].map((name) => step("map", rich(name))),
  );
  const error = await errorOf(() => segment.close());
  assert.equal(error.details["message"], "b is stuck");
  assert.deepEqual(calls, ["c", "b", "a"]);
  await segment.close();
  assert.deepEqual(calls, ["c", "b", "a"]);
});

test("a generator that is not run to its end is ended by close()", async () => {
  const harness = await createHarness();
  let isEnded = false;
  const endless = function* (): Generator<number> {
    try {
      for (;;) yield 1;
    } finally {
      isEnded = true;
    }
  };
  const segment = await open(harness, [step("flatMap", endless)], { outputRows: 2 });
  const batch = buildBatch(harness.memory, rowsOf([1]));
  assert.equal(segment.process(batch, { row: 0, step: 0 }), STATUS_OUTPUT_FULL);
  assert.equal(isEnded, false);
  await segment.close();
  assert.equal(isEnded, true);
});
