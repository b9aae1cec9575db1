/** Jobs that go wrong once and start again from their last checkpoint: what they have put out is right all the same. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  DataGeneratorSource,
  type DataStream,
  type EngineOptions,
  type JobClient,
  RestartStrategies,
  StreamExecutionEnvironment,
  submitJob,
} from "../../control/index.ts";
import { linesIn } from "./lines-in.ts";

const JOB = new URL("./jobs/recovering-job.js", import.meta.url);
const ROWS = 1_400;

const folder = await mkdtemp(join(tmpdir(), "millrace-recovery-"));
after(() => rm(folder, { recursive: true, force: true }));

const KEYS = 7;

const indices = Array.from({ length: ROWS }, (_, index) => index);
const numbers = indices.map((index) => `${index}`).toSorted();
/** Every count that there was. */
const counts = indices.map((index) => `${index % KEYS} ${Math.floor(index / KEYS) + 1}`).toSorted();

function start(own: string, how: string, options: EngineOptions): Promise<JobClient> {
  return submitJob(JOB, { args: [own, how, `${ROWS}`], options });
}

async function rowsOut(client: JobClient): Promise<number> {
  const { vertices } = await client.metrics();
  const subtasks = vertices.flatMap((vertex) => vertex.subtasks);
  return subtasks.reduce((sum, { numRecordsOut }) => sum + numRecordsOut, 0);
}

/** As soon as all tasks run: rows may go through the first before the last has begun. */
async function stopWithSavepoint(client: JobClient, directory: string): Promise<string> {
  for (;;) {
    try {
      return await client.stopWithSavepoint(false, directory);
    } catch (error) {
      if (!/not all tasks are running yet/.test(String(error))) throw error;
      // Answered in this turn: what they report comes by others.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** When some rows have gone through. */
async function underWay(client: JobClient): Promise<void> {
  while ((await rowsOut(client)) < 100) await new Promise((resolve) => setImmediate(resolve));
}

async function assertExact(own: string): Promise<void> {
  assert.deepEqual(await linesIn(join(own, "numbers")), numbers);
  assert.deepEqual(await linesIn(join(own, "counts")), counts);
}

const cases = [
  ["none", { parallelism: 2 }],
  ["throw", { parallelism: 2 }],
  ["throw", { parallelism: 2, execution: "in-process" }],
  ["exit", { parallelism: 2 }],
  ["reject", { parallelism: 2 }],
  // Noticed by a checkpoint that is not complete in its time.
  ["hang", { parallelism: 2, checkpointTimeout: 1000 }],
] as const;

for (const [how, options] of cases) {
  test(`${how} (${JSON.stringify(options)}): every row is in the files once`, async () => {
    const own = await mkdtemp(join(folder, `${how}-`));
    await (await start(own, how, options)).getJobExecutionResult();
    assert.equal(existsSync(join(own, "failed")), how !== "none");
    await assertExact(own);
  });
}

test("what is not connected to the tasks that fail runs on, in the same slot too", async () => {
  const own = await mkdtemp(join(folder, "beside-"));
  await (await start(own, "throw", { parallelism: 1 })).getJobExecutionResult();
  await assertExact(own);
  const attempts = await linesIn(join(own, "attempts"));
  assert.deepEqual([attempts.length, new Set(attempts)], [ROWS, new Set(["0"])]);
});

/** 0 to 599, of which one fails the job the first time. */
function failingOnce(env: StreamExecutionEnvironment): DataStream<number> {
  let isFirst = true;
  const source = new DataGeneratorSource((index) => index, 600, { ratePerSecond: 2000 });
  return env.fromSource(source, "numbers").map((value) => {
    if (value === 400 && isFirst) {
      isFirst = false;
      throw new Error("once");
    }
    return value;
  });
}

for (const mode of ["EXACTLY_ONCE", "AT_LEAST_ONCE"] as const) {
  test(`rows that are collected while a job starts again: ${mode}`, async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ execution: "in-process" });
    env.enableCheckpointing(20, mode).setRestartStrategy(RestartStrategies.fixedDelayRestart(1, 1));
    const rows = await failingOnce(env).executeAndCollect();
    const collected: number[] = [];
    for await (const row of rows) collected.push(row);
    const distinct = [...new Set(collected)].toSorted((a, b) => a - b);
    assert.deepEqual(distinct, indices.slice(0, 600));
    if (mode === "EXACTLY_ONCE") assert.equal(collected.length, 600);
    else assert.ok(collected.length >= 600);
  });
}

test("without checkpoints nothing is collected twice: it is an error", async () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ execution: "in-process" });
  env.setRestartStrategy(RestartStrategies.fixedDelayRestart(1, 1)).setBufferTimeout(0);
  const rows = await failingOnce(env).executeAndCollect();
  await assert.rejects(
    async () => {
      for await (const _ of rows);
    },
    { code: "MR_COLLECT_REPEATED" },
  );
});

test("stopped with a savepoint, and on at another parallelism, twice: every row is in the files once", async () => {
  const own = await mkdtemp(join(folder, "stop-"));
  let restore: string | "none" = "none";
  for (const parallelism of [1, 3]) {
    const client = await start(own, "none", { parallelism, restore });
    await underWay(client);
    restore = await stopWithSavepoint(client, join(own, "savepoints"));
    await client.getJobExecutionResult();
    assert.equal(await client.getJobStatus(), "FINISHED");
  }
  await (await start(own, "none", { parallelism: 2, restore })).getJobExecutionResult();
  await assertExact(own);
});

test("without a directory there is no savepoint, and the job goes on", async () => {
  const own = await mkdtemp(join(folder, "nowhere-"));
  const client = await start(own, "none", { parallelism: 1 });
  await assert.rejects(client.triggerSavepoint(), { code: "MR_SAVEPOINT_FAILED" });
  await client.getJobExecutionResult();
  await assert.rejects(client.triggerSavepoint(own), { code: "MR_SAVEPOINT_FAILED" });
  await assertExact(own);
});

test("a canceled job with retained checkpoints goes on from the latest", async () => {
  const own = await mkdtemp(join(folder, "cancel-"));
  const checkpointDirectory = join(own, "checkpoints");
  const options = { checkpointDirectory, checkpointRetention: "RETAIN_ON_CANCELLATION" } as const;
  const client = await start(own, "none", { parallelism: 2, ...options });
  await underWay(client);
  const isComplete = (name: string) => existsSync(join(checkpointDirectory, name, "manifest.json"));
  while (!(await readdir(checkpointDirectory)).some(isComplete)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.cancel();
  await assert.rejects(client.getJobExecutionResult(), { code: "MR_JOB_CANCELED" });
  const again = await start(own, "none", { parallelism: 2, ...options, restore: "latest" });
  await again.getJobExecutionResult();
  await assertExact(own);
});
