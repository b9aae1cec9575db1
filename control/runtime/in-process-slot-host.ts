/** Slots on the calling thread: the same task code, no workers, no bundle. */
import type { SlotDeployment } from "../../dataplane/protocol/deployment.ts";
import type { SlotCommand } from "../../dataplane/protocol/messages.ts";
import type { ManualClock } from "../common/manual-clock.ts";
import type { SlotHost, SlotListener } from "./slot-host.ts";
import { inProcessUrl } from "./worker-entry.ts";

/** What dataplane/worker/in-process.ts exports. */
interface InProcessModule {
  runInProcess(
    deployments: readonly SlotDeployment[],
    functions: ReadonlyMap<string, unknown>,
    onReport: SlotListener["report"],
    testClock?: ManualClock,
  ): InProcessSlots;
}

interface InProcessSlots {
  start(deployment: SlotDeployment): void;
  send(slotIndex: number, command: SlotCommand): void;
  /** Settled when all slots have ended. */
  readonly ended: Promise<void>;
}

export class InProcessSlotHost implements SlotHost {
  readonly #functions: ReadonlyMap<string, unknown>;
  readonly #testClock: ManualClock | undefined;
  #slots: Promise<InProcessSlots> | null = null;

  /** @param testClock what the tasks see as time; absent = the system's clock */
  constructor(functions: ReadonlyMap<string, unknown>, testClock?: ManualClock) {
    this.#functions = functions;
    this.#testClock = testClock;
  }

  start(deployments: readonly SlotDeployment[], listener: SlotListener): void {
    if (this.#slots !== null) {
      for (const deployment of deployments)
        void this.#slots.then((slots) => slots.start(deployment));
      return;
    }
    this.#slots = import(inProcessUrl.href).then((module: InProcessModule) =>
      module.runInProcess(
        deployments,
        this.#functions,
        (slot, report) => listener.report(slot, report),
        this.#testClock,
      ),
    );
    this.#slots.catch((error: unknown) => listener.slotFailed(0, error));
  }

  send(slotIndex: number, command: SlotCommand): void {
    void this.#slots?.then((slots) => slots.send(slotIndex, command));
  }

  /** What it is at has to end by itself: it is on the calling thread. */
  takeDown(slotIndex: number): void {
    this.send(slotIndex, { kind: "cancel", subtasks: null });
    this.send(slotIndex, { kind: "close" });
  }

  async ended(): Promise<void> {
    await (await this.#slots)?.ended;
  }

  /** There is no thread to take down: a function that never returns holds the calling thread as well. */
  async destroy(): Promise<void> {}
}
