/** Programs that end the hard way: their jobs fail or run again, and nothing else happens. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ProcessLimits } from "../../control/cluster/process-watch.ts";
import { rejectsCode } from "../unit/control/throws-code.ts";
import { type ProgramName, TestService } from "./hosted-programs.ts";

let service: TestService;
before(async () => {
  service = await TestService.start({ slots: 8 });
});
after(() => service.close());

const DEADLY: readonly (readonly [ProgramName, string, RegExp])[] = [
  ["exits.mjs", "MR_JOB_PROCESS_ENDED", /exited with code 7/],
  ["aborts.mjs", "MR_JOB_PROCESS_ENDED", /SIGABRT ended it/],
];
for (const [name, code, how] of DEADLY) {
  test(`${name} fails its own job and no other`, async () => {
    const other = await service.run("endless.mjs");
    const jobId = await service.run(name);
    const { status, outcome, progress } = await service.untilEnded(jobId);
    assert.equal(status, "FAILED");
    assert.ok(outcome?.status === "FAILED" && outcome.error.code === code);
    assert.match(String(outcome.error.details?.how), how);
    assert.equal(progress.failures.length, 1);
    assert.equal(service.dispatcher.jobs.get(other).record.status === "FAILED", false);
    service.dispatcher.cancel(other);
    assert.equal((await service.untilEnded(other)).status, "CANCELED");
  });
}

test("a job that fails says why, and its log names the place", async () => {
  const jobId = await service.run("fails.mjs");
  const { status, outcome } = await service.untilEnded(jobId);
  assert.equal(status, "FAILED");
  assert.ok(outcome?.status === "FAILED" && outcome.error.code === "MR_FUNCTION_THREW");
  const log = await readFile(service.dispatcher.logPathsOf(jobId).stderr, "utf8");
  assert.match(log, /two is too many/);
});

test("a process that dies is followed by another one, as far as the restart strategy allows", async () => {
  const jobId = await service.run("restarts.mjs", [join(service.folder, "mark-")]);
  const { status, earlierFailures, statusTimes } = await service.untilEnded(jobId);
  assert.equal(status, "FINISHED");
  assert.deepEqual(
    earlierFailures.map(({ error }) => error.code),
    ["MR_JOB_PROCESS_ENDED", "MR_JOB_PROCESS_ENDED"],
  );
  assert.ok((statusTimes.RESTARTING ?? 0) > 0);
});

test("a program that throws, or starts no job, is refused with the reason", async () => {
  await rejectsCode("MR_PROGRAM_THREW", service.run("throws.mjs"));
  await rejectsCode("MR_PROGRAM_NO_JOB", service.run("no-job.mjs"));
});

const HOSTILE: readonly (readonly [ProgramName, string, ProcessLimits])[] = [
  ["blocks.mjs", "MR_JOB_PROCESS_SILENT", { rssBytes: 2 ** 40, silentMs: 3_000 }],
  ["hoards.mjs", "MR_JOB_MEMORY", { rssBytes: 600 << 20, silentMs: 120_000 }],
];
for (const [name, code, limits] of HOSTILE) {
  test(`${name} is killed and fails its own job`, async () => {
    const strict = await TestService.start({ limits });
    try {
      const jobId = await strict.run(name);
      const { status, outcome } = await strict.untilEnded(jobId);
      assert.equal(status, "FAILED");
      assert.equal(outcome?.status === "FAILED" && outcome.error.code, code);
    } finally {
      await strict.close();
    }
  });
}

test("a program that starts no job in time is ended", async () => {
  const impatient = await TestService.start({ submitTimeoutMs: 300 });
  try {
    await rejectsCode("MR_SUBMIT_TIMEOUT", impatient.run("waits.mjs"));
    await rejectsCode(
      "MR_SUBMIT_TIMEOUT",
      impatient.dispatcher.plan(await impatient.requestOf("waits.mjs")),
    );
  } finally {
    await impatient.close();
  }
});
