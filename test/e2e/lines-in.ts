/** What a file sink has finished. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCodeOf } from "../../dataplane/snapshot/file-system.ts";

/** Lines of all files in a folder that readers see, sorted; those of a folder that is not there are none. */
export async function linesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCodeOf(error) === "ENOENT") return [];
    throw error;
  });
  const finished = names.filter((name) => !name.startsWith("."));
  const texts = await Promise.all(finished.map((name) => readFile(join(folder, name), "utf8")));
  return texts.flatMap((text) => text.split("\n").filter(Boolean)).toSorted();
}
