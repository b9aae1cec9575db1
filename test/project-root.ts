import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of tsconfig.json: tests run from dist/, but read sources, vectors and documents. */
export const projectRoot = findProjectRoot(dirname(fileURLToPath(import.meta.url)));

function findProjectRoot(folder: string): string {
  if (existsSync(join(folder, "tsconfig.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("There is no tsconfig.json above the tests.");
  return findProjectRoot(parent);
}
