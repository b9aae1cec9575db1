import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import { expandExecutionGraph } from "../../../../control/plan/execution-graph.ts";
import { planOf } from "../fake-cluster.ts";
import { throwsCode } from "../throws-code.ts";

async function graphOf(define: (env: StreamExecutionEnvironment) => void, parallelism = 2) {
  return (await planOf(define, { parallelism })).graph;
}

test("a job in one group needs as many slots as its most parallel operator", async () => {
  const graph = await graphOf((env) =>
    env
      .fromSequence(1, 9)
      .setParallelism(2)
      .map(String)
      .setParallelism(4)
      .print()
      .setParallelism(3),
  );
  const { slotCount, slots } = expandExecutionGraph(graph);
  assert.equal(slotCount, 4);
  const placed = slots.map((subtasks) =>
    subtasks.map(({ vertex, subtaskIndex }) => `${graph.vertices.indexOf(vertex)}.${subtaskIndex}`),
  );
  assert.deepEqual(placed, [["0.0", "1.0", "2.0"], ["0.1", "1.1", "2.1"], ["1.2", "2.2"], ["1.3"]]);
});

test("groups do not share slots: their needs add up", async () => {
  const graph = await graphOf((env) => {
    env.fromSequence(1, 9).map(String).slotSharingGroup("wide").setParallelism(3).print();
  });
  const { slotCount, slotSharingGroups, subtasks } = expandExecutionGraph(graph);
  assert.equal(slotCount, 5);
  assert.deepEqual(slotSharingGroups, [
    { name: "default", slotCount: 2, firstSlot: 0 },
    { name: "wide", slotCount: 3, firstSlot: 2 },
  ]);
  const wide = subtasks.filter(({ vertex }) => vertex.slotSharingGroup === "wide");
  assert.ok(wide.length > 0 && wide.every(({ slotIndex }) => slotIndex >= 2));
});

test("every subtask has one slot and no slot has two subtasks of one vertex", async () => {
  const graph = await graphOf((env) => {
    const source = env.fromSequence(1, 9);
    for (let branch = 1; branch <= 4; branch += 1)
      source.rebalance().map(String).setParallelism(branch).print();
  });
  const { slots, subtasks } = expandExecutionGraph(graph);
  assert.equal(slots.flat().length, subtasks.length);
  for (const subtasksOfSlot of slots) {
    const vertices = subtasksOfSlot.map(({ vertex }) => vertex.id);
    assert.equal(new Set(vertices).size, vertices.length);
  }
});

test("too few slots are refused with how many are needed", async () => {
  const graph = await graphOf((env) => env.fromSequence(1, 9).print(), 4);
  const error = throwsCode("MR_SLOTS_NOT_ENOUGH", () => expandExecutionGraph(graph, 2));
  assert.match(
    error.message,
    /^Not enough slots: the job needs 4, there are 2\. Lower the parallelism to 2/,
  );
  assert.equal(expandExecutionGraph(graph, 4).slotCount, 4);
  assert.equal(expandExecutionGraph(graph, 9).slotCount, 4);
});

test("forward and rescale wire neighbours, everything else wires all to all", async () => {
  const graph = await graphOf((env) => {
    const source = env.fromSequence(1, 9).disableChaining();
    source.print();
    source.rescale().print().setParallelism(4);
    source.rebalance().print().setParallelism(4);
    source.keyBy((n) => n).sum(0);
    source.broadcast().print();
  });
  const wired = expandExecutionGraph(graph).edges.map(({ edge, wires }) => [
    edge.partitioner.kind,
    wires.length,
  ]);
  assert.deepEqual(wired, [
    ["forward", 2],
    ["rescale", 4],
    ["rebalance", 8],
    ["hash", 4],
    ["broadcast", 4],
  ]);
});
