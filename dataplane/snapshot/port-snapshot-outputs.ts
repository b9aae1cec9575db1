/** A slot's end of its port to the snapshot thread: batches are handed over, not copied. */
import type { MessagePort } from "node:worker_threads";
import type { BatchType } from "../protocol/deployment.ts";
import { EngineError } from "../protocol/errors.ts";
import type { OperatorStateEntry } from "../protocol/operator-state.ts";
import type { StateFile } from "../protocol/state-file.ts";
import type { SnapshotReply, SnapshotRequest } from "./port-messages.ts";
import { storageFailed } from "./snapshot-errors.ts";
import { type FileOutput, SNAPSHOT_WINDOW_BYTES } from "./snapshot-output.ts";
import type { SnapshotOutputs } from "./snapshot-outputs.ts";
import { packEntry } from "./state-block.ts";

export class PortSnapshotOutputs implements SnapshotOutputs {
  readonly #port: MessagePort;
  readonly #outputs = new Map<number, PortSnapshotOutput>();
  #opened = 0;
  #isClosed = false;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on("message", (reply: SnapshotReply) => this.#take(reply));
    port.on("close", () => this.#lose());
    // The thread lives as long as its slot has something to do, which is not up to this port.
    port.unref();
  }

  open(checkpointId: number, file: string): FileOutput {
    const number = this.#opened++;
    const output = new PortSnapshotOutput(number, this.#port);
    this.#outputs.set(number, output);
    const request: SnapshotRequest = { kind: "open", output: number, checkpointId, file };
    if (this.#isClosed) this.#lose();
    else this.#port.postMessage(request);
    return output;
  }

  #take(reply: SnapshotReply): void {
    const output = this.#outputs.get(reply.output);
    if (reply.kind === "credit") output?.credit(reply.bytes);
    else {
      this.#outputs.delete(reply.output);
      output?.end(reply.kind === "failed" ? EngineError.fromWire(reply.error) : stateOf(reply));
    }
  }

  #lose(): void {
    this.#isClosed = true;
    const error = storageFailed("the snapshot thread", new Error("it has ended"));
    for (const output of this.#outputs.values()) output.end(error);
    this.#outputs.clear();
  }
}

function stateOf(reply: SnapshotReply): StateFile | null {
  return reply.kind === "finished" ? reply.state : null;
}

class PortSnapshotOutput implements FileOutput {
  readonly #number: number;
  readonly #port: MessagePort;
  #waitingBytes = 0;
  #roomWaiters: (() => void)[] = [];
  /** What it came to; undefined = it has not ended. */
  #result: EngineError | StateFile | null | undefined;
  #settle: () => void = () => undefined;
  readonly #ended = new Promise<void>((resolve) => {
    this.#settle = resolve;
  });

  constructor(number: number, port: MessagePort) {
    this.#number = number;
    this.#port = port;
  }

  rows(
    operatorId: string,
    type: BatchType,
    batch: Uint8Array<ArrayBuffer>,
    firstKeyGroup: number,
    lastKeyGroup: number,
  ): void {
    const output = this.#number;
    const fields = { operatorId, type, firstKeyGroup, lastKeyGroup };
    this.#hand({ kind: "rows", output, ...fields, batch }, batch);
  }

  operatorState(operatorId: string, entries: readonly OperatorStateEntry[]): void {
    const output = this.#number;
    for (const entry of entries) {
      const packed = packEntry(operatorId, entry);
      const count = entry.values.length;
      this.#hand({ kind: "entry", output, operatorId, count, packed }, packed);
    }
  }

  room(): Promise<void> | null {
    if (this.#waitingBytes < SNAPSHOT_WINDOW_BYTES || this.#result !== undefined) return null;
    return new Promise((resolve) => this.#roomWaiters.push(resolve));
  }

  async finish(): Promise<StateFile | null> {
    await this.#ask("finish");
    const result = this.#result ?? null;
    if (result instanceof EngineError) throw result;
    return result;
  }

  abort(): Promise<void> {
    return this.#ask("abort");
  }

  credit(bytes: number): void {
    this.#waitingBytes -= bytes;
    if (this.#waitingBytes < SNAPSHOT_WINDOW_BYTES) this.#giveRoom();
  }

  end(result: EngineError | StateFile | null): void {
    this.#result = result;
    this.#giveRoom();
    this.#settle();
  }

  #ask(kind: "finish" | "abort"): Promise<void> {
    this.#port.postMessage({ kind, output: this.#number } satisfies SnapshotRequest);
    // The answer has to find a thread that is still there.
    this.#port.ref();
    return this.#ended.finally(() => this.#port.unref());
  }

  #hand(request: SnapshotRequest, bytes: Uint8Array<ArrayBuffer>): void {
    const { buffer, byteLength } = bytes;
    this.#waitingBytes += byteLength;
    // A view of a larger buffer is copied: others may lie in it.
    this.#port.postMessage(request, buffer.byteLength === byteLength ? [buffer] : []);
  }

  #giveRoom(): void {
    for (const resolve of this.#roomWaiters.splice(0)) resolve();
  }
}
