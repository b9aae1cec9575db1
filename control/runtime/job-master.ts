/**
 * Runs one job: deploys its subtasks, feeds sources with splits, tells the coordinator what happens to them and
 * carries out what that decides: checkpoints, restarts, the end. Everything is given back before the job counts
 * as ended.
 */
import {
  type AccumulatorSnapshot,
  mergeAccumulators,
} from "../../dataplane/protocol/accumulators.ts";
import { crashPoint } from "../../dataplane/protocol/crash-point.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { FailureCause, StopMode, TerminalStatus } from "../checkpoint/coordinator-types.ts";
import { type SubtaskId, subtaskIdOf, topologyOf } from "../checkpoint/topology.ts";
import type { Clock } from "../common/clock.ts";
import type { JobStatus } from "../common/job-status.ts";
import type { ExecutionGraph } from "../plan/execution-graph.ts";
import type { JobGraph } from "../plan/job-graph.ts";
import { asEngineError } from "./as-engine-error.ts";
import type { CheckpointStatistics } from "./checkpoint-statistics.ts";
import type { CheckpointStorage, StoredCheckpoint } from "./checkpoint-storage.ts";
import type { CollectedRows } from "./collected-rows.ts";
import {
  CoordinatorDriver,
  type CoordinatorPorts,
  type DrivenState,
  type RestartRequest,
} from "./coordinator-driver.ts";
import { ExecutionHistory } from "./execution-history.ts";
import { FailureReports, slotError } from "./failure-reports.ts";
import { isTerminal, mayBecome } from "./job-status.ts";
import type { JobDeployments } from "./slot-deployments.ts";
import { SlotFleet } from "./slot-fleet.ts";
import type { SlotHost } from "./slot-host.ts";
import { SlotReports } from "./slot-reports.ts";
import { SourceCoordinators } from "./source-coordinators.ts";

export interface JobMasterOptions {
  readonly jobId: string;
  readonly graph: JobGraph;
  readonly executionGraph: ExecutionGraph;
  readonly deployments: JobDeployments;
  readonly functions: ReadonlyMap<string, unknown>;
  readonly host: SlotHost;
  readonly clock: Clock;
  readonly storage: CheckpointStorage;
  /** What the job starts from; null = nothing. */
  readonly restored: StoredCheckpoint | null;
  /** As in JobStorage. */
  readonly goesOn: boolean;
  /** Whether checkpoints may have only what has changed. */
  readonly isIncremental: boolean;
  /** Modules that the slots are deployed with. */
  readonly moduleIds: Iterable<string>;
  /** Lines of print sinks; settled when they were taken. */
  printed(text: string, toStderr: boolean): Promise<void>;
  /** Rows of each collect sink, by operator id. */
  readonly collected: ReadonlyMap<string, CollectedRows>;
}

/** How a job ended. */
export interface JobOutcome {
  readonly status: "FINISHED" | "CANCELED" | "FAILED";
  /** ms from start to end. */
  readonly netRuntimeMs: number;
  readonly accumulators: ReadonlyMap<string, unknown>;
  readonly error: EngineError | null;
}

type Ending = Exclude<TerminalStatus, "SUSPENDED">;

export class JobMaster {
  readonly #options: JobMasterOptions;
  readonly #driver: CoordinatorDriver;
  readonly #fleet: SlotFleet;
  readonly #sources: SourceCoordinators;
  readonly #failures: FailureReports;
  readonly #reports: SlotReports;
  /** States of the job and its subtasks, and since when. */
  readonly history: ExecutionHistory;
  /** Of subtasks that have finished. */
  readonly #accumulators = new Map<SubtaskId, readonly AccumulatorSnapshot[]>();
  readonly #modules: Set<string>;
  readonly #statusListeners = new Set<(status: JobStatus) => void>();
  readonly outcome: Promise<JobOutcome>;
  #resolveOutcome: (outcome: JobOutcome) => void = () => undefined;
  #status: JobStatus = "INITIALIZING";
  #startMs = 0;
  #error: EngineError | null = null;
  /** Sources have new enumerators, which begin when the readers do. */
  #hasNewSources = false;

  constructor(options: JobMasterOptions) {
    const { graph, executionGraph, deployments, host, clock, functions } = options;
    this.#options = options;
    this.outcome = new Promise((resolve) => {
      this.#resolveOutcome = resolve;
    });
    this.#modules = new Set(options.moduleIds);
    this.history = new ExecutionHistory(() => clock.now());
    this.history.jobBecame(this.#status);
    this.#driver = new CoordinatorDriver({
      ...options,
      checkpointing: graph.options.checkpointing,
      restartStrategy: graph.options.restartStrategy,
      topology: topologyOf(executionGraph),
      ports: this.#ports(),
    });
    this.#fleet = new SlotFleet({
      ...{ host, deployments, executionGraph, clock },
      connect: () => options.storage.connect(),
      report: (slotIndex, report) => this.#reports.take(slotIndex, report),
      lost: (slotIndex, subtasks, error) => this.#lost(slotIndex, subtasks, error),
      started: () => this.#started(),
    });
    this.#sources = new SourceCoordinators({
      ...{ graph, functions },
      send: (command) => this.#fleet.sendTo(command, command),
      failed: (error) => this.#driver.fail(error),
    });
    this.#failures = new FailureReports(clock, this.#driver);
    this.#reports = new SlotReports({
      ...options,
      driver: this.#driver,
      sources: this.#sources,
      failures: this.#failures,
      history: this.history,
      accumulators: this.#accumulators,
    });
  }

  get status(): JobStatus {
    return this.#status;
  }

  /** What the coordinator knows: subtasks, checkpoints, failures. */
  get state(): DrivenState {
    return this.#driver.state;
  }

  /** What its checkpoints came to. */
  get statistics(): CheckpointStatistics {
    return this.#driver.statistics;
  }

  /** Of subtasks that have finished. */
  get subtaskAccumulators(): ReadonlyMap<SubtaskId, readonly AccumulatorSnapshot[]> {
    return this.#accumulators;
  }

  /** Merged over the subtasks that have finished. */
  accumulators(): ReadonlyMap<string, unknown> {
    return mergeAccumulators([...this.#accumulators.values()].flat());
  }

  onStatus(listener: (status: JobStatus) => void): void {
    this.#statusListeners.add(listener);
  }

  start(): void {
    this.#become("CREATED");
    this.#startMs = this.#options.clock.monotonic();
    const attempts = [...this.state.subtasks.keys()].map((id) => this.#driver.attemptOf(id));
    const checkpoint = this.#options.restored?.checkpoint ?? null;
    void this.#deploy({ attempts, isGlobal: true, checkpoint });
  }

  /** Asks every subtask to stop; the job is CANCELED when all have. */
  cancel(): void {
    if (!mayBecome(this.#status, "CANCELLING")) return;
    this.#become("CANCELLING");
    this.#end("CANCELED");
  }

  /**
   * @param folder where it goes, in a folder of its own
   * @returns its path. Errors: MR_SAVEPOINT_FAILED.
   */
  savepoint(folder: string, stop: StopMode): Promise<string> {
    return this.#driver.savepoint(folder, stop);
  }

  /** Out of turn. @returns its id. Errors: MR_SAVEPOINT_FAILED. */
  checkpoint(): Promise<number> {
    return this.#driver.checkpoint();
  }

  /** Whether the slots were given a module. */
  hasModule(moduleId: string): boolean {
    return this.#modules.has(moduleId);
  }

  /** Hands all slots a module that was compiled meanwhile. */
  addModule(moduleId: string, module: WebAssembly.Module): void {
    if (isTerminal(this.#status)) return;
    this.#modules.add(moduleId);
    this.#fleet.addModule({ kind: "module", moduleId, module });
  }

  #ports(): CoordinatorPorts {
    return {
      snapshotEnumerators: (checkpointId) => this.#sources.snapshot(checkpointId),
      trigger: ({ checkpointId, triggeredMs, options }, subtasks) => {
        for (const subtask of subtasks) {
          const address = this.#fleet.addressOf(subtask);
          const command = { ...address, checkpointId, triggeredMs, options };
          this.#fleet.sendTo(address, { kind: "trigger-checkpoint", ...command });
        }
      },
      notifyComplete: (checkpointId, subtasks) => {
        this.#sources.notifyComplete(checkpointId);
        for (const rows of this.#options.collected.values()) rows.notifyComplete(checkpointId);
        this.#fleet.sendToSlotsOf(subtasks, { kind: "checkpoint-complete", checkpointId });
      },
      notifyAborted: (checkpointId, subtasks) =>
        this.#fleet.sendToSlotsOf(subtasks, { kind: "checkpoint-aborted", checkpointId }),
      cancel: (subtasks) => {
        for (const id of subtasks) this.history.became(id, "CANCELING");
        this.#fleet.cancel(subtasks);
      },
      restart: (request) => void this.#restart(request),
      failJob: (cause) => this.#fail(cause),
      changed: (state) => this.#follow(state),
    };
  }

  #lost(slotIndex: number, subtasks: readonly SubtaskId[], error: unknown): void {
    const known = slotError(slotIndex, error);
    for (const id of subtasks) this.history.became(id, "FAILED", known.toWire());
    this.#failures.lost(subtasks, known);
  }

  /** When nothing of the attempts before is left. */
  async #restart(request: RestartRequest): Promise<void> {
    crashPoint("restart/before");
    await this.#fleet.allEnded(request.attempts.map(({ subtask }) => subtask));
    crashPoint("restart/all-ended");
    if (request.attempts.every((attempt) => this.#driver.isDue(attempt)))
      await this.#deploy(request);
  }

  /** Never rejects. */
  async #deploy({ attempts, isGlobal, checkpoint }: RestartRequest): Promise<void> {
    try {
      if (isGlobal) await this.#sources.create(checkpoint);
      this.#hasNewSources ||= isGlobal;
      const numbers = new Map(attempts.map(({ subtask, attempt }) => [subtask, attempt]));
      for (const id of numbers.keys()) this.#accumulators.delete(id);
      this.history.began(numbers);
      for (const rows of this.#options.collected.values()) rows.reset([...numbers.keys()]);
      this.#fleet.deploy({
        subtasks: [...numbers.keys()].map((id) => this.#fleet.vertexOf(id)),
        attemptOf: ({ vertex, subtaskIndex }) =>
          numbers.get(subtaskIdOf(vertex.id, subtaskIndex)) ?? 0,
        checkpoint,
      });
      if (isGlobal) return;
      for (const id of numbers.keys()) this.#sources.resetSubtask(this.#fleet.addressOf(id));
    } catch (error) {
      this.#driver.fail(error);
    }
  }

  /** What was deployed has been told to start. */
  #started(): void {
    if (!mayBecome(this.#status, "RUNNING") || this.state.job !== "running") return;
    if (this.#status === "CREATED") this.#startMs = this.#options.clock.monotonic();
    this.#become("RUNNING");
    this.history.started();
    if (this.#hasNewSources) this.#sources.start();
    this.#hasNewSources = false;
  }

  #follow({ restarting, subtasks, job }: DrivenState): void {
    if (job !== "running") return;
    if (restarting !== null && mayBecome(this.#status, "RESTARTING")) this.#become("RESTARTING");
    const haveFinished = [...subtasks.values()].every(({ phase }) => phase === "finished");
    if (!haveFinished || this.#status !== "RUNNING") return;
    crashPoint("job/finished");
    this.#end("FINISHED");
  }

  #fail({ error }: FailureCause): void {
    if (!mayBecome(this.#status, "FAILING") && !mayBecome(this.#status, "FAILED")) return;
    this.#error = EngineError.fromWire(error);
    if (mayBecome(this.#status, "FAILING")) this.#become("FAILING");
    this.#end("FAILED");
  }

  /** Ends all slots, by asking first, and gives everything back. */
  #end(status: Ending): void {
    const netRuntimeMs = this.#options.clock.monotonic() - this.#startMs;
    this.#driver.dispatch({ kind: "ending" });
    this.#shutDown(status)
      .catch((error: unknown) => {
        this.#error ??= asEngineError(error);
      })
      .then(() => this.#settle(status, netRuntimeMs));
  }

  async #shutDown(status: Ending): Promise<void> {
    await this.#fleet.close();
    this.#failures.close();
    this.#driver.dispatch({ kind: "terminated", status });
    crashPoint("job/before-close");
    await this.#driver.close();
    crashPoint("job/closed");
    await this.#sources.close();
  }

  #settle(wanted: Ending, netRuntimeMs: number): void {
    const status = this.#error === null ? wanted : "FAILED";
    this.#status = status;
    this.history.jobBecame(status);
    for (const listener of this.#statusListeners) listener(status);
    const accumulators = this.accumulators();
    this.#resolveOutcome({ status, netRuntimeMs, accumulators, error: this.#error });
  }

  #become(status: JobStatus): void {
    if (!mayBecome(this.#status, status)) {
      throw new TypeError(`a job cannot become ${status} when it is ${this.#status}`);
    }
    this.#status = status;
    this.history.jobBecame(status);
    for (const listener of this.#statusListeners) listener(status);
  }
}
