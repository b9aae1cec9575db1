/** A service that was killed goes on where it was. */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Dispatcher, type RunRequest } from "../../control/cluster/dispatcher.ts";
import type { JobProgress } from "../../control/cluster/job-snapshot.ts";
import { rejectsCode } from "../unit/control/throws-code.ts";
import { numbersIn, TestService } from "./hosted-programs.ts";

const SERVICE = new URL("./fixtures/service-process.js", import.meta.url);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test("a service opened again lists what has ended and goes on with what has not", async () => {
  const service = await TestService.start();
  try {
    const words = await service.run("words.mjs", ["c"]);
    const finished = await service.untilEnded(words);
    const failed = await service.run("fails.mjs");
    await service.untilEnded(failed);
    const endless = await service.run("endless.mjs");
    await service.until(endless, ({ status }) => status === "RUNNING");
    const jars = service.dispatcher.jars.list();
    await rejectsCode("MR_DATA_DIRECTORY", Dispatcher.open(service.options));
    await service.dispatcher.close();
    await service.reopen();
    assert.deepEqual(
      service.dispatcher.jobs.all.map(({ jobId }) => jobId),
      [words, failed, endless],
    );
    assert.deepEqual(service.dispatcher.jobs.get(words).record, finished);
    assert.equal(service.dispatcher.jobs.get(failed).record.progress.failures.length, 1);
    assert.deepEqual(new Set(service.dispatcher.jars.list()), new Set(jars));
    await service.until(endless, ({ status }) => status === "RUNNING");
    service.dispatcher.cancel(endless);
    assert.equal((await service.untilEnded(endless)).status, "CANCELED");
  } finally {
    await service.close();
  }
  assert.deepEqual(service.failures, []);
});

test("jobs of a service that was killed end with it, and go on from their checkpoints exactly", async () => {
  const service = await TestService.start({ slots: 3 });
  try {
    const counts = [10_000, 12_000, 14_000];
    const folders = counts.map((count) => join(service.folder, `numbers-${count}`));
    const requests: RunRequest[] = [];
    for (const [index, folder] of folders.entries()) {
      const request = await service.requestOf("exact.mjs");
      requests.push({ ...request, args: [folder, `${counts[index]}`] });
    }
    await service.dispatcher.close();
    const killed = fork(SERVICE, { serialization: "advanced" });
    killed.send({ folder: service.folder, requests });
    const [{ jobIds }] = (await once(killed, "message")) as [{ jobIds: readonly string[] }];
    const checkpoints = jobIds.map((jobId) =>
      join(service.options.dataDirectory, "checkpoints", jobId),
    );
    await service.untilProgress(() => checkpoints.every(hasCheckpoint));
    await kill(killed);
    for (const folder of folders) await writeFile(`${folder}.fast`, "");
    await service.reopen();
    for (const jobId of jobIds) {
      const { status, outcome } = await service.untilEnded(jobId);
      assert.equal(status, "FINISHED", JSON.stringify(outcome));
    }
    for (const [index, folder] of folders.entries()) {
      assert.deepEqual(await numbersIn(folder), upTo(counts[index] ?? 0));
    }
  } finally {
    await service.close();
  }
});

test("a job that was to be canceled when the service ended does not go on", async () => {
  const service = await TestService.start();
  try {
    const jobId = await service.run("spins.mjs");
    await service.until(jobId, ({ status }) => status === "RUNNING");
    service.dispatcher.cancel(jobId);
    await service.dispatcher.close();
    assert.equal(service.dispatcher.jobs.get(jobId).hasEnded, false);
    await service.reopen();
    assert.equal(service.dispatcher.jobs.get(jobId).record.status, "CANCELED");
  } finally {
    await service.close();
  }
});

test("a program goes on behind its jobs that have ended", async () => {
  const service = await TestService.start();
  try {
    const first = await service.run("two.mjs");
    const second = await service.untilJob(({ executeIndex }) => executeIndex === 1);
    await service.until(second.jobId, ({ status }) => status === "RUNNING");
    const before = service.dispatcher.jobs.get(first).record;
    await service.dispatcher.close();
    await service.reopen();
    await service.until(second.jobId, ({ status }) => status === "RUNNING");
    assert.deepEqual(service.dispatcher.jobs.get(first).record, before);
    assert.equal(service.dispatcher.jobs.all.length, 2);
    service.dispatcher.cancel(second.jobId);
    await service.untilEnded(second.jobId);
  } finally {
    await service.close();
  }
});

test("a job stops with a savepoint, and another one goes on from it", async () => {
  const service = await TestService.start();
  try {
    const folder = join(service.folder, "numbers");
    const request = await service.requestOf("exact.mjs");
    const jobId = await service.dispatcher.run({ ...request, args: [folder, "300"] });
    const areRunning = ({ attempts }: JobProgress): boolean =>
      attempts.size > 0 && [...attempts.values()].every(({ state }) => state === "RUNNING");
    await service.untilProgress(() =>
      areRunning(service.dispatcher.jobs.get(jobId).record.progress),
    );
    const savepoint = await service.dispatcher.savepoint(jobId, null, null);
    assert.ok(existsSync(join(savepoint, "manifest.json")));
    const path = await service.dispatcher.savepoint(jobId, null, "suspend");
    assert.equal((await service.untilEnded(jobId)).status, "FINISHED");
    await rejectsCode("MR_JOB_NOT_RUNNING", service.dispatcher.savepoint(jobId, null, null));
    await writeFile(`${folder}.fast`, "");
    const restored = await service.dispatcher.run({
      ...{ ...request, args: [folder, "300"] },
      options: { restore: path, parallelism: 2 },
    });
    const { status, outcome } = await service.untilEnded(restored);
    assert.equal(status, "FINISHED", JSON.stringify(outcome));
    assert.deepEqual(await numbersIn(folder), upTo(300));
  } finally {
    await service.close();
  }
});

/** A second one: files of the first are committed then. */
function hasCheckpoint(folder: string): boolean {
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some((name) => Number(/^chk-(\d+)$/.exec(name)?.[1] ?? 0) > 1);
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, "exit");
  child.kill("SIGKILL");
  await closed;
}
