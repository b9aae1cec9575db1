/**
 * A program and its jobs, from the first process that runs it to the end of its last job. A process that ends
 * before its jobs is followed by another one, as far as their restart strategies allow.
 *
 * Invariants: at most one process at a time; a job holds slots only while a process runs it.
 */
import { randomUUID } from "node:crypto";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { StopMode } from "../checkpoint/coordinator-types.ts";
import { ownerOf } from "../checkpoint/process-owner.ts";
import type { Clock } from "../common/clock.ts";
import { chance } from "../common/prng.ts";
import type { ProcessFigures } from "./cluster.ts";
import { HostedJob, type SaveJob } from "./hosted-job.ts";
import type { KnownJob, ProgramCommand, ProgramReport } from "./job-messages.ts";
import type { JobProcess, JobProcessListener } from "./job-process.ts";
import type { ProgramRecord } from "./records.ts";
import type { SlotPool } from "./slot-pool.ts";

type Report = Exclude<ProgramReport, { kind: "program-ended" }>;
type Submitted = Extract<ProgramReport, { kind: "submitted" }>;

interface SnapshotRequest {
  readonly resolve: (snapshot: string | number) => void;
  readonly reject: (error: EngineError) => void;
}

export interface ProgramRunContext {
  readonly clock: Clock;
  readonly slots: SlotPool;
  /** Path of the program. */
  readonly path: string;
  readonly checkpointFolder: string;
  readonly savepointFolder: string;
  /** ms between two reports of progress. */
  readonly progressMs: number;
  /** ms a program has to submit a job. */
  readonly submitTimeoutMs: number;
  startProcess(listener: JobProcessListener): JobProcess;
  save(record: ProgramRecord): void;
  readonly saveJob: SaveJob;
  /** There is a new job. */
  submitted(job: HostedJob): void;
  /** All its jobs have ended; `error` is what it threw itself, if there were none. */
  ended(error: EngineError | null): void;
}

export class ProgramRun {
  readonly #context: ProgramRunContext;
  #record: ProgramRecord;
  /** By the number of their execute() call. */
  readonly #jobs = new Map<number, HostedJob>();
  #process: JobProcess | null = null;
  /** Settled when the process there is has ended. */
  #processEnded: Promise<void> = Promise.resolve();
  readonly #requests = new Map<string, SnapshotRequest>();
  #stopWaiting: () => void = () => undefined;
  #isSuspended = false;

  /** @param jobs those it had before */
  constructor(record: ProgramRecord, jobs: readonly HostedJob[], context: ProgramRunContext) {
    this.#record = record;
    for (const job of jobs) this.#jobs.set(job.record.executeIndex, job);
    this.#context = context;
  }

  get record(): ProgramRecord {
    return this.#record;
  }

  get jobs(): readonly HostedJob[] {
    return [...this.#jobs.values()];
  }

  /** What its process takes; null = there is none, or it has not reported yet. */
  get figures(): ProcessFigures | null {
    return this.#process?.figures ?? null;
  }

  start(): void {
    const { clock, path, checkpointFolder, savepointFolder, progressMs, submitTimeoutMs } =
      this.#context;
    const { promise, resolve } = withResolver();
    this.#processEnded = promise;
    const listener: JobProcessListener = {
      report: (report) => this.#handle(report),
      ended: (error) => {
        this.#process = null;
        this.#stopWaiting();
        resolve();
        if (!this.#isSuspended) this.#handleEnd(error);
      },
    };
    let started: JobProcess;
    try {
      started = this.#context.startProcess(listener);
    } catch (error) {
      const how = error instanceof Error ? error.message : String(error);
      listener.ended(new EngineError("MR_JOB_PROCESS_ENDED", { how }, error));
      return;
    }
    this.#process = started;
    const { processId } = started;
    this.#save({ owner: processId === null ? null : ownerOf(processId) });
    const { entry: _, args, options } = this.#record;
    started.send({
      kind: "run",
      program: { path, args, options },
      known: this.#known(),
      isRestart: this.#jobs.size > 0,
      ...{ checkpointFolder, savepointFolder, progressMs },
    });
    this.#stopWaiting = clock.after(submitTimeoutMs, () =>
      this.kill(new EngineError("MR_SUBMIT_TIMEOUT", { timeoutMs: submitTimeoutMs })),
    );
  }

  /** The job is CANCELED when its tasks have ended. */
  cancel(job: HostedJob): void {
    if (job.hasEnded) return;
    job.requestCancel();
    job.become("CANCELLING", this.#context.clock.now());
    if (this.#process !== null) this.#process.send({ kind: "cancel", jobId: job.jobId });
    // It waits for its next process, which need not come for it.
    else this.#endWithoutProcess(job);
  }

  /**
   * @param directory null = the default one
   * @returns its path
   * Errors: MR_JOB_NOT_RUNNING, MR_SAVEPOINT_FAILED; what ended the process.
   */
  savepoint(job: HostedJob, directory: string | null, stop: StopMode): Promise<string> {
    const { jobId } = job;
    return this.#ask<string>(job, (requestId) => ({
      kind: "savepoint",
      ...{ requestId, jobId, directory, stop },
    }));
  }

  /** A checkpoint out of turn. @returns its id. Errors: as savepoint(). */
  checkpoint(job: HostedJob): Promise<number> {
    const { jobId } = job;
    return this.#ask<number>(job, (requestId) => ({ kind: "checkpoint", requestId, jobId }));
  }

  /** Its process has to go; `processEnded` of the jobs decides what becomes of them. */
  kill(reason: EngineError): void {
    this.#process?.kill(reason);
  }

  /** Ends its process, and leaves its jobs as they are: they go on when the service does. */
  async suspend(reason: EngineError): Promise<void> {
    this.#isSuspended = true;
    this.#stopWaiting();
    this.#process?.kill(reason);
    await this.#processEnded;
  }

  #known(): readonly (KnownJob | null)[] {
    if (this.#jobs.size === 0) return [{ jobId: this.#record.programId, outcome: null }];
    const length = Math.max(...this.#jobs.keys()) + 1;
    return Array.from({ length }, (_, index) => {
      const job = this.#jobs.get(index);
      return job === undefined ? null : { jobId: job.jobId, outcome: job.record.outcome };
    });
  }

  #handle(report: Report): void {
    switch (report.kind) {
      case "planned":
        return;
      case "submitted":
        this.#handleSubmitted(report);
        return;
      case "status":
        this.#jobOf(report.jobId)?.become(report.status, report.atMs);
        return;
      case "progress":
        for (const { jobId, progress } of report.jobs) this.#jobOf(jobId)?.report(progress);
        return;
      case "job-ended":
        this.#jobOf(report.jobId)?.end(report.outcome, report.progress, report.atMs);
        this.#context.slots.release(report.jobId);
        return;
      case "answer":
        this.#answer(report);
        return;
    }
  }

  #handleSubmitted(report: Submitted): void {
    const { clock, slots, saveJob } = this.#context;
    const atMs = clock.now();
    this.#stopWaiting();
    const known = this.#jobs.get(report.executeIndex);
    if (known === undefined) {
      const job = HostedJob.submitted(this.#record.programId, report, atMs, saveJob);
      this.#jobs.set(report.executeIndex, job);
      this.#context.submitted(job);
    } else known.resubmitted(report, atMs);
    const { jobId } = report;
    const sender = this.#process;
    try {
      slots.request(jobId, report.slots, () => sender?.send({ kind: "admit", jobId }));
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      sender?.send({ kind: "refuse", jobId, error: error.toWire() });
    }
  }

  #ask<T extends string | number>(
    { jobId }: HostedJob,
    command: (requestId: string) => ProgramCommand,
  ): Promise<T> {
    const sender = this.#process;
    if (sender === null) throw new EngineError("MR_JOB_NOT_RUNNING", { job: jobId });
    const requestId = randomUUID();
    return new Promise((resolve, reject) => {
      // What is answered is what the command asks for.
      this.#requests.set(requestId, { resolve: (snapshot) => resolve(snapshot as T), reject });
      sender.send(command(requestId));
    });
  }

  #answer({ requestId, answer }: Extract<Report, { kind: "answer" }>): void {
    const request = this.#requests.get(requestId);
    this.#requests.delete(requestId);
    if (answer.isCompleted) request?.resolve(answer.snapshot);
    else request?.reject(EngineError.fromWire(answer.error));
  }

  #handleEnd(error: EngineError | null): void {
    const { slots } = this.#context;
    const cause =
      error ?? new EngineError("MR_JOB_PROCESS_ENDED", { how: "its program came to its end" });
    this.#save({ owner: null });
    for (const { jobId } of this.jobs) slots.release(jobId);
    for (const { reject } of this.#requests.values()) reject(cause);
    this.#requests.clear();
    const delays = this.#open().map((job) => this.#decide(job, cause));
    const delayMs = Math.max(-1, ...delays.map((delay) => delay ?? -1));
    if (delayMs < 0) this.#context.ended(error);
    else this.#restartAfter(delayMs);
  }

  #endWithoutProcess(job: HostedJob): void {
    this.#decide(job, new EngineError("MR_JOB_CANCELED", { job: job.record.graph.name }));
    if (this.#open().length > 0) return;
    this.#stopWaiting();
    this.#context.ended(null);
  }

  /** @returns ms after which the job is to run again; null = it has ended */
  #decide(job: HostedJob, error: EngineError): number | null {
    const { clock } = this.#context;
    const moment = { nowMs: clock.monotonic(), chance: chance() };
    return job.processEnded(error, moment, clock.now());
  }

  #open(): readonly HostedJob[] {
    return this.jobs.filter((job) => !job.hasEnded);
  }

  #restartAfter(delayMs: number): void {
    this.#stopWaiting = this.#context.clock.after(delayMs, () => this.start());
  }

  #jobOf(jobId: string): HostedJob | undefined {
    return this.jobs.find((job) => job.jobId === jobId);
  }

  #save(change: Partial<ProgramRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#context.save(this.#record);
  }
}

function withResolver(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
