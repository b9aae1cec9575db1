/** JobClients that write to, and replay from, the history of a program. */
import type { JobStatus } from "../common/job-status.ts";
import { type JobClient, JobExecutionResult, type JobMetrics } from "./job-client.ts";
import { type JobRecord, type RecordedJob, replayedError } from "./job-history.ts";

/**
 * A client whose answers are recorded before the program sees them, so that they are there for
 * whatever it does next.
 */
export class RecordedJobClient implements JobClient {
  readonly #client: JobClient;
  readonly #record: JobRecord;
  readonly #recordRows: boolean;
  readonly #result: Promise<JobExecutionResult>;

  constructor(client: JobClient, record: JobRecord, options: { readonly recordRows: boolean }) {
    this.#client = client;
    this.#record = record;
    this.#recordRows = options.recordRows;
    this.#result = this.#awaitResult();
    // Whoever asks for the result sees the failure; a job nobody asks about must not end the process.
    this.#result.catch(() => undefined);
  }

  getJobId(): string {
    return this.#client.getJobId();
  }

  getJobName(): string {
    return this.#client.getJobName();
  }

  getJobStatus(): Promise<JobStatus> {
    return this.#client.getJobStatus();
  }

  cancel(): Promise<void> {
    return this.#client.cancel();
  }

  triggerSavepoint(directory?: string): Promise<string> {
    return this.#client.triggerSavepoint(directory);
  }

  stopWithSavepoint(advanceToEndOfEventTime: boolean, directory?: string): Promise<string> {
    return this.#client.stopWithSavepoint(advanceToEndOfEventTime, directory);
  }

  getJobExecutionResult(): Promise<JobExecutionResult> {
    return this.#result;
  }

  getAccumulators(): Promise<ReadonlyMap<string, unknown>> {
    return this.#client.getAccumulators();
  }

  metrics(): Promise<JobMetrics> {
    return this.#client.metrics();
  }

  async *collected(operatorId: string): AsyncGenerator<unknown, void, undefined> {
    for await (const row of this.#client.collected(operatorId)) {
      if (this.#recordRows) this.#record.addRow(row);
      yield row;
    }
  }

  async #awaitResult(): Promise<JobExecutionResult> {
    try {
      const result = await this.#client.getJobExecutionResult();
      this.#record.finish(result.toData());
      return result;
    } catch (error) {
      this.#record.fail(error);
      throw error;
    }
  }
}

/** In a worker: a job of the program that ran earlier, as it was recorded. */
export class ReplayedJobClient implements JobClient {
  readonly #job: RecordedJob;

  constructor(job: RecordedJob) {
    this.#job = job;
  }

  getJobId(): string {
    return this.#job.kind === "finished" ? this.#job.result.jobId : "";
  }

  getJobName(): string {
    return this.#job.kind === "finished" ? this.#job.result.jobName : "";
  }

  async getJobStatus(): Promise<JobStatus> {
    return ({ running: "RUNNING", finished: "FINISHED", failed: "FAILED" } as const)[
      this.#job.kind
    ];
  }

  async cancel(): Promise<void> {}

  /** What was answered there is not recorded. */
  triggerSavepoint(): Promise<string> {
    return unknownYet();
  }

  stopWithSavepoint(): Promise<string> {
    return unknownYet();
  }

  async getJobExecutionResult(): Promise<JobExecutionResult> {
    if (this.#job.kind === "finished") return new JobExecutionResult(this.#job.result);
    if (this.#job.kind === "failed") throw replayedError(this.#job.error);
    return unknownYet();
  }

  async getAccumulators(): Promise<ReadonlyMap<string, unknown>> {
    return this.#job.kind === "finished" ? this.#job.result.accumulators : new Map();
  }

  async metrics(): Promise<JobMetrics> {
    return { vertices: [] };
  }

  async *collected(): AsyncGenerator<unknown, void, undefined> {
    yield* this.#job.rows;
    if (this.#job.kind === "failed") throw replayedError(this.#job.error);
    if (this.#job.kind === "running") await unknownYet();
  }
}

/** The main thread had not come this far when it submitted the wanted job, so neither does the worker. */
export function unknownYet(): Promise<never> {
  return new Promise(() => undefined);
}
