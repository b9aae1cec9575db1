/**
 * Resident memory while keyed-sum runs (10,000 keys, 2 workers): it must not grow with the rows.
 *
 *   node dist/test/soak/memory.js [seconds]
 */

import { keyValueInput } from "../../bench/jobs/bench-input.ts";
import { keyValueColumns } from "../../bench/random.ts";
import { submitJob } from "../../control/index.ts";

const JOB = new URL("../../bench/jobs/keyed-sum-job.js", import.meta.url);
const MIB = 1024 * 1024;
/** Growth that counts as flat: heaps of the workers' JavaScript breathe. */
const TOLERANCE_MIB = 32;

const seconds = Number(process.argv[2] ?? 60);
keyValueInput.set(keyValueColumns(2_000_000, 10_000));
const client = await submitJob(JOB, {
  args: ["columns", "1000000000"],
  options: { parallelism: 2, execution: "pool" },
});
const samples: number[] = [];
let rows = 0;
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    samples.push(Math.round(process.memoryUsage.rss() / MIB));
    void client.metrics().then(({ vertices }) => {
      rows = vertices[0]?.subtasks.reduce((sum, subtask) => sum + subtask.numRecordsIn, 0) ?? 0;
    });
    if (samples.length < seconds) return;
    clearInterval(timer);
    resolve();
  }, 1000);
});
await client.cancel();
await client.getJobExecutionResult().catch((error: { code?: string }) => {
  if (error.code !== "MR_JOB_CANCELED") throw error;
});
// The first fifth is warm-up.
const settled = samples.slice(Math.ceil(samples.length / 5));
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const half = settled.length >> 1;
const [early, late] = [median(settled.slice(0, half)), median(settled.slice(half))];
console.log(
  JSON.stringify({
    seconds,
    rows,
    rssMib: { first: samples[0], early, late, max: Math.max(...samples) },
  }),
);
if (late - early > TOLERANCE_MIB) {
  process.stderr.write(`resident memory grew from ${early} to ${late} MiB\n`);
  process.exitCode = 1;
}
