/** Where the engine lies that runs now, and what its files are called from outside. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder that holds control/ and dataplane/ as they run now. */
const engineRoot = fileURLToPath(new URL("../../", import.meta.url));
const ENTRIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    millrace: "control/index.js",
    "millrace/testing": "control/testing.js",
    "millrace/protocol": "dataplane/protocol/index.js",
  }).map(([name, path]) => [name, join(engineRoot, path)]),
);

/** What programs import from. */
export const PACKAGE_NAMES: ReadonlySet<string> = new Set(ENTRIES.keys());

/** The file of one of PACKAGE_NAMES. */
export function engineFileOf(packageName: string): string | null {
  return ENTRIES.get(packageName) ?? null;
}

/** The name in PACKAGE_NAMES that stands for a file; null = none does. */
export function entryOfEngineFile(path: string): string | null {
  return [...ENTRIES].find(([, file]) => file === path)?.[0] ?? null;
}

export function isEngineFile(path: string): boolean {
  return (
    path.startsWith(join(engineRoot, "control")) || path.startsWith(join(engineRoot, "dataplane"))
  );
}
