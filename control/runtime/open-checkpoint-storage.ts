/** The checkpoint storage that a job has asked for. */
import { resolve } from "node:path";
import { Crc32c } from "../../dataplane/memory/crc32c.ts";
import { nodeFileSystem } from "../../dataplane/snapshot/node-file-system.ts";
import { FileSystemCheckpointStore } from "../checkpoint/file-system-checkpoint-store.ts";
import { systemProcesses } from "../checkpoint/process-owner.ts";
import { systemClock } from "../common/clock.ts";
import type { JobFacts } from "./checkpoint-manifest.ts";
import type { CheckpointStorage } from "./checkpoint-storage.ts";
import { FileCheckpointStorage } from "./file-checkpoint-storage.ts";
import { MemoryCheckpointStorage } from "./memory-checkpoint-storage.ts";

export interface CheckpointStorageOptions extends JobFacts {
  /**
   * The folder of the job's checkpoints, made if it is not there: of one running job at a time, whatever its id, so
   * that the next run finds the newest one; null = they are kept in memory.
   */
  readonly directory: string | null;
}

/** To be closed. Errors: MR_CHECKPOINT_FOLDER_IN_USE, MR_CHECKPOINT_STORAGE. */
export async function openCheckpointStorage({
  directory,
  ...facts
}: CheckpointStorageOptions): Promise<CheckpointStorage> {
  const access = { fileSystem: nodeFileSystem, crc32c: await Crc32c.create() };
  if (directory === null) return new MemoryCheckpointStorage(access, facts, systemClock);
  const place = { processes: systemProcesses, folder: resolve(directory), jobId: facts.jobId };
  const store = await FileSystemCheckpointStore.open({ ...access, ...place });
  return new FileCheckpointStorage({ access, facts, clock: systemClock, store });
}
