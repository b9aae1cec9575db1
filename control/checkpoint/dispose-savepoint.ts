/** Deletes savepoints, and nothing else. */
import { Crc32c } from "../../dataplane/memory/crc32c.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { nodeFileSystem } from "../../dataplane/snapshot/node-file-system.ts";
import { readSnapshot } from "./read-snapshot.ts";
import { removeSnapshot } from "./snapshot-folder.ts";

/** @param path of the savepoint's folder. Errors: MR_SAVEPOINT_FAILED. */
export async function disposeSavepoint(path: string): Promise<void> {
  try {
    const access = { fileSystem: nodeFileSystem, crc32c: await Crc32c.create() };
    // A folder that is none is left alone.
    const snapshot = await readSnapshot(access, path, "files");
    const { type } = snapshot.manifest;
    if (type !== "savepoint") throw new TypeError(`${path} is a ${type}, which its job deletes`);
    await removeSnapshot(nodeFileSystem, snapshot.path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError("MR_SAVEPOINT_FAILED", { reason }, error);
  }
}
