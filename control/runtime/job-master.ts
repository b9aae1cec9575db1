/**
 * Runs one job: deploys its slots, starts them when all are ready, feeds sources with splits, and sees
 * it to its end. The first failure decides the outcome; after it, as after cancel(), the other
 * subtasks are canceled and everything is given back before the job counts as ended.
 */
import type { Source } from "../../dataplane/connectors/source.ts";
import {
  type AccumulatorSnapshot,
  mergeAccumulators,
} from "../../dataplane/protocol/accumulators.ts";
import type { SlotDeployment } from "../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { SlotReport, SubtaskAddress } from "../../dataplane/protocol/messages.ts";
import type { Clock } from "../common/clock.ts";
import type { JobStatus } from "../common/job-status.ts";
import type { ExecutionGraph } from "../plan/execution-graph.ts";
import { isTerminal, mayBecome } from "./job-status.ts";
import type { SlotHost } from "./slot-host.ts";
import { SourceCoordinator } from "./source-coordinator.ts";

/** ms a canceled slot gets to end by itself before its thread is taken down. */
const CANCEL_GRACE_MS = 3_000;

export interface JobMasterOptions {
  readonly jobId: string;
  readonly executionGraph: ExecutionGraph;
  readonly deployments: readonly SlotDeployment[];
  readonly functions: ReadonlyMap<string, unknown>;
  readonly host: SlotHost;
  readonly clock: Clock;
  /** Lines of print sinks; settled when they were taken. */
  printed(text: string, toStderr: boolean): Promise<void>;
  /** A batch of a collect sink; `taken` must be called when it was. */
  collected(operatorId: string, batch: Uint8Array, type: string, taken: () => void): void;
}

/** How a job ended. */
export interface JobOutcome {
  readonly status: "FINISHED" | "CANCELED" | "FAILED";
  /** ms from start to end. */
  readonly netRuntimeMs: number;
  readonly accumulators: ReadonlyMap<string, unknown>;
  readonly error: EngineError | null;
}

export class JobMaster {
  readonly #options: JobMasterOptions;
  readonly #coordinators = new Map<string, SourceCoordinator>();
  readonly #slotOfSubtask = new Map<string, number>();
  readonly #accumulators: AccumulatorSnapshot[] = [];
  readonly #outcome: Promise<JobOutcome>;
  #resolveOutcome: (outcome: JobOutcome) => void = () => undefined;
  readonly #statusListeners = new Set<(status: JobStatus) => void>();
  #status: JobStatus = "INITIALIZING";
  readonly #modules: Set<string>;
  #readySlots = 0;
  #openSubtasks: number;
  #startMs = 0;
  #error: EngineError | null = null;
  #ending = false;

  constructor(options: JobMasterOptions) {
    this.#options = options;
    this.#outcome = new Promise((resolve) => {
      this.#resolveOutcome = resolve;
    });
    this.#modules = new Set(Object.keys(options.deployments[0]?.modules ?? {}));
    this.#openSubtasks = options.executionGraph.subtasks.length;
    for (const { vertex, subtaskIndex, slotIndex } of options.executionGraph.subtasks) {
      this.#slotOfSubtask.set(`${vertex.id}/${subtaskIndex}`, slotIndex);
    }
  }

  get status(): JobStatus {
    return this.#status;
  }

  /** Never rejects: a failure is an outcome. */
  get outcome(): Promise<JobOutcome> {
    return this.#outcome;
  }

  /** Merged over the subtasks that have finished. */
  accumulators(): ReadonlyMap<string, unknown> {
    return mergeAccumulators(this.#accumulators);
  }

  onStatus(listener: (status: JobStatus) => void): void {
    this.#statusListeners.add(listener);
  }

  start(): void {
    this.#become("CREATED");
    this.#startMs = this.#options.clock.monotonic();
    try {
      this.#createCoordinators();
      this.#options.host.start(this.#options.deployments, {
        report: (slotIndex, report) => this.#handleReport(slotIndex, report),
        slotFailed: (slotIndex, error) => this.#fail(slotError(slotIndex, error)),
      });
    } catch (error) {
      this.#fail(asEngineError(error));
    }
  }

  /** Asks every subtask to stop; the job is CANCELED when all have. */
  cancel(): void {
    if (this.#ending || isTerminal(this.#status)) return;
    this.#become("CANCELLING");
    this.#end();
  }

  /** Whether the slots were given a module. */
  hasModule(moduleId: string): boolean {
    return this.#modules.has(moduleId);
  }

  /** Hands all slots a module that was compiled meanwhile. */
  addModule(moduleId: string, module: WebAssembly.Module): void {
    if (this.#ending || isTerminal(this.#status)) return;
    this.#modules.add(moduleId);
    for (const { slotIndex } of this.#options.deployments) {
      this.#options.host.send(slotIndex, { kind: "module", moduleId, module });
    }
  }

  #createCoordinators(): void {
    for (const vertex of new Set(this.#options.executionGraph.subtasks.map((s) => s.vertex))) {
      const head = vertex.operators[0];
      if (head?.kind !== "source") continue;
      const source = this.#options.functions.get(`${head.id}/source`) as Source<unknown>;
      const send = (subtaskIndex: number) => this.#slotOf({ vertexId: vertex.id, subtaskIndex });
      const coordinator = new SourceCoordinator(source, head.name, vertex.parallelism, {
        addSplits: (subtaskIndex, splits) =>
          this.#options.host.send(send(subtaskIndex), {
            kind: "add-splits",
            vertexId: vertex.id,
            subtaskIndex,
            splits,
          }),
        noMoreSplits: (subtaskIndex) =>
          this.#options.host.send(send(subtaskIndex), {
            kind: "no-more-splits",
            vertexId: vertex.id,
            subtaskIndex,
          }),
      });
      this.#coordinators.set(vertex.id, coordinator);
    }
  }

  #handleReport(slotIndex: number, report: SlotReport): void {
    switch (report.kind) {
      case "ready":
        this.#readySlots += 1;
        if (this.#readySlots === this.#options.deployments.length && !this.#ending) this.#run();
        return;
      case "running":
        return;
      case "finished":
        this.#accumulators.push(...report.accumulators);
        this.#subtaskEnded();
        return;
      case "canceled":
        this.#subtaskEnded();
        return;
      case "failed":
        this.#fail(EngineError.fromWire(report.error));
        this.#subtaskEnded();
        return;
      case "request-splits":
        this.#guard(() =>
          this.#coordinators.get(report.vertexId)?.handleSplitRequest(report.subtaskIndex),
        );
        return;
      case "printed":
        void this.#options
          .printed(report.text, report.toStderr)
          .then(() => this.#credit(slotIndex, Buffer.byteLength(report.text)))
          .catch((error: unknown) => this.#fail(asEngineError(error)));
        return;
      case "collected":
        this.#options.collected(report.operatorId, report.batch, report.type, () =>
          this.#credit(slotIndex, report.batch.length),
        );
        return;
    }
  }

  #run(): void {
    this.#become("RUNNING");
    this.#startMs = this.#options.clock.monotonic();
    for (const { slotIndex } of this.#options.deployments) {
      this.#options.host.send(slotIndex, { kind: "start" });
    }
    for (const coordinator of this.#coordinators.values()) {
      coordinator.start().catch((error: unknown) => this.#fail(asEngineError(error)));
    }
  }

  #credit(slotIndex: number, bytes: number): void {
    if (!isTerminal(this.#status)) {
      this.#options.host.send(slotIndex, { kind: "report-credit", bytes });
    }
  }

  #subtaskEnded(): void {
    this.#openSubtasks -= 1;
    if (this.#openSubtasks === 0 && !this.#ending) this.#end();
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(asEngineError(error));
    }
  }

  #fail(error: EngineError): void {
    // Ports are not ordered among each other: the consequence can come before its cause.
    if (this.#error?.code === "MR_UPSTREAM_FAILED" && !isTerminal(this.#status)) {
      this.#error = error;
    }
    // What fails after the first failure is its consequence.
    if (this.#ending || this.#error !== null) return;
    this.#error = error;
    if (mayBecome(this.#status, "FAILING")) this.#become("FAILING");
    this.#end();
  }

  /** Ends all slots, by asking first, and gives everything back. */
  #end(): void {
    this.#ending = true;
    const netRuntimeMs = this.#options.clock.monotonic() - this.#startMs;
    this.#shutDown()
      .catch((error: unknown) => {
        this.#error ??= asEngineError(error);
      })
      .then(() => this.#settle(netRuntimeMs));
  }

  async #shutDown(): Promise<void> {
    const { host, deployments } = this.#options;
    if (this.#status !== "RUNNING") {
      for (const { slotIndex } of deployments) host.send(slotIndex, { kind: "cancel" });
    }
    await this.#options.clock.atMost(host.ended(), CANCEL_GRACE_MS);
    await host.destroy();
    for (const coordinator of this.#coordinators.values()) await coordinator.close();
  }

  #settle(netRuntimeMs: number): void {
    const canceled = this.#status === "CANCELLING";
    const status = this.#error !== null ? "FAILED" : canceled ? "CANCELED" : "FINISHED";
    this.#status = status;
    for (const listener of this.#statusListeners) listener(status);
    this.#resolveOutcome({
      status,
      netRuntimeMs,
      accumulators: this.accumulators(),
      error: this.#error,
    });
  }

  #slotOf({ vertexId, subtaskIndex }: SubtaskAddress): number {
    const slot = this.#slotOfSubtask.get(`${vertexId}/${subtaskIndex}`);
    if (slot === undefined) {
      throw new TypeError(`there is no subtask ${subtaskIndex} of vertex ${vertexId}`);
    }
    return slot;
  }

  #become(status: JobStatus): void {
    if (!mayBecome(this.#status, status)) {
      throw new TypeError(`a job cannot become ${status} when it is ${this.#status}`);
    }
    this.#status = status;
    for (const listener of this.#statusListeners) listener(status);
  }
}

function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError("MR_JOB_FAILED", { message }, error);
}

/** A slot that ended without a report: its thread is gone. */
function slotError(slotIndex: number, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  return code === "ERR_WORKER_OUT_OF_MEMORY"
    ? new EngineError("MR_WORKER_OUT_OF_MEMORY", { slot: slotIndex, message }, error)
    : new EngineError("MR_WORKER_DIED", { slot: slotIndex, message }, error);
}
