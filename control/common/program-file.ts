/** Which file the program that is running now was loaded from. */
import { AsyncLocalStorage } from "node:async_hooks";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";

export interface ProgramFile {
  /** Of the module, or of the bundle that was made of it. */
  readonly url: string;
  /** `process.argv` of its workers, without the path of Node: script and arguments. */
  readonly argv: readonly string[];
}

const current = new AsyncLocalStorage<ProgramFile>();

/** What `run` defines, also after awaits, stands in this file and in what it imports. */
export function withProgramFile<T>(file: ProgramFile, run: () => T): T {
  return current.run(file, run);
}

/** Without withProgramFile() the script Node was started with; null = there is none. */
export function programFile(): ProgramFile | null {
  return current.getStore() ?? startedScript();
}

function startedScript(): ProgramFile | null {
  const argv = process.argv.slice(1);
  const [path] = argv;
  return path !== undefined && existsSync(path) ? { url: pathToFileURL(path).href, argv } : null;
}
