/**
 * How a folder comes to be a snapshot, and how it ceases to be one: it is written under another name, gets its own
 * when the state files in it are on disk, and the manifest comes last. One that goes loses its manifest first.
 */
import { dirname, join } from "node:path";
import { crashPoint } from "../../dataplane/protocol/crash-point.ts";
import { errorCodeOf, type FileSystem } from "../../dataplane/snapshot/file-system.ts";
import { storageFailed } from "../../dataplane/snapshot/snapshot-errors.ts";
import type { SnapshotAccess } from "../../dataplane/snapshot/state-file-reader.ts";
import { type CheckpointManifest, encodeManifest, MANIFEST_FILE } from "./manifest.ts";
import { replaceFile } from "./write-file.ts";

/** Of the name of one under way. */
export const UNFINISHED = ".tmp";

/** @param folder that savepoints are put in */
export function savepointPath(folder: string, jobId: string, checkpointId: number): string {
  return join(folder, `savepoint-${jobId.slice(0, 6)}-${checkpointId}`);
}

/** @returns where its state files go. Errors: MR_CHECKPOINT_STORAGE. */
export function createSnapshotFolder(fileSystem: FileSystem, path: string): Promise<string> {
  return onDisk(path, async () => {
    const temporary = path + UNFINISHED;
    await fileSystem.remove(temporary);
    await fileSystem.makeFolder(temporary);
    crashPoint("checkpoint-folder/made");
    return temporary;
  });
}

/** The commit point. Errors: MR_CHECKPOINT_STORAGE, MR_TYPE_UNSUPPORTED. */
export async function completeSnapshotFolder(
  { fileSystem, crc32c }: SnapshotAccess,
  path: string,
  manifest: CheckpointManifest,
): Promise<void> {
  const bytes = encodeManifest(manifest, crc32c);
  await onDisk(path, async () => {
    crashPoint("checkpoint-folder/before-sync");
    await fileSystem.syncFolder(path + UNFINISHED);
    crashPoint("checkpoint-folder/before-rename");
    await fileSystem.rename(path + UNFINISHED, path);
    crashPoint("checkpoint-folder/renamed");
    await fileSystem.syncFolder(dirname(path));
    crashPoint("manifest/before-write");
    await replaceFile(fileSystem, join(path, MANIFEST_FILE), bytes);
    crashPoint("manifest/written");
  });
}

/** Also if it is not whole. None is no error. Errors: MR_CHECKPOINT_STORAGE. */
export async function discardSnapshotFolder(fileSystem: FileSystem, path: string): Promise<void> {
  for (const written of [path, path + UNFINISHED]) {
    await onDisk(written, () => removeSnapshot(fileSystem, written));
  }
}

/** The manifest goes first, also in the eyes of a disk that is asked after a crash: half a snapshot is none. */
export async function removeSnapshot(fileSystem: FileSystem, path: string): Promise<void> {
  crashPoint("checkpoint-removal/before-manifest");
  await fileSystem.remove(join(path, MANIFEST_FILE));
  crashPoint("checkpoint-removal/without-manifest");
  try {
    await fileSystem.syncFolder(path);
  } catch (error) {
    // There is nothing.
    if (errorCodeOf(error) === "ENOENT") return;
    throw error;
  }
  await fileSystem.remove(path);
  crashPoint("checkpoint-removal/done");
}

export async function onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw storageFailed(path, error);
  }
}
