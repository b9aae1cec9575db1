/** Two sources of one watermark group, one of which would run ahead for ever; on one thread and on two. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { submitJob } from "../../control/index.ts";

const JOB = new URL("./jobs/alignment-job.js", import.meta.url);

for (const execution of ["in-process", "pool"] as const) {
  test(`the fast one stops at the drift, goes on with the slow one and ends after it (${execution})`, {
    timeout: 60_000,
  }, async () => {
    const client = await submitJob(JOB, { options: { execution, parallelism: 1 } });
    const result = await client.getJobExecutionResult();
    const leads = (result.getAccumulatorResult<string[]>("rows") ?? []).map(Number);
    assert.equal(leads.length, 6);
    // Before the first update there is no bound; the first records tell how long that was.
    assert.deepEqual(leads.slice(-3), [1010, 1010, 1010]);
  });
}
