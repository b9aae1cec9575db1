/** The snapshot thread's end of a slot's port: writes what comes by it. */
import type { MessagePort } from "node:worker_threads";
import { EngineError } from "../protocol/errors.ts";
import type { SnapshotReply, SnapshotRequest } from "./port-messages.ts";
import { storageFailed } from "./snapshot-errors.ts";
import type { LocalSnapshotOutputs } from "./snapshot-outputs.ts";
import type { StateFileWriter } from "./state-file-writer.ts";

export function serveSnapshots(port: MessagePort, outputs: LocalSnapshotOutputs): void {
  const writers = new Map<number, StateFileWriter | EngineError>();
  const reply = (message: SnapshotReply) => port.postMessage(message);
  port.on("message", (request: SnapshotRequest) => {
    const { output } = request;
    if (request.kind === "open") {
      writers.set(output, openOrError(outputs, request.checkpointId, request.file));
      return;
    }
    const writer = writers.get(output);
    if (writer === undefined) return;
    if (request.kind === "finish" || request.kind === "abort") writers.delete(output);
    if (writer instanceof EngineError) reply({ kind: "failed", output, error: writer.toWire() });
    else void handle(writer, request, reply);
  });
  // The slot is gone, and with it what it had begun.
  port.on("close", () => {
    for (const writer of writers.values()) {
      if (!(writer instanceof EngineError)) void writer.abort();
    }
  });
}

function openOrError(outputs: LocalSnapshotOutputs, checkpointId: number, file: string) {
  try {
    return outputs.open(checkpointId, file);
  } catch (error) {
    return storageFailed(file, error);
  }
}

async function handle(
  writer: StateFileWriter,
  request: Exclude<SnapshotRequest, { readonly kind: "open" }>,
  reply: (message: SnapshotReply) => void,
): Promise<void> {
  const { output } = request;
  switch (request.kind) {
    case "rows": {
      const { operatorId, type, batch, firstKeyGroup, lastKeyGroup } = request;
      writer.rows(operatorId, type, batch, firstKeyGroup, lastKeyGroup);
      await writer.room();
      return reply({ kind: "credit", output, bytes: batch.length });
    }
    case "entry": {
      writer.packedEntry(request.operatorId, request.count, request.packed);
      await writer.room();
      return reply({ kind: "credit", output, bytes: request.packed.length });
    }
    case "abort":
      await writer.abort();
      return reply({ kind: "aborted", output });
    case "finish":
      try {
        reply({ kind: "finished", output, state: await writer.finish() });
      } catch (error) {
        reply({ kind: "failed", output, error: storageFailed("", error).toWire() });
      }
  }
}
