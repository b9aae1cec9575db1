/** Operators with two inputs: types and keys of each, and what they are in the graph. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import { Types } from "../../../../control/common/types.ts";
import type { JobOperator } from "../../../../control/plan/job-graph.ts";
import { planOf } from "../fake-cluster.ts";
import { rejectsCode } from "../throws-code.ts";
import { type Define, operatorsOf, orders, Pair, pairs, untypedPairs } from "./plans.ts";

type Connect = Extract<JobOperator, { kind: "connect" }>;

const text = (): string => "";
const longs = (env: StreamExecutionEnvironment) =>
  env.fromCollection([[1, 2] as [number, number]], Types.TUPLE(Types.LONG, Types.INT));

async function connectOf(define: Define): Promise<Connect> {
  const found = operatorsOf(await planOf(define)).find(({ kind }) => kind === "connect");
  assert.ok(found?.kind === "connect");
  return found;
}

const keysOf = ({ inputs }: Connect) => inputs.map(({ key }) => key);

test("each input has its type, and edges say which they feed; the operator heads a chain", async () => {
  const plan = await planOf((env) =>
    pairs(env)
      .connect(orders(env).union(orders(env)))
      .map(text, text)
      .returns(Types.STRING)
      .map((value) => value)
      .print(),
  );
  const connect = operatorsOf(plan).find(({ kind }) => kind === "connect") as Connect;
  assert.equal(connect.input, null);
  assert.equal(connect.name, "Co-Map");
  assert.deepEqual(connect.inputType, { record: Pair.descriptor, key: null });
  assert.deepEqual(
    connect.inputs.map(({ type }) => type?.record.kind),
    ["TUPLE", "ROW"],
  );
  assert.deepEqual(connect.outputType, { record: { kind: "STRING" }, key: null });
  assert.deepEqual(
    plan.graph.edges.map(({ target, which }) => [target === connect.id, which]),
    [
      [true, undefined],
      [true, 1],
      [true, 1],
    ],
  );
  const vertex = plan.graph.vertices.find(({ id }) => id === connect.id);
  assert.deepEqual(
    vertex?.operators.map(({ kind }) => kind),
    ["connect", "map", "print"],
  );
});

test("a union on either side needs one type, and what connects is typed by returns() only", async () => {
  const untyped = await connectOf((env) => pairs(env).connect(pairs(env)).map(text, text).print());
  assert.equal(untyped.outputType, null);
  await rejectsCode(
    "MR_GRAPH_INVALID",
    planOf((env) => {
      const mixed = longs(env).union(pairs(env) as never);
      pairs(env).connect(mixed).map(text, text).print();
    }),
  );
});

test("keys of one type are taken from the columns of both inputs", async () => {
  const connect = await connectOf((env) =>
    pairs(env).keyBy(0).connect(orders(env).keyBy("user")).map(text, text).print(),
  );
  assert.deepEqual(keysOf(connect), [
    { kind: "fields", fields: [0] },
    { kind: "fields", fields: [0] },
  ]);
});

test("a declared key of one side meets a column of the same type of the other", async () => {
  const connect = await connectOf((env) =>
    pairs(env)
      .connect(
        orders(env)
          .map((order) => order.user)
          .returns(Types.STRING),
      )
      .keyBy(
        (pair) => pair[0].trim(),
        (user) => user.trim(),
        Types.STRING,
      )
      .map(text, text)
      .print(),
  );
  assert.deepEqual(keysOf(connect), [{ kind: "key-column" }, { kind: "key-column" }]);
  assert.deepEqual(connect.inputs[1].type?.key, { kind: "STRING" });
});

test("where the types of keys differ or are not known, both sides travel canonically encoded", async () => {
  const bytes = { kind: "BYTES" };
  const differ = await connectOf((env) =>
    pairs(env).keyBy(1).connect(longs(env).keyBy(0)).map(text, text).print(),
  );
  assert.deepEqual(keysOf(differ), [{ kind: "key-column" }, { kind: "key-column" }]);
  assert.deepEqual(
    differ.inputs.map(({ type }) => type?.key),
    [bytes, bytes],
  );
  const unknown = await planOf((env) =>
    pairs(env).keyBy(0).connect(untypedPairs(env).keyBy(0)).map(text, text).print(),
  );
  const keyTypes = operatorsOf(unknown).flatMap((operator) =>
    operator.kind === "key" ? [operator.keyType] : [],
  );
  assert.deepEqual(keyTypes, [null, null]);
});

test("other readers of a keyed stream keep their own way to the key", async () => {
  const plan = await planOf((env) => {
    const keyed = pairs(env).keyBy((pair) => pair[1] * 2, Types.INT);
    keyed.sum(1).print();
    keyed.connect(longs(env).keyBy(0)).map(text, text).print();
  });
  const keyTypes = operatorsOf(plan).flatMap((operator) =>
    operator.kind === "key" ? [operator.keyType?.kind ?? null] : [],
  );
  assert.deepEqual(keyTypes.toSorted(), ["INT", null, null].toSorted());
});

test("declared keys that can never be equal are refused", async () => {
  await rejectsCode(
    "MR_GRAPH_INVALID",
    planOf((env) =>
      pairs(env)
        .keyBy(0)
        .connect(longs(env).keyBy(0) as never)
        .map(text, text)
        .print(),
    ),
  );
});

test("streams of which only one is keyed are dealt out by its key, without keyed state", async () => {
  const plan = await planOf((env) =>
    pairs(env).keyBy(0).connect(longs(env)).map(text, text).print(),
  );
  const connect = operatorsOf(plan).find(({ kind }) => kind === "connect") as Connect;
  assert.deepEqual(keysOf(connect), [null, null]);
  assert.deepEqual(
    plan.graph.edges.map(({ partitioner }) => partitioner.kind),
    ["hash", "rebalance"],
  );
});
