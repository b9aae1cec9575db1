/**
 * The thread that writes the snapshots of a job: checksums, compression and files are no business of workers.
 * It ends when its worker is terminated.
 */
import { parentPort } from "node:worker_threads";
import { Crc32c } from "../memory/crc32c.ts";
import { nodeFileSystem } from "./node-file-system.ts";
import type { SnapshotThreadCommand } from "./port-messages.ts";
import { serveSnapshots } from "./serve-snapshots.ts";
import { LocalSnapshotOutputs } from "./snapshot-outputs.ts";

const outputs = new LocalSnapshotOutputs({
  fileSystem: nodeFileSystem,
  crc32c: await Crc32c.create(),
});

parentPort?.on("message", (command: SnapshotThreadCommand) => {
  if (command.kind === "slot") serveSnapshots(command.port, outputs);
  else if (command.kind === "end") outputs.end(command.checkpointId);
  else {
    outputs.begin(command.location);
    parentPort?.postMessage(command.location.checkpointId);
  }
});
