/** Small files that are there as a whole or not at all, also after a crash. */
import { dirname } from "node:path";
import { crashPoint } from "../../dataplane/protocol/crash-point.ts";
import type { FileSystem } from "../../dataplane/snapshot/file-system.ts";

/** A new file, on disk when it is settled; its name is not yet. */
export async function writeFile(
  fileSystem: FileSystem,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const file = await fileSystem.create(path);
  try {
    await file.write([bytes]);
    crashPoint("small-file/before-sync");
    await file.sync();
  } finally {
    await file.close();
  }
}

/** In place of what is there, if anything is. Nobody else may write the file. */
export async function replaceFile(
  fileSystem: FileSystem,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const temporary = `${path}.tmp`;
  await fileSystem.remove(temporary);
  await writeFile(fileSystem, temporary, bytes);
  crashPoint("small-file/before-rename");
  await fileSystem.rename(temporary, path);
  crashPoint("small-file/before-folder-sync");
  await fileSystem.syncFolder(dirname(path));
}
