/**
 * Checkpoints in a folder: `chk-7/` with state files and a manifest. A savepoint is a folder of the same form
 * elsewhere.
 *
 * A snapshot is written to `chk-7.tmp/` and gets its name when the state files in it are on disk; the manifest comes
 * last, and makes it one. What a crash leaves behind has no manifest, so it is nothing, and is removed by the next
 * one who takes the folder. A snapshot that goes loses its manifest first.
 */
import { dirname, join } from "node:path";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { StateFile } from "../../dataplane/protocol/state-file.ts";
import { errorCodeOf, type FileSystem } from "../../dataplane/snapshot/file-system.ts";
import { snapshotDamaged, storageFailed } from "../../dataplane/snapshot/snapshot-errors.ts";
import type { SnapshotAccess } from "../../dataplane/snapshot/state-file-reader.ts";
import type { CheckpointStore, CompletedCheckpoint, OpenedSnapshot } from "./checkpoint-store.ts";
import { FolderLock } from "./folder-lock.ts";
import { type CheckpointManifest, encodeManifest, MANIFEST_FILE } from "./manifest.ts";
import type { Processes } from "./process-owner.ts";
import { readSnapshot } from "./read-snapshot.ts";
import { replaceFile } from "./write-file.ts";

const UNFINISHED = ".tmp";
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
        : join(savepointFolder, `savepoint-${jobId.slice(0, 6)}-${checkpointId}`);
    this.#lastCheckpointId = Math.max(this.#lastCheckpointId, checkpointId);
    this.#pending.set(checkpointId, path);
    return onDisk(path, async () => {
      const temporary = path + UNFINISHED;
      await fileSystem.remove(temporary);
      await fileSystem.makeFolder(temporary);
      return temporary;
    });
  }

  async complete(manifest: CheckpointManifest): Promise<CompletedCheckpoint> {
    const { checkpointId } = manifest;
    const path = this.#pending.get(checkpointId);
    if (path === undefined) throw new TypeError(`checkpoint ${checkpointId} is not under way`);
    const { fileSystem, crc32c } = this.#place;
    const bytes = encodeManifest(manifest, crc32c);
    await onDisk(path, async () => {
      await fileSystem.syncFolder(path + UNFINISHED);
      await fileSystem.rename(path + UNFINISHED, path);
      await fileSystem.syncFolder(dirname(path));
      await replaceFile(fileSystem, join(path, MANIFEST_FILE), bytes);
    });
    this.#pending.delete(checkpointId);
    return { checkpointId, path };
  }

  async discard(checkpointId: number): Promise<void> {
    const path = this.#pending.get(checkpointId) ?? this.#checkpointPath(checkpointId);
    this.#pending.delete(checkpointId);
    for (const written of [path, path + UNFINISHED]) {
      await onDisk(written, () => removeSnapshot(this.#place.fileSystem, written));
    }
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

/** The manifest goes first, also in the eyes of a disk that is asked after a crash: half a snapshot is none. */
async function removeSnapshot(fileSystem: FileSystem, path: string): Promise<void> {
  await fileSystem.remove(join(path, MANIFEST_FILE));
  try {
    await fileSystem.syncFolder(path);
  } catch (error) {
    // There is nothing.
    if (errorCodeOf(error) === "ENOENT") return;
    throw error;
  }
  await fileSystem.remove(path);
}

async function onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw storageFailed(path, error);
  }
}
