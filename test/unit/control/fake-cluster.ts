/** A job submitter that runs nothing: it keeps the plans and answers with jobs the test has made up. */

import { StreamExecutionEnvironment } from "../../../control/api/environment.ts";
import {
  type JobClient,
  JobExecutionResult,
  type JobMetrics,
} from "../../../control/api/job-client.ts";
import {
  type JobSubmission,
  type JobSubmitter,
  withJobSubmitter,
} from "../../../control/api/job-submitter.ts";
import type { JobStatus } from "../../../control/common/job-status.ts";
import type { EngineOptions, JobSettings } from "../../../control/config/settings.ts";
import type { CompiledPlan } from "../../../control/plan/job-graph.ts";
import { EngineError } from "../../../dataplane/protocol/errors.ts";

/** What a made-up job does: hands out rows, then fails, finishes or goes on for ever. */
export interface FakeJob {
  readonly isEndless?: true;
  readonly rows?: readonly unknown[];
  readonly error?: Error;
}

export class FakeJobClient implements JobClient {
  readonly #name: string;
  readonly #job: FakeJob;
  readonly #id: string;
  canceled = false;
  collectedFrom: string | null = null;
  rowsTaken = 0;

  constructor(id: string, name: string, job: FakeJob) {
    this.#id = id;
    this.#name = name;
    this.#job = job;
  }

  getJobId(): string {
    return this.#id;
  }

  getJobName(): string {
    return this.#name;
  }

  async getJobStatus(): Promise<JobStatus> {
    return this.canceled ? "CANCELED" : "FINISHED";
  }

  triggerSavepoint(): Promise<string> {
    return Promise.reject(new TypeError("there are none here"));
  }

  stopWithSavepoint(): Promise<string> {
    return this.triggerSavepoint();
  }

  async cancel(): Promise<void> {
    this.canceled = true;
  }

  async getJobExecutionResult(): Promise<JobExecutionResult> {
    if (this.#job.isEndless === true) return new Promise(() => undefined);
    if (this.#job.error !== undefined) throw this.#job.error;
    if (this.canceled) throw new EngineError("MR_JOB_CANCELED", { job: this.#name });
    const accumulators = new Map([["rows", this.rowsTaken]]);
    const summary = { rowsIn: 0, rowsOut: this.rowsTaken, operators: [] };
    return new JobExecutionResult({
      jobId: this.#id,
      jobName: this.#name,
      netRuntimeMs: 1,
      accumulators,
      summary,
    });
  }

  async getAccumulators(): Promise<ReadonlyMap<string, unknown>> {
    return new Map();
  }

  async metrics(): Promise<JobMetrics> {
    return { vertices: [] };
  }

  async *collected(operatorId: string): AsyncGenerator<unknown, void, undefined> {
    this.collectedFrom = operatorId;
    for (const row of this.#job.rows ?? []) {
      this.rowsTaken += 1;
      yield row;
    }
  }
}

export interface SubmittedJob {
  readonly plan: CompiledPlan;
  readonly settings: JobSettings;
  readonly submission: JobSubmission;
  readonly client: FakeJobClient;
}

export class FakeCluster implements JobSubmitter {
  readonly submitted: SubmittedJob[] = [];
  readonly #jobs: FakeJob[];

  /** `jobs`: what the jobs do, in order of submission; finish at once when there are no more. */
  constructor(...jobs: FakeJob[]) {
    this.#jobs = jobs;
  }

  async submit(
    plan: CompiledPlan,
    settings: JobSettings,
    submission: JobSubmission,
  ): Promise<JobClient> {
    const number = this.submitted.length;
    const client = new FakeJobClient(`job-${number}`, plan.graph.name, this.#jobs[number] ?? {});
    this.submitted.push({ plan, settings, submission, client });
    return client;
  }

  /** Runs a program against this cluster. */
  run<T>(program: () => T): T {
    return withJobSubmitter(this, program);
  }
}

/** The plan of what `define` defines. */
export async function planOf(
  define: (env: StreamExecutionEnvironment) => void,
  options: EngineOptions = {},
): Promise<CompiledPlan> {
  const cluster = new FakeCluster();
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2, ...options });
  define(env);
  await cluster.run(() => env.executeAsync("test"));
  const [job] = cluster.submitted;
  if (job === undefined) throw new Error("No job was submitted.");
  return job.plan;
}
