/**
 * Resident memory of a job whose windows see many keys once each: what it is while they are open, and what
 * it is when they have closed and the job goes on with little input. Linear memory must come down again. The
 * heap of JavaScript windows is V8's: it holds garbage until the thread allocates, so figures are printed only.
 *
 *   node dist/test/soak/windows.js [million keys] [seconds of little input]
 */
import { type EngineOptions, submitJob } from "../../control/index.ts";

const JOB = new URL("./windows-job.js", import.meta.url);
const MIB = 1024 * 1024;
const SAMPLE_MS = 250;
/** Of what the keys took, this much may stay: the heaps of threads breathe. */
const REST = 0.25;

type Engine = NonNullable<EngineOptions["engine"]>;

const [millionKeys = 10, seconds = 30] = process.argv.slice(2).map(Number);
for (const engine of ["auto", "js"] as const) {
  const { startMib, peakMib, endMib, series } = await run(engine);
  const windows = engine === "auto" ? "wasm" : "js";
  console.log(JSON.stringify({ windows, millionKeys, startMib, peakMib, endMib, series }));
  if (engine === "auto" && endMib - startMib > REST * (peakMib - startMib)) {
    process.stderr.write(`${endMib} of ${peakMib} MiB stayed resident\n`);
    process.exitCode = 1;
  }
}

/** RSS in MiB: before the job, at most, at the end of its time with little input, and all of it. */
async function run(engine: Engine) {
  const startMib = rssMib();
  const series: number[] = [];
  const timer = setInterval(() => series.push(rssMib()), SAMPLE_MS);
  const client = await submitJob(JOB, {
    args: [String(millionKeys * 1e6), String(seconds)],
    options: { parallelism: 1, engine, memoryPerSlot: 2048 * MIB, bufferTimeoutMs: 10 },
  });
  await client.getJobExecutionResult();
  clearInterval(timer);
  // The last samples see the job end.
  const endMib = series.at(-8) ?? startMib;
  return { startMib, peakMib: Math.max(...series), endMib, series };
}

function rssMib(): number {
  return Math.round(process.memoryUsage.rss() / MIB);
}
