/** Which engine operators get, and what engine wasm refuses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Types } from "../../../../control/common/types.ts";
import type { EngineOptions } from "../../../../control/config/settings.ts";
import { planOf } from "../fake-cluster.ts";
import { rejectsCode } from "../throws-code.ts";
import { withoutPlaces } from "../without-places.ts";
import { type Define, operatorsOf, Pair, pairs, untypedPairs } from "./plans.ts";

/** A variable that changes keeps functions that capture it from being compiled. */
let changed = 0;
changed += 1;

test("aggregates run in WebAssembly unless JavaScript is asked for; functions say why they do not", async () => {
  const define: Define = (env) => {
    const mapped = env.fromElements("a").map((word) => [word, changed]);
    mapped.keyBy(0).sum(1).name("first").print();
    mapped.keyBy(0).sum(1).name("second").engine("js").print();
  };
  const engines = async (options: EngineOptions) =>
    operatorsOf(await planOf(define, options))
      .filter(({ kind }) => kind !== "print" && kind !== "source")
      .map(({ name, engine, reason }) => withoutPlaces(`${name} ${engine}: ${reason}`));
  assert.deepEqual(await engines({}), [
    "Map js: captures `changed`, which is assigned to at FILE in `changed` (FILE)",
    "keyBy(0) js: the key's type is not declared",
    "keyBy(0) js: the key's type is not declared",
    "first wasm: null",
    "second js: asked for",
  ]);
  assert.deepEqual(
    (await engines({ engine: "js" })).filter((line) => line.endsWith("asked for")).length,
    3,
  );
});

test("generic records may have any field; aggregates of generic fields run as JavaScript", async () => {
  const Mixed = Types.TUPLE(Types.STRING, Types.GENERIC<number>());
  const plan = await planOf((env) => {
    const any = env
      .fromElements("a")
      .map((word) => ({ word, n: 1 }))
      .returns(Types.GENERIC());
    any.keyBy("word").sum("n").name("of generic").print();
    const mixed = env.fromCollection([["a", 1] as [string, number]], Mixed);
    mixed.keyBy(1).sum(1).name("of a generic field").print();
    mixed.keyBy(0).max(0).name("of a text").print();
  });
  const described = operatorsOf(plan).flatMap(({ kind, name, engine, reason }) =>
    kind === "rolling" || kind === "key" ? [`${name}, ${engine}: ${reason}`] : [],
  );
  assert.deepEqual(described, [
    "keyBy(word), js: the key is GENERIC",
    "of generic, js: the field is GENERIC",
    "keyBy(1), js: the key is GENERIC",
    "of a generic field, js: the field is GENERIC",
    "of a text, wasm: null",
  ]);
  const refused = planOf((env) => {
    env
      .fromCollection([["a", 1] as [string, number]], Mixed)
      .keyBy(0)
      .sum(1)
      .engine("wasm")
      .print();
  });
  await rejectsCode("MR_ENGINE_WASM_REFUSED", refused);
});

test("engine wasm refuses everything that would run as JavaScript, by name", async () => {
  const define: Define = (env) => {
    const mapped = pairs(env)
      .map((pair) => [pair[0], changed])
      .returns(Pair)
      .name("Copy");
    mapped
      .keyBy((pair) => pair[0].length)
      .sum(1)
      .name("Sum")
      .print();
    mapped
      .partitionCustom((n) => n + changed, 1)
      .print()
      .name("Out");
    mapped.partitionCustom((n, count) => n % count, 1).print();
  };
  const error = await rejectsCode("MR_ENGINE_WASM_REFUSED", planOf(define, { engine: "wasm" }));
  assert.equal(error.details.count, 2);
  assert.equal(
    withoutPlaces(String(error.details.operators)),
    "Copy (captures `changed`, which is assigned to at FILE in `changed` (FILE)), partitioner of Sink: Out (captures `changed`, which is assigned to at FILE in `changed` (FILE))",
  );
  const untyped: Define = (env) => untypedPairs(env).keyBy(0).sum(1).engine("wasm").print();
  const key = await rejectsCode("MR_ENGINE_WASM_REFUSED", planOf(untyped));
  assert.equal(
    key.details.operators,
    "keyBy(0) of Keyed Aggregation (the key's type is not declared)",
  );
  const one: Define = (env) =>
    env
      .fromElements(1)
      .map((n) => n + changed)
      .engine("wasm")
      .print();
  await rejectsCode("MR_ENGINE_WASM_REFUSED", planOf(one));
  await planOf((env) => pairs(env).keyBy(0).sum(1).print(), { engine: "wasm" });
  const exempt: Define = (env) =>
    env
      .fromElements(1)
      .map((n) => n + changed)
      .engine("auto")
      .print();
  await planOf(exempt, { engine: "wasm" });
});
