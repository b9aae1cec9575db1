/** Checkpoints in a folder, written by a thread of the job. */
import { join, resolve } from "node:path";
import type { MessagePort } from "node:worker_threads";
import { crashPoint } from "../../dataplane/protocol/crash-point.ts";
import type { StateFile } from "../../dataplane/protocol/state-file.ts";
import { storageFailed } from "../../dataplane/snapshot/snapshot-errors.ts";
import type { SnapshotAccess } from "../../dataplane/snapshot/state-file-reader.ts";
import type { FileSystemCheckpointStore } from "../checkpoint/file-system-checkpoint-store.ts";
import { readSnapshot } from "../checkpoint/read-snapshot.ts";
import type { Clock } from "../common/clock.ts";
import { type JobFacts, manifestOf, storedCheckpoint } from "./checkpoint-manifest.ts";
import type {
  CheckpointStorage,
  FinishedCheckpoint,
  StoredCheckpoint,
} from "./checkpoint-storage.ts";
import { SnapshotThreadHost } from "./snapshot-thread-host.ts";
import { stateFilesOf } from "./state-files.ts";

export interface FileStorageParts {
  readonly access: SnapshotAccess;
  readonly facts: JobFacts;
  readonly clock: Clock;
  readonly store: FileSystemCheckpointStore;
}

export class FileCheckpointStorage implements CheckpointStorage {
  readonly #parts: FileStorageParts;
  readonly #thread = new SnapshotThreadHost();
  /** Where state files of those under way go. */
  readonly #folders = new Map<number, string>();
  /** Of those that complete() and open() have answered. */
  readonly #paths = new Map<number, string>();
  /** Of the last one that was complete. */
  #lastPath = "";

  constructor(parts: FileStorageParts) {
    this.#parts = parts;
  }

  get lastCheckpointId(): number {
    return this.#parts.store.lastCheckpointId;
  }

  connect(): MessagePort {
    return this.#thread.connect();
  }

  async begin(checkpointId: number, savepointFolder: string | null): Promise<void> {
    const target = savepointFolder === null ? null : resolve(savepointFolder);
    const folder = await this.#parts.store.create(checkpointId, target);
    this.#folders.set(checkpointId, folder);
    await this.#thread.begin({ checkpointId, folder, compress: false });
  }

  async complete(checkpoint: FinishedCheckpoint): Promise<string> {
    const { access, facts, clock, store } = this.#parts;
    const { checkpointId, states } = checkpoint;
    const folder = this.#folders.get(checkpointId);
    if (folder === undefined) throw new TypeError(`checkpoint ${checkpointId} is not under way`);
    this.#end(checkpointId);
    const files = await stateFilesOf(access, { checkpointId, folder, compress: false }, states);
    await this.#linkBases([...files.values()], folder);
    const { path } = await store.complete(manifestOf(facts, checkpoint, files, clock.now()));
    this.#paths.set(checkpointId, path);
    this.#lastPath = path;
    return path;
  }

  async discard(checkpointId: number): Promise<void> {
    this.#end(checkpointId);
    await this.#parts.store.discard(checkpointId);
  }

  async open(path: string): Promise<StoredCheckpoint> {
    const { access, store } = this.#parts;
    const opened = await store.open(path === "latest" ? path : resolve(path));
    this.#paths.set(opened.manifest.checkpointId, opened.path);
    return storedCheckpoint(access, opened);
  }

  async load(checkpointId: number): Promise<StoredCheckpoint> {
    const { access } = this.#parts;
    const path = this.#paths.get(checkpointId);
    if (path === undefined) throw new TypeError(`checkpoint ${checkpointId} was never complete`);
    return storedCheckpoint(access, await readSnapshot(access, path, "files"));
  }

  async close(): Promise<void> {
    await this.#thread.destroy();
    await this.#parts.store.close();
  }

  /** Each checkpoint has all its files in its folder, so that others may go. */
  async #linkBases(files: readonly StateFile[], folder: string): Promise<void> {
    const { fileSystem } = this.#parts.access;
    for (const { file } of files.flatMap(({ bases = [] }) => bases)) {
      try {
        await fileSystem.link(join(this.#lastPath, file), join(folder, file));
        crashPoint("checkpoint-folder/base-linked");
      } catch (error) {
        throw storageFailed(join(folder, file), error);
      }
    }
  }

  /** Nothing more is written to it. */
  #end(checkpointId: number): void {
    if (this.#folders.delete(checkpointId)) this.#thread.end(checkpointId);
  }
}
