/** `millrace server`: the service, until it is told to end. */
import { createWriteStream, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { SERVICE_LOGS, SessionCluster } from "../cluster/session-cluster.ts";
import { type Clock, systemClock } from "../common/clock.ts";
import { describeFailure } from "../common/describe-failure.ts";
import { systemSettings } from "../config/base-settings.ts";
import {
  type ServerOptions,
  type ServerSettings,
  serverSettings,
} from "../config/server-settings.ts";
import type { JobSettings } from "../config/settings.ts";
import { checkSecurity, type SecuritySettings, type Token } from "../rest/security.ts";
import { createRestServer } from "../rest/server.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { onInterrupt } from "./interrupts.ts";
import type { OutputFormat } from "./output-format.ts";

const MIB = 1 << 20;
const LOG_BYTES = 64 * MIB;
const WATCH_MS = 1000;
const PROGRESS_MS = 500;
const SILENT_MS = 60_000;
const SUBMIT_TIMEOUT_MS = 60_000;
/** ms that last checkpoints may take when the service ends. */
const LAST_CHECKPOINTS_MS = 10_000;

export interface ServerRequest {
  readonly flags: ServerOptions;
  /** null = those of the settings. */
  readonly slots: number | null;
}

/** Settled with the exit code when the service has ended. Errors: MR_SERVER_*, MR_CONFIG_*, MR_DATA_DIRECTORY. */
export async function serverCommand(
  { flags, slots }: ServerRequest,
  format: OutputFormat,
): Promise<number> {
  const settings = serverSettings(flags, process.cwd(), process.env);
  const job = systemSettings(process.cwd(), process.env).resolve();
  const security = securityOf(settings);
  // Before anything is written, or a job runs.
  checkSecurity(security);
  const tls = tlsOf(settings);
  const end = endOfService();
  const log = await openLog(settings);
  const cluster = await openCluster(settings, job, slots, end.request, log);
  try {
    const app = await createRestServer({
      ...{ cluster, security, tls },
      clock: systemClock,
      requestsPerSecond: settings.requestsPerSecond,
      logger: { level: "info", stream: log },
    });
    try {
      await listen(app, settings);
      const { port } = app.server.address() as AddressInfo;
      announce(format, settings, port, (await cluster.info()).slotsTotal);
      await end.requested;
      await lastCheckpoints(cluster, systemClock);
    } finally {
      await app.close();
    }
  } finally {
    await cluster.close();
    end.dispose();
    await new Promise<void>((resolve) => log.end(resolve));
  }
  return EXIT_OK;
}

function securityOf(settings: ServerSettings): SecuritySettings {
  const { host, hostNames, token, submitToken, readToken, tlsCert } = settings;
  const tokens: Token[] = [];
  if (token !== null) tokens.push({ role: "admin", value: token });
  if (submitToken !== null) tokens.push({ role: "submit", value: submitToken });
  if (readToken !== null) tokens.push({ role: "read", value: readToken });
  return { host, hostNames, tokens, hasTls: tlsCert !== null };
}

function tlsOf({ tlsCert, tlsKey, host }: ServerSettings) {
  if (tlsCert === null && tlsKey === null) return null;
  if (tlsCert === null || tlsKey === null) {
    const reason = `there is ${tlsCert === null ? "a key without a certificate" : "a certificate without a key"}`;
    throw new EngineError("MR_SERVER_INSECURE", { host, reason });
  }
  return { certificate: readPem(tlsCert), key: readPem(tlsKey) };
}

function readPem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new EngineError(
      "MR_CONFIG_INVALID",
      {
        path: "server.tlsCert and server.tlsKey",
        actual: path,
        expected: "files that can be read",
        source: "the settings of the server",
      },
      error,
    );
  }
}

async function openLog({ dataDirectory }: ServerSettings) {
  const folder = join(dataDirectory, SERVICE_LOGS);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    throw new EngineError("MR_DATA_DIRECTORY", { directory: dataDirectory, message }, error);
  });
  return createWriteStream(join(folder, "server.log"), { flags: "a" });
}

function openCluster(
  settings: ServerSettings,
  { memoryPerSlot, edgeMemory, slots }: JobSettings,
  slotsWanted: number | null,
  shutDown: () => void,
  log: { write(text: string): void },
): Promise<SessionCluster> {
  const slotsTotal = slotsWanted ?? slots ?? availableParallelism();
  return SessionCluster.open({
    dataDirectory: settings.dataDirectory,
    slots: slotsTotal,
    clock: systemClock,
    environment: process.env,
    limits: { rssBytes: settings.jobMemoryMb * MIB, silentMs: SILENT_MS },
    watchMs: WATCH_MS,
    progressMs: PROGRESS_MS,
    submitTimeoutMs: SUBMIT_TIMEOUT_MS,
    logBytes: LOG_BYTES,
    retainedJobs: settings.retainedJobs,
    ...{ memoryPerSlot, edgeMemory, shutDown },
    settings: shownSettings(settings, slotsTotal),
    failed: (error) => {
      const failure = { level: 50, time: systemClock.now(), msg: describeFailure(error) };
      log.write(`${JSON.stringify(failure)}\n`);
    },
  });
}

/** Under Flink's names where it has them, so that tools find them. */
function shownSettings(
  settings: ServerSettings,
  slots: number,
): readonly (readonly [string, string])[] {
  const { port, host, dataDirectory, token, submitToken, readToken, ...others } = settings;
  const tokens = { token, submitToken, readToken };
  return [
    ["rest.port", String(port)],
    ["rest.address", host],
    ["rest.bind-address", host],
    ["jobmanager.rpc.address", host],
    ["taskmanager.numberOfTaskSlots", String(slots)],
    ["state.checkpoints.dir", join(dataDirectory, "checkpoints")],
    ["state.savepoints.dir", join(dataDirectory, "savepoints")],
    ["web.upload.dir", join(dataDirectory, "jars")],
    ...Object.entries({ ...tokens, ...others })
      .filter(([, value]) => value !== null && String(value) !== "")
      .map(([name, value]): [string, string] => [`server.${name}`, String(value)]),
  ];
}

/** Errors: MR_SERVER_ADDRESS. */
async function listen(
  app: Awaited<ReturnType<typeof createRestServer>>,
  { host, port }: ServerSettings,
): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new EngineError("MR_SERVER_ADDRESS", { host, port, message }, error);
  }
}

function announce(
  format: OutputFormat,
  { host, dataDirectory, tlsCert }: ServerSettings,
  port: number,
  slots: number,
): void {
  const name = host.includes(":") ? `[${host}]` : host;
  const url = `${tlsCert === null ? "http" : "https"}://${name}:${port}`;
  process.stdout.write(
    format === "json"
      ? `${JSON.stringify({ event: "listening", url, slots, dataDirectory })}\n`
      : `Millrace listens on ${url}, with ${slots} slots. What it keeps is in ${dataDirectory}.\n`,
  );
}

/** SIGINT, SIGTERM, or a request: the service ends in order. */
function endOfService() {
  let request: () => void = () => undefined;
  const requested = new Promise<void>((resolve) => {
    request = resolve;
  });
  const notice = "Ending with last checkpoints; a second signal ends at once.";
  // Processes of jobs notice that this one has ended, and end as well.
  const interrupts = onInterrupt({ notice, forcedExitCode: EXIT_OK }, () => request());
  return { requested, request: () => request(), dispose: () => interrupts.dispose() };
}

/** Jobs go on from these when the service is started again; those without go on from earlier ones. */
async function lastCheckpoints(cluster: SessionCluster, clock: Clock): Promise<void> {
  const running = (await cluster.jobs()).filter(({ status }) => status === "RUNNING");
  const details = await Promise.all(running.map(({ jobId }) => cluster.job(jobId)));
  const taking = details.flatMap((job) =>
    job?.graph == null || job.graph.options.checkpointing.intervalMs === null
      ? []
      : [cluster.checkpoint(job.jobId)],
  );
  await clock.atMost(
    Promise.allSettled(taking).then(() => undefined),
    LAST_CHECKPOINTS_MS,
  );
}
