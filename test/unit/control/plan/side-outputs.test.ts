import assert from "node:assert/strict";
import { test } from "node:test";
import { Types } from "../../../../control/common/types.ts";
import { explanationText } from "../../../../control/plan/explain-text.ts";
import { explainGraph } from "../../../../control/plan/explanation.ts";
import { OutputTag } from "../../../../dataplane/functions/output-tag.ts";
import { planOf } from "../fake-cluster.ts";
import { type Define, operatorsOf } from "./plans.ts";

const identity: Parameters<typeof words>[1] = (word, _, out) => out.collect(word);

function words(
  env: Parameters<Define>[0],
  fn: (word: string, _: unknown, out: { collect(word: string): void }) => void,
) {
  return env.fromCollection(["a"], Types.STRING).process<string>(fn);
}

test("only side outputs that are read are in the plan, numbered in order of reading", async () => {
  const plan = await planOf((env) => {
    const main = words(env, identity);
    main.getSideOutput(new OutputTag("unread"));
    main.getSideOutput(new OutputTag("b", Types.INT)).rebalance().print();
    main.getSideOutput(new OutputTag("a")).print();
    main.getSideOutput(new OutputTag("b")).print();
    main.print();
  });
  const [, process, ...sinks] = operatorsOf(plan);
  assert.deepEqual(process?.sideOutputs, [
    { tag: "b", type: { record: { kind: "INT" }, key: null } },
    { tag: "a", type: null },
  ]);
  assert.deepEqual(
    sinks.map(({ inputOutput }) => inputOutput ?? 0),
    [2, 1, 0, 0],
  );
  assert.equal(plan.graph.edges.at(-1)?.output, 1);
  const text = explanationText(explainGraph(plan.graph));
  assert.match(text, /by rebalance from Process \(side output b\)/);
});

test("a key operator behind a side output reads that output", async () => {
  const plan = await planOf((env) => {
    const main = words(env, identity);
    const side = main.getSideOutput(new OutputTag<string>("s"));
    side
      .union(main)
      .keyBy((word) => word.length)
      .process<string>(identity)
      .print();
  });
  const keys = operatorsOf(plan).filter(({ kind }) => kind === "key");
  assert.deepEqual(keys.map(({ inputOutput }) => inputOutput ?? 0).sort(), [0, 1]);
  assert.notEqual(keys[0]?.id, keys[1]?.id);
});

test("an operator without side outputs, what is no tag, and tags that disagree are refused", async () => {
  const invalid = { code: "MR_GRAPH_INVALID" };
  await planOf((env) => {
    const mapped = env.fromElements("a").map((word) => word);
    assert.throws(() => mapped.getSideOutput(new OutputTag("s")), invalid);
    const main = words(env, identity);
    assert.throws(() => main.getSideOutput("s" as never), { code: "MR_FUNCTION_INVALID" });
    assert.throws(() => main.process(null as never), { code: "MR_FUNCTION_INVALID" });
    assert.throws(() => main.split(null as never), { code: "MR_FUNCTION_INVALID" });
    assert.throws(() => main.split(() => "x").select(""), { code: "MR_FUNCTION_INVALID" });
    main.print();
  });
  const twice = planOf((env) => {
    const main = words(env, identity);
    main.getSideOutput(new OutputTag("s", Types.INT)).print();
    main.getSideOutput(new OutputTag("s", Types.STRING)).print();
  });
  await assert.rejects(twice, /Side output "s" is INT by one OutputTag and STRING by another/);
});

test("a process function says why it is JavaScript, and engine wasm refuses it", async () => {
  const define: Define = (env) => {
    words(env, identity).print();
  };
  const [, process] = operatorsOf(await planOf(define));
  assert.equal(process?.engine, "js");
  assert.match(process?.reason ?? "", /process functions/);
  await assert.rejects(planOf(define, { engine: "wasm" }), { code: "MR_ENGINE_WASM_REFUSED" });
});
