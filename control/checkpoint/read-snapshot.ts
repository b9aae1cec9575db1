/** Reads snapshots, wherever they are and whoever wrote them. */
import { basename, dirname, join } from "node:path";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { StateFile } from "../../dataplane/protocol/state-file.ts";
import { errorCodeOf } from "../../dataplane/snapshot/file-system.ts";
import { snapshotDamaged } from "../../dataplane/snapshot/snapshot-errors.ts";
import {
  type SnapshotAccess,
  StateFileReader,
} from "../../dataplane/snapshot/state-file-reader.ts";
import type { OpenedSnapshot } from "./checkpoint-store.ts";
import { type CheckpointManifest, decodeManifest, MANIFEST_FILE } from "./manifest.ts";

/** How much is read of what a manifest names: the ends of files, or every byte. */
export type Thoroughness = "files" | "blocks";

/**
 * Errors: MR_SNAPSHOT_NOT_FOUND, MR_SNAPSHOT_DAMAGED, MR_SNAPSHOT_VERSION.
 *
 * @param path of the snapshot's folder, or of its manifest
 */
export async function readSnapshot(
  access: SnapshotAccess,
  path: string,
  thoroughness: Thoroughness,
): Promise<OpenedSnapshot<StateFile>> {
  const folder = basename(path) === MANIFEST_FILE ? dirname(path) : path;
  const manifestPath = join(folder, MANIFEST_FILE);
  const manifest = decodeManifest(
    manifestPath,
    await readWhole(access, manifestPath),
    access.crc32c,
  );
  for (const state of stateFilesOf(manifest)) {
    const reader = await StateFileReader.open(access, state);
    try {
      if (thoroughness === "blocks") await reader.verify();
    } finally {
      await reader.close();
    }
  }
  return { path: folder, manifest };
}

/** In the order of vertices and subtasks, and that in which they are read. */
export function stateFilesOf(manifest: CheckpointManifest): readonly StateFile[] {
  return manifest.vertices.flatMap(({ subtasks }) =>
    subtasks.flatMap(({ state }) => (state === null ? [] : [...(state.bases ?? []), state])),
  );
}

async function readWhole({ fileSystem }: SnapshotAccess, path: string): Promise<Uint8Array> {
  try {
    const file = await fileSystem.open(path);
    try {
      return await file.read(0, file.lengthBytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") {
      const details = { path: dirname(path), manifest: MANIFEST_FILE };
      throw new EngineError("MR_SNAPSHOT_NOT_FOUND", details, error);
    }
    const message = error instanceof Error ? error.message : String(error);
    throw snapshotDamaged(path, `it cannot be read: ${message}`, error);
  }
}
