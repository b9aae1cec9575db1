/** Commands that talk to a service: `submit`, `list`, `info`, `cancel`, `stop`, `savepoint`, `checkpoint`. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import Table from "cli-table3";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { isEntryName, writeBundle } from "../cluster/bundle-archive.ts";
import { systemClock } from "../common/clock.ts";
import { bundlePortable } from "../runtime/bundle-portable.ts";
import { writeAnswer } from "./describe-failure.ts";
import { formatDuration } from "./format.ts";
import type { OutputFormat } from "./output-format.ts";
import {
  RemoteClusterClient,
  type RemoteJob,
  type RemoteJobDetails,
  type RemoteRunRequest,
  type RemoteTarget,
} from "./remote-cluster-client.ts";

/** What a command has to say: to people, and to programs. */
export interface Answer {
  readonly text: string;
  readonly json: unknown;
}

interface SubmitRequest {
  readonly path: string;
  readonly engineVersion: string;
  readonly run: RemoteRunRequest;
}

/** Runs one command against a service; the exit code. */
export function remoteCommand(
  target: RemoteTarget,
  format: OutputFormat,
  command: (client: RemoteClusterClient) => Promise<Answer>,
): Promise<number> {
  return writeAnswer(format, async () => {
    const { text, json } = await command(new RemoteClusterClient(target, systemClock));
    return format === "json" ? JSON.stringify(json) : text;
  });
}

/** A bundle is uploaded as it is; of a program one is made first. */
async function submit(
  client: RemoteClusterClient,
  { path, engineVersion, run }: SubmitRequest,
): Promise<Answer> {
  const isBundle = extname(path) === ".jar";
  const bytes = isBundle ? await readBundle(path) : await bundleOf(path, engineVersion);
  const name = isBundle ? basename(path) : `${basename(path, extname(path))}.jar`;
  const jobId = await client.run(await client.upload(bytes, name), run);
  return { text: `Job ${jobId} was submitted.`, json: { event: "submitted", jobId } };
}

async function list(client: RemoteClusterClient): Promise<Answer> {
  const jobs = await client.jobs();
  return { text: jobs.length === 0 ? "There are no jobs." : jobTable(jobs), json: jobs };
}

async function info(client: RemoteClusterClient, jobId: string): Promise<Answer> {
  const job = await client.job(jobId);
  return { text: jobText(job), json: job };
}

async function cancel(client: RemoteClusterClient, jobId: string): Promise<Answer> {
  await client.cancel(jobId);
  return { text: `Job ${jobId} is being canceled.`, json: { event: "canceling", jobId } };
}

async function stop(
  client: RemoteClusterClient,
  jobId: string,
  directory: string | null,
  drain: boolean,
): Promise<Answer> {
  const path = await client.stop(jobId, directory, drain);
  return { text: `Stopped with savepoint ${path}`, json: { event: "stopped", jobId, path } };
}

async function savepoint(
  client: RemoteClusterClient,
  jobId: string,
  directory: string | null,
): Promise<Answer> {
  const path = await client.savepoint(jobId, directory);
  return { text: `Savepoint ${path}`, json: { event: "savepoint", jobId, path } };
}

async function checkpoint(client: RemoteClusterClient, jobId: string): Promise<Answer> {
  const checkpointId = await client.checkpoint(jobId);
  return {
    text: `Checkpoint ${checkpointId} is complete.`,
    json: { event: "checkpoint", jobId, checkpointId },
  };
}

async function readBundle(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: unknown) => {
    throw new EngineError("MR_PROGRAM_NOT_FOUND", { path }, error);
  });
}

async function bundleOf(path: string, engineVersion: string): Promise<Uint8Array> {
  const name = basename(path, extname(path));
  const entry = isEntryName(name) ? name : "job";
  const module = await bundlePortable(path);
  const folder = await mkdtemp(join(tmpdir(), "millrace-submit-"));
  try {
    const file = join(folder, "job.jar");
    await writeBundle(file, new Map([[entry, module]]), engineVersion);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function jobTable(jobs: readonly RemoteJob[]): string {
  const table = tableOf(["job", "name", "state", "tasks", "started", "duration"]);
  for (const job of jobs) {
    const { jid, name, state, tasks, duration } = job;
    const started = new Date(job["start-time"]).toISOString();
    const running = `${tasks.running ?? 0} of ${tasks.total ?? 0}`;
    table.push([jid, printable(name), state, running, started, formatDuration(duration)]);
  }
  return table.toString();
}

function jobText(job: RemoteJobDetails): string {
  const { jid, name, state, vertices, duration } = job;
  const table = tableOf(["task", "state", "parallelism", "rows in", "rows out"]);
  for (const { name: task, status, parallelism, metrics } of vertices) {
    const count = (metric: string): string => String(metrics[metric] ?? "");
    const rows = [count("read-records"), count("write-records")];
    table.push([printable(task), status, String(parallelism), ...rows]);
  }
  return `${printable(name)} (${jid}) ${state}, ${formatDuration(duration)}\n${table.toString()}`;
}

/** Names come from whoever submitted the job: nothing in them may act on the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, " ");
}

function tableOf(head: readonly string[]): Table.Table {
  return new Table({ head: [...head], style: { head: [], border: [] } });
}

export const remoteCommands = { submit, list, info, cancel, stop, savepoint, checkpoint };
