/** How a job master reaches its slots: on worker threads or on its own thread, by the same messages. */
import type { SlotDeployment } from "../../dataplane/protocol/deployment.ts";
import type { SlotCommand, SlotReport } from "../../dataplane/protocol/messages.ts";

export interface SlotListener {
  report(slotIndex: number, report: SlotReport): void;
  /** The slot ended without saying why: its thread died or its program could not be loaded. */
  slotFailed(slotIndex: number, error: unknown): void;
}

export interface SlotHost {
  /**
   * Starts slots, which answer "ready" one by one. One with the index of an earlier slot takes its place:
   * that one was taken down.
   */
  start(deployments: readonly SlotDeployment[], listener: SlotListener): void;
  send(slotIndex: number, command: SlotCommand): void;
  /** Ends a slot whatever it is at; nothing more is heard of it. */
  takeDown(slotIndex: number): void;
  /** Settled when every slot has ended by itself or was taken down. */
  ended(): Promise<void>;
  /** Ends what still runs and gives back threads, ports and files. */
  destroy(): Promise<void>;
}
