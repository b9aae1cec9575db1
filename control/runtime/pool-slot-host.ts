/** Slots on worker threads: one resident pool task and one message port each. */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { SlotDeployment } from "../../dataplane/protocol/deployment.ts";
import { EngineError, type WireError } from "../../dataplane/protocol/errors.ts";
import type { SlotCommand, SlotReport } from "../../dataplane/protocol/messages.ts";
import type { ProgramSpec } from "../../dataplane/protocol/program-spec.ts";
import type { SlotHost, SlotListener } from "./slot-host.ts";
import { slotTaskUrl } from "./worker-entry.ts";
import { WorkerPool } from "./worker-pool.ts";

/** What the task answers; it never rejects, because the pool would strip the error's code. */
type SlotAnswer = { readonly ok: true } | { readonly ok: false; readonly error: WireError };

export class PoolSlotHost implements SlotHost {
  readonly #pool: WorkerPool;
  readonly #program: ProgramSpec;
  readonly #ports: MessagePort[] = [];
  #ended: Promise<void> = Promise.resolve();

  constructor(slotCount: number, workerHeapMb: number | null, program: ProgramSpec) {
    this.#program = program;
    this.#pool = new WorkerPool(slotTaskUrl, { slots: slotCount, workerHeapMb });
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
      const task = { deployment, program: this.#program, port: port2 };
      const answer = (await this.#pool.run(task, [port2], "runSlot")) as SlotAnswer;
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
