/** The cluster of a service on one machine: its slots run programs in processes here. */
import { existsSync } from "node:fs";
import { availableParallelism, freemem, hostname, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { disposeSavepoint } from "../checkpoint/dispose-savepoint.ts";
import { MANIFEST_FILE } from "../checkpoint/manifest.ts";
import type { JobGraph } from "../plan/job-graph.ts";
import { checkpointsOf } from "./checkpoint-details.ts";
import type {
  CheckpointHistory,
  Cluster,
  ClusterInfo,
  FlameGraph,
  JarInfo,
  JobDetails,
  JobInfo,
  LogFile,
  ProgramRun,
  SavepointRequest,
  TaskLocation,
  TaskManagerInfo,
  ThreadInfo,
} from "./cluster.ts";
import { Dispatcher, type DispatcherOptions, type RunRequest } from "./dispatcher.ts";
import type { HostedJob } from "./hosted-job.ts";
import { jobDetailsOf, jobInfoOf } from "./job-details.ts";
import { logFileOf, logFilesIn } from "./log-files.ts";
import { ProcessMeter, sumOf } from "./process-figures.ts";

export interface SessionClusterOptions extends DispatcherOptions {
  /** Of the service, as key and value, to be shown. */
  readonly settings: ClusterInfo["settings"];
  /** Bytes of state and rows of one slot, and of the exchanges of one. */
  readonly memoryPerSlot: number;
  readonly edgeMemory: number;
  /** Somebody wants the service to end. */
  shutDown(): void;
}

/** All slots are in one place: this machine. */
const TASK_MANAGER_ID = "taskmanager-0";
export const SERVICE_LOGS = "logs";

export class SessionCluster implements Cluster {
  readonly #options: SessionClusterOptions;
  readonly #dispatcher: Dispatcher;
  readonly #meter: ProcessMeter;
  readonly #startedMs: number;
  readonly #location: TaskLocation = {
    taskManagerId: TASK_MANAGER_ID,
    host: hostname(),
    port: 0,
  };

  private constructor(options: SessionClusterOptions, dispatcher: Dispatcher) {
    this.#options = options;
    this.#dispatcher = dispatcher;
    this.#meter = new ProcessMeter(options.clock);
    this.#startedMs = options.clock.now();
  }

  /** Goes on with jobs that had not ended. Errors: MR_DATA_DIRECTORY. */
  static async open(options: SessionClusterOptions): Promise<SessionCluster> {
    return new SessionCluster(options, await Dispatcher.open(options));
  }

  async info(): Promise<ClusterInfo> {
    const { total, free } = this.#dispatcher.slots;
    return {
      slotsTotal: total,
      slotsAvailable: free,
      settings: this.#options.settings,
      startedMs: this.#startedMs,
      process: this.#meter.figures(),
    };
  }

  async shutDown(): Promise<void> {
    this.#options.shutDown();
  }

  /** Ends all processes. Jobs go on when a cluster is opened on the data directory again. */
  async close(): Promise<void> {
    this.#meter.close();
    await this.#dispatcher.close();
  }

  /** Told of the id of a job whenever something happens to it; until the returned function is called. */
  onChange(listener: (jobId: string) => void): () => void {
    return this.#dispatcher.jobs.onChange(listener);
  }

  async jars(): Promise<readonly JarInfo[]> {
    return this.#dispatcher.jars.list();
  }

  uploadJar(path: string, fileName: string): Promise<JarInfo> {
    return this.#dispatcher.jars.add(path, fileName);
  }

  deleteJar(jarId: string): Promise<void> {
    return this.#dispatcher.jars.delete(jarId);
  }

  async planJar(request: ProgramRun): Promise<JobGraph> {
    return this.#dispatcher.plan(requestOf(request));
  }

  async runJar(request: ProgramRun): Promise<string> {
    return this.#dispatcher.run(requestOf(request));
  }

  async jobs(): Promise<readonly JobInfo[]> {
    return this.#dispatcher.jobs.all.map(({ record }) => jobInfoOf(record));
  }

  async job(jobId: string): Promise<JobDetails | null> {
    const job = this.#dispatcher.jobs.find(jobId);
    if (job === null) return null;
    return jobDetailsOf(job.record, this.#location, await this.#logsOf(job));
  }

  async checkpoints(jobId: string): Promise<CheckpointHistory | null> {
    const job = this.#dispatcher.jobs.find(jobId);
    return job === null ? null : checkpointsOf(job.record);
  }

  async cancel(jobId: string): Promise<void> {
    this.#dispatcher.cancel(jobId);
  }

  async savepoint(jobId: string, { directory, stop }: SavepointRequest): Promise<string> {
    const folder = directory === null ? null : snapshotPathOf(directory);
    const mode = stop === "cancel" ? null : stop;
    const path = await this.#dispatcher.savepoint(jobId, folder, mode);
    if (stop === "cancel") this.#dispatcher.cancel(jobId);
    if (stop !== null) await this.#dispatcher.jobs.ended(jobId);
    return path;
  }

  checkpoint(jobId: string): Promise<number> {
    return this.#dispatcher.checkpoint(jobId);
  }

  disposeSavepoint(path: string): Promise<void> {
    return disposeSavepoint(snapshotPathOf(path));
  }

  async taskManagers(): Promise<readonly TaskManagerInfo[]> {
    const { slots, memoryPerSlot, edgeMemory, clock } = this.#options;
    const { free } = this.#dispatcher.slots;
    const allocated = this.#dispatcher.jobs.all.flatMap(({ jobId }) =>
      Array.from({ length: this.#dispatcher.slots.takenBy(jobId) }, () => ({ jobId })),
    );
    return [
      {
        ...this.#location,
        ...{ slots, freeSlots: free, allocated },
        heardMs: clock.now(),
        cpuCores: availableParallelism(),
        physicalMemoryBytes: totalmem(),
        freeMemoryBytes: freemem(),
        managedMemoryBytes: memoryPerSlot * slots,
        networkMemoryBytes: edgeMemory * slots,
        process: sumOf(this.#dispatcher.figures),
      },
    ];
  }

  async taskManagerLogs(taskManagerId: string): Promise<readonly LogFile[] | null> {
    if (taskManagerId !== TASK_MANAGER_ID) return null;
    const logs = await Promise.all(this.#dispatcher.jobs.all.map((job) => this.#logsOf(job)));
    return logs.flat().sort((one, other) => other.modifiedMs - one.modifiedMs);
  }

  jobManagerLogs(): Promise<readonly LogFile[]> {
    return logFilesIn(join(this.#options.dataDirectory, SERVICE_LOGS));
  }

  /** Processes of programs are not stopped for a look at their stacks. */
  async taskManagerThreads(taskManagerId: string): Promise<readonly ThreadInfo[] | null> {
    if (taskManagerId !== TASK_MANAGER_ID) return null;
    return this.#dispatcher.jobs.all.flatMap(({ jobId, record: { graph } }) =>
      Array.from({ length: this.#dispatcher.slots.takenBy(jobId) }, (_, index) => ({
        name: `slot ${index} of job ${graph.name} (${jobId})`,
        stack: "",
      })),
    );
  }

  async jobManagerThreads(): Promise<readonly ThreadInfo[]> {
    return [{ name: "main", stack: new Error("Here").stack ?? "" }];
  }

  /** Nothing is sampled yet. */
  async flameGraph(): Promise<FlameGraph | null> {
    return null;
  }

  async #logsOf({ jobId }: HostedJob): Promise<readonly LogFile[]> {
    const { stdout, stderr } = this.#dispatcher.logPathsOf(jobId);
    const files = await Promise.all([
      logFileOf(stderr, `${jobId}.log`, "log"),
      logFileOf(stdout, `${jobId}.out`, "stdout"),
    ]);
    return files.filter((file) => file !== null);
  }
}

/** Of a path, or of a file: URL. */
function snapshotPathOf(place: string): string {
  return place.startsWith("file:") ? fileURLToPath(new URL(place)) : resolve(place);
}

/** Errors: MR_SNAPSHOT_NOT_FOUND. */
function requestOf({ restore, options, ...request }: ProgramRun): RunRequest {
  if (restore === null) return { ...request, options };
  const path = snapshotPathOf(restore.path);
  if (!existsSync(join(path, MANIFEST_FILE))) {
    throw new EngineError("MR_SNAPSHOT_NOT_FOUND", { path, manifest: MANIFEST_FILE });
  }
  const { allowNonRestoredState } = restore;
  return { ...request, options: { ...options, restore: path, allowNonRestoredState } };
}
