/** JobClient of a job that runs in this process. */
import { resolve } from "node:path";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import {
  type JobClient,
  JobExecutionResult,
  type JobMetrics,
  type JobSummary,
} from "../api/job-client.ts";
import type { StopMode } from "../checkpoint/coordinator-types.ts";
import type { Clock } from "../common/clock.ts";
import type { JobStatus } from "../common/job-status.ts";
import { readSubtaskCounters, SUBTASK_COUNTERS_SIZE } from "../metrics/subtask-counters.ts";
import type { ExecutionGraph } from "../plan/execution-graph.ts";
import type { JobGraph } from "../plan/job-graph.ts";
import type { CollectedRows } from "./collected-rows.ts";
import type { JobMaster } from "./job-master.ts";
import { summarize } from "./job-summary.ts";

interface RunningJob {
  readonly jobId: string;
  readonly graph: JobGraph;
  readonly executionGraph: ExecutionGraph;
  readonly master: JobMaster;
  readonly counters: SharedArrayBuffer;
  /** Where savepoints go that are not told; null = nowhere. */
  readonly savepointDirectory: string | null;
  /** What the tasks go by. */
  readonly clock: Pick<Clock, "now">;
  /** Rows of each collect sink, by operator id. */
  readonly collected: ReadonlyMap<string, CollectedRows>;
}

export class LocalJobClient implements JobClient {
  readonly #job: RunningJob;

  constructor(job: RunningJob) {
    this.#job = job;
  }

  getJobId(): string {
    return this.#job.jobId;
  }

  getJobName(): string {
    return this.#job.graph.name;
  }

  async getJobStatus(): Promise<JobStatus> {
    return this.#job.master.status;
  }

  /** What is known of how it runs. */
  get observed(): Pick<JobMaster, "history" | "statistics" | "state" | "subtaskAccumulators"> {
    return this.#job.master;
  }

  /** Told of every status from now on. */
  onStatus(listener: (status: JobStatus) => void): void {
    this.#job.master.onStatus(listener);
  }

  async cancel(): Promise<void> {
    this.#job.master.cancel();
  }

  triggerSavepoint(directory?: string): Promise<string> {
    return this.savepoint(directory, null);
  }

  stopWithSavepoint(advanceToEndOfEventTime: boolean, directory?: string): Promise<string> {
    return this.savepoint(directory, advanceToEndOfEventTime ? "drain" : "suspend");
  }

  /** A checkpoint out of turn. @returns its id. Errors: MR_SAVEPOINT_FAILED. */
  checkpoint(): Promise<number> {
    return this.#job.master.checkpoint();
  }

  /** Errors: MR_SAVEPOINT_FAILED. */
  async savepoint(directory: string | undefined, stop: StopMode): Promise<string> {
    const { master, savepointDirectory } = this.#job;
    const folder = directory === undefined ? savepointDirectory : resolve(directory);
    if (folder !== null) return master.savepoint(folder, stop);
    const reason = "no directory was given, and option savepointDirectory is not set.";
    throw new EngineError("MR_SAVEPOINT_FAILED", { reason });
  }

  async getJobExecutionResult(): Promise<JobExecutionResult> {
    const outcome = await this.#job.master.outcome;
    if (outcome.error !== null) throw outcome.error;
    const { jobId, graph } = this.#job;
    if (outcome.status === "CANCELED")
      throw new EngineError("MR_JOB_CANCELED", { job: graph.name });
    return new JobExecutionResult({
      jobId,
      jobName: graph.name,
      netRuntimeMs: outcome.netRuntimeMs,
      accumulators: outcome.accumulators,
      summary: await this.#summary(),
    });
  }

  async getAccumulators(): Promise<ReadonlyMap<string, unknown>> {
    return this.#job.master.accumulators();
  }

  async metrics(): Promise<JobMetrics> {
    const { executionGraph, counters, clock } = this.#job;
    const nowMs = clock.now();
    const vertices = new Map<
      string,
      { name: string; subtasks: ReturnType<typeof readSubtaskCounters>[] }
    >();
    executionGraph.subtasks.forEach(({ vertex }, index) => {
      const entry = vertices.get(vertex.id) ?? { name: vertex.name, subtasks: [] };
      entry.subtasks.push(readSubtaskCounters(counters, index * SUBTASK_COUNTERS_SIZE, nowMs));
      vertices.set(vertex.id, entry);
    });
    return { vertices: [...vertices].map(([id, { name, subtasks }]) => ({ id, name, subtasks })) };
  }

  collected(operatorId: string): AsyncIterable<unknown> {
    const rows = this.#job.collected.get(operatorId);
    if (rows === undefined) throw new TypeError(`operator ${operatorId} is not a collect sink`);
    return rows;
  }

  async #summary(): Promise<JobSummary> {
    const { graph, master } = this.#job;
    return summarize(graph, await this.metrics(), (moduleId) => master.hasModule(moduleId));
  }
}
