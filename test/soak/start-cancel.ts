/** Starts and cancels a job again and again; nothing may stay behind: threads, handles, files. */
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { type EngineOptions, submitJob } from "../../control/index.ts";

const JOB = new URL("../e2e/jobs/failing-job.js", import.meta.url);

export interface Leftovers {
  readonly threads: number;
  readonly openFiles: number;
  readonly handles: number;
  readonly bundles: number;
}

/** What this process holds now. */
export function leftovers(): Leftovers {
  return {
    threads: readdirSync("/proc/self/task").length,
    openFiles: readdirSync("/proc/self/fd").length,
    handles: process.getActiveResourcesInfo().length,
    bundles: readdirSync(tmpdir()).filter((name) => name.startsWith("millrace-job-")).length,
  };
}

export async function startAndCancel(runs: number, options: EngineOptions): Promise<void> {
  for (let run = 0; run < runs; run++) {
    const client = await submitJob(JOB, { args: ["never"], options });
    // Every other job is canceled while its threads are still starting.
    while (run % 2 === 0 && (await client.getJobStatus()) !== "RUNNING") {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.cancel();
    await client.getJobExecutionResult().then(
      () => Promise.reject(new Error("the job was not canceled")),
      (error: { code?: string }) => {
        if (error.code !== "MR_JOB_CANCELED") throw error;
      },
    );
  }
}

/** `npm run soak:cancel [runs]` */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const runs = Number(process.argv[2] ?? 200);
  const options: EngineOptions = { parallelism: 2 };
  await startAndCancel(5, options);
  const before = leftovers();
  await startAndCancel(runs, options);
  const after = leftovers();
  console.log(JSON.stringify({ runs, before, after }));
  const grown = (Object.keys(before) as (keyof Leftovers)[]).filter(
    (name) => after[name] > before[name],
  );
  if (grown.length > 0) {
    process.stderr.write(`left behind: ${grown.join(", ")}\n`);
    process.exitCode = 1;
  }
}
