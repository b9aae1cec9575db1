import assert from "node:assert/strict";
import { test } from "node:test";
import type { Kind } from "./kind.ts";
import { countOutcomes, renderReport, runTopics } from "./runner.ts";
import type { Topic, VectorCase } from "./vectors.ts";

const inWasm: Kind["run"] = (_vector, engine, ran) => {
  ran(engine === "js" ? "js" : "wasm");
  ran("js");
  return null;
};
const kindOf = (run: Kind["run"]): Kind => ({ unsupported: () => null, run });
const KINDS = new Map<string, Kind>([
  ["good", kindOf(inWasm)],
  ["bad", kindOf(() => "expected 1, got 2")],
  ["throwing", kindOf(() => Promise.reject(new Error("boom")))],
  ["partial", { unsupported: () => "needs windows", run: () => null }],
]);

const vector = (name: string, kind: string): VectorCase => ({
  name,
  about: "",
  operator: { kind },
});
const TOPICS: readonly Topic[] = [
  { name: "01-first", cases: [vector("a", "good"), vector("b", "bad"), vector("c", "throwing")] },
  {
    name: "02-second",
    cases: [vector("d", "good"), vector("e", "partial"), vector("f", "unheard-of")],
  },
];

test("a case passes, fails, or is unsupported; a throw is a failure", async () => {
  const results = await runTopics(TOPICS, "auto", KINDS);
  assert.deepEqual(
    results.map(({ outcome }) => outcome.kind),
    ["passed", "failed", "failed", "passed", "unsupported", "unsupported"],
  );
  assert.deepEqual(countOutcomes(results), { passed: 2, failed: 2, unsupported: 2 });
});

test("the report ends with the counts per topic and in all, after failures and unsupported cases", async () => {
  const report = renderReport(await runTopics(TOPICS, "auto", KINDS));
  assert.match(report, /^FAILED 01-first\/b\n {4}expected 1, got 2$/m);
  assert.match(report, /^FAILED 01-first\/c\n {4}Error: boom$/m);
  const end = [
    "unsupported:",
    "  02-second/e (needs windows)",
    "  02-second/f (kind unheard-of)",
    "",
    "01-first: 1 passed, 2 failed",
    "02-second: 1 passed, 0 failed, 2 unsupported",
    "in all: 2 passed, 2 failed, 2 unsupported",
    "2 of 4 operators ran in WebAssembly",
  ];
  assert.ok(report.endsWith(end.join("\n")), report);
});
