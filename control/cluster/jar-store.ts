/** Uploaded bundles: a folder of files with names made here, and what they are called. */
import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { Clock } from "../common/clock.ts";
import { BUNDLE_LIMITS, isEntryName, readManifest, readProgram } from "./bundle-archive.ts";
import type { JarRecord } from "./records.ts";
import type { Registry } from "./registry.ts";

/** Characters of a file name that are kept. */
const NAME_LENGTH_MAX = 200;
const MODULE = /\.m?js$/i;

export class JarStore {
  readonly #folder: string;
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #jars = new Map<string, JarRecord>();

  /** @param jars those of the registry */
  constructor(folder: string, registry: Registry, clock: Clock, jars: readonly JarRecord[]) {
    this.#folder = folder;
    this.#registry = registry;
    this.#clock = clock;
    for (const jar of jars) this.#jars.set(jar.jarId, jar);
  }

  list(): readonly JarRecord[] {
    return [...this.#jars.values()];
  }

  /** Errors: MR_JAR_NOT_FOUND. */
  get(jarId: string): JarRecord {
    const jar = this.#jars.get(jarId);
    if (jar === undefined) throw new EngineError("MR_JAR_NOT_FOUND", { jar: jarId });
    return jar;
  }

  /**
   * Takes a copy of the file. One that is no bundle is taken as well, and shows no programs.
   *
   * @param path of the file
   * @param fileName what whoever sent it calls it; folders in it are cut off
   */
  async add(path: string, fileName: string): Promise<JarRecord> {
    const name = baseNameOf(fileName);
    const uuid = randomUUID();
    await mkdir(this.#folder, { recursive: true });
    const file = join(this.#folder, uuid);
    await copyFile(path, file);
    const { size } = await stat(file);
    const jar: JarRecord = {
      jarId: `${uuid}_${name}`,
      file: uuid,
      name,
      uploadedMs: this.#clock.now(),
      sizeBytes: size,
      entries: await entriesOf(file, name),
    };
    await this.#registry.put("jars", jar.jarId, jar, { durable: true });
    this.#jars.set(jar.jarId, jar);
    return jar;
  }

  /** Programs that were started from it go on. Errors: MR_JAR_NOT_FOUND. */
  async delete(jarId: string): Promise<void> {
    const { file } = this.get(jarId);
    this.#jars.delete(jarId);
    await this.#registry.remove("jars", jarId);
    await rm(join(this.#folder, file), { force: true });
  }

  /**
   * A program of a bundle: its name and its text.
   *
   * @param entry null = the first it shows
   * Errors: MR_JAR_NOT_FOUND, MR_BUNDLE_INVALID.
   */
  async program(
    jarId: string,
    entry: string | null,
  ): Promise<{ readonly entry: string; readonly module: Uint8Array }> {
    const { file, name, entries } = this.get(jarId);
    const path = join(this.#folder, file);
    const wanted = entry ?? entries[0];
    if (wanted === undefined) {
      const message = `${name} shows no program: it has no manifest with Main-Class, or is no bundle at all`;
      throw new EngineError("MR_BUNDLE_INVALID", { message });
    }
    if (!MODULE.test(name)) return { entry: wanted, module: await readProgram(path, wanted) };
    if (!entries.includes(wanted)) {
      const message = `${name} is the program ${entries.join()}, not ${wanted}`;
      throw new EngineError("MR_BUNDLE_INVALID", { message });
    }
    return { entry: wanted, module: await readFile(path) };
  }
}

/** What stands behind the last slash or backslash, without what a terminal or a header might act on. */
function baseNameOf(fileName: string): string {
  const last = fileName.split(/[\\/]/).at(-1) ?? "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return last.replaceAll(/[\u0000-\u001f\u007f]/g, "").slice(-NAME_LENGTH_MAX);
}

async function entriesOf(path: string, name: string): Promise<readonly string[]> {
  if (MODULE.test(name)) {
    const entry = name.replace(MODULE, "");
    const { size } = await stat(path);
    return isEntryName(entry) && size <= BUNDLE_LIMITS.programBytes ? [entry] : [];
  }
  try {
    return (await readManifest(path)).entries;
  } catch (error) {
    // As Flink: it is listed all the same, and whoever runs it is told.
    if (error instanceof EngineError) return [];
    throw error;
  }
}
