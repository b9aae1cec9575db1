/** The jobs of a cluster, in the order of their submission: those that run, and the last ones that have ended. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { HostedJob } from "./hosted-job.ts";
import type { JobRecord } from "./records.ts";
import type { Registry } from "./registry.ts";

/** Told of every change of a job. */
export type JobListener = (jobId: string) => void;

export class JobList {
  readonly #registry: Registry;
  readonly #failed: (error: unknown) => void;
  readonly #jobs = new Map<string, HostedJob>();
  readonly #listeners = new Set<JobListener>();

  /**
   * @param records of the registry
   * @param failed a job could not be kept
   */
  constructor(registry: Registry, records: readonly JobRecord[], failed: (error: unknown) => void) {
    this.#registry = registry;
    this.#failed = failed;
    for (const record of records.toSorted(bySubmission)) {
      this.#jobs.set(record.jobId, new HostedJob(record, this.save));
    }
  }

  get all(): readonly HostedJob[] {
    return [...this.#jobs.values()];
  }

  /** Keeps what has changed, and tells of it. */
  readonly save = (record: JobRecord, options: { readonly durable: boolean }): void => {
    this.#registry.put("jobs", record.jobId, record, options).catch(this.#failed);
    for (const listener of this.#listeners) listener(record.jobId);
  };

  add(job: HostedJob): void {
    this.#jobs.set(job.jobId, job);
    for (const listener of this.#listeners) listener(job.jobId);
  }

  find(jobId: string): HostedJob | null {
    return this.#jobs.get(jobId) ?? null;
  }

  /** Errors: MR_JOB_NOT_FOUND. */
  get(jobId: string): HostedJob {
    const job = this.find(jobId);
    if (job === null) throw new EngineError("MR_JOB_NOT_FOUND", { job: jobId });
    return job;
  }

  ofProgram(programId: string): readonly HostedJob[] {
    return this.all.filter(({ record }) => record.programId === programId);
  }

  /** Until the returned function is called. */
  onChange(listener: JobListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Settled when the job has ended, however. Errors: MR_JOB_NOT_FOUND. */
  async ended(jobId: string): Promise<void> {
    const job = this.get(jobId);
    if (job.hasEnded) return;
    await new Promise<void>((resolve) => {
      const stop = this.onChange((changed) => {
        if (changed !== jobId || !job.hasEnded) return;
        stop();
        resolve();
      });
    });
  }

  /**
   * Forgets jobs that have ended but for the last ones.
   *
   * @returns ids of programs none of whose jobs is left
   */
  async expire(retained: number): Promise<readonly string[]> {
    const ended = this.all.filter((job) => job.hasEnded).toSorted(byEnd);
    const excess = ended.slice(0, Math.max(0, ended.length - retained));
    for (const { jobId } of excess) {
      this.#jobs.delete(jobId);
      await this.#registry.remove("jobs", jobId);
    }
    const programs = new Set(excess.map(({ record }) => record.programId));
    return [...programs].filter((programId) => this.ofProgram(programId).length === 0);
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
