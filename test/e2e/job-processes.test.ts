/** Jobs in processes of their own: none harms another one, or the service. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { rejectsCode } from "../unit/control/throws-code.ts";
import { TestService } from "./hosted-programs.ts";

let service: TestService;
before(async () => {
  service = await TestService.start({ slots: 8 });
});
after(() => service.close());

test("a program runs to its end, and what it prints is in its own file", async () => {
  const jobId = await service.run("words.mjs", ["c"]);
  assert.match(jobId, /^[0-9a-f]{32}$/);
  const { status, statusTimes, outcome, graph } = await service.untilEnded(jobId);
  assert.equal(status, "FINISHED");
  assert.equal(graph.name, "words");
  const { INITIALIZING = 0, CREATED = 0, RUNNING = 0, FINISHED = 0 } = statusTimes;
  assert.ok(INITIALIZING > 0 && CREATED >= INITIALIZING && RUNNING >= CREATED);
  assert.ok(FINISHED >= RUNNING);
  assert.equal(outcome?.status === "FINISHED" && outcome.result.summary.rowsOut, 3);
  const text = await readFile(service.dispatcher.logPathsOf(jobId).stdout, "utf8");
  assert.deepEqual(text.trim().split("\n"), ["a!", "b!", "c!"]);
});

test("jobs run side by side, their counters rise, and cancel ends one of them", async () => {
  const ids = await Promise.all([1, 2, 3].map(() => service.run("endless.mjs")));
  assert.equal(new Set(ids).size, 3);
  for (const jobId of ids) await service.until(jobId, ({ status }) => status === "RUNNING");
  const rowsOf = (jobId: string): number =>
    service.dispatcher.jobs.get(jobId).record.progress.metrics.vertices[0]?.subtasks[0]
      ?.numRecordsIn ?? 0;
  const [first = "", second = "", third = ""] = ids;
  await service.untilProgress(() => rowsOf(second) > 5);
  service.dispatcher.cancel(first);
  const canceled = await service.untilEnded(first);
  assert.equal(canceled.status, "CANCELED");
  assert.ok((canceled.statusTimes.CANCELLING ?? 0) <= (canceled.statusTimes.CANCELED ?? 0));
  const rows = rowsOf(third);
  await service.untilProgress(() => rowsOf(third) > rows);
  assert.deepEqual(
    [second, third].map((jobId) => service.dispatcher.jobs.get(jobId).record.status),
    ["RUNNING", "RUNNING"],
  );
  for (const jobId of [second, third]) {
    service.dispatcher.cancel(jobId);
    await service.untilEnded(jobId);
  }
  assert.equal(service.dispatcher.slots.free, 8);
});

test("a function that spins keeps only its own job, which can be canceled", async () => {
  const spinning = await service.run("spins.mjs");
  await service.until(spinning, ({ status }) => status === "RUNNING");
  const other = await service.run("words.mjs");
  assert.equal((await service.untilEnded(other)).status, "FINISHED");
  service.dispatcher.cancel(spinning);
  assert.equal((await service.untilEnded(spinning)).status, "CANCELED");
});

test("jobs of one program follow each other in one process", async () => {
  const first = await service.run("two.mjs");
  assert.equal((await service.untilEnded(first)).status, "FINISHED");
  const second = await service.untilJob(({ graph }) => graph.name === "second after first");
  assert.equal(second.programId, first);
  service.dispatcher.cancel(second.jobId);
  assert.equal((await service.untilEnded(second.jobId)).status, "CANCELED");
});

test("the plan of a program is made without running it", async () => {
  const request = await service.requestOf("endless.mjs");
  const before = service.dispatcher.jobs.all.length;
  const graph = await service.dispatcher.plan({ ...request, options: { parallelism: 3 } });
  assert.equal(graph.name, "endless");
  assert.ok(graph.vertices.length > 0);
  assert.equal(service.dispatcher.jobs.all.length, before);
  await rejectsCode(
    "MR_PROGRAM_THREW",
    service.dispatcher.plan(await service.requestOf("throws.mjs")),
  );
});

test("bundles and jobs that are not there are named", async () => {
  const request = await service.requestOf("words.mjs");
  await rejectsCode("MR_JAR_NOT_FOUND", service.dispatcher.run({ ...request, jarId: "no" }));
  await rejectsCode("MR_BUNDLE_INVALID", service.dispatcher.run({ ...request, entry: "other" }));
  await rejectsCode(
    "MR_JOB_NOT_FOUND",
    (async () => service.dispatcher.cancel("00000000000000000000000000000000"))(),
  );
});
