/** `millrace run <file>`: runs a program here, shows progress, ends with a summary. */
import pc from "picocolors";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { ClusterClient, ProgramRequest } from "../api/cluster-client.ts";
import type { JobClient, JobExecutionResult } from "../api/job-client.ts";
import { systemClock } from "../common/clock.ts";
import { describeFailure } from "../common/describe-failure.ts";
import { exitCodeOf, failureToJson } from "./describe-failure.ts";
import { EXIT_FAILED, EXIT_OK } from "./exit-codes.ts";
import { formatCount, formatDuration } from "./format.ts";
import { onInterrupt } from "./interrupts.ts";
import type { OutputFormat } from "./output-format.ts";
import { ProgressLine } from "./progress-line.ts";

export async function runCommand(
  cluster: ClusterClient,
  request: ProgramRequest,
  format: OutputFormat,
): Promise<number> {
  const running = new Set<JobClient>();
  const followed: Promise<JobExecutionResult | null>[] = [];
  const notice = "\nCanceling the job; press Ctrl-C again to end at once.";
  const interrupts = onInterrupt({ notice, forcedExitCode: null }, () => {
    // Without a job there is nothing to cancel cleanly.
    if (running.size === 0) process.exit(interrupts.exitCode ?? EXIT_FAILED);
    for (const client of running) void client.cancel();
  });
  try {
    await cluster.runProgram(request, (client) => {
      running.add(client);
      followed.push(follow(client).finally(() => running.delete(client)));
    });
    await summarizeAll(followed, format);
    return interrupts.exitCode ?? EXIT_OK;
  } catch (error) {
    await summarizeAll(followed, format);
    const canceled = error instanceof EngineError && error.code === "MR_JOB_CANCELED";
    if (canceled && interrupts.exitCode !== null) {
      process.stderr.write(`${error.message}\n`);
      return interrupts.exitCode;
    }
    if (format === "json") console.log(JSON.stringify(failureToJson(error)));
    else process.stderr.write(`${pc.red("FAILED")} ${describeFailure(error)}\n`);
    return exitCodeOf(error);
  } finally {
    interrupts.dispose();
  }
}

/** Shows progress until the job ends; null = it did not finish, which is the program's to tell. */
async function follow(client: JobClient): Promise<JobExecutionResult | null> {
  const progress = new ProgressLine(client, systemClock);
  try {
    return await client.getJobExecutionResult();
  } catch {
    return null;
  } finally {
    progress.dispose();
  }
}

/** Behind what the program itself has to say. */
async function summarizeAll(
  followed: readonly Promise<JobExecutionResult | null>[],
  format: OutputFormat,
): Promise<void> {
  for (const result of await Promise.all(followed)) {
    if (result === null) continue;
    if (format === "json") console.log(JSON.stringify(summaryJson(result)));
    else process.stderr.write(summaryText(result));
  }
}

function summaryJson(result: JobExecutionResult): object {
  const { jobId, jobName, netRuntimeMs, summary } = result;
  const accumulators = Object.fromEntries(result.getAllAccumulatorResults());
  return { event: "finished", jobId, jobName, netRuntimeMs, accumulators, ...summary };
}

function summaryText(result: JobExecutionResult): string {
  const { rowsIn, rowsOut, operators } = result.summary;
  const seconds = Math.max(result.netRuntimeMs, 1) / 1000;
  const engine = (wanted: "wasm" | "js"): string =>
    operators
      .filter((operator) => operator.engine === wanted)
      .map(({ name }) => name)
      .join(", ") || "none";
  const lines = [
    `Job ${pc.bold(result.jobName)} ${pc.green("FINISHED")} in ${formatDuration(result.netRuntimeMs)}: ` +
      `${formatCount(rowsIn)} rows in (${formatCount(rowsIn / seconds)} rows/s), ${formatCount(rowsOut)} rows out`,
    `  wasm: ${engine("wasm")}`,
    `  js:   ${engine("js")}`,
  ];
  return `${lines.join("\n")}\n`;
}
