/** Files of text that the service shows. */
import { copyFile, readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { errorCodeOf } from "../../dataplane/snapshot/file-system.ts";
import type { LogFile } from "./cluster.ts";

/** null = there is no such file. */
export async function logFileOf(
  path: string,
  name: string,
  kind: LogFile["kind"],
): Promise<LogFile | null> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { name, kind, path, sizeBytes: size, modifiedMs: Math.round(mtimeMs) };
  } catch (error) {
    if (errorCodeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** All files in a folder; none where there is no folder. */
export async function logFilesIn(folder: string): Promise<readonly LogFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCodeOf(error) === "ENOENT") return [];
    throw error;
  });
  const files = await Promise.all(
    names.map((name) => logFileOf(join(folder, name), name, kindOf(name))),
  );
  return files.filter((file) => file !== null);
}

/**
 * Keeps a file that a process adds to from growing for ever: beyond the limit it begins anew, and what it held is
 * kept beside it as `<path>.1`. Lines that are written just then can be lost.
 */
export async function limitLog(path: string, maxBytes: number): Promise<void> {
  const file = await logFileOf(path, "", "other");
  if (file === null || file.sizeBytes <= maxBytes) return;
  await copyFile(path, `${path}.1`);
  await truncate(path);
}

function kindOf(name: string): LogFile["kind"] {
  if (name.endsWith(".log")) return "log";
  return name.endsWith(".out") ? "stdout" : "other";
}
