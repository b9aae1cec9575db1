/** A cluster in the states that the recordings show. */
import { join } from "node:path";
import type {
  Cluster,
  FlameGraphRequest,
  JarInfo,
  LogFile,
  ProcessFigures,
  ProgramRun,
  TaskManagerInfo,
} from "../../../control/cluster/cluster.ts";
import type { JobGraph } from "../../../control/plan/job-graph.ts";
import { EngineError } from "../../../dataplane/protocol/errors.ts";
import { RecordedJob } from "./recorded-job.ts";
import type { Recording } from "./recordings.ts";

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
