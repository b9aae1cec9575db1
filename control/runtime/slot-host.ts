/** How a job master reaches its slots: on worker threads or on its own thread, by the same messages. */
import type { SlotDeployment } from "../../dataplane/protocol/deployment.ts";
import type { SlotCommand, SlotReport } from "../../dataplane/protocol/messages.ts";

export interface SlotListener {
  report(slotIndex: number, report: SlotReport): void;
  /** The slot ended without saying why: its thread died or its program could not be loaded. */
  slotFailed(slotIndex: number, error: unknown): void;
}

export interface SlotHost {
  /** Starts all slots; they answer "ready" one by one. */
  start(deployments: readonly SlotDeployment[], listener: SlotListener): void;
  send(slotIndex: number, command: SlotCommand): void;
  /** Settled when every slot has ended by itself. */
  ended(): Promise<void>;
  /** Ends what still runs and gives back threads, ports and files. */
  destroy(): Promise<void>;
}
