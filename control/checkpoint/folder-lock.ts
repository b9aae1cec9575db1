/**
 * Keeps two jobs from one folder, also after a process was killed. Locks are files `lock-1`, `lock-2`, …
 * with their owner inside. The one with the highest number counts; it is followed by the next number when its owner
 * released it or is dead, and creating a name fails for all but one. Numbers never begin anew, so nobody
 * can take over from an owner that is not the last one.
 */
import { join } from "node:path";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { errorCodeOf, type FileSystem } from "../../dataplane/snapshot/file-system.ts";
import { storageFailed } from "../../dataplane/snapshot/snapshot-errors.ts";
import type { LockOwner, Processes } from "./process-owner.ts";
import { replaceFile, writeFile } from "./write-file.ts";

const LOCK = /^lock-(\d+)$/;
/** Of a lock that is being taken. */
const CLAIM = /^lock\.[\w-]+\.claim$/;

export class FolderLock {
  readonly #fileSystem: FileSystem;
  readonly #path: string;

  private constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem;
    this.#path = path;
  }

  /** Errors: MR_CHECKPOINT_FOLDER_IN_USE, MR_CHECKPOINT_STORAGE. */
  static async acquire(
    fileSystem: FileSystem,
    folder: string,
    processes: Processes,
  ): Promise<FolderLock> {
    try {
      for (;;) {
        const names = await fileSystem.list(folder);
        const last = Math.max(0, ...names.map(lockNumber));
        if (last > 0) await checkFree(fileSystem, folder, last, processes);
        const path = join(folder, `lock-${last + 1}`);
        if (!(await claim(fileSystem, folder, path, processes.self()))) continue;
        const old = names.filter((name) => lockNumber(name) > 0 || CLAIM.test(name));
        for (const name of old) await fileSystem.remove(join(folder, name));
        return new FolderLock(fileSystem, path);
      }
    } catch (error) {
      throw storageFailed(folder, error);
    }
  }

  /** Errors: MR_CHECKPOINT_STORAGE; then it is free when the process has ended. */
  async release(): Promise<void> {
    try {
      await replaceFile(this.#fileSystem, this.#path, Buffer.from("null\n"));
    } catch (error) {
      throw storageFailed(this.#path, error);
    }
  }
}

function lockNumber(name: string): number {
  return Number(LOCK.exec(name)?.[1] ?? 0);
}

/** @returns false = somebody else was faster */
async function claim(
  fileSystem: FileSystem,
  folder: string,
  path: string,
  owner: LockOwner,
): Promise<boolean> {
  const temporary = join(folder, `lock.${owner.token}.claim`);
  await writeFile(fileSystem, temporary, Buffer.from(`${JSON.stringify(owner)}\n`));
  try {
    await fileSystem.link(temporary, path);
    return true;
  } catch (error) {
    // ENOENT: who was faster has cleared the claims of others away.
    const code = errorCodeOf(error);
    if (code === "EEXIST" || code === "ENOENT") return false;
    throw error;
  } finally {
    await fileSystem.remove(temporary);
  }
}

async function checkFree(
  fileSystem: FileSystem,
  folder: string,
  number: number,
  processes: Processes,
): Promise<void> {
  const path = join(folder, `lock-${number}`);
  const owner = await readOwner(fileSystem, path);
  if (owner === null || (owner !== "unknown" && !processes.isAlive(owner))) return;
  const { pid, host } = owner === "unknown" ? { pid: "unknown", host: "unknown" } : owner;
  throw new EngineError("MR_CHECKPOINT_FOLDER_IN_USE", { folder, pid, host, file: path });
}

/** null = released, or removed in the meantime by one who took the next number. */
async function readOwner(
  fileSystem: FileSystem,
  path: string,
): Promise<LockOwner | "unknown" | null> {
  try {
    const file = await fileSystem.open(path);
    const bytes = await file.read(0, file.lengthBytes);
    await file.close();
    const owner = JSON.parse(Buffer.from(bytes).toString("utf8")) as LockOwner | null;
    return owner === null || typeof owner.pid === "number" ? owner : "unknown";
  } catch (error) {
    if (errorCodeOf(error) === "ENOENT") return null;
    if (error instanceof SyntaxError) return "unknown";
    throw error;
  }
}
