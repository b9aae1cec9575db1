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

function portsOf({ snapshotPort }: SlotDeployment): readonly MessagePort[] {
  return snapshotPort === undefined ? [] : [snapshotPort as MessagePort];
}

export class PoolSlotHost implements SlotHost {
  readonly #pool: WorkerPool;
  readonly #program: Promise<ProgramSpec>;
  readonly #ports: MessagePort[] = [];
  #ended: Promise<void> = Promise.resolve();

  /** Its threads start now, and are told of the program when it is known. */
  constructor(slotCount: number, workerHeapMb: number | null, program: Promise<ProgramSpec>) {
    this.#program = program;
    // A job without a program is never started.
    program.catch(() => undefined);
    const workerData = { preload: engineUrl.href };
    this.#pool = new WorkerPool(slotTaskUrl, { slots: slotCount, workerHeapMb, workerData });
  }

  start(deployments: readonly SlotDeployment[], listener: SlotListener): void {
    const tasks = deployments.map((deployment) => this.#startSlot(deployment, listener));
    this.#ended = Promise.all(tasks).then(() => undefined);
  }

  async #startSlot(deployment: SlotDeployment, listener: SlotListener): Promise<void> {
    const { slotIndex } = deployment;
    const { port1, port2 } = new MessageChannel();
    this.#ports[slotIndex] = port1;
    port1.on("message", (report: SlotReport) => listener.report(slotIndex, report));
    try {
      const task = { deployment, program: await this.#program, port: port2 };
      const ports = [port2, ...portsOf(deployment)];
      const answer = (await this.#pool.run(task, ports, "runSlot")) as SlotAnswer;
      if (!answer.ok) listener.slotFailed(slotIndex, EngineError.fromWire(answer.error));
    } catch (error) {
      listener.slotFailed(slotIndex, error);
    }
  }

  send(slotIndex: number, command: SlotCommand): void {
    this.#ports[slotIndex]?.postMessage(command);
  }

  ended(): Promise<void> {
    return this.#ended;
  }

  async destroy(): Promise<void> {
    await this.#pool.destroy();
    for (const port of this.#ports) port.close();
  }
}
