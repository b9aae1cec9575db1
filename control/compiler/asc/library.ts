/** The sources generated modules import, as they lie in the package, and what identifies them. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError } from "../../../dataplane/protocol/errors.ts";
import { ASC_ARGUMENTS, CONFIG_PATH } from "./asc-arguments.ts";

export interface Library {
  /** Path from the package's root, with forward slashes -> text. */
  readonly files: ReadonlyMap<string, string>;
  /** Changes with everything but a module's own text that its bytes depend on. */
  readonly hash: string;
}

const SOURCE_FOLDERS = ["dataplane/assembly", "dataplane/protocol"] as const;
const ENTRY = "dataplane/assembly/index.ts";
/** Part of every key; to be raised when the meaning of a module's exports or imports changes. */
const FORMAT_VERSION = 1;
const ownFolder = dirname(fileURLToPath(import.meta.url));

/**
 * The library of the package that `folder` is in: compiled code may lie at any depth of it.
 * Errors: MR_COMPILER_UNAVAILABLE when the sources or the compiler are not installed.
 */
export function loadLibrary(folder: string = ownFolder): Library {
  try {
    const files = readLibraryFiles(findPackageRoot(folder));
    return { files, hash: hashLibrary(files, readAscVersion()) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new EngineError("MR_COMPILER_UNAVAILABLE", { message }, error);
  }
}

/** Names the module that `text` compiles to, for all processes and machines. */
export function moduleKey(library: Library, text: string): string {
  return createHash("sha256").update(`${library.hash}\n`).update(text).digest("hex");
}

export function hashLibrary(files: ReadonlyMap<string, string>, ascVersion: string): string {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([FORMAT_VERSION, ascVersion, ASC_ARGUMENTS, sorted]))
    .digest("hex");
}

function findPackageRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ENTRY))) return folder;
    if (dirname(folder) === folder) throw new Error(`there is no ${ENTRY} above ${start}`);
  }
}

/** Synchronous: these are eighty small files, and each promise would cost more than the read. */
function readLibraryFiles(root: string): ReadonlyMap<string, string> {
  const sources = SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { encoding: "utf8", recursive: true })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => [folder, ...path.split(sep)].join("/")),
  );
  const paths = [CONFIG_PATH, ...sources];
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

function readAscVersion(): string {
  const path = fileURLToPath(import.meta.resolve("assemblyscript/package.json"));
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version;
}
