/** Jobs of the public API on this thread that stop behind the barrier of a checkpoint, and go on from it. */
import { StreamExecutionEnvironment } from "../../control/api/environment.ts";
import type { JobClient } from "../../control/api/job-client.ts";
import { withJobSubmitter } from "../../control/api/job-submitter.ts";
import type { EngineOptions, JobSettings } from "../../control/config/settings.ts";
import { expandExecutionGraph } from "../../control/plan/execution-graph.ts";
import type { CompiledPlan } from "../../control/plan/job-graph.ts";
import type { CheckpointStorage } from "../../control/runtime/checkpoint-storage.ts";
import type { JobCheckpoint } from "../../control/runtime/job-checkpoint.ts";
import { openCheckpointStorage } from "../../control/runtime/open-checkpoint-storage.ts";
import { operatorModules } from "../../control/runtime/operator-modules.ts";
import { deployJob } from "../../control/runtime/slot-deployments.ts";
import { SourceCoordinator } from "../../control/runtime/source-coordinator.ts";
import type { Source } from "../../dataplane/connectors/source.ts";
import { loadKernels } from "../../dataplane/memory/kernels-module.ts";
import type { SubtaskState } from "../../dataplane/protocol/checkpoint.ts";
import type { SlotDeployment } from "../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { SlotCommand, SlotReport } from "../../dataplane/protocol/messages.ts";
import { type InProcessSlots, runInProcess } from "../../dataplane/worker/in-process.ts";

export interface PlannedJob {
  readonly plan: CompiledPlan;
  readonly settings: JobSettings;
}

export async function planJob(
  define: (env: StreamExecutionEnvironment) => void,
  options: EngineOptions,
): Promise<PlannedJob> {
  let planned: PlannedJob | null = null;
  const submitter = {
    submit: async (plan: CompiledPlan, settings: JobSettings) => {
      planned = { plan, settings };
      return {} as JobClient;
    },
  };
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    ...options,
    execution: "in-process",
    tiering: false,
  });
  define(env);
  await withJobSubmitter(submitter, () => env.executeAsync());
  if (planned === null) throw new TypeError("nothing was executed");
  return planned;
}

/** Where the job's checkpoints are kept. */
export interface Keeping {
  /** null = in memory. */
  readonly directory: string | null;
  /** Of savepoints, which are taken instead of checkpoints; null = they are not. */
  readonly savepoints: string | null;
}

/**
 * Runs a job from a checkpoint, or anew, until `suspend` calls back and a checkpoint behind that is
 * complete, or to its end. @returns null = it came to its end
 */
export async function runJob(
  planned: PlannedJob,
  from: JobCheckpoint | null,
  suspend: (callBack: () => void) => void,
  keeping: Keeping = { directory: null, savepoints: null },
): Promise<JobCheckpoint | null> {
  const { graph } = planned.plan;
  const facts = { jobId: "0123456789abcdef0123456789abcdef", jobName: "job", graph };
  const storage = await openCheckpointStorage({ ...facts, directory: keeping.directory });
  try {
    return await runOn(storage, planned, from, suspend, keeping.savepoints);
  } finally {
    await storage.close();
  }
}

async function runOn(
  storage: CheckpointStorage,
  { plan, settings }: PlannedJob,
  from: JobCheckpoint | null,
  suspend: (callBack: () => void) => void,
  savepoints: string | null,
): Promise<JobCheckpoint | null> {
  const [kernels, { ready }] = await Promise.all([loadKernels(), operatorModules(plan, settings)]);
  const run = new Run(plan, from, storage, savepoints);
  const request = {
    jobId: "job",
    graph: plan.graph,
    executionGraph: run.executionGraph,
    settings,
    kernels,
    modules: ready,
    isCheckpointed: true,
  };
  const { slots } = deployJob(request, from);
  suspend(() => run.suspend());
  return run.start(
    slots.map((slot) => {
      const snapshotPort = storage.connect();
      return snapshotPort === null ? slot : { ...slot, snapshotPort };
    }),
  );
}

type Name = `${string}/${number}`;

class Run {
  readonly executionGraph;
  readonly #plan: CompiledPlan;
  readonly #storage: CheckpointStorage;
  readonly #savepoints: string | null;
  readonly #coordinators = new Map<string, SourceCoordinator>();
  readonly #acknowledged = new Map<Name, SubtaskState>();
  readonly #finished = new Set<Name>();
  readonly #checkpointId: number;
  #enumerators: ReadonlyMap<string, unknown> = new Map();
  #deployments: readonly SlotDeployment[] = [];
  #slots: InProcessSlots | null = null;
  #readySlots = 0;
  #runningSubtasks = 0;
  #state: "running" | "suspending" | "suspended" = "running";
  #isAsked = false;
  #error: EngineError | null = null;

  constructor(
    plan: CompiledPlan,
    from: JobCheckpoint | null,
    storage: CheckpointStorage,
    savepoints: string | null,
  ) {
    this.#plan = plan;
    this.#storage = storage;
    this.#savepoints = savepoints;
    this.executionGraph = expandExecutionGraph(plan.graph);
    this.#checkpointId = (from?.checkpointId ?? 0) + 1;
    for (const { id, operators, parallelism } of plan.graph.vertices) {
      const head = operators[0];
      if (head?.kind !== "source") continue;
      const source = plan.functions.get(`${head.id}/source`) as Source<unknown>;
      const address = (subtaskIndex: number) => ({ vertexId: id, subtaskIndex });
      const receiver = {
        addSplits: (subtaskIndex: number, splits: readonly unknown[]) =>
          this.#sendTo({ ...address(subtaskIndex), kind: "add-splits", splits }),
        noMoreSplits: (subtaskIndex: number) =>
          this.#sendTo({ ...address(subtaskIndex), kind: "no-more-splits" }),
      };
      const restored =
        from === null
          ? null
          : { checkpointId: from.checkpointId, state: from.enumerators.get(head.id) };
      const coordinator = new SourceCoordinator(source, head.name, parallelism, receiver, restored);
      this.#coordinators.set(head.id, coordinator);
    }
  }

  async start(deployments: readonly SlotDeployment[]): Promise<JobCheckpoint | null> {
    this.#deployments = deployments;
    // A job that runs while its storage gets ready may be at its end then.
    await this.#storage.begin(this.#checkpointId, this.#savepoints);
    this.#slots = runInProcess(deployments, this.#plan.functions, (_, report) =>
      this.#take(report),
    );
    await this.#slots.ended;
    for (const coordinator of this.#coordinators.values()) await coordinator.close();
    if (this.#error !== null) throw this.#error;
    if (this.#state === "suspended") return this.#complete();
    await this.#storage.discard(this.#checkpointId);
    return null;
  }

  suspend(): void {
    this.#isAsked = true;
    this.#suspendIfReady();
  }

  #suspendIfReady(): void {
    const areRunning = this.#runningSubtasks === this.executionGraph.subtasks.length;
    if (!this.#isAsked || !areRunning || this.#state !== "running") return;
    this.#state = "suspending";
    this.#enumerators = new Map(
      [...this.#coordinators].map(([id, coordinator]) => [
        id,
        coordinator.snapshot(this.#checkpointId),
      ]),
    );
    for (const { vertex, subtaskIndex } of this.executionGraph.subtasks) {
      this.#sendTo({
        ...{ kind: "trigger-checkpoint", vertexId: vertex.id, subtaskIndex },
        ...{ checkpointId: this.#checkpointId, triggeredMs: 0 },
        options: { mode: "EXACTLY_ONCE", type: this.#type, stop: "suspend" },
      });
    }
  }

  #take(report: SlotReport): void {
    switch (report.kind) {
      case "ready":
        this.#readySlots += 1;
        if (this.#readySlots < this.#deployments.length) return;
        this.#sendToAll({ kind: "start" });
        this.#sendToAll({ kind: "close" });
        return;
      case "running":
        this.#runningSubtasks += 1;
        if (this.#runningSubtasks === this.executionGraph.subtasks.length) this.#startSources();
        return;
      case "request-splits":
        this.#coordinatorOf(report.vertexId)?.handleSplitRequest(report.subtaskIndex);
        return;
      case "failed":
        this.#fail(EngineError.fromWire(report.error));
        return;
      case "decline-checkpoint":
        this.#fail(EngineError.fromWire(report.error));
        return;
      case "acknowledge-checkpoint":
        // As it would come from another thread.
        this.#acknowledged.set(nameOf(report), structuredClone(report.state));
        this.#completeIfReady();
        return;
      case "finished":
        this.#finished.add(nameOf(report));
        this.#completeIfReady();
        return;
      default:
        return;
    }
  }

  #startSources(): void {
    for (const coordinator of this.#coordinators.values()) void coordinator.start();
    this.#suspendIfReady();
  }

  #completeIfReady(): void {
    if (this.#state !== "suspending") return;
    const names = this.executionGraph.subtasks.map(({ vertex, subtaskIndex }) =>
      nameOf({ vertexId: vertex.id, subtaskIndex }),
    );
    if (names.every((name) => this.#finished.has(name))) {
      // The job was at its end.
      if (this.#acknowledged.size === 0) return;
    }
    if (!names.every((name) => this.#acknowledged.has(name) || this.#finished.has(name))) return;
    this.#state = "suspended";
    this.#sendToAll({ kind: "checkpoint-complete", checkpointId: this.#checkpointId });
  }

  async #complete(): Promise<JobCheckpoint> {
    const states = this.executionGraph.subtasks.map(({ vertex, subtaskIndex }) => {
      const name = nameOf({ vertexId: vertex.id, subtaskIndex });
      return [name, this.#acknowledged.get(name) ?? null] as const;
    });
    const path = await this.#storage.complete({
      checkpointId: this.#checkpointId,
      type: this.#type,
      triggeredMs: 0,
      states: new Map(states),
      enumerators: this.#enumerators,
    });
    return (await this.#storage.open(path)).checkpoint;
  }

  get #type(): "checkpoint" | "savepoint" {
    return this.#savepoints === null ? "checkpoint" : "savepoint";
  }

  #fail(error: EngineError): void {
    this.#error ??= error;
    this.#sendToAll({ kind: "cancel", subtasks: null });
  }

  #coordinatorOf(vertexId: string): SourceCoordinator | undefined {
    const head = this.#plan.graph.vertices.find(({ id }) => id === vertexId)?.operators[0];
    return this.#coordinators.get(head?.id ?? "");
  }

  #sendToAll(command: SlotCommand): void {
    for (const { slotIndex } of this.#deployments) this.#slots?.send(slotIndex, command);
  }

  #sendTo(command: Extract<SlotCommand, { readonly vertexId: string }>): void {
    const { subtasks } = this.executionGraph;
    const found = subtasks.find(
      ({ vertex, subtaskIndex }) =>
        vertex.id === command.vertexId && subtaskIndex === command.subtaskIndex,
    );
    this.#slots?.send(found?.slotIndex ?? 0, command);
  }
}

function nameOf(address: { readonly vertexId: string; readonly subtaskIndex: number }): Name {
  return `${address.vertexId}/${address.subtaskIndex}`;
}
