/** Workers that die and functions that fail: the job ends FAILED with the cause, and nothing stays behind. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EngineError,
  type EngineOptions,
  type Source,
  StreamExecutionEnvironment,
  submitJob,
} from "../../control/index.ts";

const JOB = new URL("./jobs/failing-job.js", import.meta.url);

async function failureOf(how: string, options: EngineOptions = {}): Promise<EngineError> {
  const client = await submitJob(JOB, { args: [how], options: { parallelism: 2, ...options } });
  try {
    await client.getJobExecutionResult();
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    assert.equal(await client.getJobStatus(), "FAILED");
    return error;
  }
  return assert.fail("the job did not fail");
}

test("a function that throws fails the job with the record, the position and the cause", async () => {
  for (const execution of ["pool", "in-process"] as const) {
    const error = await failureOf("throw", { execution });
    assert.equal(error.code, "MR_FUNCTION_THREW");
    assert.match(error.message, /failing-job\.(ts|js):\d+:\d+/);
    assert.match(error.message, /no more than \d+/);
  }
});

test("a worker that exits fails the job with the slot and the exit code", async () => {
  const error = await failureOf("exit");
  assert.equal(error.code, "MR_WORKER_DIED");
  assert.match(error.message, /7/);
});

test("a worker that runs out of heap fails the job and says what to raise", async () => {
  const error = await failureOf("heap", { workerHeapMb: 64 });
  assert.equal(error.code, "MR_WORKER_OUT_OF_MEMORY");
  assert.match(error.message, /workerHeapMb/);
});

test("a rejection that nobody handles fails the job", async () => {
  const error = await failureOf("reject");
  assert.equal(error.code, "MR_WORKER_DIED");
  assert.match(error.message, /nobody waits for me/);
});

test("a job with a function that never returns can be canceled", async () => {
  const client = await submitJob(JOB, { args: ["hang"], options: { parallelism: 1 } });
  for (;;) {
    const { vertices } = await client.metrics();
    const rows = vertices
      .flatMap(({ subtasks }) => subtasks)
      .map(({ numRecordsOut }) => numRecordsOut);
    if (rows.some((count) => count > 0)) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.cancel();
  await assert.rejects(client.getJobExecutionResult(), { code: "MR_JOB_CANCELED" });
  assert.equal(await client.getJobStatus(), "CANCELED");
});

test("a source whose enumerator fails outside the tasks fails the job", async () => {
  const broken: Source<number> = {
    boundedness: "BOUNDED",
    producedType: null,
    description: "broken",
    createEnumerator: () => ({
      start: () => Promise.reject(new Error("no catalog")),
      handleSplitRequest() {},
      addSplitsBack() {},
      snapshotState: () => null,
      close() {},
    }),
    createReader: () => ({
      start() {},
      pollNext: () => "nothing",
      isAvailable: () => new Promise(() => undefined),
      addSplits() {},
      notifyNoMoreSplits() {},
      snapshotState: () => [],
      close() {},
    }),
  };
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ execution: "in-process" });
  env.fromSource(broken, "broken source").print();
  await assert.rejects(env.execute("broken"), { code: "MR_JOB_FAILED", message: /no catalog/ });
});
