/**
 * Finds the files of a file source: single files, directories with all they contain, and globs.
 *
 * Rules: a path that exists is taken as it is, whatever characters it has; only otherwise is it a
 * glob. In directories, names that begin with `.` or `_` are skipped, as Flink does, and what is
 * neither a file nor a directory too; a path that was named is never skipped. Links are followed, a
 * link back to a directory that is being walked is not. Order: paths as given, names in code unit
 * order within each.
 */
import type { Dirent, Stats } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { EngineError } from "../protocol/errors.ts";
import type { FoundFile } from "./file-split.ts";
import { type GlobSegment, isGlob, isHidden, parseGlob } from "./glob.ts";

/** @throws EngineError MR_SOURCE_NOT_FOUND, MR_SOURCE_UNREADABLE */
export async function findFiles(
  paths: readonly string[],
  operatorName: string,
): Promise<readonly FoundFile[]> {
  const walker = new FileWalker(operatorName);
  const found: FoundFile[] = [];
  for (const path of paths) found.push(...(await walker.find(path)));
  return found;
}

class FileWalker {
  readonly #operatorName: string;

  constructor(operatorName: string) {
    this.#operatorName = operatorName;
  }

  async find(given: string): Promise<readonly FoundFile[]> {
    const path = given.startsWith("file://") ? fileURLToPath(given) : given;
    const stats = await this.#statOrNull(path);
    if (stats !== null) return this.#named(path, stats);
    const matches = isGlob(path) ? await this.#expand(path) : [];
    if (matches.length === 0) throw this.#notFound(path);
    const found = new Map<string, FoundFile>();
    for (const match of matches) {
      const matched = await this.#statOrNull(match);
      const files = matched === null ? [] : await this.#named(match, matched);
      for (const file of files) found.set(file.path, file);
    }
    return [...found.values()];
  }

  async #named(path: string, stats: Stats): Promise<readonly FoundFile[]> {
    if (stats.isFile()) return [{ path, sizeBytes: stats.size }];
    if (stats.isDirectory()) return this.#walk(path, []);
    throw this.#unreadable(path, "it is neither a file nor a directory");
  }

  async #walk(directory: string, above: readonly string[]): Promise<readonly FoundFile[]> {
    const real = await this.#guard(directory, realpath(directory));
    if (above.includes(real)) return [];
    const found: FoundFile[] = [];
    for (const entry of await this.#entries(directory)) {
      if (isHidden(entry.name)) continue;
      const path = join(directory, entry.name);
      const stats = await this.#statOrNull(path);
      if (stats?.isFile()) found.push({ path, sizeBytes: stats.size });
      else if (stats?.isDirectory()) found.push(...(await this.#walk(path, [...above, real])));
    }
    return found;
  }

  async #expand(pattern: string): Promise<readonly string[]> {
    const matches = new Set<string>();
    for (const [first, ...rest] of parseGlob(pattern)) {
      const isAbsolute = first?.kind === "literal" && first.name === "";
      const segments = isAbsolute || first === undefined ? rest : [first, ...rest];
      for (const match of await this.#match(isAbsolute ? "/" : "", segments)) matches.add(match);
    }
    return [...matches].sort();
  }

  async #match(directory: string, segments: readonly GlobSegment[]): Promise<readonly string[]> {
    const [segment, ...rest] = segments;
    if (segment === undefined) return [directory || "."];
    if (segment.kind === "literal") {
      const path = join(directory, segment.name);
      return (await this.#statOrNull(path)) === null ? [] : this.#match(path, rest);
    }
    const matches: string[] = [];
    if (segment.kind === "directories") matches.push(...(await this.#match(directory, rest)));
    if (!(await this.#statOrNull(directory || "."))?.isDirectory()) return matches;
    for (const entry of await this.#entries(directory || ".")) {
      const path = join(directory, entry.name);
      if (segment.kind === "names") {
        if (segment.matches(entry.name)) matches.push(...(await this.#match(path, rest)));
      } else if (entry.isDirectory() && !isHidden(entry.name)) {
        matches.push(...(await this.#match(path, segments)));
      }
    }
    return matches;
  }

  async #entries(directory: string): Promise<readonly Dirent[]> {
    const entries = await this.#guard(directory, readdir(directory, { withFileTypes: true }));
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #statOrNull(path: string): Promise<Stats | null> {
    try {
      return await stat(path);
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT" || code === "ENOTDIR") return null;
      throw this.#unreadable(path, messageOf(error), error);
    }
  }

  async #guard<V>(path: string, work: Promise<V>): Promise<V> {
    try {
      return await work;
    } catch (error) {
      throw this.#unreadable(path, messageOf(error), error);
    }
  }

  #notFound(path: string): EngineError {
    return new EngineError("MR_SOURCE_NOT_FOUND", { operator: this.#operatorName, path });
  }

  #unreadable(path: string, message: string, cause?: unknown): EngineError {
    const operator = this.#operatorName;
    return new EngineError("MR_SOURCE_UNREADABLE", { operator, path, message }, cause);
  }
}

function join(directory: string, name: string): string {
  return directory === "" || directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
