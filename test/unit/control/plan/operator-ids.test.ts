import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import { murmur3x64 } from "../../../../control/common/murmur3.ts";
import type { EngineOptions } from "../../../../control/config/settings.ts";
import { planOf } from "../fake-cluster.ts";
import { rejectsCode } from "../throws-code.ts";

async function idsOf(
  define: (env: StreamExecutionEnvironment) => void,
  options: EngineOptions = {},
) {
  const { graph } = await planOf(define, options);
  return graph.vertices.flatMap(({ operators }) => operators.map(({ id }) => id));
}

test("operators that are not chained have the ids that Flink gives them", async () => {
  const ids = await idsOf(
    (env) =>
      env
        .fromSequence(1, 9)
        .map(String)
        .filter(() => true)
        .map(String)
        .print(),
    {
      operatorChaining: false,
    },
  );
  assert.deepEqual(ids.slice(0, 3), [
    "bc764cd8ddf7a0cff126f51c16239658",
    "0a448493b4782967b150582570326227",
    "ea632d67b7d595e5b851708ae9ad79d6",
  ]);
  assert.equal(ids[3], "6d2677a0ecc3fd8df0b72ec675edf8f4");
});

test("ids survive other names, parallelisms, engines and chaining", async () => {
  const plain = await idsOf((env) =>
    env
      .fromSequence(1, 9)
      .map(String)
      .keyBy((s) => s)
      .max(0)
      .print(),
  );
  const changed = await idsOf(
    (env) => {
      const texts = env
        .fromSequence(1, 9)
        .name("Numbers")
        .setParallelism(1)
        .map(String)
        .name("Texts")
        .disableChaining();
      texts
        .keyBy((s) => s)
        .max(0)
        .engine("js")
        .setMaxParallelism(64)
        .print("id")
        .setParallelism(3);
    },
    { parallelism: 7 },
  );
  assert.deepEqual(changed, plain);
});

test("an operator with a uid has Flink's id for it, wherever it stands", async () => {
  const expected = murmur3x64(Buffer.from("my-uid")).toString("hex");
  const first = await idsOf((env) => env.fromSequence(1, 9).map(String).uid("my-uid").print());
  const second = await idsOf((env) =>
    env
      .fromSequence(1, 9)
      .filter(() => true)
      .map(String)
      .uid("my-uid")
      .print(),
  );
  assert.equal(first[1], expected);
  assert.equal(second[2], expected);
});

test("ids are unique, also of branches, unions and key operators", async () => {
  const ids = await idsOf((env) => {
    const a = env.fromSequence(1, 9);
    const b = env.fromSequence(1, 9);
    const union = a.union(b, a);
    for (let branch = 0; branch < 5; branch += 1)
      union
        .keyBy((n) => n % branch)
        .sum(0)
        .print();
  });
  assert.ok(ids.length > 15);
  assert.equal(new Set(ids).size, ids.length);
});

test("two operators with one uid are refused", async () => {
  const error = await rejectsCode(
    "MR_GRAPH_INVALID",
    planOf((env) => env.fromSequence(1, 9).uid("x").map(String).uid("x").print()),
  );
  assert.match(error.message, /Two operators have the uid "x"/);
});
