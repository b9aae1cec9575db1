import assert from "node:assert/strict";
import { test } from "node:test";
import {
  METRIC_BACKPRESSURED_MS,
  METRIC_BATCHES_IN,
  METRIC_BATCHES_OUT,
  METRIC_BUSY_MS,
  METRIC_BYTES_IN,
  METRIC_BYTES_OUT,
  METRIC_COUNT,
  METRIC_CURRENT_WATERMARK,
  METRIC_IDLE_MS,
  METRIC_MEMORY_BYTES,
  METRIC_OUTPUT_WATERMARK,
  METRIC_RECORDS_IN,
  METRIC_RECORDS_OUT,
} from "../../../../dataplane/protocol/metrics-layout.ts";
import { SteppedJob } from "./stepped-job.ts";
import { counting, end, FORWARD, first, pipe, sourceOperator } from "./subtask-jobs.ts";
import { TINY_RING } from "./test-job.ts";
import { type Heard, Listener, Multiplier } from "./tiny-segments.ts";

test("counts rows, batches and bytes of both sides alike", async () => {
  const heard: Heard[] = [];
  const job = new SteppedJob({
    vertices: [
      {
        id: "source",
        parallelism: 1,
        operators: [
          sourceOperator(counting(500)),
          { id: "x", input: "s", segment: (context) => new Multiplier(context, "x", 3) },
        ],
      },
      {
        id: "sink",
        parallelism: 1,
        operators: [{ id: "l", input: null, segment: () => new Listener(heard) }],
      },
    ],
    edges: [{ source: "source", operatorId: "x", target: "sink", partitioner: FORWARD }],
  });
  await job.start();
  await job.run(first);
  const source = metricsOf(job, "source");
  const sink = metricsOf(job, "sink");
  assert.equal(source[METRIC_RECORDS_IN], 500);
  assert.equal(source[METRIC_RECORDS_OUT], 1500);
  assert.equal(sink[METRIC_RECORDS_IN], 1500);
  assert.equal(sink[METRIC_RECORDS_OUT], 0);
  assert.ok((source[METRIC_BATCHES_OUT] as number) > 0);
  assert.equal(sink[METRIC_BATCHES_IN], source[METRIC_BATCHES_OUT]);
  assert.equal(sink[METRIC_BYTES_IN], source[METRIC_BYTES_OUT]);
  assert.equal(sink[METRIC_CURRENT_WATERMARK], Number(2n ** 63n - 1n));
  assert.equal(source[METRIC_OUTPUT_WATERMARK], Number(2n ** 63n - 1n));
  assert.equal(Number.isNaN(sink[METRIC_OUTPUT_WATERMARK]), true, "it has no output");
});

test("time counts as busy, idle or backpressured", async () => {
  const job = new SteppedJob(
    pipe(counting(1_000_000), () => new Listener([])),
    { ringCapacity: TINY_RING },
  );
  await job.start();
  const source = job.subtask("source");
  const sink = job.subtask("sink");
  sink.step();
  job.clock.advance(7);
  sink.step();
  for (let step = 0; step < 100; step++) source.step();
  job.clock.advance(30);
  source.step();
  assert.equal(metricsOf(job, "sink")[METRIC_IDLE_MS], 7);
  assert.equal(metricsOf(job, "source")[METRIC_BACKPRESSURED_MS], 30);
  sink.step();
  job.clock.advance(5);
  sink.step();
  assert.equal(metricsOf(job, "sink")[METRIC_BUSY_MS], 5);
  sink.askToBeWoken();
  job.clock.advance(11);
  sink.step();
  assert.equal(
    metricsOf(job, "sink")[METRIC_IDLE_MS],
    7 + 30 + 11,
    "a subtask that sleeps is idle",
  );
  assert.ok((metricsOf(job, "sink")[METRIC_MEMORY_BYTES] as number) >= 131_072);
  assert.equal(Number.isNaN(metricsOf(job, "sink")[METRIC_CURRENT_WATERMARK]), true);
  job.cancel();
  await end(job);
});

function metricsOf(job: SteppedJob, vertexId: string): Float64Array {
  const { metrics } = job.deployments[0] as { metrics: SharedArrayBuffer };
  return new Float64Array(metrics, job.subtask(vertexId).spec.metricsOffset, METRIC_COUNT);
}
