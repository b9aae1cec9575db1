import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import { withJobSubmitter } from "../../../../control/api/job-submitter.ts";
import { WatermarkStrategy } from "../../../../control/api/watermark-strategy.ts";
import type { JobSettings } from "../../../../control/config/settings.ts";
import { expandExecutionGraph } from "../../../../control/plan/execution-graph.ts";
import type { CompiledPlan } from "../../../../control/plan/job-graph.ts";
import { deployJob } from "../../../../control/runtime/slot-deployments.ts";
import { NumberSequenceSource } from "../../../../dataplane/connectors/number-sequence-source.ts";
import type { SlotDeployment } from "../../../../dataplane/protocol/deployment.ts";

const MIB = 1024 * 1024;

/** What the program built by `define` would be deployed as. */
async function deploymentOf(
  define: (env: StreamExecutionEnvironment) => void,
): Promise<readonly SlotDeployment[]> {
  const planned = new Promise<{ plan: CompiledPlan; settings: JobSettings }>((resolve) => {
    const submitter = {
      submit(plan: CompiledPlan, settings: JobSettings) {
        resolve({ plan, settings });
        return new Promise<never>(() => undefined);
      },
    };
    withJobSubmitter(submitter, () => {
      const env = StreamExecutionEnvironment.getExecutionEnvironment();
      define(env);
      void env.executeAsync("deployed");
    });
  });
  const { plan, settings } = await planned;
  const executionGraph = expandExecutionGraph(plan.graph);
  const request = {
    jobId: "job",
    graph: plan.graph,
    executionGraph,
    settings,
    kernels: {},
    modules: {},
  };
  return deployJob(request).slots;
}

const channelsOf = (slots: readonly SlotDeployment[]) => ({
  written: slots.flatMap(({ tasks }) => tasks.flatMap((task) => task.outputs)),
  read: slots.flatMap(({ tasks }) => tasks.flatMap((task) => task.inputs)),
});

test("all rings of an all-to-all edge at p = 8 share the memory of the edge", async () => {
  const slots = await deploymentOf((env) => {
    env.setParallelism(8);
    env
      .fromSequence(1, 10)
      .keyBy((value) => value % 2)
      .reduce((a, b) => a + b)
      .print();
  });
  const rings = new Set(
    channelsOf(slots)
      .written.flatMap(({ channels }) => channels)
      .map(({ ring }) => ring),
  );
  assert.equal(rings.size, 64);
  const bytes = [...rings].reduce((sum, ring) => sum + ring.byteLength, 0);
  // The headers of the rings come on top.
  assert.ok(bytes <= 32 * MIB + 64 * 256, `${bytes} bytes`);
});

test("every ring is written by one subtask and read by one, and only rings inside a slot are local", async () => {
  const slots = await deploymentOf((env) => {
    env.setParallelism(3);
    env
      .fromSequence(1, 10)
      .rebalance()
      .map((value) => value)
      .print();
  });
  const { written, read } = channelsOf(slots);
  const writers = written.flatMap(({ channels }) => channels);
  const readers = read.flatMap(({ channels }) => channels);
  assert.equal(new Set(writers.map(({ ring }) => ring)).size, 9);
  assert.deepEqual(
    new Set(writers.map(({ ring }) => ring)),
    new Set(readers.map(({ ring }) => ring)),
  );
  assert.equal(writers.filter(({ local }) => local).length, 3);
});

test("each slot has its own doorbell, and each subtask its own counters", async () => {
  const slots = await deploymentOf((env) => {
    env.setParallelism(4);
    env.fromSequence(1, 10).rebalance().print();
  });
  assert.equal(new Set(slots.map(({ doorbell }) => doorbell)).size, 4);
  const offsets = slots.flatMap(({ tasks }) => tasks.map(({ metricsOffset }) => metricsOffset));
  assert.equal(new Set(offsets).size, offsets.length);
});

test("aligned sources of one group share cells, one for each subtask; nobody has reported yet", async () => {
  const slots = await deploymentOf((env) => {
    env.setParallelism(2);
    const strategy = WatermarkStrategy.forMonotonousTimestamps<number>();
    for (const group of ["a", "b", "a"]) {
      const aligned = strategy.withWatermarkAlignment(group, 10);
      env.fromSource(new NumberSequenceSource(1, 9), aligned, `in ${group}`).print();
    }
    env.fromSource(new NumberSequenceSource(1, 9), strategy, "alone").print();
  });
  const tasks = slots.flatMap((slot) => slot.tasks);
  const indexesOf = new Map<SharedArrayBuffer, number[]>();
  for (const { watermarkGroup } of tasks) {
    if (watermarkGroup === undefined) continue;
    const { cells, index } = watermarkGroup;
    indexesOf.set(cells, [...(indexesOf.get(cells) ?? []), index].sort());
  }
  const cells = [...indexesOf.keys()].map((buffer) => [...new BigInt64Array(buffer)]);
  const none = -(2n ** 63n);
  assert.deepEqual(cells, [Array(4).fill(none), Array(2).fill(none)]);
  assert.deepEqual(
    [...indexesOf.values()],
    [
      [0, 1, 2, 3],
      [0, 1],
    ],
  );
  assert.equal(tasks.length, 8);
});
