/** Keys by functions: columns of the record, compiled, or evaluated in JavaScript. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import { Types } from "../../../../control/common/types.ts";
import { planOf } from "../fake-cluster.ts";
import { rejectsCode } from "../throws-code.ts";
import { withoutPlaces } from "../without-places.ts";
import { type Define, modulesOf, operatorsOf, orders, Pair, pairs, verdictsOf } from "./plans.ts";

/** Keys of hash edges: `fields 0, 1`, or the reason of the key operator. */
async function keysOf(define: Define): Promise<readonly string[]> {
  const plan = await planOf(define);
  const keyOperators = new Map(operatorsOf(plan).map((operator) => [operator.id, operator]));
  return plan.graph.edges.flatMap(({ partitioner, operatorId }) => {
    if (partitioner.kind !== "hash") return [];
    if (partitioner.key.kind === "fields") return [`fields ${partitioner.key.fields.join(", ")}`];
    return [keyOperators.get(operatorId)?.reason ?? "none"];
  });
}

test("selectors that only name scalar fields become key columns, without a key operator", async () => {
  const keys = await keysOf((env) => {
    const stream = orders(env);
    stream
      .keyBy((order) => order.country)
      .sum("total")
      .print();
    stream
      .keyBy(({ user }) => user)
      .sum("total")
      .print();
    stream
      .keyBy((order) => [order.total, order.user])
      .sum("total")
      .print();
    stream
      .keyBy({ getKey: (order) => order.user })
      .sum("total")
      .print();
    stream
      .keyBy((order) => order.total, Types.LONG)
      .sum("total")
      .print();
    pairs(env)
      .keyBy((pair) => pair[1])
      .sum(1)
      .print();
    env
      .fromSequence(1, 9)
      .keyBy((n) => n)
      .max(0)
      .print();
  });
  assert.deepEqual(keys, [
    "fields 1",
    "fields 0",
    "fields 2, 0",
    "fields 0",
    "fields 2",
    "fields 1",
    "fields 0",
  ]);
});

/** What puts out keys, with their types. */
async function keyOperatorsOf(define: Define): Promise<readonly string[]> {
  return (await verdictsOf(define)).filter((line) => line.startsWith("keyBy"));
}

test("any other selector is compiled, and its key has the type it gives or the declared one", async () => {
  const rows = Types.ROW({ at: Types.TUPLE(Types.INT, Types.STRING), n: Types.NUMBER });
  const keys = await keyOperatorsOf((env) => {
    const stream = pairs(env);
    stream
      .keyBy((pair) => pair[0].trim())
      .sum(1)
      .print();
    stream
      .keyBy((pair) => [pair[1], `${pair[0]}|${pair[1]}`])
      .sum(1)
      .print();
    stream
      .keyBy((pair) => pair[1], Types.LONG)
      .sum(1)
      .print();
    stream
      .keyBy((pair) => [pair[0], pair[1] % 10], Pair)
      .sum(1)
      .print();
    stream
      .keyBy((pair) => [pair[0]])
      .sum(1)
      .print();
    const nested = env.fromCollection([{ at: [1, "a"] as [number, string], n: 1 }], rows);
    nested
      .keyBy(({ at }) => at)
      .sum("n")
      .print();
    nested
      .keyBy((row) => row.n, Types.DOUBLE)
      .sum("n")
      .print();
  });
  assert.deepEqual(keys, [
    "keyBy(function): wasm -> (STRING, INT) + key STRING",
    "keyBy(function): wasm -> (STRING, INT) + key (INT, STRING)",
    "keyBy(function): wasm -> (STRING, INT) + key LONG",
    "keyBy(function): wasm -> (STRING, INT) + key (STRING, INT)",
    "keyBy(function): wasm -> (STRING, INT) + key (STRING)",
    "keyBy(function): wasm -> {at: (INT, STRING), n: NUMBER} + key (INT, STRING)",
    "keyBy(function): wasm -> {at: (INT, STRING), n: NUMBER} + key DOUBLE",
  ]);
});

test("a computed key is part of its producer's module, unless that has another reader", async () => {
  const lengths = (env: StreamExecutionEnvironment) =>
    env
      .fromSequence(1, 9)
      .map((n) => `${n}`)
      .name("A");
  const joined = await modulesOf((env) => {
    const keyed = lengths(env).keyBy((text) => text.length);
    keyed.max(0).print();
    keyed.min(0).print();
  });
  assert.deepEqual(joined, [
    ["A", "A"],
    ["keyBy(function)", "A"],
  ]);
  const apart = await modulesOf((env) => {
    const texts = lengths(env);
    texts
      .keyBy((text) => text.length)
      .max(0)
      .print();
    texts.print();
  });
  assert.deepEqual(apart, [
    ["A", "A"],
    ["keyBy(function)", "keyBy(function)"],
  ]);
  const behindSource = await modulesOf((env) =>
    env
      .fromElements("a")
      .keyBy((text) => text.length)
      .max(0)
      .print(),
  );
  assert.deepEqual(behindSource, [["keyBy(function)", "keyBy(function)"]]);
});

test("readers of a keyed stream share the key of the one that asks for JavaScript", async () => {
  const keys = await keyOperatorsOf((env) => {
    const keyed = pairs(env).keyBy((pair) => pair[0].length);
    keyed.sum(1).print();
    keyed.max(1).engine("js").print();
  });
  assert.deepEqual(keys, ["keyBy(function): js (asked for) -> (STRING, INT) + key BYTES"]);
});

test("a selector that cannot be compiled is evaluated in JavaScript", async () => {
  const keys = await keysOf((env) => {
    const stream = orders(env);
    stream
      .keyBy((order) => order.country.trim())
      .sum("total")
      .print();
    stream
      .keyBy((order) => ({ user: order.user }))
      .sum("total")
      .print();
    stream
      .keyBy((order) => order.user, Types.INT as never)
      .sum("total")
      .print();
    stream
      .keyBy((order) => order.user)
      .sum("total")
      .engine("js")
      .print();
    stream
      .map((order) => order)
      .engine("js")
      .keyBy((order) => order.user)
      .sum("total")
      .print();
  });
  assert.deepEqual(keys.map(withoutPlaces), [
    "records with a LIST (ROW) are not compiled",
    "gives an object as key; scalars and arrays of scalars are compiled in `{ user: order.user }` (FILE)",
    "emits STRING where INT is declared in `order.user` (FILE)",
    "asked for",
    "the type of its input is found at run time",
  ]);
  const bytes: Define = (env) =>
    orders(env)
      .keyBy((order) => order.user, Types.BYTES as never)
      .sum("total")
      .print();
  await rejectsCode("MR_KEY_TYPE", planOf(bytes));
});

test("streams of a union whose types differ are keyed by value: their columns hash differently", async () => {
  const numbers: Define = (env) => {
    const longs = env.fromSequence(-1, 1).map((n) => [n, 1] as [number, number]);
    const doubles = env.fromSequence(-1, 1).map((n) => [n * 2, 1] as [number, number]);
    longs.union(doubles).keyBy(0).sum(1).print();
  };
  const rows: Define = (env) => {
    const words = env.fromElements("a");
    words
      .map((word) => ({ word, n: 1 }))
      .union(words.map((word) => ({ n: 1, word })))
      .keyBy((row) => row.word)
      .sum("n")
      .print();
  };
  const reason = "the streams of the union differ in type";
  assert.deepEqual(await keysOf(numbers), [reason, reason]);
  assert.deepEqual(await keysOf(rows), [reason, reason]);
});

test("key operators have the ids of the plan without analysis, where workers find their functions", async () => {
  const plan = await planOf((env) => {
    const stream = orders(env);
    stream
      .keyBy((order) => order.user)
      .sum("total")
      .print();
    const computed = stream.keyBy((order) => order.user.length);
    computed.sum("total").print();
    computed.max("total").setMaxParallelism(64).print();
    stream
      .keyBy((order) => order.tags.length)
      .sum("total")
      .print();
  });
  const keys = operatorsOf(plan).filter(({ kind }) => kind === "key");
  assert.equal(keys.length, 3);
  assert.equal(new Set(keys.map(({ id }) => id)).size, 3);
  const functions = keys.map(({ id }) => String(plan.functions.get(`${id}/key`)));
  assert.deepEqual(functions, [
    "(order) => order.user.length",
    "(order) => order.user.length",
    "(order) => order.tags.length",
  ]);
  const written = [...plan.functions.keys()].filter((role) => role.endsWith("/key"));
  assert.equal(written.length, 4);
});
