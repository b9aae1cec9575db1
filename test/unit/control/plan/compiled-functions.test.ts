/** What the plan makes of user functions: engines, types, modules. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import { Types } from "../../../../control/common/types.ts";
import type { EngineOptions } from "../../../../control/config/settings.ts";
import { planOf } from "../fake-cluster.ts";
import { rejectsCode } from "../throws-code.ts";
import { withoutPlaces } from "../without-places.ts";
import { type Define, modulesOf, Pair, pairs, verdictsOf } from "./plans.ts";

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
