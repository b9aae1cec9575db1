/** Slots on worker threads: one resident pool task and one message port each. */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { SlotDeployment } from "../../dataplane/protocol/deployment.ts";
import { EngineError, type WireError } from "../../dataplane/protocol/errors.ts";
import type { SlotCommand, SlotReport } from "../../dataplane/protocol/messages.ts";
import type { ProgramSpec } from "../../dataplane/protocol/program-spec.ts";
import type { SlotHost, SlotListener } from "./slot-host.ts";
import { engineUrl, slotTaskUrl } from "./worker-entry.ts";
import { WorkerPool } from "./worker-pool.ts";

/** What the task answers; it never rejects, because the pool would strip the error's code. */
type SlotAnswer = { readonly ok: true } | { readonly ok: false; readonly error: WireError };

interface RunningSlot {
  readonly port: MessagePort;
  readonly abort: AbortController;
  ended: Promise<void>;
}

function portsOf({ snapshotPort }: SlotDeployment): readonly MessagePort[] {
  return snapshotPort === undefined ? [] : [snapshotPort as MessagePort];
}

export class PoolSlotHost implements SlotHost {
  readonly #pool: WorkerPool;
  readonly #program: Promise<ProgramSpec>;
  readonly #slots = new Map<number, RunningSlot>();

  /** Its threads start now, and are told of the program when it is known. */
  constructor(slotCount: number, workerHeapMb: number | null, program: Promise<ProgramSpec>) {
    this.#program = program;
    // A job without a program is never started.
    program.catch(() => undefined);
    const workerData = { preload: engineUrl.href };
    this.#pool = new WorkerPool(slotTaskUrl, { slots: slotCount, workerHeapMb, workerData });
  }

  start(deployments: readonly SlotDeployment[], listener: SlotListener): void {
    for (const deployment of deployments) {
      const { slotIndex } = deployment;
      const { port1, port2 } = new MessageChannel();
      const abort = new AbortController();
      const slot: RunningSlot = { port: port1, abort, ended: Promise.resolve() };
      this.#slots.set(slotIndex, slot);
      port1.on("message", (report: SlotReport) => listener.report(slotIndex, report));
      slot.ended = this.#run(deployment, port2, abort.signal).catch((error: unknown) => {
        if (!abort.signal.aborted) listener.slotFailed(slotIndex, error);
      });
    }
  }

  async #run(deployment: SlotDeployment, port: MessagePort, signal: AbortSignal): Promise<void> {
    const task = { deployment, program: await this.#program, port };
    const ports = [port, ...portsOf(deployment)];
    const answer = (await this.#pool.run(task, ports, { name: "runSlot", signal })) as SlotAnswer;
    if (!answer.ok) throw EngineError.fromWire(answer.error);
  }

  send(slotIndex: number, command: SlotCommand): void {
    this.#slots.get(slotIndex)?.port.postMessage(command);
  }

  takeDown(slotIndex: number): void {
    const slot = this.#slots.get(slotIndex);
    if (slot === undefined) return;
    slot.port.close();
    slot.abort.abort();
  }

  async ended(): Promise<void> {
    await Promise.all([...this.#slots.values()].map(({ ended }) => ended));
  }

  async destroy(): Promise<void> {
    await this.#pool.destroy();
    for (const { port } of this.#slots.values()) port.close();
  }
}
