/** Keeps a cache folder below its size: what was used longest ago goes first. */
import { readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

export const MODULE_FILE_SUFFIX = ".module";
/** Of files that are being written. */
export const PARTIAL_FILE_SUFFIX = ".partial";
/** No write takes so long: whoever began it is gone. */
const PARTIAL_MAX_AGE_MS = 3_600_000;
/** Its time is that of the last look at the folder by any process: with many files a look takes long. */
const LOOK_FILE = "last-look";
const LOOK_EVERY_MS = 3_600_000;

interface CacheFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly usedMs: number;
}

export async function isEvictionDue(directory: string, nowMs: number): Promise<boolean> {
  const look = await stat(join(directory, LOOK_FILE)).catch(() => null);
  return look === null || Math.abs(nowMs - look.mtimeMs) > LOOK_EVERY_MS;
}

/** Other processes may do the same at the same time; files that vanish meanwhile are no error. */
export async function evictModules(
  directory: string,
  maxBytes: number,
  nowMs: number,
): Promise<void> {
  const look = join(directory, LOOK_FILE);
  await writeFile(look, "");
  await utimes(look, nowMs / 1000, nowMs / 1000);
  const names = await readdir(directory);
  const partial = await statFiles(directory, names, PARTIAL_FILE_SUFFIX);
  const modules = await statFiles(directory, names, MODULE_FILE_SUFFIX);
  const abandoned = partial.filter(({ usedMs }) => nowMs - usedMs > PARTIAL_MAX_AGE_MS);
  for (const { path } of abandoned) await rm(path, { force: true });
  let excess = modules.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) - maxBytes;
  for (const { path, sizeBytes } of modules.sort((a, b) => a.usedMs - b.usedMs)) {
    if (excess <= 0) return;
    await rm(path, { force: true });
    excess -= sizeBytes;
  }
}

async function statFiles(
  directory: string,
  names: readonly string[],
  suffix: string,
): Promise<CacheFile[]> {
  const files = names
    .filter((name) => name.endsWith(suffix))
    .map(async (name) => {
      const path = join(directory, name);
      const stats = await stat(path).catch(() => null);
      return stats === null ? [] : [{ path, sizeBytes: stats.size, usedMs: stats.mtimeMs }];
    });
  return (await Promise.all(files)).flat();
}
