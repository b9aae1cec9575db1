import assert from "node:assert/strict";
import { test } from "node:test";
import { Types } from "../../../../control/common/types.ts";
import { explanationText } from "../../../../control/plan/explain-text.ts";
import { explainGraph } from "../../../../control/plan/explanation.ts";
import { planOf } from "../fake-cluster.ts";

test("an explanation counts what computes apart from connectors and names every reason", async () => {
  const { graph } = await planOf((env) => {
    env
      .fromElements("a b")
      .map((line) => [line.normalize(), 1])
      .keyBy(0)
      .sum(1)
      .print();
  });
  const text = explanationText(explainGraph(graph));
  assert.match(
    text,
    /^Job "test": STREAMING, 3 tasks, 2 slots\nOperators: 1 wasm, 2 js, 2 connectors\n/,
  );
  assert.match(
    text,
    /Map +map\(\) +js: calls normalize\(\) of a STRING, which is not compiled in `line\.normalize\(\)` \(\S+explain\.test\.ts:\d+:\d+\) +-> \?/,
  );
  assert.match(text, /\? = found out from the first record; returns\(\) declares it/);
  assert.doesNotMatch(text, /GENERIC/);
});

test("generic records are marked", async () => {
  const { graph } = await planOf((env) =>
    env
      .fromElements(1)
      .map((n) => new Map([[n, n]]))
      .returns(Types.GENERIC())
      .print(),
  );
  assert.match(
    explanationText(explainGraph(graph)),
    /GENERIC = packed and unpacked record by record/,
  );
});

test("an explanation is plain JSON", async () => {
  const { graph } = await planOf((env) => env.fromElements(1).slotSharingGroup("g").print());
  const explanation = explainGraph(graph);
  assert.deepEqual(JSON.parse(JSON.stringify(explanation)), explanation);
  assert.match(explanationText(explanation), /slot sharing group g/);
});
