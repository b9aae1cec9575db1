/** What the plan makes of user functions: engines, types, modules, keys. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import { Types } from "../../../../control/common/types.ts";
import type { EngineOptions } from "../../../../control/config/settings.ts";
import type { CompiledPlan, JobOperator } from "../../../../control/plan/job-graph.ts";
import { formatBatchType } from "../../../../control/plan/plan-text.ts";
import { planOf } from "../fake-cluster.ts";
import { rejectsCode } from "../throws-code.ts";
import { withoutPlaces } from "../without-places.ts";

type Define = (env: StreamExecutionEnvironment) => void;

const Pair = Types.TUPLE(Types.STRING, Types.INT);
const Order = Types.ROW({
  user: Types.STRING,
  country: Types.STRING,
  total: Types.LONG,
  tags: Types.LIST(Types.STRING),
});
const pairs = (env: StreamExecutionEnvironment) =>
  env.fromCollection([["a", 1] as [string, number]], Pair);
const orders = (env: StreamExecutionEnvironment) =>
  env.fromCollection([{ user: "u", country: "c", total: 1, tags: ["t"] }], Order);

function operatorsOf({ graph }: CompiledPlan): readonly JobOperator[] {
  return graph.vertices.flatMap(({ operators }) => operators);
}

/** `name: engine (reason) -> type` of what is neither source nor sink. */
function verdicts(plan: CompiledPlan): readonly string[] {
  return operatorsOf(plan)
    .filter(({ kind }) => kind !== "source" && kind !== "print")
    .map(({ name, engine, reason, outputType }) => {
      const why = reason === null ? "" : ` (${withoutPlaces(reason)})`;
      return `${name}: ${engine}${why} -> ${formatBatchType(outputType)}`;
    });
}

async function verdictsOf(define: Define, options: EngineOptions = {}): Promise<readonly string[]> {
  return verdicts(await planOf(define, options));
}

test("each operator has the engine its function allows and the type it gives", async () => {
  const lines = await verdictsOf((env) => {
    const words = env
      .fromElements("a b")
      .flatMap((line) => line.split(" "))
      .name("words");
    words
      .filter((word) => word !== "")
      .name("not empty")
      .print();
    words
      .map((word) => [word, word.length > 1])
      .name("tuple")
      .print();
    words
      .map((word) => ({ word, n: word.length }))
      .name("row")
      .print();
    words
      .map((word) => (word === "" ? 0 : word.length * 2))
      .name("number")
      .print();
    words
      .map({ map: (word) => word.trim() })
      .name("object")
      .print();
    words
      .filter((word) => /a/.test(word))
      .name("expression")
      .print();
    words.map(Number).name("native").print();
    words
      .map((word) => word.length)
      .engine("js")
      .name("asked")
      .map((n) => n + 1)
      .name("behind")
      .print();
    words
      .keyBy((word) => word.length)
      .reduce((a) => a)
      .print();
  });
  assert.deepEqual(lines.toSorted(), [
    "Keyed Reduce: wasm -> STRING",
    "asked: js (asked for) -> ?",
    "behind: js (the type of its input is found at run time) -> ?",
    "expression: wasm -> STRING",
    "keyBy(function): wasm -> STRING + key NUMBER",
    "native: js (is a native or bound function, whose source is not known (line 1, column 1)) -> ?",
    "not empty: wasm -> STRING",
    "number: wasm -> NUMBER",
    "object: wasm -> STRING",
    "row: wasm -> {word: STRING, n: NUMBER}",
    "tuple: wasm -> (STRING, BOOLEAN)",
    "words: wasm -> STRING",
  ]);
});

test("types declared by returns() win over those of functions, also where the function cannot give them", async () => {
  const lines = await verdictsOf((env) => {
    const words = env.fromElements("a");
    words
      .map((word) => [word, 1] as [string, number])
      .returns(Pair)
      .print();
    words
      .flatMap((word) => [word.length])
      .returns(Types.LONG)
      .print();
    words
      .map((word) => word.length as unknown as string)
      .returns(Types.STRING)
      .print();
  });
  assert.deepEqual(lines, [
    "Map: wasm -> (STRING, INT)",
    "Flat Map: wasm -> LONG",
    "Map: js (emits NUMBER where STRING is declared in `word.length` (FILE)) -> STRING",
  ]);
});

/** Name of each compiled operator, and that of the first operator of its module. */
async function modulesOf(define: Define): Promise<readonly (readonly [string, string])[]> {
  const operators = operatorsOf(await planOf(define));
  const names = new Map(operators.map(({ id, name }) => [id, name]));
  return operators.flatMap((operator) => {
    if (!("module" in operator) || operator.module === null) return [];
    assert.equal(operator.engine, "wasm");
    assert.ok(operator.program !== null);
    return [[operator.name, names.get(operator.module) ?? ""] as const];
  });
}

test("a reduce has a module of its own, and needs a key column where its results are of another key", async () => {
  const pairsOf = (env: StreamExecutionEnvironment) => pairs(env).map((pair) => pair);
  const modules = await modulesOf((env) => {
    pairsOf(env)
      .name("A")
      .keyBy(0)
      .reduce((a, b) => [a[0], a[1] + b[1]])
      .name("R")
      .map((pair) => pair[1])
      .name("B")
      .print();
  });
  assert.deepEqual(modules, [
    ["A", "A"],
    ["R", "R"],
    ["B", "B"],
  ]);
  const lines = await verdictsOf((env) => {
    const keyed = pairs(env).keyBy(0);
    keyed.reduce((_, b) => [`${b[1]}`, 0]).print();
    keyed.reduce((_, b) => b).print();
    keyed.reduce((a, b) => [a[0] + b[0], 0]).print();
  });
  assert.deepEqual(lines, [
    "keyBy(0): js (the results of reduce() are of another key) -> (STRING, INT) + key BYTES",
    "Keyed Reduce: wasm -> (STRING, INT)",
    "Keyed Reduce: wasm -> (STRING, INT)",
    "Keyed Reduce: js (puts a string together from the one before in `(a, b) => [a[0] + b[0], 0]` (FILE)) -> (STRING, INT)",
  ]);
});

test("compiled operators share a module where each is chained to the only one before", async () => {
  const chained = await modulesOf((env) => {
    const words = env
      .fromElements("a b")
      .rebalance()
      .flatMap((line) => line.split(" "))
      .name("A");
    words
      .filter((word) => word !== "")
      .name("B")
      .map((word) => word.length)
      .name("C")
      .print();
  });
  assert.deepEqual(chained, [
    ["A", "A"],
    ["B", "A"],
    ["C", "A"],
  ]);
});

test("a second reader, a JavaScript operator and an exchange end a module", async () => {
  const branches = await modulesOf((env) => {
    const lengths = env
      .fromSequence(1, 9)
      .map((n) => n + 1)
      .name("A");
    lengths
      .map((n) => n * 2)
      .name("B")
      .print();
    lengths.print();
  });
  assert.deepEqual(branches, [
    ["A", "A"],
    ["B", "B"],
  ]);
  const interrupted = await modulesOf((env) =>
    env
      .fromSequence(1, 9)
      .map((n) => n + 1)
      .name("A")
      .filter((n) => n > 2)
      .engine("js")
      .map((n) => n * 2)
      .name("B")
      .rebalance()
      .map((n) => n * 3)
      .name("C")
      .map((n) => n * 4)
      .name("D")
      .startNewChain()
      .print(),
  );
  assert.deepEqual(interrupted, [
    ["A", "A"],
    ["B", "B"],
    ["C", "C"],
    ["D", "D"],
  ]);
});

test("a union of inferred types that differ from others is found out at run time, and so is all behind", async () => {
  const lines = await verdictsOf((env) => {
    const inferred = env.fromElements("a").map((word) => [word, 1] as [string, number]);
    pairs(env)
      .union(inferred)
      .filter((pair) => pair[1] > 0)
      .name("of both")
      .map((pair) => pair[0])
      .print();
    const other = env.fromElements("b").map((word) => [word, word.length] as [string, number]);
    inferred
      .union(other)
      .filter((pair) => pair[1] > 0)
      .name("of equals")
      .print();
  });
  assert.deepEqual(lines.toSorted(), [
    "Map: js (the type of its input is found at run time) -> ?",
    "Map: wasm -> (STRING, NUMBER)",
    "Map: wasm -> (STRING, NUMBER)",
    "of both: js (the type of its input is found at run time) -> ?",
    "of equals: wasm -> (STRING, NUMBER)",
  ]);
  const declared: Define = (env) => {
    const longs = Types.TUPLE(Types.STRING, Types.LONG);
    pairs(env)
      .union(env.fromCollection([["a", 1] as [string, number]], longs))
      .print();
  };
  await rejectsCode("MR_GRAPH_INVALID", planOf(declared));
});

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

test("engine wasm names every operator behind one of an unknown type as well", async () => {
  const define: Define = (env) =>
    env
      .fromElements("a b")
      .flatMap((line) => line.normalize().split(" "))
      .name("Split")
      .filter((word) => word !== "")
      .name("Keep")
      .keyBy((word) => word)
      .reduce((a) => a)
      .name("First")
      .print();
  const error = await rejectsCode("MR_ENGINE_WASM_REFUSED", planOf(define, { engine: "wasm" }));
  assert.equal(error.details.count, 4);
  assert.equal(
    withoutPlaces(String(error.details.operators)),
    [
      "Split (calls normalize() of a STRING, which is not compiled in `line.normalize()` (FILE))",
      "Keep (the type of its input is found at run time)",
      "First (the type of its input is found at run time)",
      "keyBy(function) of First (the type of its input is found at run time)",
    ].join(", "),
  );
});

test("in BATCH rows are combined in front of a Wasm aggregate whose records have a known type", async () => {
  const combines = async (define: Define, options: EngineOptions = { runtimeMode: "BATCH" }) =>
    (await verdictsOf(define, options)).filter((line) => line.startsWith("Local"));
  const words: Define = (env) =>
    env
      .fromElements("a")
      .map((word) => [word, 1])
      .keyBy(0)
      .sum(1)
      .print();
  assert.deepEqual(await combines(words), ["Local Keyed Aggregation: wasm -> (STRING, NUMBER)"]);
  assert.deepEqual(await combines(words, { runtimeMode: "STREAMING" }), []);
  assert.deepEqual(await combines(words, { runtimeMode: "BATCH", engine: "js" }), []);
  const computed: Define = (env) =>
    pairs(env)
      .keyBy((pair) => pair[0].length)
      .max(1)
      .print();
  assert.deepEqual(await combines(computed), [
    "Local Keyed Aggregation: wasm -> (STRING, INT) + key NUMBER",
  ]);
  const untyped: Define = (env) =>
    env
      .fromElements("a")
      .map((word) => [word, 1])
      .engine("js")
      .keyBy(0)
      .sum(1)
      .print();
  assert.deepEqual(await combines(untyped), []);
  const reduced: Define = (env) =>
    pairs(env)
      .keyBy(0)
      .reduce((a) => a)
      .print();
  assert.deepEqual(await combines(reduced), []);
});
