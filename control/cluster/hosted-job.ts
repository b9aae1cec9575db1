/** A job of the cluster: what is known of it, kept in the registry. */
import { EngineError, type WireError } from "../../dataplane/protocol/errors.ts";
import {
  decideRestart,
  type Moment,
  NO_RESTARTS,
  type RestartHistory,
} from "../checkpoint/restart-strategy.ts";
import { isEndState } from "../common/execution-state.ts";
import type { JobStatus } from "../common/job-status.ts";
import { isTerminal } from "../runtime/job-status.ts";
import type { JobOutcomeRecord, ProgramReport } from "./job-messages.ts";
import { type JobFailureRecord, type JobProgress, NO_PROGRESS } from "./job-snapshot.ts";
import type { JobRecord } from "./records.ts";

/** Failures of a job that are remembered; Flink's web.exception-history-size. */
const FAILURES_MAX = 16;

/** Keeps a record; durable: also when the machine dies. */
export type SaveJob = (record: JobRecord, options: { readonly durable: boolean }) => void;

export class HostedJob {
  #record: JobRecord;
  readonly #save: SaveJob;
  #restarts: RestartHistory = NO_RESTARTS;

  constructor(record: JobRecord, save: SaveJob) {
    this.#record = record;
    this.#save = save;
  }

  static submitted(
    programId: string,
    report: Extract<ProgramReport, { kind: "submitted" }>,
    atMs: number,
    save: SaveJob,
  ): HostedJob {
    const { jobId, executeIndex, graph, settings, slots } = report;
    const record: JobRecord = {
      ...{ jobId, programId, executeIndex, graph, settings, slots },
      status: "CREATED",
      statusTimes: { INITIALIZING: atMs, CREATED: atMs },
      isCancelRequested: false,
      progress: NO_PROGRESS,
      outcome: null,
      attemptBase: 0,
      earlierFailures: [],
    };
    save(record, { durable: true });
    return new HostedJob(record, save);
  }

  get record(): JobRecord {
    return this.#record;
  }

  get jobId(): string {
    return this.#record.jobId;
  }

  get hasEnded(): boolean {
    return this.#record.outcome !== null;
  }

  /** Another process runs it; it may have another plan than before. */
  resubmitted(report: Extract<ProgramReport, { kind: "submitted" }>, atMs: number): void {
    const { graph, settings, slots } = report;
    const { progress, earlierFailures, attemptBase } = this.#record;
    const attempts = [...progress.attempts.values()].map(({ attempt }) => attempt);
    this.#change(
      {
        ...{ graph, settings, slots },
        progress: NO_PROGRESS,
        attemptBase: attemptBase + 1 + Math.max(0, ...attempts),
        earlierFailures: [...earlierFailures, ...progress.failures].slice(-FAILURES_MAX),
        ...this.#statusAt("CREATED", atMs),
      },
      true,
    );
  }

  /** How it ends comes with end(). */
  become(status: JobStatus, atMs: number): void {
    if (this.hasEnded || isTerminal(status) || status === this.#record.status) return;
    this.#change(this.#statusAt(status, atMs), false);
  }

  requestCancel(): void {
    if (!this.#record.isCancelRequested) this.#change({ isCancelRequested: true }, true);
  }

  /** Not kept until something else happens to the job. */
  report(progress: JobProgress): void {
    if (!this.hasEnded) this.#record = { ...this.#record, progress };
  }

  end(outcome: JobOutcomeRecord, progress: JobProgress, atMs: number): void {
    if (this.hasEnded) return;
    const status = this.#statusAt(outcome.status, atMs);
    this.#change({ ...status, outcome, progress }, true);
  }

  /**
   * Its process has ended.
   *
   * @returns ms after which it is to run again; null = it has ended
   */
  processEnded(error: EngineError, moment: Moment, atMs: number): number | null {
    const { isCancelRequested, graph, progress } = this.#record;
    if (isCancelRequested) {
      const canceled = new EngineError("MR_JOB_CANCELED", { job: graph.name }).toWire();
      const ended = withoutProcess(progress, atMs, null);
      this.end({ status: "CANCELED", error: canceled }, ended, atMs);
      return null;
    }
    const failure: JobFailureRecord = { atMs, error: error.toWire(), subtasks: [] };
    const failures = [...progress.failures, failure].slice(-FAILURES_MAX);
    const failed = { ...withoutProcess(progress, atMs, failure.error), failures };
    const decision = decideRestart(graph.options.restartStrategy, this.#restarts, moment);
    this.#restarts = decision.history;
    if (decision.delayMs === null) {
      this.end({ status: "FAILED", error: failure.error }, failed, atMs);
      return null;
    }
    this.#change({ ...this.#statusAt("RESTARTING", atMs), progress: failed }, false);
    return decision.delayMs;
  }

  #statusAt(status: JobStatus, atMs: number): Pick<JobRecord, "status" | "statusTimes"> {
    return { status, statusTimes: { ...this.#record.statusTimes, [status]: atMs } };
  }

  #change(change: Partial<JobRecord>, durable: boolean): void {
    this.#record = { ...this.#record, ...change };
    this.#save(this.#record, { durable });
  }
}

/** Whatever ran in a process has ended with it. `error`: null = it was canceled. */
function withoutProcess(progress: JobProgress, atMs: number, error: WireError | null): JobProgress {
  const state = error === null ? "CANCELED" : "FAILED";
  const attempts = [...progress.attempts].map(([id, attempt]) => {
    if (isEndState(attempt.state)) return [id, attempt] as const;
    const times = new Map(attempt.times).set(state, atMs);
    return [id, { ...attempt, state, times, error } as const] as const;
  });
  return { ...progress, attempts: new Map(attempts) };
}
