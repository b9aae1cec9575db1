/** Whole jobs on the thread of a test. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { DataStream } from "../api/data-stream.ts";
import { StreamExecutionEnvironment } from "../api/environment.ts";
import type { JobClient, JobExecutionResult } from "../api/job-client.ts";
import { isJobDefinition, type JobDefinition, type JobFunction } from "../api/job-definition.ts";
import { withJobHistory } from "../api/job-history.ts";
import { type JobSubmitter, withJobSubmitter } from "../api/job-submitter.ts";
import { systemClock } from "../common/clock.ts";
import type { ManualClock } from "../common/manual-clock.ts";
import type { EngineOptions } from "../config/settings.ts";
import { LocalJobSubmitter } from "../runtime/local-submitter.ts";

const DEADLINE_MS = 10_000;
const JOB_NAME = "mini cluster job";

/** Options of the engine hold for all jobs. @public */
export interface MiniClusterOptions extends Omit<EngineOptions, "execution"> {
  /** What functions and timers see as processing time; absent = the real time. */
  readonly clock?: ManualClock;
  /** ms of real time that a job may run; then it is canceled. Default 10,000. */
  readonly deadlineMs?: number;
}

/**
 * Runs whole jobs in the process of a test, on its thread: no workers, no bundle, so that functions may
 * use what the test has around them. Flink's MiniClusterWithClientResource.
 *
 * ```ts
 * const cluster = new MiniCluster({ parallelism: 2 });
 * after(() => cluster.stop());
 *
 * test("counts words", async () => {
 *   const counts = await cluster.collect((env) => countWords(env.fromElements("to be", "to do")));
 *   assert.deepEqual(counts.sort(), [["be", 1], ["do", 1], ["to", 1], ["to", 2]]);
 * });
 * ```
 *
 * A deadline stops a job that waits, not a function that never returns.
 * @public
 */
export class MiniCluster {
  readonly #options: EngineOptions;
  readonly #clock: ManualClock | null;
  readonly #deadlineMs: number;
  readonly #running = new Set<JobClient>();
  readonly #submitter: LocalJobSubmitter;
  #isStopped = false;

  constructor({ clock, deadlineMs = DEADLINE_MS, ...options }: MiniClusterOptions = {}) {
    this.#options = { ...options, execution: "in-process" };
    this.#clock = clock ?? null;
    this.#deadlineMs = deadlineMs;
    this.#submitter = new LocalJobSubmitter(clock);
  }

  /**
   * Runs the job that `define` builds, to its end; or an exported definition, with arguments. Answers the
   * result of the last job it executed. Rejects with what execute() rejects with, and MR_TESTING_DEADLINE.
   */
  run(
    define: JobFunction | JobDefinition,
    args: readonly string[] = [],
  ): Promise<JobExecutionResult> {
    return this.#toTheEnd("run()", async (env, clients) => {
      const client = await start(define, args, env, clients);
      return client.getJobExecutionResult();
    });
  }

  /**
   * Starts the job and answers its client, for jobs that a test cancels or looks into. They have no
   * deadline, and end at stop() at the latest.
   */
  submit(define: JobFunction | JobDefinition, args: readonly string[] = []): Promise<JobClient> {
    const clients: JobClient[] = [];
    return this.#within("submit()", clients, (env) => start(define, args, env, clients));
  }

  /**
   * Runs the job that `define` builds to its end, and answers the records of the stream it returns.
   * Rejects as run() does.
   */
  collect<T>(
    define: (env: StreamExecutionEnvironment) => DataStream<T> | Promise<DataStream<T>>,
  ): Promise<T[]> {
    return this.#toTheEnd("collect()", async (env) => {
      const stream = await define(env);
      const rows: T[] = [];
      for await (const row of stream.executeAndCollect(JOB_NAME)) rows.push(row);
      return rows;
    });
  }

  /** Cancels the jobs that still run, and waits until they have ended. Takes no others from then on. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await cancelAll([...this.#running]);
  }

  /** Under the deadline. */
  #toTheEnd<R>(
    operation: string,
    action: (env: StreamExecutionEnvironment, clients: readonly JobClient[]) => Promise<R>,
  ): Promise<R> {
    const clients: JobClient[] = [];
    const work = this.#within(operation, clients, (env) => action(env, clients));
    return this.#inTime(work, clients, operation);
  }

  /**
   * Calls with an environment whose jobs run here.
   *
   * @param clients takes those of the jobs that were started
   */
  async #within<R>(
    operation: string,
    clients: JobClient[],
    action: (env: StreamExecutionEnvironment) => Promise<R>,
  ): Promise<R> {
    if (this.#isStopped) {
      throw new EngineError("MR_TESTING_CLOSED", { operation, what: "mini cluster" });
    }
    const submitter: JobSubmitter = {
      submit: async (plan, settings, submission) => {
        const client = await this.#submitter.submit(plan, settings, submission);
        clients.push(client);
        this.#running.add(client);
        const forget = (): boolean => this.#running.delete(client);
        client.getJobExecutionResult().then(forget, forget);
        return client;
      },
    };
    return withJobHistory(() =>
      withJobSubmitter(submitter, () =>
        action(StreamExecutionEnvironment.getExecutionEnvironment(this.#options)),
      ),
    );
  }

  async #inTime<R>(work: Promise<R>, clients: readonly JobClient[], operation: string): Promise<R> {
    let hasEnded = false;
    const end = (): void => {
      hasEnded = true;
    };
    await systemClock.atMost(work.then(end, end), this.#deadlineMs);
    if (hasEnded) return work;
    const job = clients.at(-1);
    const status = (await job?.getJobStatus()) ?? "not started";
    await cancelAll(clients);
    throw new EngineError("MR_TESTING_DEADLINE", {
      job: job?.getJobName() ?? `of ${operation}`,
      status,
      deadlineMs: this.#deadlineMs,
      advice: this.#advice,
    });
  }

  get #advice(): string {
    return this.#clock === null
      ? "Give its sources an end, or allow more by the option deadlineMs."
      : `The clock stands at ${this.#clock.now()} ms: move it on if the job waits for processing time, or allow more by the option deadlineMs.`;
  }
}

/** Starts what the definition has not executed itself. @returns the client of the last job */
async function start(
  define: JobFunction | JobDefinition,
  args: readonly string[],
  env: StreamExecutionEnvironment,
  clients: readonly JobClient[],
): Promise<JobClient> {
  await (isJobDefinition(define) ? define.define : define)(env, Object.freeze([...args]));
  const last = clients.at(-1);
  return last === undefined || env.hasUnexecutedSinks() ? env.executeAsync(JOB_NAME) : last;
}

/** Settled when they have ended. */
async function cancelAll(clients: readonly JobClient[]): Promise<void> {
  for (const client of clients) await client.cancel();
  await Promise.allSettled(clients.map((client) => client.getJobExecutionResult()));
}
