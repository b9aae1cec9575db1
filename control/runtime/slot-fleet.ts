/**
 * The slots of one job and which attempts of subtasks run in them: starts them, starts others in their place,
 * and takes down what does not end when it is told to.
 */
import type { MessagePort } from "node:worker_threads";
import type { SlotDeployment } from "../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { SlotCommand, SlotReport, SubtaskAddress } from "../../dataplane/protocol/messages.ts";
import { type SubtaskId, subtaskIdOf } from "../checkpoint/topology.ts";
import type { Clock } from "../common/clock.ts";
import type { ExecutionGraph, ExecutionVertex } from "../plan/execution-graph.ts";
import type { JobDeployments, SubtaskDeployment } from "./slot-deployments.ts";
import type { SlotHost } from "./slot-host.ts";

/** ms that a subtask which was told to end, or has failed, gets to do so before its thread is taken down. */
export const END_GRACE_MS = 3_000;

export interface SlotFleetParts {
  readonly host: SlotHost;
  readonly deployments: JobDeployments;
  readonly executionGraph: ExecutionGraph;
  readonly clock: Clock;
  /** Where the snapshots of a slot go; null = with its reports. */
  connect(): MessagePort | null;
  report(slotIndex: number, report: SlotReport): void;
  /** A slot has ended, and with it these subtasks. */
  lost(slotIndex: number, subtasks: readonly SubtaskId[], error: unknown): void;
  /** What was deployed has been told to start. */
  started(): void;
}

export class SlotFleet {
  readonly #parts: SlotFleetParts;
  readonly #subtasks: ReadonlyMap<SubtaskId, ExecutionVertex>;
  /** Subtasks that were deployed and have not ended. */
  readonly #open = new Set<SubtaskId>();
  /** Slots that run, or are about to. */
  readonly #live = new Set<number>();
  /** Slots that have not said that they are ready. */
  readonly #loading = new Set<number>();
  #endWaiters: (() => void)[] = [];
  readonly #graces = new Set<() => void>();
  /** Compiled since the job was deployed. */
  readonly #modules: Extract<SlotCommand, { readonly kind: "module" }>[] = [];

  constructor(parts: SlotFleetParts) {
    this.#parts = parts;
    this.#subtasks = new Map(
      parts.executionGraph.subtasks.map((subtask) => [idOf(subtask), subtask]),
    );
  }

  /**
   * In slots that run on, if something else is at work there, or else in new ones.
   * Errors: MR_CHECKPOINT_UNSUITABLE, and nothing is started then.
   */
  deploy(deployment: SubtaskDeployment): void {
    const { deployments, host } = this.#parts;
    const slots = deployments.create(deployment);
    const fresh = slots.filter(({ slotIndex }) => !this.#isShared(slotIndex));
    for (const subtask of deployment.subtasks) this.#open.add(idOf(subtask));
    for (const { slotIndex } of fresh) {
      if (this.#live.has(slotIndex)) host.takeDown(slotIndex);
      this.#live.add(slotIndex);
      this.#loading.add(slotIndex);
    }
    host.start(
      fresh.map((slot) => this.#connected(slot)),
      {
        report: (slotIndex, report) => this.#take(slotIndex, report),
        slotFailed: (slotIndex, error) => this.#lose(slotIndex, error),
      },
    );
    for (const { slotIndex, tasks } of slots) {
      const isFresh = this.#loading.has(slotIndex);
      if (isFresh) for (const module of this.#modules) host.send(slotIndex, module);
      else host.send(slotIndex, { kind: "deploy", attempt: tasks[0]?.attempt ?? 0, tasks });
    }
    this.#startIfReady();
  }

  /** Subtasks that do not end by it go down with their slot. */
  cancel(subtasks: readonly SubtaskId[]): void {
    for (const [slotIndex, ids] of this.#bySlot(subtasks)) {
      const addresses = ids.map((id) => this.addressOf(id));
      this.#parts.host.send(slotIndex, { kind: "cancel", subtasks: addresses });
    }
    this.#expectEnd(subtasks);
  }

  sendTo(subtask: SubtaskAddress, command: SlotCommand): void {
    const id = subtaskIdOf(subtask.vertexId, subtask.subtaskIndex);
    this.#parts.host.send(this.vertexOf(id).slotIndex, command);
  }

  /** To the slots of these subtasks, once each. */
  sendToSlotsOf(subtasks: readonly SubtaskId[], command: SlotCommand): void {
    for (const slotIndex of this.#bySlot(subtasks).keys()) {
      this.#parts.host.send(slotIndex, command);
    }
  }

  addModule(command: Extract<SlotCommand, { readonly kind: "module" }>): void {
    this.#modules.push(command);
    for (const slotIndex of this.#live) this.#parts.host.send(slotIndex, command);
  }

  addressOf(subtask: SubtaskId): SubtaskAddress {
    const { vertex, subtaskIndex } = this.vertexOf(subtask);
    return { vertexId: vertex.id, subtaskIndex };
  }

  vertexOf(subtask: SubtaskId): ExecutionVertex {
    const found = this.#subtasks.get(subtask);
    if (found === undefined) throw new TypeError(`there is no subtask ${subtask}`);
    return found;
  }

  /** Settled when these subtasks have ended: by themselves, or with their slot. */
  async allEnded(subtasks: readonly SubtaskId[]): Promise<void> {
    while (subtasks.some((subtask) => this.#open.has(subtask))) {
      await new Promise<void>((resolve) => this.#endWaiters.push(resolve));
    }
  }

  /** Ends all there is, by asking first, and gives everything back. */
  async close(): Promise<void> {
    const { host, clock } = this.#parts;
    this.cancel([...this.#open]);
    for (const slotIndex of this.#live) host.send(slotIndex, { kind: "close" });
    await clock.atMost(host.ended(), END_GRACE_MS);
    for (const endGrace of this.#graces) endGrace();
    await host.destroy();
  }

  #take(slotIndex: number, report: SlotReport): void {
    if (report.kind === "ready") {
      this.#loading.delete(slotIndex);
      this.#startIfReady();
      return;
    }
    const isEnd = ["finished", "canceled", "closed"].includes(report.kind);
    if (isEnd) this.#end([subtaskIdOf(report.vertexId, report.subtaskIndex)]);
    if (report.kind === "failed") {
      this.#expectEnd([subtaskIdOf(report.vertexId, report.subtaskIndex)]);
    }
    this.#parts.report(slotIndex, report);
  }

  /** Its thread is gone, or was. */
  #lose(slotIndex: number, error: unknown): void {
    if (!this.#live.delete(slotIndex)) return;
    const wasLoading = this.#loading.delete(slotIndex);
    const lost = [...this.#open].filter((id) => this.vertexOf(id).slotIndex === slotIndex);
    this.#end(lost);
    this.#parts.lost(slotIndex, lost, error);
    if (wasLoading) this.#startIfReady();
  }

  #startIfReady(): void {
    if (this.#loading.size > 0) return;
    for (const slotIndex of this.#live) this.#parts.host.send(slotIndex, { kind: "start" });
    this.#parts.started();
  }

  #end(subtasks: readonly SubtaskId[]): void {
    for (const subtask of subtasks) this.#open.delete(subtask);
    for (const resolve of this.#endWaiters.splice(0)) resolve();
  }

  #expectEnd(subtasks: readonly SubtaskId[]): void {
    const { clock, host } = this.#parts;
    const endGrace = clock.after(END_GRACE_MS, () => {
      this.#graces.delete(endGrace);
      for (const [slotIndex, ids] of this.#bySlot(subtasks)) {
        if (!ids.some((id) => this.#open.has(id)) || !this.#live.has(slotIndex)) continue;
        host.takeDown(slotIndex);
        this.#lose(
          slotIndex,
          new EngineError("MR_TASK_NOT_ENDED", { slot: slotIndex, graceMs: END_GRACE_MS }),
        );
      }
    });
    this.#graces.add(endGrace);
    void this.allEnded(subtasks).then(() => {
      endGrace();
      this.#graces.delete(endGrace);
    });
  }

  #connected(deployment: SlotDeployment): SlotDeployment {
    const snapshotPort = this.#parts.connect();
    return snapshotPort === null ? deployment : { ...deployment, snapshotPort };
  }

  /** Whether something is at work in the slot. */
  #isShared(slotIndex: number): boolean {
    return [...this.#open].some((id) => this.vertexOf(id).slotIndex === slotIndex);
  }

  #bySlot(subtasks: readonly SubtaskId[]): ReadonlyMap<number, readonly SubtaskId[]> {
    const slots = new Map<number, SubtaskId[]>();
    for (const id of subtasks) {
      const { slotIndex } = this.vertexOf(id);
      slots.set(slotIndex, [...(slots.get(slotIndex) ?? []), id]);
    }
    return slots;
  }
}

function idOf({ vertex, subtaskIndex }: ExecutionVertex): SubtaskId {
  return subtaskIdOf(vertex.id, subtaskIndex);
}
