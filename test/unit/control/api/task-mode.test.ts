import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import {
  defineJob,
  isJobDefinition,
  runJobDefinition,
} from "../../../../control/api/job-definition.ts";
import { withJobHistory } from "../../../../control/api/job-history.ts";
import { withClientSettings } from "../../../../control/config/client-settings.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import {
  enterTaskMode,
  type HandOver,
  type TaskModeHook,
} from "../../../../dataplane/protocol/task-mode.ts";
import { FakeCluster, type FakeJob } from "../fake-cluster.ts";
import { rejectsCode } from "../throws-code.ts";

const create = StreamExecutionEnvironment.getExecutionEnvironment;

afterEach(() => enterTaskMode(undefined as unknown as TaskModeHook));

/** Runs a program against a cluster, then again in a worker of its last job; answers what is handed over. */
async function replay(program: () => Promise<unknown>, ...jobs: FakeJob[]) {
  const cluster = new FakeCluster(...jobs);
  const inMain = () => cluster.run(() => withJobHistory(program));
  await withClientSettings({ parallelism: 3 }, "the command line", inMain);
  const job = cluster.submitted.at(-1);
  if (job === undefined) throw new Error("The program submitted no job.");
  // What crosses to a worker thread is cloned.
  const { earlierResults, taskSettings, executeIndex } = structuredClone(job.submission);
  const handedOver = await new Promise<HandOver>((resolve, reject) => {
    enterTaskMode({ executeIndex, earlierResults, settings: taskSettings, handOver: resolve });
    withJobHistory(program).then(() => reject(new Error("The program ran to its end.")), reject);
  });
  return { cluster, job, handedOver };
}

test("a worker runs the program up to the wanted execute() and hands over its functions", async () => {
  const seen: unknown[] = [];
  const { job, handedOver } = await replay(async () => {
    const env = create();
    env
      .fromSequence(1, 9)
      .map((n) => n + 1)
      .print();
    seen.push((await env.execute("first")).netRuntimeMs);
    env
      .fromSequence(1, 9)
      .keyBy((n) => n % 2)
      .sum(0)
      .print();
    await env.execute("second");
    seen.push("end");
  });
  assert.deepEqual(seen, [1, "end", 1], "in the worker the second execute() does not return");
  assert.equal(handedOver.executeIndex, 1);
  assert.equal(handedOver.planHash, job.plan.hash);
  assert.equal(handedOver.planText, job.plan.text);
  assert.deepEqual([...handedOver.functions.keys()], [...job.plan.functions.keys()]);
  assert.equal(job.plan.graph.vertices[0]?.parallelism, 3);
});

test("earlier results come back in the worker: results, rows, errors, accumulators", async () => {
  const seen: unknown[][] = [[]];
  const program = async () => {
    const log: unknown[] = [];
    seen.push(log);
    const env = create();
    env.fromSequence(1, 9).print();
    const client = await env.executeAsync("async");
    const result = await client.getJobExecutionResult();
    log.push(
      client.getJobId(),
      client.getJobName(),
      await client.getJobStatus(),
      result.getAllAccumulatorResults(),
    );
    log.push(await env.fromElements("a").executeAndCollect(2));
    for await (const row of env.fromElements("a").executeAndCollect()) log.push(row);
    env.fromElements(1).print();
    await env
      .execute()
      .catch((error: unknown) => log.push(error instanceof EngineError ? error.code : error));
    env.fromElements(1).print();
    await env.execute().catch((error: Error) => log.push(`${error.name}: ${error.message}`));
    env.fromElements(1).print();
    await env.execute("last");
  };
  await replay(
    program,
    {},
    { rows: ["x", "y", "z"] },
    { rows: ["r", "s"] },
    { error: new EngineError("MR_WORKER_DIED", { slot: 1, message: "exit" }) },
    { error: new RangeError("odd") },
  );
  const [, inMain, inWorker] = seen;
  assert.deepEqual(inWorker, inMain);
  assert.deepEqual(inMain?.slice(4), [["x", "y"], "r", "s", "MR_WORKER_DIED", "RangeError: odd"]);
});

test("a job that still ran at submission has no result in the worker", async () => {
  let results = 0;
  const { handedOver } = await replay(
    async () => {
      const env = create();
      env.fromSequence(1, 9).print();
      const first = await env.executeAsync("first");
      void first.getJobExecutionResult().then(() => {
        results += 1;
      });
      env.fromSequence(1, 9).print();
      await env.executeAsync("second");
    },
    { isEndless: true },
  );
  assert.equal(handedOver.executeIndex, 1);
  assert.equal(results, 0);
});

test("a worker that calls execute() before the wanted job was ever there is told so", async () => {
  enterTaskMode({ executeIndex: 2, earlierResults: [], settings: {}, handOver: () => undefined });
  await withJobHistory(async () => {
    const env = create();
    env.fromElements(1).print();
    await rejectsCode("MR_GRAPH_NOT_DETERMINISTIC", env.execute());
  });
});

test("an environment in a worker starts from the submitting side's settings, whatever is set there", () => {
  enterTaskMode({
    executeIndex: 0,
    earlierResults: [],
    settings: { parallelism: 11, engine: "js" },
    handOver: () => undefined,
  });
  withClientSettings({ parallelism: 2 }, "test", () => assert.equal(create().getParallelism(), 11));
});

test("a program without a submitter is a mistake that is named", async () => {
  const env = create();
  env.fromElements(1).print();
  await assert.rejects(
    withJobHistory(() => env.execute()),
    /No job submitter is set/,
  );
});

test("a job definition is executed with what it left to execute", async () => {
  const cluster = new FakeCluster();
  const left = defineJob((env, args) => {
    env.fromCollection(args).print();
  });
  const own = defineJob(async (env) => {
    env.fromElements(1).print();
    await env.execute("own");
  });
  await cluster.run(() => runJobDefinition(left, create(), ["a"]));
  await cluster.run(() => runJobDefinition(own, create(), []));
  assert.deepEqual(
    cluster.submitted.map(({ plan }) => plan.graph.name),
    ["Millrace Streaming Job", "own"],
  );
  assert.deepEqual(
    cluster.submitted.map(({ submission }) => submission.executeIndex),
    [0, 0],
  );
  assert.ok(isJobDefinition(left));
  assert.ok(isJobDefinition({ ...left }), "also one of another copy of the package");
  for (const other of [null, undefined, () => 1, { kind: "millrace.job-definition" }])
    assert.ok(!isJobDefinition(other));
});

test("programs that run side by side count their jobs apart", async () => {
  const cluster = new FakeCluster();
  const program = () =>
    withJobHistory(async () => {
      const env = create();
      env.fromElements(1).print();
      await env.execute();
      env.fromElements(1).print();
      await env.execute();
    });
  await cluster.run(() => Promise.all([program(), program()]));
  assert.deepEqual(
    cluster.submitted.map(({ submission }) => submission.executeIndex).sort(),
    [0, 0, 1, 1],
  );
});
