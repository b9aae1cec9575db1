/** The files of a program: its entry, which is all of it where it is bundled, and what that imports. */
import { realpathSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { SourceModule } from "./source-module.ts";

/** Folders of the engine as it runs now: its own files are no part of programs. */
const ENGINE = ["control/", "dataplane/"].map(
  (folder) => new URL(`../../../${folder}`, import.meta.url).href,
);

/** Reads files when they are asked for. */
export class ProgramModules {
  readonly #modules = new Map<string, SourceModule | null>();
  readonly #entry: string | null;

  /** @param entry null = a program without files */
  constructor(entry: string | null) {
    this.#entry = entry;
  }

  /** Null for packages, the engine, and files that cannot be read. */
  at(url: string): SourceModule | null {
    const known = this.#modules.get(url);
    if (known !== undefined) return known;
    const module = isOfProgram(url) ? readModule(url) : null;
    this.#modules.set(url, module);
    return module;
  }

  /** The entry first. */
  *[Symbol.iterator](): Generator<SourceModule> {
    const seen = new Set(this.#entry === null ? [] : [this.#entry]);
    for (const url of seen) {
      const module = this.at(url);
      if (module === null) continue;
      yield module;
      for (const imported of module.imports) seen.add(imported.url);
    }
  }
}

function isOfProgram(url: string): boolean {
  return !url.includes("/node_modules/") && !ENGINE.some((folder) => url.startsWith(folder));
}

function readModule(url: string): SourceModule | null {
  try {
    // As the loader of modules names it.
    return new SourceModule(pathToFileURL(realpathSync(fileURLToPath(url))).href);
  } catch {
    return null;
  }
}
