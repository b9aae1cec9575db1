/** A job in one state, made from what was recorded of it: what the bodies were made from is taken back out of them. */
import type {
  AttemptDetails,
  CheckpointDetails,
  CheckpointHistory,
  JobDetails,
  JobFailure,
  SubtaskDetails,
  VertexDetails,
} from "../../../control/cluster/cluster.ts";
import { distributionOf } from "../../../control/common/distribution.ts";
import type { JobGraph } from "../../../control/plan/job-graph.ts";
import type { WireError } from "../../../dataplane/protocol/errors.ts";
import { plain, type Recording } from "./recordings.ts";

// biome-ignore lint/suspicious/noExplicitAny: bodies of another program, taken apart here only
type Body = any;

const NO_METRICS = {
  numBatchesIn: 0,
  numBatchesOut: 0,
  memoryBytes: 0,
  collectorOverflowBytes: 0,
  numMalformedSequences: 0,
  numLateRecordsDropped: 0,
  sourceIdleTime: 0,
  currentEmitEventTimeLag: 10,
  watermarkLag: 20,
  watermarkAlignmentDrift: null,
};

/** What was recorded of a job in one state. */
export class RecordedJob {
  readonly jobId: string;
  readonly #bodies = new Map<string, Body>();

  /** @param isFinished whether it was said to be, whatever a cache showed */
  constructor(jobId: string, recordings: readonly Recording[], isFinished: boolean) {
    this.jobId = jobId;
    if (isFinished) this.#bodies.set("/status", { status: "FINISHED" });
    for (const { request, response } of recordings) {
      const path = request.path.split("?")[0]?.toLowerCase().replace(`/jobs/${jobId}`, "") ?? "";
      if (request.method !== "GET" || response.status !== 200) continue;
      if (!this.#bodies.has(path)) this.#bodies.set(path, plain(response.body));
    }
  }

  body(path: string): Body | undefined {
    return this.#bodies.get(path);
  }

  get nowMs(): number {
    return this.body("")?.now ?? 0;
  }

  details(): JobDetails | null {
    const body = this.body("");
    if (body === undefined) return null;
    const vertices: VertexDetails[] = body.vertices.map((vertex: Body) => this.#vertex(vertex));
    const states = vertices.flatMap(({ subtasks }) => subtasks.map(({ state }) => state));
    const result = this.body("/execution-result")?.["job-execution-result"];
    return {
      jobId: this.jobId,
      name: body.name,
      status: this.body("/status")?.status ?? body.state,
      statusTimes: withoutZeros(body.timestamps),
      taskCounts: Object.fromEntries(
        states.map((state) => [state, states.filter((one) => one === state).length]),
      ),
      lastModifiedMs: body["start-time"],
      graph: this.#graph(body),
      settings: null,
      vertices,
      accumulators: accumulatorsOf(this.body("/accumulators")?.["user-task-accumulators"]),
      restarts: 0,
      failures: this.#failures(),
      outcome: outcomeOf(this.body("/status")?.status ?? body.state, result),
      logs: [],
    };
  }

  #vertex(vertex: Body): VertexDetails {
    const path = `/vertices/${vertex.id}`;
    const full = this.body(path);
    const times = this.body(`${path}/subtasktimes`)?.subtasks ?? [];
    const values = this.body(`${path}/subtasks/accumulators`)?.subtasks ?? [];
    const rates = this.body(`${path}/backpressure`)?.subtasks ?? [];
    const marks = this.body(`${path}/watermarks`) ?? [];
    const subtasks: Body[] =
      full?.subtasks ?? Array.from({ length: vertex.parallelism }, () => ({}));
    return {
      vertexId: vertex.id,
      accumulators: accumulatorsOf(this.body(`${path}/accumulators`)?.["user-accumulators"]),
      subtasks: subtasks.map((subtask, index) => {
        const shown = { ...stateFrom(vertex, index), ...subtask, subtask: index };
        const parts = {
          times: times[index]?.timestamps,
          accumulators: values[index]?.["user-accumulators"],
          rates: rates[index],
          watermark: marks.find(({ id }: Body) => id.startsWith(`${index}.`))?.value,
          failure: this.#failureOf(vertex.name, index, vertex.parallelism),
        };
        return withEarlier(subtaskOf(shown, parts));
      }),
    };
  }

  #failureOf(name: string, index: number, parallelism: number) {
    const exceptions: Body[] = this.body("/exceptions")?.["all-exceptions"] ?? [];
    const task = `${name} (${index + 1}/${parallelism})`;
    const found = exceptions.find((one) => one.task === task);
    if (found === undefined) return null;
    return { atMs: found.timestamp, error: errorOf(found.exception) };
  }

  #failures(): readonly JobFailure[] {
    const entries: Body[] = this.body("/exceptions")?.exceptionHistory.entries ?? [];
    return entries.toReversed().map((entry) => {
      const shown = entry.taskName === undefined ? entry.concurrentExceptions[0] : entry;
      return {
        atMs: entry.timestamp,
        error: errorOf(shown.stacktrace),
        task: this.#taskOf(shown),
        concurrent: [],
      };
    });
  }

  #taskOf(entry: Body): JobFailure["task"] {
    const match = /^(.*) \((\d+)\/\d+\) - execution #(\d+)$/.exec(entry.taskName ?? "");
    const vertex = this.body("").vertices.find(({ name }: Body) => name === match?.[1]);
    if (match === null || vertex === undefined) return null;
    return {
      vertexId: vertex.id,
      subtaskIndex: Number(match[2]) - 1,
      attempt: Number(match[3]),
      location: locationOf(entry.location, entry.taskManagerId),
    };
  }

  #graph(body: Body): JobGraph | null {
    if (body.plan.nodes === undefined && body.vertices.length === 0) return null;
    const nodes: Body[] = body.plan.nodes ?? [];
    return {
      version: 1,
      name: body.name,
      runtimeMode: body["job-type"],
      vertices: body.vertices.map((vertex: Body) => ({
        id: vertex.id,
        name: vertex.name,
        parallelism: vertex.parallelism,
        maxParallelism: vertex.maxParallelism,
        slotSharingGroup: "default",
        operators: operatorsOf(vertex, nodes.find(({ id }) => id === vertex.id)?.description),
      })),
      edges: nodes.flatMap(({ id: target, inputs = [] }) =>
        inputs.map((input: Body) => ({
          id: `${input.id}-${target}`,
          source: input.id,
          target,
          partitioner: { kind: input.ship_strategy.toLowerCase() },
        })),
      ),
      options: {
        restartStrategy: { kind: "fixed-delay", attempts: 2, delayMs: 5000 },
        checkpointing: {},
      },
    } as unknown as JobGraph;
  }

  checkpoints(): CheckpointHistory {
    const body = this.body("/checkpoints") ?? NO_CHECKPOINTS;
    const config = this.body("/checkpoints/config");
    const { completed, savepoint, failed, restored } = body.latest;
    const zeros = distributionOf(body.counts.completed === 0 ? [] : [0]);
    return {
      settings: {
        intervalMs: config?.interval ?? 1000,
        mode: "EXACTLY_ONCE",
        timeoutMs: config?.timeout ?? 600_000,
        minPauseMs: 0,
        maxConcurrent: 1,
        tolerableFailures: 0,
        retention: "NO_EXTERNALIZED_CHECKPOINTS",
        retainedCount: 1,
        afterTasksFinish: true,
        storage: { kind: "filesystem", directory: "/data/checkpoints" },
      },
      stateBackend: "HashMapStateBackend",
      counts: { ...body.counts, inProgress: body.counts.in_progress },
      summary: {
        checkpointedBytes: zeros,
        stateBytes: zeros,
        durationMs: zeros,
        processedBytes: zeros,
      },
      history: body.history.map((one: Body) => this.#checkpoint(one)),
      latestCompleted: completed === null ? null : this.#checkpoint(completed),
      latestSavepoint: savepoint === null ? null : this.#checkpoint(savepoint),
      latestFailed: failed === null ? null : this.#checkpoint(failed),
      latestRestored:
        restored === null
          ? null
          : {
              checkpointId: restored.id,
              type: restored.is_savepoint ? "savepoint" : "checkpoint",
              restoredMs: restored.restore_timestamp,
              path: restored.external_path,
            },
    };
  }

  #checkpoint(body: Body): CheckpointDetails {
    const details = this.body(`/checkpoints/details/${body.id}`);
    const vertices = Object.keys(details?.tasks ?? {}).map((vertexId) => {
      const subtasks = this.body(`/checkpoints/details/${body.id}/subtasks/${vertexId}`)?.subtasks;
      return { vertexId, subtasks: (subtasks ?? []).map(subtaskCheckpoint) };
    });
    return {
      checkpointId: body.id,
      type: body.is_savepoint ? "savepoint" : "checkpoint",
      status: body.status,
      stop: null,
      triggeredMs: body.trigger_timestamp,
      endedMs: body.failure_timestamp ?? body.latest_ack_timestamp,
      vertices,
      path: body.external_path ?? null,
      isDiscarded: body.discarded ?? false,
      failureMessage: body.failure_message ?? null,
    };
  }
}

const NO_CHECKPOINTS = {
  counts: { restored: 0, total: 0, in_progress: 0, completed: 0, failed: 0 },
  latest: { completed: null, savepoint: null, failed: null, restored: null },
  history: [],
};

function subtaskCheckpoint(body: Body): CheckpointDetails["vertices"][number]["subtasks"][number] {
  if (body.className === "pending") return null;
  return {
    acknowledgedMs: body.ack_timestamp,
    stateBytes: body.state_size,
    checkpointedBytes: body.checkpointed_size,
    syncMs: body.checkpoint.sync,
    asyncMs: body.checkpoint.async,
    alignmentMs: body.alignment.duration,
    startDelayMs: body.start_delay,
    processedBytes: body.alignment.processed,
  };
}

/** Of a subtask that was not shown itself. */
function stateFrom(vertex: Body, index: number): Body {
  const states = Object.entries<number>(vertex.tasks).flatMap(([state, count]) =>
    Array.from({ length: count }, () => state),
  );
  return { status: states[index] ?? "CREATED", attempt: 0, metrics: vertex.metrics };
}

interface SubtaskParts {
  readonly times: Body;
  readonly accumulators: Body;
  readonly rates: Body;
  readonly watermark: string | undefined;
  readonly failure: AttemptDetails["failure"];
}

function subtaskOf(body: Body, parts: SubtaskParts): SubtaskDetails {
  const { metrics } = body;
  const isKnown = metrics?.["read-bytes-complete"] === true;
  const mark = Number(parts.watermark ?? Number.NaN);
  return {
    subtaskIndex: body.subtask,
    attempt: body.attempt,
    state: body.status,
    times: withoutZeros(parts.times ?? {}),
    location: locationOf(body.endpoint, body["taskmanager-id"]),
    metrics: isKnown
      ? {
          ...NO_METRICS,
          numRecordsIn: metrics["read-records"],
          numRecordsOut: metrics["write-records"],
          numBytesIn: metrics["read-bytes"],
          numBytesOut: metrics["write-bytes"],
          accumulatedBusyTimeMs: metrics["accumulated-busy-time"],
          accumulatedIdleTimeMs: metrics["accumulated-idle-time"],
          accumulatedBackPressuredTimeMs: metrics["accumulated-backpressured-time"],
          currentInputWatermark: Number.isNaN(mark) ? null : mark,
          currentOutputWatermark: Number.isNaN(mark) ? null : mark,
        }
      : null,
    rates:
      parts.rates === undefined
        ? null
        : {
            recordsInPerSecond: 99.93,
            recordsOutPerSecond: 10,
            bytesInPerSecond: 1000,
            bytesOutPerSecond: 1000,
            busyMsPerSecond: parts.rates.busyRatio * 1000,
            idleMsPerSecond: parts.rates.idleRatio * 1000,
            backPressuredMsPerSecond: parts.rates.ratio * 1000,
          },
    accumulators: accumulatorsOf(parts.accumulators),
    failure: parts.failure,
    earlierAttempts: [],
  };
}

/** Those before it were not shown, but asked for. */
function withEarlier(subtask: SubtaskDetails): SubtaskDetails {
  const earlier = Array.from({ length: subtask.attempt }, (_, attempt) => ({
    ...subtask,
    attempt,
  }));
  return { ...subtask, earlierAttempts: earlier };
}

function withoutZeros(times: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(times).filter(([, ms]) => ms > 0));
}

function locationOf(
  endpoint: string | undefined,
  taskManagerId: string,
): AttemptDetails["location"] {
  if (endpoint === undefined || endpoint === "(unassigned)") return null;
  const [host = "", port] = endpoint.split(":");
  return { taskManagerId, host, port: Number(port) };
}

function accumulatorsOf(bodies: Body[] | undefined): AttemptDetails["accumulators"] {
  return (bodies ?? []).map(({ name, type, value }) => ({
    name,
    kind: type.endsWith("Maximum") ? "maximum" : "counter",
    value: BigInt(value) > 2n ** 53n ? BigInt(value) : Number(value),
  }));
}

/** The classes of Java are names of errors here. */
function errorOf(stack: string): WireError {
  const lines = stack.split("\n").filter((line) => /^(Caused by: )?[\w.$]+Exception/.test(line));
  const [head = "Error"] = lines.map((line) => line.replace("Caused by: ", ""));
  const at = head.indexOf(": ");
  const cause = { name: head.slice(0, at), message: head.slice(at + 2) };
  return { code: "MR_JOB_FAILED", details: { message: cause.message }, cause };
}

function outcomeOf(status: string, result: Body): JobDetails["outcome"] {
  if (status !== "FINISHED" && status !== "CANCELED" && status !== "FAILED") {
    // Recorded from a cache while the job had ended already.
    if (result === undefined) return null;
  }
  const netRuntimeMs = result?.["net-runtime"] ?? 0;
  const ended = result?.["application-status"] ?? status;
  if (ended === "FAILED") {
    return {
      status: "FAILED",
      netRuntimeMs,
      error: errorOf(result?.["failure-cause"]?.["stack-trace"] ?? ""),
    };
  }
  return { status: ended === "CANCELED" ? "CANCELED" : "FINISHED", netRuntimeMs };
}

function operatorsOf(vertex: Body, description: string | undefined): Body[] {
  const names: string[] = vertex.name.split(" -> ");
  const texts = (description ?? "").split("<br/>").map((line) => line.replace(/^ *\+- /, ""));
  return names.map((name, index) => ({
    id: index === 0 ? vertex.id : `${index}`.padStart(32, "0"),
    name,
    input: index === 0 ? null : index === 1 ? vertex.id : `${index - 1}`.padStart(32, "0"),
    kind: name.startsWith("Source:")
      ? "source"
      : texts[index]?.startsWith("Window(")
        ? "window"
        : "map",
    description: texts[index] ?? name,
  }));
}
