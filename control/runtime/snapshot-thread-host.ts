/** The job's side of its snapshot thread: one for all slots, started with the first checkpoint storage of files. */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { SnapshotThreadCommand } from "../../dataplane/snapshot/port-messages.ts";
import { storageFailed } from "../../dataplane/snapshot/snapshot-errors.ts";
import type { SnapshotLocation } from "../../dataplane/snapshot/snapshot-outputs.ts";
import { snapshotThreadUrl } from "./worker-entry.ts";

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

export class SnapshotThreadHost {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiter>();
  #failure: unknown = null;

  constructor() {
    this.#worker = new Worker(snapshotThreadUrl);
    this.#worker.on("message", (checkpointId: number) => {
      this.#waiting.get(checkpointId)?.resolve();
      this.#waiting.delete(checkpointId);
    });
    this.#worker.on("error", (error) => this.#lose(error));
    this.#worker.on("exit", () => this.#lose(new Error("it has ended")));
  }

  /** A port for a slot: PortSnapshotOutputs at its end. To be transferred. */
  connect(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const command: SnapshotThreadCommand = { kind: "slot", port: port1 };
    this.#worker.postMessage(command, [port1]);
    return port2;
  }

  /** Settled when subtasks may write to it. Errors: MR_CHECKPOINT_STORAGE, the thread is gone. */
  begin(location: SnapshotLocation): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#post({ kind: "begin", location });
    return new Promise((resolve, reject) => {
      this.#waiting.set(location.checkpointId, { resolve, reject });
    });
  }

  /** Completed or given up. */
  end(checkpointId: number): void {
    this.#post({ kind: "end", checkpointId });
  }

  async destroy(): Promise<void> {
    await this.#worker.terminate();
  }

  #post(command: SnapshotThreadCommand): void {
    this.#worker.postMessage(command);
  }

  #lose(error: unknown): void {
    this.#failure ??= storageFailed("the snapshot thread", error);
    for (const waiter of this.#waiting.values()) waiter.reject(this.#failure);
    this.#waiting.clear();
  }
}
