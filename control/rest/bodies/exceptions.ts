/** What went wrong in a job, and how it ended. */
import { EngineError, type WireError } from "../../../dataplane/protocol/errors.ts";
import type { FailedTask, JobDetails, JobFailure } from "../../cluster/cluster.ts";
import type { RestartStrategySpec } from "../../plan/checkpoint-schema.ts";
import type { JobGraph } from "../../plan/job-graph.ts";
import { failureChain, throwableText } from "../errors.ts";
import type { Json } from "../json.ts";
import { endpointOf, isEnded, UNASSIGNED } from "./tasks.ts";

const JOB_EXCEPTION = "org.apache.flink.runtime.JobException";

export function exceptionsBody(job: JobDetails, shownMax: number): Json {
  const newestFirst = job.failures.toReversed();
  const root = newestFirst[0];
  const tasks = job.vertices.flatMap(({ vertexId, subtasks }) =>
    subtasks.filter((subtask) => isEnded(subtask)).map((subtask) => ({ vertexId, subtask })),
  );
  const failed = tasks.flatMap(({ vertexId, subtask }) =>
    subtask.failure === null ? [] : [{ vertexId, ...subtask, ...subtask.failure }],
  );
  return {
    "root-exception": root === undefined ? null : stackText(rootChain(job, root)),
    timestamp: root?.atMs ?? null,
    "all-exceptions": failed.slice(0, shownMax).map((task) => ({
      exception: stackText(errorChain(task.error)),
      task: taskName(job.graph, task),
      location: endpointOf(task.location),
      endpoint: endpointOf(task.location),
      timestamp: task.atMs,
      taskManagerId: task.location?.taskManagerId ?? UNASSIGNED,
    })),
    truncated: failed.length > shownMax,
    exceptionHistory: {
      entries: newestFirst.slice(0, shownMax).map((failure) => entryBody(job, failure)),
      truncated: newestFirst.length > shownMax,
    },
  };
}

function entryBody(job: JobDetails, failure: JobFailure): Json {
  const isLast = isFatal(job, failure);
  const concurrent = failure.concurrent.map((other) =>
    failureBody(job.graph, other, errorChain(other.error), other.task),
  );
  if (!isLast) {
    return {
      ...failureBody(job.graph, failure, errorChain(failure.error), failure.task),
      concurrentExceptions: concurrent,
    };
  }
  // The job's own failure is on top, that of the task below it.
  const own =
    failure.task === null
      ? []
      : [failureBody(job.graph, failure, errorChain(failure.error), failure.task)];
  return {
    ...failureBody(job.graph, failure, rootChain(job, failure), null),
    concurrentExceptions: [...own, ...concurrent],
  };
}

function failureBody(
  graph: JobGraph | null,
  { atMs }: JobFailure,
  chain: readonly string[],
  task: FailedTask | null,
): { [name: string]: Json } {
  const entry = {
    exceptionName: (chain[0] ?? "").split(":", 1)[0] ?? "",
    stacktrace: stackText(chain),
    timestamp: atMs,
    failureLabels: {},
  };
  if (task === null) return entry;
  return {
    ...entry,
    taskName: `${taskName(graph, task)} - execution #${task.attempt}`,
    location: endpointOf(task.location),
    endpoint: endpointOf(task.location),
    taskManagerId: task.location?.taskManagerId ?? UNASSIGNED,
  };
}

function isFatal(job: JobDetails, failure: JobFailure): boolean {
  return job.outcome?.status === "FAILED" && failure === job.failures.at(-1);
}

/** Of the failure that ended the job: why it was not started again comes first. */
export function rootChain(job: JobDetails, failure: JobFailure): readonly string[] {
  const chain = errorChain(failure.error);
  return isFatal(job, failure) ? [suppressed(job.graph), ...chain] : chain;
}

/** How a job failed, for who asks for its result. */
export function outcomeChain(job: JobDetails, error: WireError): readonly string[] {
  const last = job.failures.at(-1);
  return last === undefined ? [suppressed(job.graph), ...errorChain(error)] : rootChain(job, last);
}

function suppressed(graph: JobGraph | null): string {
  const strategy = graph === null ? "" : ` by ${strategyText(graph.options.restartStrategy)}`;
  return `${JOB_EXCEPTION}: Recovery is suppressed${strategy}`;
}

function strategyText(strategy: RestartStrategySpec): string {
  if (strategy.kind === "none") return "NoRestartBackoffTimeStrategy";
  if (strategy.kind === "fixed-delay") {
    return `FixedDelayRestartBackoffTimeStrategy(maxNumberRestartAttempts=${strategy.attempts}, backoffTimeMS=${strategy.delayMs})`;
  }
  return strategy.kind === "failure-rate"
    ? `FailureRateRestartBackoffTimeStrategy(FailureRateRestartBackoffTimeStrategy(failuresIntervalMS=${strategy.intervalMs},backoffTimeMS=${strategy.delayMs},maxFailuresPerInterval=${strategy.maxFailuresPerInterval})`
    : "ExponentialDelayRestartBackoffTimeStrategy";
}

function errorChain(error: WireError): readonly string[] {
  const chain = failureChain(EngineError.fromWire(error));
  // What a user's function threw says more than that it threw.
  return chain.length > 1 && error.cause !== undefined && !("code" in error.cause)
    ? chain.slice(1)
    : chain;
}

function stackText(chain: readonly string[]): string {
  return `${throwableText(...chain)}\n`;
}

function taskName(
  graph: JobGraph | null,
  task: { readonly vertexId: string; readonly subtaskIndex: number },
): string {
  const vertex = graph?.vertices.find(({ id }) => id === task.vertexId);
  const count = vertex?.parallelism ?? task.subtaskIndex + 1;
  return `${vertex?.name ?? task.vertexId} (${task.subtaskIndex + 1}/${count})`;
}
