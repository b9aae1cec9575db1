/** A store on a disk in memory, and checkpoints in it. */
import type { CompletedCheckpoint } from "../../../../control/checkpoint/checkpoint-store.ts";
import { FileSystemCheckpointStore } from "../../../../control/checkpoint/file-system-checkpoint-store.ts";
import type { LockOwner, Processes } from "../../../../control/checkpoint/process-owner.ts";
import { Crc32c } from "../../../../dataplane/memory/crc32c.ts";
import type { StateFile } from "../../../../dataplane/protocol/state-file.ts";
import { LocalSnapshotOutputs } from "../../../../dataplane/snapshot/snapshot-outputs.ts";
import { type DiskOperation, diskError, type MemoryDisk } from "../../../oracle/memory-disk.ts";
import { fakeBatch, handOver, LONG_TYPE, type TestBlock } from "../../../oracle/state-blocks.ts";
import { SUM, testManifest } from "./test-manifest.ts";

export const FOLDER = "/jobs/count";
export const crc32c = await Crc32c.create();

/** Processes of a test: each open of a store is one, unless it says otherwise. */
export class TestProcesses implements Processes {
  #last = 0;
  readonly dead = new Set<number>();

  self(): LockOwner {
    this.#last += 1;
    return { pid: this.#last, host: "here", startedAt: null, token: `t${this.#last}` };
  }

  isAlive({ pid }: LockOwner): boolean {
    return !this.dead.has(pid);
  }

  /** All that there were so far. */
  killAll(): void {
    for (let pid = 1; pid <= this.#last; ++pid) this.dead.add(pid);
  }
}

export function openStore(
  fileSystem: MemoryDisk,
  processes: Processes = new TestProcesses(),
): Promise<FileSystemCheckpointStore> {
  const jobId = "0123456789abcdef0123456789abcdef";
  return FileSystemCheckpointStore.open({ fileSystem, crc32c, processes, folder: FOLDER, jobId });
}

/** Rows that tell one checkpoint's state from another's. */
export function blocksOf(checkpointId: number): readonly TestBlock[] {
  return [
    {
      kind: "rows",
      operatorId: SUM,
      type: LONG_TYPE,
      batch: fakeBatch(checkpointId, 64, checkpointId),
      firstKeyGroup: 0,
      lastKeyGroup: 127,
    },
  ];
}

/** A whole checkpoint, as a job takes it: files of subtasks first, then the manifest. */
export async function takeCheckpoint(
  disk: MemoryDisk,
  store: FileSystemCheckpointStore,
  checkpointId: number,
  savepointFolder: string | null = null,
): Promise<CompletedCheckpoint> {
  const folder = await store.create(checkpointId, savepointFolder);
  const outputs = new LocalSnapshotOutputs({ fileSystem: disk, crc32c });
  outputs.begin({ checkpointId, folder, compress: false });
  const states: (StateFile | null)[] = [];
  for (const file of ["source-0.state", "sum-0.state", "sum-1.state"]) {
    const output = outputs.open(checkpointId, file);
    if (file !== "source-0.state") handOver(output, blocksOf(checkpointId));
    states.push(await output.finish());
  }
  const manifest = testManifest(checkpointId, states);
  const type = savepointFolder === null ? "checkpoint" : "savepoint";
  return store.complete({ ...manifest, type });
}

/** Makes operation number `failing`, and all behind it if `isForGood`, fail; answers how many there were. */
export function failAt(
  disk: MemoryDisk,
  failing: number,
  { code = "ENOSPC", isForGood = false, only }: FaultOptions = {},
): () => number {
  let count = 0;
  disk.before = (operation, path) => {
    if (only !== undefined && operation !== only) return;
    const index = count++;
    if (index === failing || (isForGood && index > failing)) throw diskError(code, path);
  };
  return () => count;
}

export interface FaultOptions {
  readonly code?: string;
  readonly isForGood?: boolean;
  readonly only?: DiskOperation;
}

export function heal(disk: MemoryDisk): void {
  disk.before = () => undefined;
}
