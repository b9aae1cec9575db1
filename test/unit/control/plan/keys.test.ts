/** Where the keys of keyed streams come from, and what they are made of. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Types } from "../../../../control/common/types.ts";
import { planOf } from "../fake-cluster.ts";
import { type Define, operatorsOf, Pair, pairs, untypedPairs } from "./plans.ts";

test("declared scalar fields are hashed from their columns, without a key operator", async () => {
  const plan = await planOf((env) => pairs(env).keyBy(0).sum(1).print());
  const [edge] = plan.graph.edges;
  assert.deepEqual(edge?.partitioner, {
    kind: "hash",
    key: { kind: "fields", fields: [0] },
    maxParallelism: 128,
  });
  assert.deepEqual(edge?.type, { record: Pair.descriptor, key: null });
  assert.ok(operatorsOf(plan).every(({ kind }) => kind !== "key"));
  const rolling = operatorsOf(plan).find((operator) => operator.kind === "rolling");
  assert.deepEqual(rolling?.key, { kind: "fields", fields: [0] });
});

test("keys of functions and of undeclared types come from a key operator at the end of the producer", async () => {
  const plan = await planOf((env) =>
    pairs(env)
      .keyBy((pair) => pair[0].length, Types.INT)
      .sum(1)
      .print(),
  );
  const [source, key, rolling] = operatorsOf(plan);
  assert.ok(key?.kind === "key" && rolling?.kind === "rolling");
  assert.equal(key.input, source?.id);
  assert.deepEqual(key.outputType, { record: Pair.descriptor, key: { kind: "INT" } });
  assert.deepEqual(rolling.inputType, key.outputType);
  assert.deepEqual(rolling.outputType, { record: Pair.descriptor, key: null });
  assert.deepEqual(rolling.key, { kind: "key-column" });
  assert.equal(plan.graph.edges[0]?.operatorId, key.id);
  assert.deepEqual(plan.graph.edges[0]?.type, key.outputType);
  assert.equal(typeof plan.functions.get(`${key.id}/key`), "function");
});

test("keys that JavaScript computes travel as bytes, unless their type is declared as a scalar", async () => {
  const keyTypes = async (define: Define) => {
    const operators = operatorsOf(await planOf(define));
    return operators.flatMap((operator) =>
      operator.kind === "key" ? [[operator.keyType, operator.outputType?.key ?? null]] : [],
    );
  };
  const bytes = { kind: "BYTES" };
  assert.deepEqual(
    await keyTypes((env) =>
      pairs(env)
        .keyBy((pair) => pair[0].trim())
        .sum(1)
        .engine("js")
        .print(),
    ),
    [[null, bytes]],
  );
  const pairKey = (pair: [string, number]): [string, number] => [pair[0], pair[1] + 1];
  const ofPairs: Define = (env) => pairs(env).keyBy(pairKey, Pair).sum(1).engine("js").print();
  assert.deepEqual(await keyTypes(ofPairs), [[null, bytes]]);
  const nested = Types.TUPLE(Pair, Types.INT);
  const define: Define = (env) =>
    env
      .fromCollection([[["a", 1], 2]] as [[string, number], number][], nested)
      .keyBy(0)
      .sum(1)
      .print();
  assert.deepEqual(await keyTypes(define), [[null, bytes]]);
  assert.deepEqual(await keyTypes((env) => untypedPairs(env).keyBy(0).sum(1).print()), [
    [null, null],
  ]);
});

test("all consumers of a keyed stream share its key operator, unless their key groups differ in number", async () => {
  const count = async (define: Define) => {
    const keys = operatorsOf(await planOf(define)).filter(({ kind }) => kind === "key");
    return new Set(keys.map(({ id }) => id)).size;
  };
  const shared: Define = (env) => {
    const keyed = pairs(env).keyBy((pair) => pair[0].length);
    keyed.sum(1).print();
    keyed.max(1).print();
    keyed.map(String).print();
  };
  assert.equal(await count(shared), 1);
  const apart: Define = (env) => {
    const keyed = pairs(env).keyBy((pair) => pair[0].length);
    keyed.sum(1).print();
    keyed.max(1).setMaxParallelism(64).print();
  };
  assert.equal(await count(apart), 2);
});

test("all inputs of a keyed union are keyed in one way", async () => {
  const plan = await planOf((env) => {
    pairs(env).union(untypedPairs(env)).keyBy(0).sum(1).print();
  });
  const hashes = plan.graph.edges.flatMap(({ partitioner }) =>
    partitioner.kind === "hash" ? [partitioner.key.kind] : [],
  );
  assert.deepEqual(hashes, ["key-column", "key-column"]);
  const typed = await planOf((env) => pairs(env).union(pairs(env)).keyBy(0).sum(1).print());
  assert.deepEqual(
    typed.graph.edges.map(({ partitioner }) => partitioner.kind === "hash" && partitioner.key.kind),
    ["fields", "fields"],
  );
});
