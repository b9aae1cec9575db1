/**
 * The storage of a slot: it writes to where its job keeps checkpoints, and reads what there is: a job may have
 * changed the place, and savepoints are files always.
 */
import type { MessagePort } from "node:worker_threads";
import { Crc32c } from "../../memory/crc32c.ts";
import { nodeFileSystem } from "../../snapshot/node-file-system.ts";
import { PortSnapshotOutputs } from "../../snapshot/port-snapshot-outputs.ts";
import { type SnapshotOutputs, stateFileName } from "../../snapshot/snapshot-outputs.ts";
import type { SnapshotAccess } from "../../snapshot/state-file-reader.ts";
import { MemoryInput, MemoryOutput } from "./memory-storage.ts";
import type { SnapshotStorage } from "./snapshot-storage.ts";
import { StateFileInput } from "./state-file-input.ts";

/** @param snapshotPort to the thread that writes the job's files; undefined = states stay in memory */
export function slotStorage(snapshotPort: object | undefined): SnapshotStorage {
  const outputs: SnapshotOutputs | null =
    snapshotPort === undefined ? null : new PortSnapshotOutputs(snapshotPort as MessagePort);
  let access: Promise<SnapshotAccess> | null = null;
  return {
    create: ({ vertexId, subtaskIndex }, checkpointId) =>
      outputs?.open(checkpointId, stateFileName(vertexId, subtaskIndex, checkpointId)) ??
      new MemoryOutput(),
    open: async (state) => {
      if (state.kind === "memory") return new MemoryInput(state);
      access ??= readAccess();
      return StateFileInput.open(await access, state);
    },
  };
}

async function readAccess(): Promise<SnapshotAccess> {
  return { fileSystem: nodeFileSystem, crc32c: await Crc32c.create() };
}
