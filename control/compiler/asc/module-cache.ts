/**
 * Compiled modules on disk, shared by all processes of the user. A file appears whole or not at all and
 * is checked before it is used, so nobody needs a lock. Without a folder that can be written to, nothing
 * is kept, and `onWarning` says so once.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../../../dataplane/protocol/errors.ts";
import { type Clock, systemClock } from "../../common/clock.ts";
import {
  evictModules,
  isEvictionDue,
  MODULE_FILE_SUFFIX,
  PARTIAL_FILE_SUFFIX,
} from "./cache-eviction.ts";
import { decodeModuleFile, encodeModuleFile } from "./module-file.ts";

export interface ModuleCacheOptions {
  /** null = there is none. */
  readonly directory: string | null;
  /** Default 256 MiB; a process may exceed it by a sixteenth before it looks. */
  readonly maxBytes?: number;
  /** Called at most once, with MR_CACHE_UNUSABLE. */
  readonly onWarning?: (warning: EngineError) => void;
  readonly clock?: Clock;
}

const DEFAULTS = { maxBytes: 256 * 1024 * 1024, onWarning: () => {}, clock: systemClock };

export class ModuleCache {
  readonly #options: Required<ModuleCacheOptions>;
  #hasWarned = false;
  #writtenBytes = 0;

  constructor(options: ModuleCacheOptions) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** The module, or null when it has to be compiled; a damaged file is removed. */
  async read(key: string): Promise<Uint8Array | null> {
    const { directory, clock } = this.#options;
    if (directory === null) return null;
    const path = pathOf(directory, key);
    // For whatever reason it cannot be read: the write that follows replaces it, or says why it cannot.
    const file = await readFile(path).catch(() => null);
    if (file === null) return null;
    const wasm = decodeModuleFile(key, file);
    const nowSeconds = clock.now() / 1000;
    // In a folder that is read only, neither matters.
    if (wasm === null) await rm(path, { force: true }).catch(() => {});
    else await utimes(path, nowSeconds, nowSeconds).catch(() => {});
    return wasm;
  }

  /** Keeps a module if that is possible. */
  async write(key: string, wasm: Uint8Array): Promise<void> {
    const { directory } = this.#options;
    if (directory === null) {
      this.#warn("(none)", new Error("there is no home directory"));
      return;
    }
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeWhole(pathOf(directory, key), encodeModuleFile(key, wasm));
      await this.#keepSmall(directory, wasm.byteLength);
    } catch (error) {
      // Where a file in use cannot be replaced, another process may just have brought the same module.
      if ((await this.read(key)) === null) this.#warn(directory, error);
    }
  }

  async #keepSmall(directory: string, writtenBytes: number): Promise<void> {
    const { maxBytes, clock } = this.#options;
    this.#writtenBytes += writtenBytes;
    const isDue = this.#writtenBytes > maxBytes / 16;
    if (!isDue && !(await isEvictionDue(directory, clock.now()))) return;
    this.#writtenBytes = 0;
    await evictModules(directory, maxBytes, clock.now());
  }

  #warn(directory: string, cause: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const message = cause instanceof Error ? cause.message : String(cause);
    this.#options.onWarning(new EngineError("MR_CACHE_UNUSABLE", { directory, message }, cause));
  }
}

function pathOf(directory: string, key: string): string {
  return join(directory, `${key}${MODULE_FILE_SUFFIX}`);
}

async function writeWhole(path: string, contents: Uint8Array): Promise<void> {
  const partial = `${path}.${randomUUID()}${PARTIAL_FILE_SUFFIX}`;
  try {
    await writeFile(partial, contents, { flag: "wx", mode: 0o600 });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw error;
  }
}
