import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import { Types } from "../../../../control/common/types.ts";
import type { EngineOptions } from "../../../../control/config/settings.ts";
import { planOf } from "../fake-cluster.ts";
import { rejectsCode } from "../throws-code.ts";
import { type Define, operatorsOf, Pair, pairs, untypedPairs } from "./plans.ts";

async function taskNames(define: Define, options: EngineOptions = {}): Promise<readonly string[]> {
  return (await planOf(define, options)).graph.vertices.map(({ name }) => name);
}

test("operators with a forward edge, one parallelism and one group run in one task", async () => {
  const names = await taskNames((env) =>
    env
      .fromSequence(1, 9)
      .map(String)
      .filter(() => true)
      .print(),
  );
  assert.deepEqual(names, ["Source: Sequence Source -> Map -> Filter -> Sink: Print to Std. Out"]);
});

test("what breaks a chain", async () => {
  const head = "Source: Sequence Source";
  const sink = "Sink: Print to Std. Out";
  const cases: readonly (readonly [string, Define, readonly string[], EngineOptions?])[] = [
    [
      "a keyBy",
      (env) =>
        env
          .fromSequence(1, 9)
          .keyBy((n) => n)
          .map(String)
          .print(),
      [head, `Map -> ${sink}`],
    ],
    ["a partitioner", (env) => env.fromSequence(1, 9).rebalance().print(), [head, sink]],
    [
      "another parallelism",
      (env) => env.fromSequence(1, 9).print().setParallelism(1),
      [head, sink],
    ],
    [
      "another maximum parallelism",
      (env) => env.fromSequence(1, 9).print().setMaxParallelism(7),
      [head, sink],
    ],
    [
      "another group",
      (env) => env.fromSequence(1, 9).map(String).slotSharingGroup("b").print(),
      [head, `Map -> ${sink}`],
    ],
    [
      "disableChaining",
      (env) => env.fromSequence(1, 9).map(String).disableChaining().print(),
      [head, "Map", sink],
    ],
    [
      "startNewChain",
      (env) => env.fromSequence(1, 9).map(String).startNewChain().print(),
      [head, `Map -> ${sink}`],
    ],
    [
      "a sink's disableChaining",
      (env) => env.fromSequence(1, 9).print().disableChaining(),
      [head, sink],
    ],
    [
      "a union",
      (env) => env.fromSequence(1, 9).union(env.fromSequence(1, 9)).print(),
      [head, head, sink],
    ],
    [
      "a union with itself",
      (env) => {
        const s = env.fromSequence(1, 9);
        s.union(s).print();
      },
      [head, sink],
    ],
    [
      "the environment",
      (env) => env.fromSequence(1, 9).map(String).print(),
      [head, "Map", sink],
      { operatorChaining: false },
    ],
  ];
  for (const [what, define, expected, options] of cases)
    assert.deepEqual(await taskNames(define, options), expected, what);
});

test("a source's startNewChain changes nothing, its disableChaining does", async () => {
  assert.equal(
    (await taskNames((env) => env.fromSequence(1, 9).startNewChain().print())).length,
    1,
  );
  assert.equal(
    (await taskNames((env) => env.fromSequence(1, 9).disableChaining().print())).length,
    2,
  );
});

test("branches are named as Flink names them", async () => {
  const names = await taskNames((env) => {
    const source = env.fromSequence(1, 9).name("S");
    const a = source.map(String).name("A");
    a.print().name("P");
    a.filter(() => true)
      .name("F")
      .print()
      .name("Q");
    source.print().name("R");
  });
  assert.deepEqual(names, ["Source: S -> (A -> (Sink: P, F -> Sink: Q), Sink: R)"]);
});

test("a chain lists its operators head first, each with the one it reads from", async () => {
  const plan = await planOf((env) => {
    const a = env.fromSequence(1, 9).name("S").map(String).name("A");
    a.print().name("P");
    a.filter(() => true)
      .name("F")
      .print()
      .name("Q");
  });
  const operators = operatorsOf(plan);
  const names = new Map(operators.map(({ id, name }) => [id, name]));
  const links = operators.map(({ name, input }) => [
    name,
    input === null ? null : names.get(input),
  ]);
  assert.deepEqual(links, [
    ["Source: S", null],
    ["A", "Source: S"],
    ["Sink: P", "A"],
    ["F", "A"],
    ["Sink: Q", "F"],
  ]);
});

test("without a partitioner records go forward at equal parallelism and round robin otherwise", async () => {
  const kinds = async (define: Define) =>
    (await planOf(define)).graph.edges.map(({ partitioner }) => partitioner.kind);
  assert.deepEqual(await kinds((env) => env.fromSequence(1, 9).disableChaining().print()), [
    "forward",
  ]);
  assert.deepEqual(await kinds((env) => env.fromSequence(1, 9).print().setParallelism(5)), [
    "rebalance",
  ]);
});

test("the last partitioner before an operator counts", async () => {
  const plan = await planOf((env) => env.fromSequence(1, 9).rebalance().broadcast().print());
  assert.deepEqual(
    plan.graph.edges.map(({ partitioner }) => partitioner.kind),
    ["broadcast"],
  );
});

test("forward() to another parallelism is refused", async () => {
  const error = await rejectsCode(
    "MR_GRAPH_INVALID",
    planOf((env) => env.fromSequence(1, 9).forward().print().setParallelism(1)),
  );
  assert.match(error.message, /Forward partitioning does not allow change of parallelism/);
});

test("operators inherit the slot sharing group their inputs agree on", async () => {
  const plan = await planOf((env) => {
    const a = env.fromSequence(1, 9).slotSharingGroup("a");
    const b = env.fromSequence(1, 9).slotSharingGroup("b");
    a.map(String).name("of a").print();
    a.union(b).print().name("of both");
    a.union(b).map(String).name("own").slotSharingGroup("c").print();
  });
  const groups = plan.graph.vertices.map(({ name, slotSharingGroup }) => [
    name.replace(/ ->.*/, ""),
    slotSharingGroup,
  ]);
  assert.deepEqual(groups, [
    ["Source: Sequence Source", "a"],
    ["Source: Sequence Source", "b"],
    ["Sink: of both", "default"],
    ["own", "c"],
  ]);
});

test("unknown fields, keys that cannot be hashed and sums of texts are refused when types are declared", async () => {
  const rows = (env: StreamExecutionEnvironment) =>
    env.fromCollection(
      [{ a: 1, tags: ["x"], raw: new Uint8Array() }],
      Types.ROW({ a: Types.INT, tags: Types.LIST(Types.STRING), raw: Types.BYTES }),
    );
  const unknown = await rejectsCode(
    "MR_FIELD_UNKNOWN",
    planOf((env) =>
      rows(env)
        .keyBy("b" as "a")
        .sum("a")
        .print(),
    ),
  );
  assert.match(
    unknown.message,
    /Operator Keyed Aggregation: there is no field b; the record has a, tags, raw\./,
  );
  await rejectsCode(
    "MR_FIELD_UNKNOWN",
    planOf((env) =>
      pairs(env)
        .keyBy(0, 2 as 1)
        .sum(1)
        .print(),
    ),
  );
  await rejectsCode(
    "MR_FIELD_UNKNOWN",
    planOf((env) =>
      pairs(env)
        .keyBy(0)
        .sum(5 as 1)
        .print(),
    ),
  );
  await rejectsCode(
    "MR_FIELD_UNKNOWN",
    planOf((env) =>
      pairs(env)
        .partitionCustom(() => 0, 7 as 1)
        .print(),
    ),
  );
  const list = await rejectsCode(
    "MR_KEY_TYPE",
    planOf((env) => rows(env).keyBy("tags").sum("a").print()),
  );
  assert.match(list.message, /a key cannot be a LIST<STRING>/);
  await rejectsCode(
    "MR_KEY_TYPE",
    planOf((env) =>
      rows(env)
        .keyBy((row) => row.raw, Types.BYTES)
        .sum("a")
        .print(),
    ),
  );
  const text = await rejectsCode(
    "MR_FIELD_NOT_NUMERIC",
    planOf((env) =>
      pairs(env)
        .keyBy(1)
        .sum(0 as 1)
        .print(),
    ),
  );
  assert.match(text.message, /field 0 is STRING; sum needs a number/);
  await rejectsCode(
    "MR_FIELD_NOT_NUMERIC",
    planOf((env) =>
      rows(env)
        .keyBy("a")
        .max("tags" as "a")
        .print(),
    ),
  );
  await planOf((env) => pairs(env).keyBy(1).max(0).print());
});

test("types are declared by sources and returns(), and kept by what passes records on", async () => {
  const plan = await planOf((env) => {
    const typed = env
      .fromSequence(1, 9)
      .map((n) => [String(n), n] as [string, number])
      .returns(Pair);
    typed
      .filter(() => true)
      .keyBy(0)
      .reduce((a) => a)
      .keyBy(0)
      .minBy(1)
      .rebalance()
      .map(String)
      .print();
  });
  assert.deepEqual(
    operatorsOf(plan).map(({ kind, outputType }) => [kind, outputType?.record.kind ?? null]),
    [
      ["source", "LONG"],
      ["map", "TUPLE"],
      ["filter", "TUPLE"],
      ["reduce", "TUPLE"],
      ["rolling", "TUPLE"],
      ["map", null],
      ["print", null],
    ],
  );
});

test("a union of declared types that differ is refused, one of known and unknown is found out at run time", async () => {
  const other = Types.TUPLE(Types.STRING, Types.LONG);
  const error = await rejectsCode(
    "MR_GRAPH_INVALID",
    planOf((env) =>
      pairs(env)
        .union(env.fromCollection([["a", 1] as [string, number]], other))
        .print(),
    ),
  );
  assert.match(error.message, /its inputs are \(STRING, INT\) and \(STRING, LONG\)/);
  const plan = await planOf((env) => pairs(env).union(untypedPairs(env)).print());
  assert.equal(operatorsOf(plan).at(-1)?.inputType, null);
});

test("returns() cannot contradict what a source produces", async () => {
  await rejectsCode(
    "MR_GRAPH_INVALID",
    planOf((env) => env.fromSequence(1, 9).returns(Types.INT).print()),
  );
  await planOf((env) => env.fromSequence(1, 9).returns(Types.LONG).print());
  const plan = await planOf((env) => env.fromElements(1).returns(Types.INT).print());
  assert.deepEqual(operatorsOf(plan)[0]?.outputType, { record: { kind: "INT" }, key: null });
});

test("BATCH and AUTOMATIC with bounded sources emit last values only; unbounded sources stream or are refused", async () => {
  const mode = async (runtimeMode: "STREAMING" | "BATCH" | "AUTOMATIC", bounded: boolean) => {
    const plan = await planOf(
      (env) => {
        const source = bounded
          ? env.fromSequence(1, 9)
          : env.addSource<number>({ run: () => undefined, cancel: () => undefined });
        source
          .keyBy((n) => n)
          .sum(0)
          .print();
        source
          .keyBy((n) => n)
          .reduce((a) => a)
          .print();
      },
      { runtimeMode },
    );
    const finalOnly = operatorsOf(plan).flatMap((operator) =>
      "finalOnly" in operator ? [operator.finalOnly] : [],
    );
    return [plan.graph.runtimeMode, ...finalOnly];
  };
  assert.deepEqual(await mode("STREAMING", true), ["STREAMING", false, false]);
  assert.deepEqual(await mode("BATCH", true), ["BATCH", true, true]);
  assert.deepEqual(await mode("AUTOMATIC", true), ["BATCH", true, true]);
  assert.deepEqual(await mode("AUTOMATIC", false), ["STREAMING", false, false]);
  const error = await rejectsCode("MR_GRAPH_UNBOUNDED_BATCH", mode("BATCH", false));
  assert.match(error.message, /source Source: Custom Source is unbounded/);
});

test("a source nobody reads does not run; an operator without a sink does", async () => {
  const names = await taskNames((env) => {
    env.fromSequence(1, 9).name("Unused");
    const used = env.fromSequence(1, 9).name("Used");
    used.map(String).name("No sink");
    used.print().name("Print");
  });
  assert.deepEqual(names, ["Source: Used -> (No sink, Sink: Print)"]);
});

test("buffer timeouts are the operator's, else the environment's", async () => {
  const plan = await planOf(
    (env) => {
      const source = env.fromSequence(1, 9).setBufferTimeout(0);
      source.rebalance().map(String).rebalance().print();
    },
    { bufferTimeoutMs: 7 },
  );
  assert.deepEqual(
    plan.graph.edges.map(({ bufferTimeoutMs }) => bufferTimeoutMs),
    [0, 7],
  );
});

test("a chain of thousands of operators and thousands of branches are planned", async () => {
  const OPERATORS = 5_000;
  const chain = await planOf((env) => {
    let stream: { map(fn: (n: number) => number): typeof stream; print(): unknown } =
      env.fromSequence(1, 9);
    for (let index = 0; index < OPERATORS; index += 1) stream = stream.map((n) => n);
    stream.print();
  });
  assert.equal(chain.graph.vertices.length, 1);
  assert.equal(chain.graph.vertices[0]?.operators.length, OPERATORS + 2);
  const branches = await planOf((env) => {
    const source = env.fromSequence(1, 9).disableChaining();
    for (let index = 0; index < OPERATORS; index += 1) source.print();
  });
  assert.equal(branches.graph.edges.length, OPERATORS);
});
