import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import { WatermarkStrategy } from "../../../../control/api/watermark-strategy.ts";
import { Types } from "../../../../control/common/types.ts";
import { withClientSettings } from "../../../../control/config/client-settings.ts";
import type { EngineOptions } from "../../../../control/config/settings.ts";
import { formatBatchType } from "../../../../control/plan/plan-text.ts";
import type { CollectionSource } from "../../../../dataplane/connectors/collection-source.ts";
import { NumberSequenceSource } from "../../../../dataplane/connectors/number-sequence-source.ts";
import { FakeCluster, planOf } from "../fake-cluster.ts";
import { rejectsCode, throwsCode } from "../throws-code.ts";

const create = (options?: EngineOptions) =>
  StreamExecutionEnvironment.getExecutionEnvironment(options);

test("nothing runs before execute(), and execute() runs what was defined", async () => {
  const cluster = new FakeCluster();
  await cluster.run(async () => {
    const env = create();
    env.fromElements(1, 2).print();
    assert.equal(cluster.submitted.length, 0);
    const result = await env.execute("numbers");
    assert.equal(result.jobName, "numbers");
    assert.equal(result.getNetRuntime(), 1);
    assert.equal(result.getAccumulatorResult("rows"), 0);
    assert.equal(result.getAccumulatorResult("other"), undefined);
  });
  assert.deepEqual(
    cluster.submitted.map(({ plan }) => plan.graph.name),
    ["numbers"],
  );
});

test("each execute() takes what was defined since the one before", async () => {
  const cluster = new FakeCluster();
  const names = (index: number) =>
    cluster.submitted[index]?.plan.graph.vertices.map(({ name }) => name);
  await cluster.run(async () => {
    const env = create({ parallelism: 1 });
    env.fromElements(1).print();
    await env.execute();
    env.fromSequence(1, 2).printToErr();
    await env.execute();
    await rejectsCode("MR_GRAPH_EMPTY", env.execute());
  });
  assert.deepEqual(names(0), ["Source: Collection Source -> Sink: Print to Std. Out"]);
  assert.deepEqual(names(1), ["Source: Sequence Source -> Sink: Print to Std. Err"]);
  assert.equal(cluster.submitted.length, 2);
});

test("a program without a sink is refused", async () => {
  const env = create();
  await rejectsCode("MR_GRAPH_EMPTY", env.execute());
  env.fromElements(1).map((n) => n);
  const error = await rejectsCode("MR_GRAPH_EMPTY", env.execute());
  assert.match(error.message, /^No operators defined in streaming topology/);
  throwsCode("MR_GRAPH_EMPTY", () => env.explain());
});

test("anything defined on a stream after execute() is refused, naming the call", async () => {
  await new FakeCluster().run(async () => {
    const env = create();
    const numbers = env.fromElements(1);
    const mapped = numbers.map((n) => n);
    const keyed = mapped.keyBy((n) => n);
    const sink = keyed.print();
    await env.execute();
    const calls: readonly (readonly [string, () => unknown])[] = [
      ["print()", () => numbers.print()],
      ["map()", () => mapped.map((n) => n)],
      ["flatMap()", () => mapped.flatMap((n) => [n])],
      ["filter()", () => mapped.filter(() => true)],
      ["sum()", () => keyed.sum(0)],
      ["reduce()", () => keyed.reduce((a, b) => a + b)],
      ["addSink()", () => mapped.addSink(() => undefined)],
      ["print()", () => env.fromElements(2).union(numbers).print()],
      ["name()", () => mapped.name("late")],
      ["setParallelism()", () => sink.setParallelism(1)],
      ["returns()", () => mapped.returns(Types.INT)],
      ["engine()", () => mapped.engine("js")],
    ];
    for (const [operation, call] of calls) {
      assert.equal(throwsCode("MR_GRAPH_ALREADY_EXECUTED", call).details.operation, operation);
    }
    throwsCode("MR_GRAPH_ALREADY_EXECUTED", () => mapped.executeAndCollect());
  });
});

test("a program that was refused can be corrected and executed", async () => {
  const cluster = new FakeCluster();
  await cluster.run(async () => {
    const env = create({ parallelism: 2 });
    const mapped = env
      .fromSequence(1, 9)
      .map((n) => n)
      .setParallelism(3);
    mapped.forward().print().setParallelism(2);
    await rejectsCode("MR_GRAPH_INVALID", env.execute());
    mapped.setParallelism(2);
    await env.execute();
  });
  assert.equal(cluster.submitted.length, 1);
});

test("explain() leaves the program as it is", async () => {
  const cluster = new FakeCluster();
  await cluster.run(async () => {
    const env = create({ parallelism: 2 });
    env.fromElements(["a", 1]).keyBy(0).sum(1).print();
    assert.match(env.explain(), /Keyed Aggregation +sum\(1\) +wasm/);
    assert.equal(env.explain("text"), env.explain());
    const { tasks, slots } = env.explain("json");
    assert.equal(slots, 2);
    assert.deepEqual(
      tasks.map(({ parallelism }) => parallelism),
      [1, 2],
    );
    assert.ok(env.hasUnexecutedSinks());
    await env.execute();
    assert.ok(!env.hasUnexecutedSinks());
  });
  assert.equal(cluster.submitted.length, 1);
});

test("parallelism comes from the operator, then the environment, then the client, then the system", async () => {
  const parallelisms = async (
    client: EngineOptions,
    options: EngineOptions,
    define: (env: StreamExecutionEnvironment) => void = () => undefined,
  ): Promise<readonly number[]> => {
    const cluster = new FakeCluster();
    const env = withClientSettings(client, "the command line", () => create(options));
    define(env);
    const source = env.fromSequence(1, 100);
    source
      .disableChaining()
      .map((n) => n)
      .setParallelism(5)
      .print();
    await cluster.run(() => env.execute());
    return cluster.submitted[0]?.plan.graph.vertices.map(({ parallelism }) => parallelism) ?? [];
  };
  assert.deepEqual(await parallelisms({}, {}), [availableParallelism(), 5, availableParallelism()]);
  assert.deepEqual(await parallelisms({ parallelism: 3 }, {}), [3, 5, 3]);
  assert.deepEqual(await parallelisms({ parallelism: 3 }, { parallelism: 4 }), [4, 5, 4]);
  const set = (env: StreamExecutionEnvironment) => void env.setParallelism(6);
  assert.deepEqual(await parallelisms({ parallelism: 3 }, { parallelism: 4 }, set), [6, 5, 6]);
  const reset = (env: StreamExecutionEnvironment) => void env.setParallelism(6).setParallelism(-1);
  assert.deepEqual(await parallelisms({ parallelism: 3 }, {}, reset), [3, 5, 3]);
});

test("the environment's parallelism counts for operators defined from then on", async () => {
  const plan = await planOf((env) => {
    env.setParallelism(3);
    const numbers = env.fromSequence(1, 9);
    env.setParallelism(7);
    numbers.print();
    assert.equal(env.getParallelism(), 7);
  });
  assert.deepEqual(
    plan.graph.vertices.map(({ parallelism }) => parallelism),
    [3, 7],
  );
});

test("an operator's -1 stands for the environment's parallelism", async () => {
  const plan = await planOf(
    (env) => env.fromSequence(1, 9).setParallelism(5).setParallelism(-1).print(),
    { parallelism: 3 },
  );
  assert.deepEqual(
    plan.graph.vertices.map(({ parallelism }) => parallelism),
    [3],
  );
});

test("impossible parallelisms are refused where they are set", async () => {
  const env = create();
  const numbers = env.fromSequence(1, 9);
  for (const value of [0, -2, 1.5, Number.NaN, 40_000]) {
    throwsCode("MR_PARALLELISM_INVALID", () => env.setParallelism(value));
    throwsCode("MR_PARALLELISM_INVALID", () => env.setMaxParallelism(value));
    throwsCode("MR_PARALLELISM_INVALID", () => numbers.setParallelism(value));
    throwsCode("MR_PARALLELISM_INVALID", () => numbers.setMaxParallelism(value));
  }
  const socket = throwsCode("MR_PARALLELISM_INVALID", () =>
    env.socketTextStream("localhost", 1).setParallelism(2),
  );
  assert.match(
    socket.message,
    /The parallelism of Socket Stream is 2; expected 1: this source is not parallel/,
  );
  const tooMany = planOf((other) =>
    other.fromSequence(1, 9).setMaxParallelism(4).print().setParallelism(8).setMaxParallelism(4),
  );
  const error = await rejectsCode("MR_PARALLELISM_INVALID", tooMany);
  assert.match(
    error.message,
    /The parallelism of Sink: Print to Std\. Out is 8; expected at most its maximum parallelism, 4\./,
  );
});

test("a source that cannot be split runs at parallelism 1 whatever the environment says", async () => {
  const plan = await planOf((env) => env.socketTextStream("localhost", 1).print(), {
    parallelism: 4,
  });
  assert.deepEqual(
    plan.graph.vertices.map(({ parallelism }) => parallelism),
    [1, 4],
  );
  assert.equal(plan.graph.edges[0]?.partitioner.kind, "rebalance");
});

test("setters of the environment are settings of its jobs", async () => {
  const cluster = new FakeCluster();
  await cluster.run(async () => {
    const env = create({ slots: 8, bufferTimeoutMs: 5, memoryPerSlot: "64 MiB" });
    env
      .setBufferTimeout(0)
      .setRuntimeMode("BATCH")
      .setMaxParallelism(64)
      .setParallelism(2)
      .disableOperatorChaining();
    env.fromSequence(1, 9).print();
    await env.execute();
  });
  const [job] = cluster.submitted;
  assert.equal(job?.settings.slots, 8);
  assert.equal(job?.settings.memoryPerSlot, 64 * 1024 * 1024);
  assert.equal(job?.settings.bufferTimeoutMs, 0);
  assert.equal(job?.plan.graph.runtimeMode, "BATCH");
  assert.deepEqual(
    job?.plan.graph.vertices.map(({ maxParallelism }) => maxParallelism),
    [64, 64],
  );
  assert.equal(
    job?.submission.taskSettings.slots,
    null,
    "workers start from the settings below the program's",
  );
});

test("wrong values of setters are refused, naming the setter", () => {
  const env = create();
  const mode = throwsCode("MR_CONFIG_INVALID", () => env.setRuntimeMode("STREAM" as "BATCH"));
  assert.match(mode.message, /setRuntimeMode\(\)/);
  throwsCode("MR_CONFIG_INVALID", () => env.setBufferTimeout(-2));
  const operator = throwsCode("MR_CONFIG_INVALID", () =>
    env
      .fromElements(1)
      .map((n) => n)
      .setBufferTimeout(0.5),
  );
  assert.match(operator.message, /setBufferTimeout\(\) of Map/);
  throwsCode("MR_CONFIG_INVALID", () =>
    env
      .fromElements(1)
      .map((n) => n)
      .engine("rust" as "js"),
  );
  throwsCode("MR_CONFIG_UNKNOWN_OPTION", () => create({ paralelism: 2 } as EngineOptions));
  throwsCode("MR_CONFIG_INVALID", () => create({ parallelism: 0 }));
});

test("fromData takes one array as its elements and anything else as elements", async () => {
  const typeOf = async (define: (env: StreamExecutionEnvironment) => { print(): unknown }) => {
    const { graph } = await planOf((env) => define(env).print());
    return formatBatchType(graph.vertices[0]?.operators[0]?.outputType ?? null);
  };
  assert.equal(await typeOf((env) => env.fromData([1, 2], Types.INT)), "INT");
  assert.equal(await typeOf((env) => env.fromData([1, 2])), "NUMBER");
  assert.equal(await typeOf((env) => env.fromData(1, 2)), "NUMBER");
  assert.equal(await typeOf((env) => env.fromData([1, "a"], [2, "b"])), "(NUMBER, STRING)");
  assert.equal(await typeOf((env) => env.fromElements([1, "a"])), "(NUMBER, STRING)");
});

test("returns() gives a collection another type than the one its values show", async () => {
  const plan = await planOf((env) => {
    env.fromElements(1).returns(Types.INT).print();
    env.fromCollection([1], Types.LONG).print();
    env
      .fromCollection(new Set([1]))
      .returns(Types.DOUBLE)
      .print();
  });
  const sources = plan.graph.vertices.flatMap(({ operators }) =>
    operators.filter(({ kind }) => kind === "source"),
  );
  const types = sources.map(({ outputType }) => outputType?.record.kind);
  assert.deepEqual(types, ["INT", "LONG", "DOUBLE"]);
  const produced = sources.map(
    ({ id }) => plan.functions.get(`${id}/source`) as CollectionSource<number>,
  );
  assert.deepEqual(
    produced.map(({ producedType }) => producedType.kind),
    types,
  );
});

test("sources are named as Flink names them", async () => {
  const plan = await planOf((env) => {
    env.fromElements(1).print();
    env.fromSequence(1, 2).print();
    env.readTextFile("input.txt").print();
    env.socketTextStream("localhost", 1, ";", 2).print();
    env.fromSource(new NumberSequenceSource(1, 2), "Mine").print();
    env
      .fromSource(new NumberSequenceSource(1, 2), WatermarkStrategy.noWatermarks(), "Mine too")
      .print();
    env.addSource({ run: () => undefined, cancel: () => undefined }).print();
    env
      .addSource({ run: () => undefined, cancel: () => undefined }, "Old", Types.STRING)
      .name("Older")
      .print();
  });
  const names = plan.graph.vertices
    .flatMap(({ operators }) => operators)
    .filter(({ kind }) => kind === "source");
  assert.deepEqual(
    names.map(({ name }) => name),
    [
      "Source: Collection Source",
      "Source: Sequence Source",
      "Source: Text File Source",
      "Source: Socket Stream",
      "Source: Mine",
      "Source: Mine too",
      "Source: Custom Source",
      "Source: Older",
    ],
  );
});

test("sources refuse what they cannot read", () => {
  const env = create();
  const calls: readonly (() => unknown)[] = [
    () => env.fromCollection(5 as unknown as number[]),
    () => env.fromCollection("abc" as unknown as string[]),
    () => env.fromCollection([1], "INT" as unknown as undefined),
    () => env.fromSequence(2, 1),
    () => env.readTextFile(""),
    () => env.readTextFile(7 as unknown as string),
    () => env.socketTextStream("", 1),
    () => env.socketTextStream("localhost", 70_000),
    () => env.fromSource({} as NumberSequenceSource, "x"),
    () => env.fromSource(new NumberSequenceSource(1, 2), ""),
    () =>
      env.fromSource(
        new NumberSequenceSource(1, 2),
        WatermarkStrategy.noWatermarks(),
        undefined as unknown as string,
      ),
    () => env.addSource({ run: () => undefined } as never),
  ];
  for (const [index, call] of calls.entries()) {
    const error = throwsCode("MR_FUNCTION_INVALID", call);
    assert.ok(error.message.length > 20, `case ${index}`);
  }
});

test("a job name is a text that is not empty", async () => {
  const env = create();
  env.fromElements(1).print();
  await rejectsCode("MR_FUNCTION_INVALID", env.execute(""));
  await rejectsCode("MR_FUNCTION_INVALID", env.executeAsync(5 as unknown as string));
});
