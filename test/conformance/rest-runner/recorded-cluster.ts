/**
 * A cluster in the states that the recordings show, made from what they say of each job: what the bodies were made from
 * is taken back out of them.
 */
import { join } from "node:path";
import type {
  AttemptDetails,
  CheckpointDetails,
  CheckpointHistory,
  Cluster,
  FlameGraphRequest,
  JarInfo,
  JobDetails,
  JobFailure,
  LogFile,
  ProcessFigures,
  ProgramRun,
  SubtaskDetails,
  TaskManagerInfo,
  VertexDetails,
} from "../../../control/cluster/cluster.ts";
import { distributionOf } from "../../../control/common/distribution.ts";
import type { JobGraph } from "../../../control/plan/job-graph.ts";
import { EngineError, type WireError } from "../../../dataplane/protocol/errors.ts";
import { plain, type Recording } from "./recordings.ts";

// biome-ignore lint/suspicious/noExplicitAny: bodies of another program, taken apart here only
type Body = any;

const FIGURES: ProcessFigures = {
  cpuLoad: 0.0097,
  cpuTimeNs: 5_000_000_000,
  rssBytes: 120_000_000,
  heapUsedBytes: 29_142_592,
  heapTotalBytes: 161_480_704,
  heapLimitBytes: 161_480_704,
  externalBytes: 1_000_000,
  threads: 12,
  gcCount: 8,
  gcTimeMs: 252,
};

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
class RecordedJob {
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

const LOG_FOLDER = import.meta.dirname;

function logsNamed(...names: string[]): readonly LogFile[] {
  return names.map((name, index) => ({
    name,
    kind: index === 0 ? "log" : index === 1 ? "stdout" : "other",
    path: join(LOG_FOLDER, "recorded-cluster.js"),
    sizeBytes: 100,
    modifiedMs: 1_795_386_077_922,
  }));
}

function taskManager(index: number, jobId: string | null): TaskManagerInfo {
  return {
    taskManagerId: `taskmanager-${index}`,
    host: "127.0.0.1",
    port: 44_871 + index,
    slots: 2,
    freeSlots: jobId === null ? 2 : 0,
    allocated: jobId === null ? [] : [{ jobId }, { jobId }],
    heardMs: 1_795_386_076_687,
    cpuCores: 2,
    physicalMemoryBytes: 25_276_502_016,
    freeMemoryBytes: 161_480_704,
    managedMemoryBytes: 241_591_914,
    networkMemoryBytes: 67_108_864,
    process: FIGURES,
  };
}

/** What a recording was asked of: a job in a state, and the bundles there are. */
export interface RecordedScene {
  readonly jobs: readonly RecordedJob[];
  readonly jars: readonly JarInfo[];
  /** Whether operations take longer than the recording. */
  readonly isSlow: boolean;
  readonly hasSameJob: boolean;
}

const JOB_IN_PATH = /\/jobs\/([0-9a-fA-F]{32})/;

/** The scene of a recording: what else was recorded of its job in the same state. */
export function sceneOf(recording: Recording, recordings: readonly Recording[]): RecordedScene {
  const jobIds = new Set<string>();
  const jobId = JOB_IN_PATH.exec(recording.request.path)?.[1]?.toLowerCase();
  if (jobId !== undefined) jobIds.add(jobId);
  const isFinished = recording.state?.startsWith("FINISHED") ?? false;
  const jobs = [...jobIds].flatMap((id) => {
    const ofJob = recordings.filter(({ request }) =>
      request.path.toLowerCase().includes(`/jobs/${id}`),
    );
    const ofState = ofJob.filter(({ state }) => state === recording.state);
    // What was not asked in that state is taken from when the job ran.
    const others = ofJob.filter(({ state }) => state !== "INITIALIZING");
    const job = new RecordedJob(id, [...ofState, ...others], isFinished);
    return job.details() === null ? [] : [job];
  });
  return {
    jobs,
    jars: jarsIn(recording),
    isSlow: recording.name.includes("(IN_PROGRESS)"),
    hasSameJob: recording.state === "same id RUNNING",
  };
}

/** Jars that the path names are there, but those that recordings call unknown. */
function jarsIn({ request, name }: Recording): readonly JarInfo[] {
  const jarId = /^\/jars\/([^/?]+)/.exec(request.path)?.[1];
  if (jarId === undefined || jarId === "upload" || /unknown jar|again/.test(name)) return [];
  const id = decodeURIComponent(jarId);
  return [
    {
      jarId: id,
      name: id.slice(37),
      uploadedMs: 1_795_385_972_074,
      sizeBytes: 19_864,
      entries: /empty jar|not a zip/.test(name) ? [] : ["demo.WindowJob"],
    },
  ];
}

export class RecordedCluster implements Cluster {
  #scene: RecordedScene = { jobs: [], jars: [], isSlow: false, hasSameJob: false };
  #jars: JarInfo[] = [];

  /** Becomes as it was recorded. */
  show(scene: RecordedScene): void {
    this.#scene = scene;
    this.#jars = [...scene.jars];
  }

  get nowMs(): number {
    return this.#scene.jobs[0]?.nowMs ?? 1_795_386_077_859;
  }

  async info() {
    return {
      slotsTotal: 4,
      slotsAvailable: 2,
      settings: [["parallelism.default", "2"]] as const,
      startedMs: 1_795_385_906_618,
      process: FIGURES,
    };
  }

  async shutDown() {}

  async jars() {
    return this.#jars;
  }

  async uploadJar(_: string, fileName: string) {
    const name = fileName.split(/[\\/]/).at(-1) ?? "";
    const jarId = `a4e30ea4-024b-4175-834d-05f88d9c9239_${name}`;
    const jar = { jarId, name, uploadedMs: this.nowMs, sizeBytes: 1, entries: ["demo.WindowJob"] };
    this.#jars.push(jar);
    return jar;
  }

  async deleteJar(jarId: string) {
    this.#jar(jarId);
  }

  async planJar(request: ProgramRun): Promise<JobGraph> {
    this.#checkProgram(request);
    return PLAN;
  }

  async runJar(request: ProgramRun) {
    this.#checkProgram(request);
    if (this.#scene.hasSameJob) {
      throw new EngineError("MR_JOB_ID_IN_USE", { job: request.jobId ?? "" });
    }
    if (request.restore?.path.endsWith("/nope")) {
      throw new EngineError("MR_SAVEPOINT_FAILED", { reason: "there is none." });
    }
    return request.jobId ?? "9289d33fde31c513b63c95c448ab2ff5";
  }

  #jar(jarId: string): JarInfo {
    const jar = this.#jars.find((one) => one.jarId === jarId);
    if (jar === undefined) throw new EngineError("MR_JAR_NOT_FOUND", { jar: jarId });
    return jar;
  }

  /** The programs that were recorded. */
  #checkProgram({ jarId, entry, args }: ProgramRun): void {
    const jar = this.#jar(jarId);
    if (jar.entries.length === 0 || entry === "demo.Nope") {
      throw new EngineError("MR_BUNDLE_INVALID", { message: "it has no such program" });
    }
    if (entry === "demo.NoExecute") throw new EngineError("MR_PROGRAM_NO_JOB", { path: entry });
    if (entry === "demo.ThrowsInMain") {
      const cause = new Error(`main says no: ${args.join()}`);
      throw new EngineError("MR_PROGRAM_THREW", { message: cause.message }, cause);
    }
  }

  async jobs() {
    return this.#scene.jobs.flatMap((job) => job.details() ?? []);
  }

  async job(jobId: string) {
    return this.#scene.jobs.find((job) => job.jobId === jobId)?.details() ?? null;
  }

  async checkpoints(jobId: string) {
    return this.#scene.jobs.find((job) => job.jobId === jobId)?.checkpoints() ?? null;
  }

  async cancel() {}

  async savepoint(jobId: string, request: { readonly directory: string | null }) {
    await this.#operate(jobId);
    if (request.directory?.startsWith("file:///proc")) {
      throw new EngineError("MR_SAVEPOINT_FAILED", { reason: "the folder cannot be made." });
    }
    return "/data/savepoints/savepoint-9289d3-10989772746e";
  }

  async checkpoint(jobId: string) {
    await this.#operate(jobId);
    return 298;
  }

  async #operate(jobId: string): Promise<void> {
    if (this.#scene.isSlow) await new Promise<never>(() => undefined);
    const job = await this.job(jobId);
    const isKnown = /[1-9a-f]/.test(jobId);
    if (!isKnown || (job !== null && job.outcome !== null)) {
      throw new EngineError("MR_JOB_NOT_FOUND", { job: jobId });
    }
  }

  async disposeSavepoint(path: string) {
    if (this.#scene.isSlow) await new Promise<never>(() => undefined);
    if (path.endsWith("/nope"))
      throw new EngineError("MR_SAVEPOINT_FAILED", { reason: "there is none." });
  }

  async taskManagers() {
    return [taskManager(0, null), taskManager(1, this.#scene.jobs[0]?.jobId ?? null)];
  }

  async taskManagerLogs(taskManagerId: string) {
    return taskManagerId === "nope"
      ? null
      : logsNamed("flink-taskexecutor-0.log", "flink-taskexecutor-0.out");
  }

  async jobManagerLogs() {
    return logsNamed("flink-standalonesession-0.log", "flink-standalonesession-0.out");
  }

  async taskManagerThreads(taskManagerId: string) {
    return taskManagerId === "nope" ? null : [{ name: "main", stack: "main\n" }];
  }

  async jobManagerThreads() {
    return [{ name: "main", stack: "main\n" }];
  }

  async flameGraph({ jobId, vertexId }: FlameGraphRequest) {
    const job = this.#scene.jobs.find((one) => one.jobId === jobId);
    const body = job?.body(`/vertices/${vertexId}/flamegraph`);
    return body?.data === undefined ? null : { endedMs: body.endTimestamp, root: body.data };
  }
}

const PLAN = {
  version: 1,
  name: "Window job",
  runtimeMode: "STREAMING",
  vertices: [
    {
      id: "cbc357ccb763df2852fee8c4fc7d55f2",
      parallelism: 2,
      name: "Source: Numbers",
      operators: [],
    },
    {
      id: "239c254b5ff89532b198266322bc819f",
      parallelism: 1,
      name: "Sum per second",
      operators: [],
    },
  ],
  edges: [
    {
      source: "cbc357ccb763df2852fee8c4fc7d55f2",
      target: "239c254b5ff89532b198266322bc819f",
      partitioner: { kind: "hash" },
    },
  ],
} as unknown as JobGraph;
