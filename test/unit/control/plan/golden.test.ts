import assert from "node:assert/strict";
import { test } from "node:test";
import Value from "typebox/value";
import { explanationText } from "../../../../control/plan/explain-text.ts";
import { explainGraph } from "../../../../control/plan/explanation.ts";
import { JobGraphSchema } from "../../../../control/plan/job-graph-schema.ts";
import {
  JOB_GRAPH_SCHEMA_PAGE,
  renderJobGraphSchema,
} from "../../../../scripts/job-graph-schema-page.ts";
import { GOLDEN_PROGRAMS } from "../../../golden/programs.ts";
import { planOf } from "../fake-cluster.ts";
import { assertGolden } from "../golden-file.ts";

for (const program of GOLDEN_PROGRAMS) {
  test(`job graph and plan of ${program.name} are as kept`, async () => {
    const plan = await planOf(program.define, program.options);
    const json = `${JSON.stringify({ ...plan.graph, name: program.name }, null, 2)}\n`;
    const [error] = Value.Errors(JobGraphSchema, JSON.parse(json));
    assert.equal(error, undefined);
    assertGolden(`test/golden/job-graphs/${program.name}.json`, json);
    assertGolden(
      `test/golden/plans/${program.name}.txt`,
      explanationText(explainGraph(plan.graph)),
    );
  });

  test(`${program.name} gives the same plan every time`, async () => {
    const [first, second] = await Promise.all([
      planOf(program.define, program.options),
      planOf(program.define, program.options),
    ]);
    assert.equal(first.hash, second.hash);
    assert.equal(first.text, second.text);
    assert.deepEqual([...first.functions.keys()], [...second.functions.keys()]);
  });
}

test("the published schema is what the source makes of it (npm run docs)", () => {
  assertGolden(JOB_GRAPH_SCHEMA_PAGE, renderJobGraphSchema());
});

test("the schema refuses what is no job graph", async () => {
  const [program] = GOLDEN_PROGRAMS;
  assert.ok(program !== undefined);
  const { graph } = await planOf(program.define, program.options);
  assert.ok(Value.Check(JobGraphSchema, graph));
  const [vertex] = graph.vertices;
  const broken: readonly unknown[] = [
    { ...graph, version: 2 },
    { ...graph, runtimeMode: "AUTOMATIC" },
    { ...graph, extra: true },
    { ...graph, vertices: [{ ...vertex, operators: [] }] },
    { ...graph, vertices: [{ ...vertex, id: "1" }] },
    { ...graph, vertices: [{ ...vertex, operators: [{ ...vertex?.operators[0], kind: "sum" }] }] },
    {
      ...graph,
      edges: graph.edges.map((edge) => ({
        ...edge,
        type: { record: { kind: "TUPLE" }, key: null },
      })),
    },
  ];
  for (const [index, value] of broken.entries())
    assert.ok(!Value.Check(JobGraphSchema, value), `case ${index}`);
});
