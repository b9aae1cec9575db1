/**
 * Takes programs, runs each in a process of its own, and knows their jobs. What it knows outlives it: opened again
 * on the same data directory, it goes on with jobs that had not ended and lists those that had.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { StopMode } from "../checkpoint/coordinator-types.ts";
import { type Processes, systemProcesses } from "../checkpoint/process-owner.ts";
import type { Clock } from "../common/clock.ts";
import type { Variables } from "../config/environment-variables.ts";
import type { EngineOptions } from "../config/settings.ts";
import type { JobGraph } from "../plan/job-graph.ts";
import { createJobId } from "../runtime/local-submitter.ts";
import type { ProcessFigures } from "./cluster.ts";
import { HostedJob } from "./hosted-job.ts";
import { JarStore } from "./jar-store.ts";
import { JobProcess, type JobProcessListener } from "./job-process.ts";
import type { ProcessLimits } from "./process-watch.ts";
import { programEnvironment } from "./program-environment.ts";
import { ProgramRun, type ProgramRunContext } from "./program-run.ts";
import type { JobRecord, ProgramRecord } from "./records.ts";
import { Registry, type RegistryContents } from "./registry.ts";
import { SlotPool } from "./slot-pool.ts";
import { endStaleProcess } from "./stale-process.ts";

export interface DispatcherOptions {
  /** Absolute; made if it is not there. */
  readonly dataDirectory: string;
  readonly slots: number;
  readonly clock: Clock;
  /** Of the service; its own variables are not handed on to programs. */
  readonly environment: Variables;
  readonly limits: ProcessLimits;
  /** ms between two looks at a process. */
  readonly watchMs: number;
  /** ms between two reports of a process. */
  readonly progressMs: number;
  /** ms a program has to submit a job, or to be planned. */
  readonly submitTimeoutMs: number;
  /** Jobs that have ended and are listed; the oldest go first. */
  readonly retainedJobs: number;
  /** Something could not be kept. */
  failed(error: unknown): void;
}

export interface RunRequest {
  readonly jarId: string;
  /** null = the first of the bundle. */
  readonly entry: string | null;
  readonly args: readonly string[];
  /** Settings of the client level. */
  readonly options: EngineOptions;
  /** Of the first job; null = a new one. */
  readonly jobId: string | null;
}

interface Submission {
  readonly resolve: (jobId: string) => void;
  readonly reject: (error: EngineError) => void;
}

/** Lists what has changed; `jobId` names the job. */
export type JobListener = (jobId: string) => void;

const DURABLE = { durable: true } as const;
const JOB_ID = /^[0-9a-f]{32}$/;
const PROGRAM_FILE = "program.mjs";
const STDOUT_FILE = "program.out";
const STDERR_FILE = "program.log";

export class Dispatcher {
  readonly jars: JarStore;
  readonly slots: SlotPool;
  readonly #options: DispatcherOptions;
  readonly #registry: Registry;
  readonly #runs = new Map<string, ProgramRun>();
  readonly #jobs = new Map<string, HostedJob>();
  readonly #submissions = new Map<string, Submission>();
  readonly #listeners = new Set<JobListener>();
  readonly #planning = new Set<JobProcess>();
  #isClosed = false;

  private constructor(options: DispatcherOptions, registry: Registry, contents: RegistryContents) {
    const { dataDirectory, clock, slots } = options;
    this.#options = options;
    this.#registry = registry;
    this.jars = new JarStore(join(dataDirectory, "jars"), registry, clock, contents.jars);
    this.slots = new SlotPool(slots);
  }

  /** Goes on with what had not ended. Errors: MR_DATA_DIRECTORY. */
  static async open(
    options: DispatcherOptions,
    processes: Processes = systemProcesses,
  ): Promise<Dispatcher> {
    const { dataDirectory: directory, clock } = options;
    await mkdir(directory, { recursive: true }).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      throw new EngineError("MR_DATA_DIRECTORY", { directory, message }, error);
    });
    const registry = await Registry.open(join(directory, "registry"));
    const contents = await registry.read();
    // They write where their followers will.
    for (const { owner } of contents.programs) await endStaleProcess(owner, processes, clock);
    const dispatcher = new Dispatcher(options, registry, contents);
    await dispatcher.#resume(contents);
    return dispatcher;
  }

  get jobs(): readonly JobRecord[] {
    return [...this.#jobs.values()].map(({ record }) => record);
  }

  /** Errors: MR_JOB_NOT_FOUND. */
  job(jobId: string): JobRecord {
    return this.#jobOf(jobId).record;
  }

  /** What the processes of programs take. */
  get figures(): readonly ProcessFigures[] {
    return [...this.#runs.values()].flatMap(({ figures }) => figures ?? []);
  }

  /** null = there is no such job. */
  find(jobId: string): JobRecord | null {
    return this.#jobs.get(jobId)?.record ?? null;
  }

  /** Settled when the job has ended, however. Errors: MR_JOB_NOT_FOUND. */
  async ended(jobId: string): Promise<void> {
    const job = this.#jobOf(jobId);
    if (job.hasEnded) return;
    await new Promise<void>((resolve) => {
      const stop = this.onChange((changed) => {
        if (changed !== jobId || !job.hasEnded) return;
        stop();
        resolve();
      });
    });
  }

  /** Files with what the program of a job has written. Errors: MR_JOB_NOT_FOUND. */
  logPathsOf(jobId: string): { readonly stdout: string; readonly stderr: string } {
    const folder = this.#folderOf(this.job(jobId).programId);
    return { stdout: join(folder, STDOUT_FILE), stderr: join(folder, STDERR_FILE) };
  }

  /** Told of every change of a job; until the returned function is called. */
  onChange(listener: JobListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Starts a program; settled when its first job is submitted, which may still wait for slots.
   *
   * @returns the id of that job
   * Errors: MR_JAR_NOT_FOUND, MR_BUNDLE_INVALID, MR_JOB_ID_IN_USE, MR_SUBMIT_TIMEOUT, MR_PROGRAM_NO_JOB and what
   * the program throws.
   */
  async run(request: RunRequest): Promise<string> {
    const { args, options } = request;
    const programId = request.jobId ?? createJobId();
    if (!JOB_ID.test(programId)) throw new TypeError("a job id is 32 hexadecimal digits");
    if (this.#jobs.has(programId) || this.#runs.has(programId)) {
      throw new EngineError("MR_JOB_ID_IN_USE", { job: programId });
    }
    const { entry, module } = await this.jars.program(request.jarId, request.entry);
    await this.#writeProgram(programId, module);
    const record: ProgramRecord = { programId, entry, args, options, owner: null };
    const run = new ProgramRun(record, [], this.#contextOf(programId));
    this.#runs.set(programId, run);
    return new Promise((resolve, reject) => {
      this.#submissions.set(programId, { resolve, reject });
      run.start();
    });
  }

  /**
   * The plan of a program's first job, which is not run.
   *
   * Errors: as run().
   */
  async plan(request: RunRequest): Promise<JobGraph> {
    const { args, options } = request;
    const planId = createJobId();
    const { module } = await this.jars.program(request.jarId, request.entry);
    const path = await this.#writeProgram(planId, module);
    try {
      return await this.#planIn(planId, { path, args, options });
    } finally {
      await rm(this.#folderOf(planId), { recursive: true, force: true });
    }
  }

  /** Settled when the job was told; nothing happens to one that has ended. Errors: MR_JOB_NOT_FOUND. */
  cancel(jobId: string): void {
    const job = this.#jobOf(jobId);
    this.#runs.get(job.record.programId)?.cancel(job);
  }

  /**
   * @param directory null = the default one
   * @param stop whether the job ends behind it
   * @returns the path of the savepoint
   * Errors: MR_JOB_NOT_FOUND, MR_JOB_NOT_RUNNING, MR_SAVEPOINT_FAILED, and what ends the job meanwhile.
   */
  async savepoint(jobId: string, directory: string | null, stop: StopMode): Promise<string> {
    return this.#runOf(jobId).savepoint(this.#jobOf(jobId), directory, stop);
  }

  /** A checkpoint out of turn. @returns its id. Errors: as savepoint(). */
  async checkpoint(jobId: string): Promise<number> {
    return this.#runOf(jobId).checkpoint(this.#jobOf(jobId));
  }

  /** Ends all processes. Jobs go on when a dispatcher is opened on the directory again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const reason = new EngineError("MR_JOB_PROCESS_ENDED", { how: "the service ended it" });
    for (const planning of this.#planning) planning.kill(reason);
    for (const { reject } of this.#submissions.values()) reject(reason);
    await Promise.all([...this.#runs.values()].map((run) => run.suspend(reason)));
    await this.#registry.close();
  }

  async #resume({ programs, jobs }: RegistryContents): Promise<void> {
    for (const record of jobs.toSorted(bySubmission))
      this.#jobs.set(record.jobId, this.#hosted(record));
    for (const record of programs) {
      const { programId } = record;
      const own = [...this.#jobs.values()].filter((job) => job.record.programId === programId);
      if (own.every((job) => job.hasEnded)) {
        await this.#forgetProgram(programId, own.length > 0);
        continue;
      }
      const run = new ProgramRun(record, own, this.#contextOf(programId));
      this.#runs.set(programId, run);
      run.start();
    }
  }

  async #writeProgram(programId: string, module: Uint8Array): Promise<string> {
    const folder = this.#folderOf(programId);
    await mkdir(folder, { recursive: true });
    const path = join(folder, PROGRAM_FILE);
    await writeFile(path, module);
    return path;
  }

  #planIn(
    planId: string,
    program: { path: string; args: readonly string[]; options: EngineOptions },
  ): Promise<JobGraph> {
    const { clock, submitTimeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const process = this.#startProcess(planId, {
        report: (report) => {
          if (report.kind === "planned") resolve(report.graph);
        },
        ended: (error) => {
          stop();
          this.#planning.delete(process);
          reject(error ?? new EngineError("MR_PROGRAM_NO_JOB", { path: program.path }));
        },
      });
      this.#planning.add(process);
      const stop = clock.after(submitTimeoutMs, () =>
        process.kill(new EngineError("MR_SUBMIT_TIMEOUT", { timeoutMs: submitTimeoutMs })),
      );
      process.send({ kind: "plan", program });
    });
  }

  #startProcess(programId: string, listener: JobProcessListener): JobProcess {
    const { environment, limits, watchMs, clock } = this.#options;
    const folder = this.#folderOf(programId);
    return new JobProcess(
      {
        stdoutPath: join(folder, STDOUT_FILE),
        stderrPath: join(folder, STDERR_FILE),
        ...{ limits, watchMs, clock },
        environment: programEnvironment(environment),
      },
      listener,
    );
  }

  #contextOf(programId: string): ProgramRunContext {
    const { dataDirectory, clock, progressMs, submitTimeoutMs } = this.#options;
    return {
      ...{ clock, progressMs, submitTimeoutMs },
      slots: this.slots,
      checkpointFolder: join(dataDirectory, "checkpoints"),
      savepointFolder: join(dataDirectory, "savepoints"),
      path: join(this.#folderOf(programId), PROGRAM_FILE),
      startProcess: (listener) => this.#startProcess(programId, listener),
      save: (record) => this.#keep(this.#registry.put("programs", programId, record, DURABLE)),
      saveJob: (record, options) => this.#saveJob(record, options),
      submitted: (job) => this.#submitted(programId, job),
      ended: (_, error) => this.#ended(programId, error),
    };
  }

  #submitted(programId: string, job: HostedJob): void {
    this.#jobs.set(job.jobId, job);
    this.#tell(job.jobId);
    const submission = this.#submissions.get(programId);
    this.#submissions.delete(programId);
    // Who has the id will find the job, also when this process dies now.
    if (submission !== undefined) {
      this.#keep(this.#registry.written().then(() => submission.resolve(job.jobId)));
    }
  }

  #ended(programId: string, error: EngineError | null): void {
    const hasJobs = (this.#runs.get(programId)?.jobs.length ?? 0) > 0;
    this.#runs.delete(programId);
    const refusal = error ?? new EngineError("MR_PROGRAM_NO_JOB", { path: programId });
    this.#submissions.get(programId)?.reject(refusal);
    this.#submissions.delete(programId);
    this.#keep(this.#forgetProgram(programId, hasJobs).then(() => this.#expireJobs()));
  }

  /** @param hasLog whether what it has written is still of interest */
  async #forgetProgram(programId: string, hasLog: boolean): Promise<void> {
    await this.#registry.remove("programs", programId);
    if (!hasLog) await rm(this.#folderOf(programId), { recursive: true, force: true });
  }

  async #expireJobs(): Promise<void> {
    const ended = [...this.#jobs.values()].filter((job) => job.hasEnded).sort(byEnd);
    const excess = ended.slice(0, Math.max(0, ended.length - this.#options.retainedJobs));
    for (const { jobId, record } of excess) {
      this.#jobs.delete(jobId);
      await this.#registry.remove("jobs", jobId);
      const siblings = this.jobs.filter(({ programId }) => programId === record.programId);
      if (siblings.length > 0 || this.#runs.has(record.programId)) continue;
      await rm(this.#folderOf(record.programId), { recursive: true, force: true });
    }
  }

  #hosted(record: JobRecord): HostedJob {
    return new HostedJob(record, (changed, options) => this.#saveJob(changed, options));
  }

  #saveJob(record: JobRecord, options: { readonly durable: boolean }): void {
    this.#keep(this.#registry.put("jobs", record.jobId, record, options));
    this.#tell(record.jobId);
  }

  #keep(written: Promise<void>): void {
    written.catch((error: unknown) => {
      if (!this.#isClosed) this.#options.failed(error);
    });
  }

  #tell(jobId: string): void {
    for (const listener of this.#listeners) listener(jobId);
  }

  #jobOf(jobId: string): HostedJob {
    const job = this.#jobs.get(jobId);
    if (job === undefined) throw new EngineError("MR_JOB_NOT_FOUND", { job: jobId });
    return job;
  }

  /** Errors: MR_JOB_NOT_FOUND, MR_JOB_NOT_RUNNING. */
  #runOf(jobId: string): ProgramRun {
    const run = this.#runs.get(this.job(jobId).programId);
    if (run === undefined) throw new EngineError("MR_JOB_NOT_RUNNING", { job: jobId });
    return run;
  }

  /** Ids are hexadecimal digits. */
  #folderOf(programId: string): string {
    return join(this.#options.dataDirectory, "jobs", programId);
  }
}

function bySubmission(one: JobRecord, other: JobRecord): number {
  return (one.statusTimes.INITIALIZING ?? 0) - (other.statusTimes.INITIALIZING ?? 0);
}

function byEnd(one: HostedJob, other: HostedJob): number {
  return endOf(one.record) - endOf(other.record);
}

function endOf({ status, statusTimes }: JobRecord): number {
  return statusTimes[status] ?? 0;
}
