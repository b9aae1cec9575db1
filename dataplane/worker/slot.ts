/** The subtasks of one slot: their memory budget, the commands they get, and what they report. */
import { MemoryManager } from "../memory/memory-manager.ts";
import type { ChannelSpec, SlotDeployment } from "../protocol/deployment.ts";
import type { SlotCommand, SlotReport, SubtaskAddress } from "../protocol/messages.ts";
import { slotStorage } from "./checkpoint/slot-storage.ts";
import type { AlarmClock } from "./clock.ts";
import { Doorbell } from "./exchange/doorbell.ts";
import type { Prng } from "./prng.ts";
import { ReportWindow } from "./report-window.ts";
import type { ChainNode, SegmentContext } from "./segment.ts";
import { Subtask } from "./subtask.ts";
import type { SubtaskEnvironment } from "./subtask-environment.ts";

export interface SlotOptions {
  readonly deployment: SlotDeployment;
  /** `${operatorId}/${role}` -> function, source or sink. */
  readonly functions: ReadonlyMap<string, unknown>;
  /** The other slots of the job run on threads of their own, or on this one. */
  readonly peers: "other-threads" | "same-thread";
  readonly clock: AlarmClock;
  readonly prng: Prng;
  createSegments(context: SegmentContext): readonly ChainNode[];
  report(report: SlotReport): void;
  /** Something may have become possible for a subtask. */
  wake(): void;
}

export class Slot {
  readonly subtasks: readonly Subtask[];
  readonly memoryManager: MemoryManager;
  readonly #window = new ReportWindow();
  /** By id; those that come later than the deployment are added. */
  readonly #modules: Map<string, WebAssembly.Module>;
  readonly #options: SlotOptions;

  constructor(options: SlotOptions) {
    const { deployment } = options;
    this.#options = options;
    this.#modules = new Map(
      Object.entries(deployment.modules as Readonly<Record<string, WebAssembly.Module>>),
    );
    this.memoryManager = new MemoryManager(deployment.options.memoryBytes);
    const environment = this.#createEnvironment();
    this.subtasks = deployment.tasks.map((task) => new Subtask(task, environment));
  }

  /** Says that commands are welcome. */
  announce(): void {
    this.#options.report({ kind: "ready" });
  }

  handle(command: SlotCommand): void {
    switch (command.kind) {
      case "start":
        for (const subtask of this.subtasks) subtask.start();
        break;
      case "cancel":
        for (const subtask of this.subtasks) subtask.cancel();
        break;
      case "add-splits":
        this.#subtaskAt(command).addSplits(command.splits);
        break;
      case "no-more-splits":
        this.#subtaskAt(command).notifyNoMoreSplits();
        break;
      case "module":
        this.#modules.set(command.moduleId, command.module as WebAssembly.Module);
        break;
      case "trigger-checkpoint":
        for (const subtask of this.subtasks) subtask.triggerCheckpoint(command);
        break;
      case "checkpoint-complete":
        for (const subtask of this.subtasks) subtask.completeCheckpoint(command.checkpointId);
        break;
      case "checkpoint-aborted":
        for (const subtask of this.subtasks) subtask.abortCheckpoint(command.checkpointId);
        break;
      case "report-credit":
        this.#window.credit(command.bytes);
        break;
    }
    this.#options.wake();
  }

  #createEnvironment(): SubtaskEnvironment {
    const { deployment, ...rest } = this.#options;
    return {
      ...rest,
      options: deployment.options,
      metrics: deployment.metrics,
      kernels: deployment.kernels as WebAssembly.Module,
      memoryManager: this.memoryManager,
      modules: this.#modules,
      snapshots: slotStorage(deployment.snapshotPort),
      doorbellOf: (channel) => this.#doorbellOf(channel),
      report: (report) => {
        this.#window.count(report);
        this.#options.report(report);
      },
      reportRoom: () => this.#window.room(),
    };
  }

  #doorbellOf({ local, peerDoorbell }: ChannelSpec): Doorbell | null {
    const { peers, deployment } = this.#options;
    if (local || peers === "same-thread") return null;
    return new Doorbell(deployment.doorbells, peerDoorbell);
  }

  #subtaskAt({ vertexId, subtaskIndex }: SubtaskAddress): Subtask {
    const subtask = this.subtasks.find(
      ({ spec }) => spec.vertexId === vertexId && spec.subtaskIndex === subtaskIndex,
    );
    if (subtask === undefined) {
      throw new TypeError(`there is no subtask ${subtaskIndex} of vertex ${vertexId} in this slot`);
    }
    return subtask;
  }
}
