/**
 * Runs a program inside its own process, as the service asks: its jobs wait until there are slots for them, and
 * what becomes of them is reported. Jobs that an earlier process of the program has ended are not run again: the
 * program is told how they ended.
 */
import { EngineError, type WireError } from "../../dataplane/protocol/errors.ts";
import type { ProgramRequest } from "../api/cluster-client.ts";
import type { JobClient } from "../api/job-client.ts";
import type { JobSubmission, JobSubmitter } from "../api/job-submitter.ts";
import { ReplayedJobClient } from "../api/recorded-job-client.ts";
import type { Clock } from "../common/clock.ts";
import type { JobStatus } from "../common/job-status.ts";
import type { JobSettings } from "../config/settings.ts";
import { expandExecutionGraph } from "../plan/execution-graph.ts";
import type { CompiledPlan } from "../plan/job-graph.ts";
import { loadProgram, planProgram } from "../runtime/load-program.ts";
import type { LocalJobClient } from "../runtime/local-job-client.ts";
import { createJobId, LocalJobSubmitter } from "../runtime/local-submitter.ts";
import type {
  JobOutcomeRecord,
  KnownJob,
  ProgramCommand,
  ProgramReport,
  SnapshotAnswer,
} from "./job-messages.ts";
import { placeJob } from "./job-place.ts";
import { type JobProgress, NO_PROGRESS, progressOf } from "./job-snapshot.ts";
import { ProcessMeter } from "./process-figures.ts";
import { RateWindow } from "./subtask-rates.ts";

type SnapshotCommand = Extract<ProgramCommand, { kind: "savepoint" | "checkpoint" }>;
type RunCommand = Extract<ProgramCommand, { kind: "run" }>;

/** Where the settings of a request come from, for messages. */
const SOURCE = "the request that started the job";

interface RunningJob {
  readonly client: LocalJobClient;
  readonly window: RateWindow;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: EngineError) => void;
}

export class ProgramHost {
  readonly #report: (report: ProgramReport) => void;
  readonly #clock: Clock;
  readonly #meter: ProcessMeter;
  readonly #local = new LocalJobSubmitter();
  readonly #running = new Map<string, RunningJob>();
  readonly #waiting = new Map<string, Waiting>();
  /** Canceled before they were submitted. */
  readonly #canceled = new Set<string>();
  readonly #outcomes: Promise<unknown>[] = [];

  constructor(report: (report: ProgramReport) => void, clock: Clock) {
    this.#report = report;
    this.#clock = clock;
    this.#meter = new ProcessMeter(clock);
  }

  handle(command: ProgramCommand): void {
    switch (command.kind) {
      case "run":
        void this.#run(command);
        return;
      case "plan":
        void this.#plan(command.program);
        return;
      case "admit":
        this.#settle(command.jobId)?.resolve();
        return;
      case "refuse":
        this.#settle(command.jobId)?.reject(EngineError.fromWire(command.error));
        return;
      case "cancel":
        this.#cancel(command.jobId);
        return;
      case "savepoint":
        void this.#snapshot(command, (client) =>
          client.savepoint(command.directory ?? undefined, command.stop),
        );
        return;
      case "checkpoint":
        void this.#snapshot(command, (client) => client.checkpoint());
        return;
    }
  }

  async #plan(program: ProgramRequest): Promise<void> {
    try {
      const { graph } = await planProgram(program, SOURCE);
      this.#report({ kind: "planned", graph });
      this.#report({ kind: "program-ended", error: null });
    } catch (error) {
      this.#report({ kind: "program-ended", error: wireOf(error) });
    }
  }

  async #run(command: RunCommand): Promise<void> {
    const { program, known, progressMs } = command;
    const stop = this.#clock.every(progressMs, () => void this.#reportProgress());
    const submitter: JobSubmitter = {
      submit: (plan, settings, submission) =>
        this.#submit(plan, settings, submission, known[submission.executeIndex] ?? null, command),
    };
    let error: WireError | null = null;
    try {
      await loadProgram(program, SOURCE, submitter, async () => {
        if (this.#outcomes.length === 0) {
          throw new EngineError("MR_PROGRAM_NO_JOB", { path: program.path });
        }
        await Promise.all(this.#outcomes);
      });
    } catch (thrown) {
      error = wireOf(thrown);
    }
    // What it threw does not end jobs that are still running.
    await Promise.allSettled(this.#outcomes);
    stop();
    this.#report({ kind: "program-ended", error });
  }

  async #submit(
    plan: CompiledPlan,
    settings: JobSettings,
    submission: JobSubmission,
    known: KnownJob | null,
    command: RunCommand,
  ): Promise<JobClient> {
    if (known !== null && known.outcome !== null) return this.#replay(plan, known.outcome);
    const jobId = known?.jobId ?? createJobId();
    const { slotCount: slots } = expandExecutionGraph(plan.graph, settings.slots);
    const admitted = new Promise<void>((resolve, reject) => {
      this.#waiting.set(jobId, { resolve, reject });
    });
    const { graph } = plan;
    const { executeIndex } = submission;
    this.#report({ kind: "submitted", jobId, executeIndex, graph, settings, slots });
    try {
      await admitted;
      const placed = await placeJob({ jobId, executeIndex, plan, settings }, command);
      const client = await this.#local.submitAs(jobId, placed.plan, placed.settings, submission);
      this.#follow(jobId, client);
      // The command came while it was being put together.
      if (this.#canceled.has(jobId)) await client.cancel();
      return client;
    } catch (error) {
      const ended = this.#reportEnd(jobId, NO_PROGRESS, failed(error));
      // Awaited when the program has ended.
      ended.catch(() => undefined);
      this.#outcomes.push(ended);
      throw error;
    }
  }

  #replay({ graph }: CompiledPlan, outcome: JobOutcomeRecord): JobClient {
    const collects = graph.vertices.some(({ operators }) =>
      operators.some(({ kind }) => kind === "collect"),
    );
    if (collects) {
      throw new EngineError("MR_FEATURE_UNSUPPORTED", {
        operation: `Going on with a program behind job ${graph.name}, whose rows it has collected,`,
        advice: "Rows that a program collects are lost with its process; start it again.",
      });
    }
    const job =
      outcome.status === "FINISHED"
        ? ({ kind: "finished", result: outcome.result, rows: [] } as const)
        : ({ kind: "failed", error: outcome.error, rows: [] } as const);
    this.#outcomes.push(Promise.resolve());
    return new ReplayedJobClient(job);
  }

  #follow(jobId: string, client: LocalJobClient): void {
    const job = { client, window: new RateWindow() };
    this.#running.set(jobId, job);
    const tell = (status: JobStatus): void =>
      this.#report({ kind: "status", jobId, status, atMs: this.#clock.now() });
    client.onStatus(tell);
    void client.getJobStatus().then(tell);
    const outcome = client
      .getJobExecutionResult()
      .then(
        (result): JobOutcomeRecord => ({ status: "FINISHED", result: result.toData() }),
        failed,
      );
    const ended = outcome.then(async (how) => {
      const progress = await this.#progressOf(job);
      this.#running.delete(jobId);
      await this.#reportEnd(jobId, progress, how);
    });
    // Awaited when the program has ended.
    ended.catch(() => undefined);
    this.#outcomes.push(ended);
  }

  /** Rejects with what the job failed with. */
  async #reportEnd(jobId: string, progress: JobProgress, outcome: JobOutcomeRecord): Promise<void> {
    this.#report({ kind: "job-ended", jobId, atMs: this.#clock.now(), progress, outcome });
    if (outcome.status !== "FINISHED") throw EngineError.fromWire(outcome.error);
  }

  async #reportProgress(): Promise<void> {
    const jobs = await Promise.all(
      [...this.#running].map(async ([jobId, job]) => ({
        jobId,
        progress: await this.#progressOf(job),
      })),
    );
    this.#report({ kind: "progress", process: this.#meter.figures(), jobs });
  }

  #progressOf({ client, window }: RunningJob): Promise<JobProgress> {
    return progressOf(client, window, this.#clock);
  }

  #cancel(jobId: string): void {
    const running = this.#running.get(jobId);
    if (running !== undefined) {
      void running.client.cancel();
      return;
    }
    this.#canceled.add(jobId);
    this.#settle(jobId)?.reject(new EngineError("MR_JOB_CANCELED", { job: jobId }));
  }

  async #snapshot(
    { requestId, jobId }: SnapshotCommand,
    take: (client: LocalJobClient) => Promise<string | number>,
  ): Promise<void> {
    const report = (answer: SnapshotAnswer): void =>
      this.#report({ kind: "answer", requestId, answer });
    try {
      const running = this.#running.get(jobId);
      if (running === undefined) throw new EngineError("MR_JOB_NOT_RUNNING", { job: jobId });
      report({ isCompleted: true, snapshot: await take(running.client) });
    } catch (error) {
      report({ isCompleted: false, error: wireOf(error) });
    }
  }

  #settle(jobId: string): Waiting | undefined {
    const waiting = this.#waiting.get(jobId);
    this.#waiting.delete(jobId);
    return waiting;
  }
}

function failed(error: unknown): JobOutcomeRecord {
  const wire = wireOf(error);
  return { status: wire.code === "MR_JOB_CANCELED" ? "CANCELED" : "FAILED", error: wire };
}

function wireOf(error: unknown): WireError {
  if (error instanceof EngineError) return error.toWire();
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError("MR_PROGRAM_THREW", { message }, error).toWire();
}
