import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import type { MapFunction } from "../../../../control/api/functions.ts";
import { Types } from "../../../../control/common/types.ts";
import type { JobOperator } from "../../../../control/plan/job-graph.ts";
import { FakeCluster, planOf } from "../fake-cluster.ts";
import { throwsCode } from "../throws-code.ts";

const create = () => StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 });
type Wrong = never;

test("functions are lambdas, generators or objects with Flink's method, and go to the workers as they are", async () => {
  class Double implements MapFunction<number, number> {
    map(value: number): number {
      return value * 2;
    }
  }
  const double = new Double();
  const halve = (value: number) => [value / 2];
  const keepAll = { filter: () => true };
  const plus = { reduce: (a: number, b: number) => a + b };
  const parity = { getKey: (value: number) => value % 2 };
  const partitioner = { partition: (key: number, count: number) => key % count };
  const plan = await planOf((env) => {
    const numbers = env.fromSequence(1, 9).map(double).flatMap(halve).filter(keepAll);
    numbers.flatMap(function* (value) {
      yield value;
    });
    numbers.keyBy(parity).reduce(plus).print();
    numbers.partitionCustom(partitioner, parity).print();
  });
  const values = new Set(plan.functions.values());
  for (const value of [double, halve, keepAll, plus, parity, partitioner])
    assert.ok(values.has(value));
});

test("what is no function, or an async one, is refused where it is given", () => {
  const stream = create().fromElements(1);
  const keyed = stream.keyBy((n) => n);
  const async = (async () => 1) as Wrong;
  const generator = function* () {
    yield 1;
  } as Wrong;
  class Old {
    map(): number {
      return 1;
    }
  }
  const calls: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      "map()",
      () => stream.map(undefined as Wrong),
      /expected a function, or an object with map\(\), got undefined/,
    ],
    ["map()", () => stream.map("n => n" as Wrong), /got the string "n => n"/],
    [
      "map()",
      () => stream.map({ flatMap: () => [] } as Wrong),
      /an object with map\(\), got an object/,
    ],
    ["map()", () => stream.map(Old as Wrong), /got a class/],
    [
      "map()",
      () => stream.map(async),
      /expected a synchronous function \(AsyncDataStream takes asynchronous ones\), got an async function/,
    ],
    ["map()", () => stream.map({ map: async () => 1 } as Wrong), /got an async function/],
    ["map()", () => stream.map(generator), /got a generator function/],
    ["flatMap()", () => stream.flatMap(async), /got an async function/],
    [
      "flatMap()",
      () => stream.flatMap(async function* () {} as Wrong),
      /got an async generator function/,
    ],
    ["filter()", () => stream.filter(async), /got an async function/],
    ["keyBy()", () => stream.keyBy(async), /got an async function/],
    ["keyBy()", () => stream.keyBy({} as Wrong), /an object with getKey\(\), got an object/],
    ["keyBy()", () => stream.keyBy(-1 as Wrong), /name or position of a field, got -1/],
    ["keyBy()", () => stream.keyBy("" as Wrong), /got the string ""/],
    [
      "keyBy()",
      () => stream.keyBy((n) => n, "INT" as Wrong),
      /expected a type, such as Types\.STRING/,
    ],
    ["reduce()", () => keyed.reduce(null as Wrong), /got null/],
    ["sum()", () => keyed.sum(0.5 as Wrong), /name or position of a field, got 0\.5/],
    ["minBy()", () => keyed.minBy(0, "last" as Wrong), /first: true or false/],
    [
      "partitionCustom()",
      () => stream.partitionCustom(5 as Wrong, (n) => n),
      /an object with partition\(\)/,
    ],
    ["partitionCustom()", () => stream.partitionCustom(() => 0, async), /got an async function/],
    ["sinkTo()", () => stream.sinkTo({} as Wrong), /expected a Sink, with createWriter\(\)/],
    [
      "addSink()",
      () => stream.addSink({} as Wrong),
      /a function or a SinkFunction, with invoke\(\)/,
    ],
    ["print()", () => stream.print(7 as Wrong), /an identifier that is a string/],
    ["union()", () => stream.union([1] as Wrong), /expected streams, got an array/],
    ["name()", () => stream.name("" as Wrong), /expected a name/],
    ["uid()", () => stream.uid(5 as Wrong), /expected a uid, got 5/],
    ["slotSharingGroup()", () => stream.slotSharingGroup("" as Wrong), /the name of a group/],
    [
      "returns()",
      () => stream.returns({} as Wrong),
      /expected a type, such as Types\.STRING, got an object/,
    ],
    ["executeAndCollect()", () => stream.executeAndCollect(0), /expected a limit from 1, got 0/],
  ];
  for (const [operation, call, text] of calls) {
    const error = throwsCode("MR_FUNCTION_INVALID", call);
    assert.equal(error.details.operation, operation);
    assert.match(error.message, text, operation);
  }
});

test("returns() is for operators whose functions make new records", () => {
  const keyed = create()
    .fromElements(1)
    .keyBy((n) => n);
  for (const stream of [keyed.sum(0), keyed.reduce((a) => a), keyed.filter(() => true)]) {
    throwsCode("MR_GRAPH_INVALID", () => stream.returns(Types.INT));
  }
});

test("a keyed stream keeps its partitioning", () => {
  const keyed = create()
    .fromElements(1)
    .keyBy((n) => n);
  for (const call of [
    () => keyed.rebalance(),
    () => keyed.broadcast(),
    () =>
      keyed.partitionCustom(
        () => 0,
        (n) => n,
      ),
  ]) {
    const error = throwsCode("MR_GRAPH_INVALID", call);
    assert.match(error.message, /Cannot override the partitioning of a keyed stream/);
  }
});

test("streams of two environments have no union", () => {
  throwsCode("MR_GRAPH_INVALID", () => create().fromElements(1).union(create().fromElements(2)));
});

test("keys are named by position, by name, by several or by a function with a type", async () => {
  const define = (env: StreamExecutionEnvironment): void => {
    const rows = env.fromElements("u").map((user) => ({ user, total: 1 }));
    rows.keyBy("user").sum("total").print();
    rows.keyBy("user", "total").sum("total").print();
    env
      .fromElements("a")
      .map((word) => [word, 1])
      .keyBy(0)
      .sum(1)
      .print();
    rows
      .keyBy((row) => row.total, Types.LONG)
      .sum("total")
      .print();
  };
  // In JavaScript records have no known type, so that every key needs its operator.
  const plan = await planOf(define, { engine: "js" });
  const keys = operators(plan).filter((operator) => operator.kind === "key");
  assert.deepEqual(
    keys.map(({ selector, keyType }) => ({ selector, keyType })),
    [
      { selector: { kind: "field", field: "user" }, keyType: null },
      { selector: { kind: "fields", fields: ["user", "total"] }, keyType: null },
      { selector: { kind: "function" }, keyType: { kind: "LONG" } },
      { selector: { kind: "field", field: 0 }, keyType: null },
    ],
  );
});

test("aggregates say their function, field and tie rule", async () => {
  const plan = await planOf((env) => {
    const keyed = env.fromElements(["a", 1]).keyBy(0);
    keyed.sum(1).print();
    keyed.min(1).print();
    keyed.max(0).print();
    keyed.minBy(1).print();
    keyed.maxBy(1, false).print();
  });
  const rolling = operators(plan).filter((operator) => operator.kind === "rolling");
  assert.deepEqual(
    rolling.map(({ function: fn, field, first }) => [fn, field, first]),
    [
      ["sum", 1, true],
      ["min", 1, true],
      ["max", 0, true],
      ["minBy", 1, true],
      ["maxBy", 1, false],
    ],
  );
});

test("print() and printToErr() say where to and under which identifier", async () => {
  const plan = await planOf((env) => {
    const stream = env.fromElements(1);
    stream.print();
    stream.print("main--");
    stream.printToErr("err");
  });
  const prints = operators(plan).filter((operator) => operator.kind === "print");
  assert.deepEqual(
    prints.map(({ identifier, toStderr, name }) => [identifier, toStderr, name]),
    [
      ["", false, "Sink: Print to Std. Out"],
      ["main--", false, "Sink: Print to Std. Out"],
      ["err", true, "Sink: Print to Std. Err"],
    ],
  );
});

test("executeAndCollect() gives the rows of its own sink, one by one", async () => {
  const cluster = new FakeCluster({ rows: [1, 2, 3] });
  const rows: number[] = [];
  await cluster.run(async () => {
    for await (const row of create()
      .fromElements(1)
      .map((n) => n)
      .executeAndCollect("collect"))
      rows.push(row);
  });
  assert.deepEqual(rows, [1, 2, 3]);
  const [job] = cluster.submitted;
  const sink =
    job === undefined ? undefined : operators(job.plan).find(({ kind }) => kind === "collect");
  assert.equal(job?.client.collectedFrom, sink?.id);
  assert.equal(job?.plan.graph.name, "collect");
  assert.equal(job?.plan.graph.vertices.at(-1)?.parallelism, 1);
  assert.equal(job?.client.canceled, false);
});

test("executeAndCollect() with a limit gives an array and cancels what is left", async () => {
  const cluster = new FakeCluster({ rows: [1, 2, 3] }, { rows: [1, 2, 3] });
  await cluster.run(async () => {
    assert.deepEqual(await create().fromElements(1).executeAndCollect(2), [1, 2]);
    assert.deepEqual(await create().fromElements(1).executeAndCollect("named", 5), [1, 2, 3]);
  });
  assert.deepEqual(
    cluster.submitted.map(({ client }) => client.canceled),
    [true, false],
  );
  assert.equal(cluster.submitted[1]?.plan.graph.name, "named");
});

test("leaving executeAndCollect() early cancels the job, also before the first row", async () => {
  const cluster = new FakeCluster({ rows: [1, 2, 3] }, { rows: [1] });
  await cluster.run(async () => {
    for await (const row of create().fromElements(1).executeAndCollect()) {
      if (row === 2) break;
    }
    const rows = create().fromElements(1).executeAndCollect();
    await rows.close();
    assert.deepEqual(await rows.next(), { done: true, value: undefined });
    await rows.close();
  });
  assert.deepEqual(
    cluster.submitted.map(({ client }) => client.canceled),
    [true, true],
  );
  assert.equal(cluster.submitted[0]?.client.rowsTaken, 2);
});

test("executeAndCollect() throws what the job failed with, after the rows", async () => {
  const cluster = new FakeCluster({ rows: [1], error: new Error("worker died") });
  const rows: number[] = [];
  await assert.rejects(
    cluster.run(async () => {
      for await (const row of create().fromElements(1).executeAndCollect()) rows.push(row);
    }),
    /worker died/,
  );
  assert.deepEqual(rows, [1]);
});

function operators({
  graph,
}: {
  readonly graph: { readonly vertices: readonly { readonly operators: readonly JobOperator[] }[] };
}): readonly JobOperator[] {
  return graph.vertices.flatMap((vertex) => vertex.operators);
}
