/**
 * Takes programs, runs each in a process of its own, and knows their jobs. What it knows outlives it: opened again
 * on the same data directory, it goes on with jobs that had not ended and lists those that had.
 */
import { mkdir } from "node:fs/promises";
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
import type { HostedJob } from "./hosted-job.ts";
import { JarStore } from "./jar-store.ts";
import { JobList } from "./job-list.ts";
import { JobProcess, type JobProcessListener } from "./job-process.ts";
import { limitLog } from "./log-files.ts";
import type { ProcessLimits } from "./process-watch.ts";
import { programEnvironment } from "./program-environment.ts";
import { ProgramFolders } from "./program-folders.ts";
import { ProgramRun, type ProgramRunContext } from "./program-run.ts";
import type { ProgramRecord } from "./records.ts";
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
  /** Bytes of a program's standard output or error before the file begins anew. */
  readonly logBytes: number;
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

const LOG_LOOK_MS = 5_000;
const DURABLE = { durable: true } as const;
const JOB_ID = /^[0-9a-f]{32}$/;

export class Dispatcher {
  readonly jars: JarStore;
  readonly jobs: JobList;
  readonly slots: SlotPool;
  readonly #options: DispatcherOptions;
  readonly #registry: Registry;
  readonly #runs = new Map<string, ProgramRun>();
  readonly #folders: ProgramFolders;
  /** Ids that are taken before there is a job. */
  readonly #reserved = new Set<string>();
  readonly #submissions = new Map<string, Submission>();
  readonly #planning = new Set<JobProcess>();
  readonly #stopLimitingLogs: () => void;
  #isClosed = false;

  private constructor(options: DispatcherOptions, registry: Registry, contents: RegistryContents) {
    const { dataDirectory, clock, slots } = options;
    this.#options = options;
    this.#registry = registry;
    this.jars = new JarStore(join(dataDirectory, "jars"), registry, clock, contents.jars);
    this.jobs = new JobList(registry, contents.jobs, (error) => this.#failed(error));
    this.slots = new SlotPool(slots);
    this.#folders = new ProgramFolders(dataDirectory);
    this.#stopLimitingLogs = clock.every(LOG_LOOK_MS, () => this.#keep(this.#limitLogs()));
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
    await dispatcher.#resume(contents.programs);
    return dispatcher;
  }

  /** What the processes of programs take. */
  get figures(): readonly ProcessFigures[] {
    return [...this.#runs.values()].flatMap(({ figures }) => figures ?? []);
  }

  /** Files with what the program of a job has written. Errors: MR_JOB_NOT_FOUND. */
  logPathsOf(jobId: string): { readonly stdout: string; readonly stderr: string } {
    const { programId } = this.jobs.get(jobId).record;
    return {
      stdout: this.#folders.stdoutOf(programId),
      stderr: this.#folders.stderrOf(programId),
    };
  }

  /**
   * Starts a program; settled when its first job is submitted, which may still wait for slots.
   *
   * @returns the id of that job
   * Errors: MR_JAR_NOT_FOUND, MR_BUNDLE_INVALID, MR_JOB_ID_IN_USE, MR_SUBMIT_TIMEOUT, MR_PROGRAM_NO_JOB and what
   * the program throws.
   */
  async run(request: RunRequest): Promise<string> {
    const programId = request.jobId ?? createJobId();
    if (!JOB_ID.test(programId)) throw new TypeError("a job id is 32 hexadecimal digits");
    const isTaken = this.#reserved.has(programId) || this.#runs.has(programId);
    if (isTaken || this.jobs.find(programId) !== null) {
      throw new EngineError("MR_JOB_ID_IN_USE", { job: programId });
    }
    this.#reserved.add(programId);
    try {
      return await this.#start(programId, request);
    } finally {
      this.#reserved.delete(programId);
    }
  }

  /**
   * The plan of a program's first job, which is not run.
   *
   * Errors: as run().
   */
  async plan(request: RunRequest): Promise<JobGraph> {
    const planId = createJobId();
    const { module } = await this.jars.program(request.jarId, request.entry);
    await this.#folders.create(planId, module);
    try {
      return await this.#planIn(planId, request);
    } finally {
      await this.#folders.remove(planId);
    }
  }

  /** Settled when the job was told; nothing happens to one that has ended. Errors: MR_JOB_NOT_FOUND. */
  cancel(jobId: string): void {
    const job = this.jobs.get(jobId);
    this.#runs.get(job.record.programId)?.cancel(job);
  }

  /**
   * @param directory null = the default one
   * @param stop whether the job ends behind it
   * @returns the path of the savepoint
   * Errors: MR_JOB_NOT_FOUND, MR_JOB_NOT_RUNNING, MR_SAVEPOINT_FAILED, and what ends the job meanwhile.
   */
  async savepoint(jobId: string, directory: string | null, stop: StopMode): Promise<string> {
    return this.#runOf(jobId).savepoint(this.jobs.get(jobId), directory, stop);
  }

  /** A checkpoint out of turn. @returns its id. Errors: as savepoint(). */
  async checkpoint(jobId: string): Promise<number> {
    return this.#runOf(jobId).checkpoint(this.jobs.get(jobId));
  }

  /** Ends all processes. Jobs go on when a dispatcher is opened on the directory again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopLimitingLogs();
    const reason = new EngineError("MR_JOB_PROCESS_ENDED", { how: "the service ended it" });
    for (const planning of this.#planning) planning.kill(reason);
    for (const { reject } of this.#submissions.values()) reject(reason);
    await Promise.all([...this.#runs.values()].map((run) => run.suspend(reason)));
    await this.#registry.close();
  }

  async #resume(programs: readonly ProgramRecord[]): Promise<void> {
    const order = this.jobs.all.map(({ record }) => record.programId);
    const place = ({ programId }: ProgramRecord): number => order.indexOf(programId);
    for (const record of programs.toSorted((one, other) => place(one) - place(other))) {
      const { programId } = record;
      const jobs = this.jobs.ofProgram(programId);
      if (jobs.every((job) => job.hasEnded)) {
        await this.#forgetProgram(programId);
        continue;
      }
      const run = this.#createRun(record, jobs);
      // Whoever asked for it was told that it will be.
      for (const job of jobs) if (job.record.isCancelRequested) run.cancel(job);
      if (jobs.some((job) => !job.hasEnded)) run.start();
    }
  }

  async #start(programId: string, request: RunRequest): Promise<string> {
    const { jarId, args, options } = request;
    const { entry, module } = await this.jars.program(jarId, request.entry);
    await this.#folders.create(programId, module);
    const run = this.#createRun({ programId, entry, args, options, owner: null }, []);
    return new Promise((resolve, reject) => {
      this.#submissions.set(programId, { resolve, reject });
      run.start();
    });
  }

  #createRun(record: ProgramRecord, jobs: readonly HostedJob[]): ProgramRun {
    const run = new ProgramRun(record, jobs, this.#contextOf(record.programId));
    this.#runs.set(record.programId, run);
    return run;
  }

  #planIn(planId: string, { args, options }: RunRequest): Promise<JobGraph> {
    const { clock, submitTimeoutMs } = this.#options;
    const program = { path: this.#folders.moduleOf(planId), args, options };
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
    return new JobProcess(
      {
        stdoutPath: this.#folders.stdoutOf(programId),
        stderrPath: this.#folders.stderrOf(programId),
        ...{ limits, watchMs, clock },
        environment: programEnvironment(environment),
      },
      listener,
    );
  }

  #contextOf(programId: string): ProgramRunContext {
    const { clock, progressMs, submitTimeoutMs } = this.#options;
    return {
      ...{ clock, progressMs, submitTimeoutMs },
      slots: this.slots,
      checkpointFolder: this.#folders.checkpoints,
      savepointFolder: this.#folders.savepoints,
      path: this.#folders.moduleOf(programId),
      startProcess: (listener) => this.#startProcess(programId, listener),
      save: (record) => this.#keep(this.#registry.put("programs", programId, record, DURABLE)),
      saveJob: this.jobs.save,
      submitted: (job) => this.#submitted(programId, job),
      ended: (error) => this.#ended(programId, error),
    };
  }

  #submitted(programId: string, job: HostedJob): void {
    this.jobs.add(job);
    const submission = this.#submissions.get(programId);
    this.#submissions.delete(programId);
    // Who has the id will find the job, also when this process dies now.
    if (submission !== undefined) {
      this.#keep(this.#registry.written().then(() => submission.resolve(job.jobId)));
    }
  }

  #ended(programId: string, error: EngineError | null): void {
    this.#runs.delete(programId);
    const refusal = error ?? new EngineError("MR_PROGRAM_NO_JOB", { path: programId });
    this.#submissions.get(programId)?.reject(refusal);
    this.#submissions.delete(programId);
    this.#keep(this.#forgetProgram(programId).then(() => this.#expireJobs()));
  }

  /** What it has written is of interest as long as its jobs are. */
  async #forgetProgram(programId: string): Promise<void> {
    await this.#registry.remove("programs", programId);
    const jobs = this.jobs.ofProgram(programId);
    if (jobs.length === 0) await this.#folders.remove(programId);
    for (const { jobId } of jobs) await this.#folders.removeEmptyCheckpoints(jobId);
  }

  async #limitLogs(): Promise<void> {
    for (const programId of this.#runs.keys()) {
      for (const path of [this.#folders.stdoutOf(programId), this.#folders.stderrOf(programId)]) {
        await limitLog(path, this.#options.logBytes);
      }
    }
  }

  async #expireJobs(): Promise<void> {
    for (const programId of await this.jobs.expire(this.#options.retainedJobs)) {
      if (!this.#runs.has(programId)) await this.#folders.remove(programId);
    }
  }

  #keep(written: Promise<void>): void {
    written.catch((error: unknown) => this.#failed(error));
  }

  /** What is asked of a registry that is closed comes too late, and is of no interest. */
  #failed(error: unknown): void {
    if (!this.#isClosed) this.#options.failed(error);
  }

  /** Errors: MR_JOB_NOT_FOUND, MR_JOB_NOT_RUNNING. */
  #runOf(jobId: string): ProgramRun {
    const run = this.#runs.get(this.jobs.get(jobId).record.programId);
    if (run === undefined) throw new EngineError("MR_JOB_NOT_RUNNING", { job: jobId });
    return run;
  }
}
