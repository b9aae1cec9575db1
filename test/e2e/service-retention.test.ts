/** What the service forgets, and what it takes once. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { rejectsCode } from "../unit/control/throws-code.ts";
import { TestService } from "./hosted-programs.ts";

test("jobs that ended first are forgotten first, with their files", async () => {
  const service = await TestService.start({ retainedJobs: 2 });
  try {
    const ids: string[] = [];
    for (const name of ["words.mjs", "fails.mjs", "words.mjs"] as const) {
      const jobId = await service.run(name);
      ids.push(jobId);
      await service.untilEnded(jobId);
    }
    const folder = join(service.options.dataDirectory, "jobs");
    await service.untilProgress(() => service.dispatcher.jobs.all.length === 2);
    await service.dispatcher.close();
    await service.reopen();
    assert.deepEqual(
      service.dispatcher.jobs.all.map(({ jobId }) => jobId),
      ids.slice(1),
    );
    assert.deepEqual(new Set(await readdir(folder)), new Set(ids.slice(1)));
  } finally {
    await service.close();
  }
  assert.deepEqual(service.failures, []);
});

test("one id is taken once, also when two ask for it at the same time", async () => {
  const service = await TestService.start();
  try {
    const jobId = "0123456789abcdef0123456789abcdef";
    const request = { ...(await service.requestOf("words.mjs")), jobId };
    const first = service.dispatcher.run(request);
    await rejectsCode("MR_JOB_ID_IN_USE", service.dispatcher.run(request));
    assert.equal(await first, jobId);
    await service.untilEnded(jobId);
    await assert.rejects(
      service.dispatcher.run({ ...request, jobId: "../../../../etc" }),
      /32 hexadecimal digits/,
    );
  } finally {
    await service.close();
  }
});
