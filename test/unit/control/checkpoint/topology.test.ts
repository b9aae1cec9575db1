import assert from "node:assert/strict";
import { test } from "node:test";
import { createTopology, topologyOf } from "../../../../control/checkpoint/topology.ts";
import { expandExecutionGraph } from "../../../../control/plan/execution-graph.ts";
import { planOf } from "../fake-cluster.ts";

test("subtasks that are connected are one region, in either direction", () => {
  const topology = createTopology(
    ["a/0", "a/1", "b/0", "b/1", "c/0", "d/0"],
    [
      { producer: "a/0", consumer: "b/0" },
      { producer: "a/1", consumer: "b/1" },
      { producer: "b/1", consumer: "c/0" },
      { producer: "d/0", consumer: "c/0" },
    ],
  );
  const regions = Object.fromEntries([...topology.values()].map(({ id, region }) => [id, region]));
  assert.deepEqual(regions, { "a/0": 0, "b/0": 0, "a/1": 1, "b/1": 1, "c/0": 1, "d/0": 1 });
  assert.deepEqual(topology.get("c/0")?.producers, ["b/1", "d/0"]);
  assert.deepEqual(topology.get("b/1")?.consumers, ["c/0"]);
});

test("two edges between the same subtasks make one neighbour", () => {
  const channel = { producer: "a/0", consumer: "b/0" };
  const topology = createTopology(["a/0", "b/0"], [channel, channel]);
  assert.deepEqual(topology.get("b/0")?.producers, ["a/0"]);
});

test("regions of a job follow its channels", async () => {
  const define = (shuffled: boolean) =>
    planOf(
      (env) => {
        const numbers = env.fromSequence(1, 9).map(String).startNewChain();
        (shuffled ? numbers.rebalance() : numbers).print().disableChaining();
      },
      { parallelism: 2 },
    );
  const regionsOf = async (shuffled: boolean) => {
    const { graph } = await define(shuffled);
    const topology = topologyOf(expandExecutionGraph(graph));
    return new Set([...topology.values()].map(({ region }) => region)).size;
  };
  assert.deepEqual([await regionsOf(false), await regionsOf(true)], [2, 1]);
});
