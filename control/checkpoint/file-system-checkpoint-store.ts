/**
 * Checkpoints in a folder: `chk-7/` with state files and a manifest. A savepoint is a folder of the same form
 * elsewhere.
 *
 * What a crash leaves behind of one under way (`chk-7.tmp/`) has no manifest, so it is nothing, and is removed by the
 * next one who takes the folder.
 */
import { join } from "node:path";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { StateFile } from "../../dataplane/protocol/state-file.ts";
import type { FileSystem } from "../../dataplane/snapshot/file-system.ts";
import { snapshotDamaged } from "../../dataplane/snapshot/snapshot-errors.ts";
import type { SnapshotAccess } from "../../dataplane/snapshot/state-file-reader.ts";
import type { CheckpointStore, CompletedCheckpoint, OpenedSnapshot } from "./checkpoint-store.ts";
import { FolderLock } from "./folder-lock.ts";
import { type CheckpointManifest, MANIFEST_FILE } from "./manifest.ts";
import type { Processes } from "./process-owner.ts";
import { readSnapshot } from "./read-snapshot.ts";
import {
  completeSnapshotFolder,
  createSnapshotFolder,
  discardSnapshotFolder,
  onDisk,
  removeSnapshot,
  savepointPath,
  UNFINISHED,
} from "./snapshot-folder.ts";

const CHECKPOINT = /^chk-(\d+)(\.tmp)?$/;

export interface CheckpointFolder extends SnapshotAccess {
  readonly processes: Processes;
  /** Absolute; made if it is not there. */
  readonly folder: string;
  /** Names the savepoints of the job. */
  readonly jobId: string;
}

export class FileSystemCheckpointStore implements CheckpointStore<StateFile> {
  readonly #place: CheckpointFolder;
  readonly #lock: FolderLock;
  /** Of checkpoints and savepoints under way, without the ending. */
  readonly #pending = new Map<number, string>();
  #lastCheckpointId = 0;

  private constructor(place: CheckpointFolder, lock: FolderLock) {
    this.#place = place;
    this.#lock = lock;
  }

  /** Takes the folder and removes what is no checkpoint. Errors: MR_CHECKPOINT_FOLDER_IN_USE, MR_CHECKPOINT_STORAGE. */
  static async open(place: CheckpointFolder): Promise<FileSystemCheckpointStore> {
    const { fileSystem, folder, processes } = place;
    await onDisk(folder, () => fileSystem.makeFolder(folder));
    const lock = await FolderLock.acquire(fileSystem, folder, processes);
    const store = new FileSystemCheckpointStore(place, lock);
    await onDisk(folder, () => store.#removeOrphans());
    return store;
  }

  get lastCheckpointId(): number {
    return this.#lastCheckpointId;
  }

  create(checkpointId: number, savepointFolder: string | null): Promise<string> {
    const { fileSystem, jobId } = this.#place;
    const path =
      savepointFolder === null
        ? this.#checkpointPath(checkpointId)
        : savepointPath(savepointFolder, jobId, checkpointId);
    this.#lastCheckpointId = Math.max(this.#lastCheckpointId, checkpointId);
    this.#pending.set(checkpointId, path);
    return createSnapshotFolder(fileSystem, path);
  }

  async complete(manifest: CheckpointManifest): Promise<CompletedCheckpoint> {
    const { checkpointId } = manifest;
    const path = this.#pending.get(checkpointId);
    if (path === undefined) throw new TypeError(`checkpoint ${checkpointId} is not under way`);
    await completeSnapshotFolder(this.#place, path, manifest);
    this.#pending.delete(checkpointId);
    return { checkpointId, path };
  }

  async discard(checkpointId: number): Promise<void> {
    const path = this.#pending.get(checkpointId) ?? this.#checkpointPath(checkpointId);
    this.#pending.delete(checkpointId);
    await discardSnapshotFolder(this.#place.fileSystem, path);
  }

  async retain(retained: number): Promise<void> {
    const known = await this.list();
    const kept = new Set(known.slice(retained === 0 ? known.length : -retained));
    const newest = known.at(-1);
    if (newest !== undefined && kept.size < known.length && retained > 0) {
      await readSnapshot(this.#place, newest.path, "files");
    }
    const keptPaths = new Set([...kept].map(({ path }) => path));
    for (const path of this.#pending.values()) keptPaths.add(path).add(path + UNFINISHED);
    await this.#removeAllBut(keptPaths);
  }

  async list(): Promise<readonly CompletedCheckpoint[]> {
    const { fileSystem, folder } = this.#place;
    return onDisk(folder, async () => {
      const found: CompletedCheckpoint[] = [];
      for (const { checkpointId, path } of await this.#folders()) {
        // One that could not be completed may look as if it were, and is about to be discarded.
        if (this.#pending.get(checkpointId) === path) continue;
        if (await isSnapshot(fileSystem, path)) found.push({ checkpointId, path });
      }
      return found.sort((a, b) => a.checkpointId - b.checkpointId);
    });
  }

  async open(path: string): Promise<OpenedSnapshot<StateFile>> {
    const wanted = path === "latest" ? (await this.list()).at(-1)?.path : path;
    if (wanted === undefined) {
      const details = { path: this.#place.folder, manifest: MANIFEST_FILE };
      throw new EngineError("MR_SNAPSHOT_NOT_FOUND", details);
    }
    try {
      return await readSnapshot(this.#place, wanted, "blocks");
    } catch (error) {
      throw await this.#withAdvice(wanted, error);
    }
  }

  close(): Promise<void> {
    return this.#lock.release();
  }

  #checkpointPath(checkpointId: number): string {
    return join(this.#place.folder, `chk-${checkpointId}`);
  }

  /** Nothing is chosen in place of what was asked for; but what could be, is said. */
  async #withAdvice(path: string, error: unknown): Promise<unknown> {
    if (!(error instanceof EngineError) || error.code !== "MR_SNAPSHOT_DAMAGED") return error;
    const known = await this.list();
    const at = known.findIndex((entry) => entry.path === path);
    const older = at < 0 ? known.at(-1) : known[at - 1];
    if (older === undefined) return error;
    const { file, reason } = error.details;
    const which = at < 0 ? "newest checkpoint" : "next older checkpoint";
    const advice = `The ${which} is ${older.path}; restore that one.`;
    return snapshotDamaged(String(file), String(reason), error.cause, advice);
  }

  /** What crashes left behind. */
  async #removeOrphans(): Promise<void> {
    const ids = (await this.#folders()).map(({ checkpointId }) => checkpointId);
    this.#lastCheckpointId = Math.max(0, ...ids);
    await this.#removeAllBut(new Set((await this.list()).map(({ path }) => path)));
  }

  async #removeAllBut(kept: ReadonlySet<string>): Promise<void> {
    for (const { path } of await this.#folders()) {
      if (kept.has(path)) continue;
      await onDisk(path, () => removeSnapshot(this.#place.fileSystem, path));
    }
  }

  /** Of checkpoints, whole ones and others. */
  async #folders(): Promise<readonly CompletedCheckpoint[]> {
    const { fileSystem, folder } = this.#place;
    const names = await onDisk(folder, () => fileSystem.list(folder));
    return names.flatMap((name) => {
      const [, digits] = CHECKPOINT.exec(name) ?? [];
      const path = join(folder, name);
      return digits === undefined ? [] : [{ checkpointId: Number(digits), path }];
    });
  }
}

async function isSnapshot(fileSystem: FileSystem, path: string): Promise<boolean> {
  return path.endsWith(UNFINISHED) ? false : (await fileSystem.list(path)).includes(MANIFEST_FILE);
}
