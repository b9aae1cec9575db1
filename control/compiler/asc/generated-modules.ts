/** Modules for generated sources: from memory, from disk, or compiled; each is compiled once. */
import type { EngineError } from "../../../dataplane/protocol/errors.ts";
import { type Clock, systemClock } from "../../common/clock.ts";
import type { Variables } from "../../config/environment-variables.ts";
import { moduleCacheDirectory } from "./cache-directory.ts";
import { ModuleCache } from "./module-cache.ts";
import { type CompiledModule, type GeneratedSource, ModuleCompiler } from "./module-compiler.ts";

export interface LoadedModule {
  readonly key: string;
  readonly wasm: Uint8Array;
  /** It did not have to be compiled for this call. */
  readonly fromCache: boolean;
  /** ms from asking the compiler to its answer, waiting included; 0 when from the cache. */
  readonly compileMs: number;
}

export interface GeneratedModulesOptions {
  readonly compiler: Pick<ModuleCompiler, "compile" | "keyOf" | "close">;
  readonly cache: ModuleCache;
  readonly clock?: Clock;
}

/** Modules kept in memory; those used longest ago are read from disk again. */
const IN_MEMORY_MAX = 256;

export class GeneratedModules {
  readonly #compiler: GeneratedModulesOptions["compiler"];
  readonly #cache: ModuleCache;
  readonly #clock: Clock;
  /** Key -> module that is there or on its way; the last used are last. */
  readonly #modules = new Map<string, Promise<LoadedModule>>();

  constructor({ compiler, cache, clock = systemClock }: GeneratedModulesOptions) {
    this.#compiler = compiler;
    this.#cache = cache;
    this.#clock = clock;
  }

  /** With the cache folder that environment variables name, or the user's. */
  static create(
    variables: Variables,
    onWarning: (warning: EngineError) => void = () => {},
  ): GeneratedModules {
    const cache = new ModuleCache({ directory: moduleCacheDirectory(variables), onWarning });
    return new GeneratedModules({ compiler: new ModuleCompiler(), cache });
  }

  /** Errors: those of ModuleCompiler.compile(). A source that failed is tried again the next time. */
  async loadModule(source: GeneratedSource): Promise<LoadedModule> {
    const key = await this.#compiler.keyOf(source);
    const known = this.#modules.get(key);
    if (known === undefined) {
      const loading = this.#load(key, source);
      this.#remember(key, loading);
      return loading;
    }
    this.#remember(key, known);
    return { ...(await known), fromCache: true, compileMs: 0 };
  }

  /** The module, if it does not have to be compiled; null if it does. */
  async findModule(source: GeneratedSource): Promise<LoadedModule | null> {
    const key = await this.#compiler.keyOf(source);
    const known = this.#modules.get(key);
    // That it failed is told to who asked for it.
    const there = await known?.catch(() => null);
    if (there !== undefined && there !== null) return { ...there, fromCache: true, compileMs: 0 };
    const kept = await this.#cache.read(key);
    if (kept === null) return null;
    const found = { key, wasm: kept, fromCache: true, compileMs: 0 };
    this.#remember(key, Promise.resolve(found));
    return found;
  }

  /** Compiles whatever the caches hold, for a look at the WebAssembly text. */
  explainModule(source: GeneratedSource): Promise<CompiledModule> {
    return this.#compiler.compile(source, { wat: true });
  }

  /** Ends the compiler's process; what is being compiled fails. */
  close(): void {
    this.#compiler.close();
  }

  async #load(key: string, source: GeneratedSource): Promise<LoadedModule> {
    const kept = await this.#cache.read(key);
    if (kept !== null) return { key, wasm: kept, fromCache: true, compileMs: 0 };
    const startMs = this.#clock.monotonic();
    const { wasm } = await this.#compiler.compile(source);
    const compileMs = this.#clock.monotonic() - startMs;
    await this.#cache.write(key, wasm);
    return { key, wasm, fromCache: false, compileMs };
  }

  #remember(key: string, loading: Promise<LoadedModule>): void {
    this.#modules.delete(key);
    this.#modules.set(key, loading);
    loading.catch(() => {
      if (this.#modules.get(key) === loading) this.#modules.delete(key);
    });
    const [oldest] = this.#modules.keys();
    if (this.#modules.size > IN_MEMORY_MAX && oldest !== undefined) this.#modules.delete(oldest);
  }
}
