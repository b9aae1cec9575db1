/** What the front doors of the service see of jobs that run for real. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { JobDetails, ProgramRun } from "../../control/cluster/cluster.ts";
import { SessionCluster } from "../../control/cluster/session-cluster.ts";
import { systemClock } from "../../control/common/clock.ts";
import { rejectsCode } from "../unit/control/throws-code.ts";
import { type ProgramName, TestService } from "./hosted-programs.ts";

let service: TestService;
let cluster: SessionCluster;
let shutDowns = 0;
before(async () => {
  service = await TestService.start();
  await service.dispatcher.close();
  cluster = await SessionCluster.open({
    ...service.options,
    settings: [["slots", "4"]],
    memoryPerSlot: 1 << 20,
    edgeMemory: 1 << 18,
    shutDown: () => {
      shutDowns += 1;
    },
  });
});
after(async () => {
  await cluster.close();
  await service.reopen();
  await service.close();
});

async function requestOf(name: ProgramName, args: readonly string[] = []): Promise<ProgramRun> {
  const { jarId } = await cluster.uploadJar(await service.write(name), name);
  return { jarId, entry: null, args, options: {}, jobId: null, restore: null };
}

/** Settled when a job is as wished. */
async function until(jobId: string, wish: (job: JobDetails) => boolean): Promise<JobDetails> {
  for (;;) {
    const job = await cluster.job(jobId);
    assert.ok(job !== null);
    if (wish(job)) return job;
    await new Promise<void>((resolve) => systemClock.after(20, resolve));
  }
}

const areRunning = ({ taskCounts }: JobDetails): boolean =>
  Object.keys(taskCounts).join() === "RUNNING";

test("a job shows its tasks, counters, rates and checkpoints while it runs, and its end", async () => {
  const folder = join(service.folder, "seen");
  const request = {
    ...(await requestOf("exact.mjs", [folder, "100000"])),
    options: { parallelism: 2 },
  };
  const jobId = await cluster.runJar(request);
  const running = await until(jobId, (job) => areRunning(job) && rowsOf(job) > 3);
  assert.equal(running.name, "exact");
  const [source] = running.vertices;
  const [subtask] = source?.subtasks ?? [];
  assert.ok(subtask !== undefined && source !== undefined);
  assert.equal(source.vertexId, running.graph?.vertices[0]?.id);
  const states = ["CREATED", "SCHEDULED", "DEPLOYING", "INITIALIZING", "RUNNING"] as const;
  const times = states.map((state) => subtask.times[state] ?? 0);
  assert.deepEqual(times, times.toSorted());
  assert.ok((times[0] ?? 0) > 0);
  assert.deepEqual([subtask.attempt, subtask.location?.taskManagerId], [0, "taskmanager-0"]);
  assert.ok(running.lastModifiedMs >= (running.statusTimes.RUNNING ?? 0));
  await until(
    jobId,
    ({ vertices }) => (vertices[0]?.subtasks[0]?.rates?.recordsOutPerSecond ?? 0) > 0,
  );

  const id = await cluster.checkpoint(jobId);
  const history = await cluster.checkpoints(jobId);
  assert.ok(history !== null && id > 0);
  assert.equal(history.settings.intervalMs, 50);
  await until(jobId, () => true);
  const savepoint = await cluster.savepoint(jobId, { directory: null, stop: "suspend" });
  const ended = await cluster.job(jobId);
  assert.equal(ended?.outcome?.status, "FINISHED");
  assert.deepEqual(ended.taskCounts, { FINISHED: ended.graph?.vertices[0]?.parallelism });
  const { counts, latestCompleted, latestSavepoint } = (await cluster.checkpoints(jobId)) ?? {};
  assert.ok((counts?.completed ?? 0) >= 3, JSON.stringify(counts));
  assert.equal(counts?.inProgress, 0);
  assert.equal(latestSavepoint?.path, savepoint);
  assert.equal(latestSavepoint.stop, "suspend");
  const acknowledged = latestCompleted?.vertices[0]?.subtasks[0];
  assert.ok((acknowledged?.acknowledgedMs ?? 0) >= (latestCompleted?.triggeredMs ?? 0));

  await writeFile(`${folder}.fast`, "");
  const restore = { path: `file://${savepoint}`, allowNonRestoredState: false };
  const restored = await cluster.runJar({ ...request, restore });
  await until(restored, ({ outcome }) => outcome !== null);
  const { latestRestored } = (await cluster.checkpoints(restored)) ?? {};
  assert.equal(latestRestored?.path, savepoint);
  await cluster.disposeSavepoint(savepoint);
  assert.ok(!existsSync(savepoint));
  await rejectsCode("MR_SAVEPOINT_FAILED", cluster.disposeSavepoint(savepoint));
  await rejectsCode("MR_SNAPSHOT_NOT_FOUND", cluster.runJar({ ...request, restore }));
});

test("folders that are no savepoints are not deleted", async () => {
  await rejectsCode("MR_SAVEPOINT_FAILED", cluster.disposeSavepoint(service.folder));
  assert.ok(existsSync(service.folder));
});

test("a failure names its task, and logs are there", async () => {
  const jobId = await cluster.runJar(await requestOf("fails.mjs"));
  const job = await until(jobId, ({ outcome }) => outcome !== null);
  assert.equal(job.outcome?.status === "FAILED" && job.outcome.error.code, "MR_FUNCTION_THREW");
  const [failure] = job.failures;
  assert.equal(failure?.error.code, "MR_FUNCTION_THREW");
  assert.equal(failure.task?.vertexId, job.graph?.vertices[0]?.id);
  assert.deepEqual([failure.task?.subtaskIndex, failure.task?.attempt], [0, 0]);
  assert.ok(Math.abs(failure.atMs - (job.statusTimes.FAILED ?? 0)) < 10_000);
  assert.ok((job.taskCounts.FAILED ?? 0) > 0);
  const log = job.logs.find(({ kind }) => kind === "log");
  assert.match(await readFile(log?.path ?? "", "utf8"), /two is too many/);
  const all = await cluster.taskManagerLogs("taskmanager-0");
  assert.ok(all?.some(({ name }) => name === `${jobId}.out`));
});

test("slots are taken while a job runs, and a job that needs more than is free waits", async () => {
  const first = await cluster.runJar({
    ...(await requestOf("endless.mjs")),
    options: { parallelism: 1 },
  });
  await until(first, areRunning);
  assert.deepEqual(
    [(await cluster.info()).slotsTotal, (await cluster.info()).slotsAvailable],
    [4, 3],
  );
  const [place] = await cluster.taskManagers();
  assert.deepEqual([place?.freeSlots, place?.allocated], [3, [{ jobId: first }]]);
  assert.ok((place?.process.rssBytes ?? 0) > 10 << 20);
  const others = await Promise.all(
    [1, 2, 3, 4].map(async () => cluster.runJar(await requestOf("endless.mjs"))),
  );
  const waiting = await until(others.at(-1) ?? "", () => true);
  const jobs = await cluster.jobs();
  assert.equal(jobs.filter(({ status }) => status === "CREATED").length >= 1, true);
  assert.equal(waiting.graph?.name, "endless");
  for (const jobId of [first, ...others]) await cluster.cancel(jobId);
  for (const jobId of [first, ...others]) {
    const { outcome, taskCounts } = await until(jobId, (job) => job.outcome !== null);
    assert.equal(outcome?.status, "CANCELED");
    assert.deepEqual(Object.keys(taskCounts), ["CANCELED"]);
  }
  assert.equal((await cluster.info()).slotsAvailable, 4);
});

test("a job that needs more slots than there are fails and says so", async () => {
  const source = `
    import { StreamExecutionEnvironment } from "millrace";
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.setParallelism(9);
    env.fromSequence(1, 9).print();
    await env.execute("wide");`;
  const path = join(service.folder, "wide.mjs");
  await writeFile(path, source);
  const { jarId } = await cluster.uploadJar(path, "wide.mjs");
  const jobId = await cluster.runJar({ ...(await requestOf("words.mjs")), jarId });
  const { outcome, failures } = await until(jobId, (job) => job.outcome !== null);
  assert.equal(outcome?.status === "FAILED" && outcome.error.code, "MR_SLOTS_NOT_ENOUGH");
  assert.equal(failures.length, 1);
});

test("what is not known is null, and who asks to end the service is heard", async () => {
  const jobId = "00000000000000000000000000000000";
  assert.equal(await cluster.job(jobId), null);
  assert.equal(await cluster.checkpoints(jobId), null);
  assert.equal(await cluster.taskManagerLogs("other"), null);
  assert.equal(await cluster.taskManagerThreads("other"), null);
  await rejectsCode("MR_JOB_NOT_FOUND", cluster.cancel(jobId));
  await rejectsCode("MR_JOB_NOT_FOUND", cluster.checkpoint(jobId));
  await cluster.shutDown();
  assert.equal(shutDowns, 1);
  assert.ok((await cluster.info()).process.heapUsedBytes > 0);
  assert.deepEqual(await cluster.jobManagerLogs(), []);
});

function rowsOf({ vertices }: JobDetails): number {
  return vertices[0]?.subtasks[0]?.metrics?.numRecordsIn ?? 0;
}
