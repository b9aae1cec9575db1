import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import { Types } from "../../../../control/common/types.ts";
import type { EngineOptions } from "../../../../control/config/settings.ts";
import { planHash } from "../../../../control/plan/compile-plan.ts";
import { planOf } from "../fake-cluster.ts";

type Define = (env: StreamExecutionEnvironment) => void;

const base: Define = (env) =>
  env
    .fromElements(["a", 1])
    .map((pair) => pair)
    .keyBy(0)
    .sum(1)
    .print();

test("two plans that differ in anything but the job's name and the functions' texts differ in hash and text", async () => {
  const variants: readonly (readonly [Define, EngineOptions?])[] = [
    [base],
    [base, { parallelism: 3 }],
    [base, { maxParallelism: 256 }],
    [base, { runtimeMode: "BATCH" }],
    [base, { engine: "js" }],
    [base, { bufferTimeoutMs: 1 }],
    [base, { operatorChaining: false }],
    [
      (env) =>
        env
          .fromElements(["a", 1])
          .map((pair) => pair)
          .keyBy(1)
          .sum(1)
          .print(),
    ],
    [
      (env) =>
        env
          .fromElements(["a", 1])
          .map((pair) => pair)
          .keyBy(0)
          .max(1)
          .print(),
    ],
    [
      (env) =>
        env
          .fromElements(["a", 1])
          .map((pair) => pair)
          .keyBy(0)
          .minBy(1, false)
          .print(),
    ],
    [
      (env) =>
        env
          .fromElements(["a", 1])
          .map((pair) => pair)
          .keyBy(0)
          .sum(1)
          .print("id"),
    ],
    [
      (env) =>
        env
          .fromElements(["a", 1])
          .map((pair) => pair)
          .keyBy(0)
          .sum(1)
          .printToErr(),
    ],
    [
      (env) =>
        env
          .fromElements(["a", 1])
          .map((pair) => pair)
          .name("Copy")
          .keyBy(0)
          .sum(1)
          .print(),
    ],
    [
      (env) =>
        env
          .fromElements(["a", 1])
          .map((pair) => pair)
          .uid("copy")
          .keyBy(0)
          .sum(1)
          .print(),
    ],
    [
      (env) =>
        env
          .fromElements(["a", 1])
          .map((pair) => pair)
          .setBufferTimeout(0)
          .keyBy(0)
          .sum(1)
          .print(),
    ],
    [
      (env) =>
        env
          .fromElements(["a", 1])
          .map((pair) => pair)
          .returns(Types.TUPLE(Types.STRING, Types.INT))
          .keyBy(0)
          .sum(1)
          .print(),
    ],
    [
      (env) =>
        env
          .fromElements(["a", 1])
          .map((pair) => pair)
          .slotSharingGroup("x")
          .keyBy(0)
          .sum(1)
          .print(),
    ],
    [
      (env) =>
        env
          .fromElements(["a", 1])
          .flatMap((pair) => [pair])
          .keyBy(0)
          .sum(1)
          .print(),
    ],
  ];
  const plans = await Promise.all(
    variants.map(([define, options]) => planOf(define, options ?? {})),
  );
  assert.equal(new Set(plans.map(({ hash }) => hash)).size, variants.length);
  assert.equal(new Set(plans.map(({ text }) => text)).size, variants.length);
});

test("the hash does not depend on the job's name, the functions or the order of properties", async () => {
  const plan = await planOf(base);
  const other = await planOf((env) =>
    env
      .fromElements(["b", 2])
      .map(([word, n]) => [word, n + 1])
      .keyBy(0)
      .sum(1)
      .print(),
  );
  assert.equal(plan.hash, other.hash);
  assert.match(plan.hash, /^[0-9a-f]{64}$/);
  const reversed = Object.fromEntries(
    Object.entries({ ...plan.graph, name: "other" }).reverse(),
  ) as typeof plan.graph;
  assert.equal(planHash(reversed), planHash(plan.graph));
});

test("hash, text and functions are of the plan without analysis, which is all that workers make", async () => {
  let one = 0;
  one += 1;
  const compiled = await planOf((env) =>
    env
      .fromElements("a")
      .map((word) => [word, 1])
      .keyBy(0)
      .sum(1)
      .print(),
  );
  const captured = await planOf((env) =>
    env
      .fromElements("a")
      .map((word) => [word, one])
      .keyBy(0)
      .sum(1)
      .print(),
  );
  assert.notEqual(planHash(compiled.graph), planHash(captured.graph));
  assert.equal(compiled.hash, captured.hash);
  assert.equal(compiled.text, captured.text);
  assert.deepEqual([...compiled.functions.keys()], [...captured.functions.keys()]);
});

test("the text has one line per task and exchange, and one for the job", async () => {
  const plan = await planOf(base);
  const lines = plan.text.split("\n");
  assert.equal(lines.length, 1 + plan.graph.vertices.length + plan.graph.edges.length);
});
