/**
 * A running process that is given jobs: `node service.js <text> <seed>...`, one job per seed, one after the
 * other. Its last line of output says how the last of them went.
 */
import { BroadcastChannel } from "node:worker_threads";
import { submitJob } from "millrace";
import { FIRST_OUTPUT } from "./word-count-job.ts";

const JOB = new URL("./word-count-job.js", import.meta.url);
const [text = "", ...seeds] = process.argv.slice(2);

const channel = new BroadcastChannel(FIRST_OUTPUT);
for (const seed of seeds) {
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  let firstMs = Number.POSITIVE_INFINITY;
  channel.onmessage = () => {
    firstMs = Math.min(firstMs, performance.now() - startMs);
  };
  const client = await submitJob(JOB, { args: [text, seed], options: { parallelism: 2 } });
  const result = await client.getJobExecutionResult();
  const { user, system } = process.cpuUsage(cpuBefore);
  const rows = result.getAccumulatorResult<number>("rows");
  console.log(JSON.stringify({ ms: firstMs, cpuSeconds: (user + system) / 1e6, rows }));
}
channel.close();
