/** The subtasks of one slot: their memory budget, the commands they get, and what they report. */
import { MemoryManager } from "../memory/memory-manager.ts";
import type { ChannelSpec, SlotDeployment, TaskSpec } from "../protocol/deployment.ts";
import type { SlotCommand, SlotReport, SubtaskAddress } from "../protocol/messages.ts";
import { slotStorage } from "./checkpoint/slot-storage.ts";
import type { AlarmClock } from "./clock.ts";
import { Doorbell } from "./exchange/doorbell.ts";
import type { Workload } from "./mailbox-loop.ts";
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

type Functions = SlotOptions["functions"];

/** What a slot does by itself; what is deployed to it comes with functions. */
type HandledCommand = Exclude<SlotCommand, { readonly kind: "deploy" }>;

export class Slot implements Workload {
  readonly memoryManager: MemoryManager;
  #subtasks: readonly Subtask[] = [];
  #isClosing = false;
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
    this.deploy(deployment.tasks, options.functions);
  }

  get subtasks(): readonly Subtask[] {
    return this.#subtasks;
  }

  get isOver(): boolean {
    return this.#isClosing && this.#subtasks.every((subtask) => subtask.isEnded);
  }

  /** Subtasks that wait for "start", in the place of those with their addresses, which have ended. */
  deploy(tasks: readonly TaskSpec[], functions: Functions): void {
    const environment = this.#createEnvironment(functions);
    const kept = this.#subtasks.filter(({ spec }) => !tasks.some((task) => isSame(task, spec)));
    this.#subtasks = [...kept, ...tasks.map((task) => new Subtask(task, environment))];
  }

  /** Says that commands are welcome. */
  announce(): void {
    this.#options.report({ kind: "ready" });
  }

  handle(command: HandledCommand): void {
    switch (command.kind) {
      case "start":
        for (const subtask of this.subtasks) subtask.start();
        break;
      case "cancel":
        for (const subtask of this.#subtasksAt(command.subtasks)) subtask.cancel();
        break;
      case "close":
        this.#isClosing = true;
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
        this.#subtaskAt(command).triggerCheckpoint(command);
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

  #createEnvironment(functions: Functions): SubtaskEnvironment {
    const { deployment, ...rest } = this.#options;
    return {
      ...rest,
      functions,
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

  #subtasksAt(addresses: readonly SubtaskAddress[] | null): readonly Subtask[] {
    return addresses?.map((address) => this.#subtaskAt(address)) ?? this.#subtasks;
  }

  #subtaskAt(address: SubtaskAddress): Subtask {
    const subtask = this.#subtasks.find(({ spec }) => isSame(spec, address));
    if (subtask !== undefined) return subtask;
    const { vertexId, subtaskIndex } = address;
    throw new TypeError(`there is no subtask ${subtaskIndex} of vertex ${vertexId} in this slot`);
  }
}

function isSame(a: SubtaskAddress, b: SubtaskAddress): boolean {
  return a.vertexId === b.vertexId && a.subtaskIndex === b.subtaskIndex;
}
