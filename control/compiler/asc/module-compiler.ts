/**
 * Compiles generated AssemblyScript in a process of its own, which starts when it is first needed, stays
 * warm while there is work and ends when there has been none for a while.
 *
 * Invariants: one request is with the process at a time, the others wait in order; a process that ends or
 * takes too long fails the request it has and no other, and the next one gets a new process.
 */
import { EngineError } from "../../../dataplane/protocol/errors.ts";
import {
  MEMORY_GENERATED_BASE,
  MEMORY_HEAP_BASE,
} from "../../../dataplane/protocol/memory-layout.ts";
import { type Clock, systemClock } from "../../common/clock.ts";
import { MODULE_PATH } from "./asc-arguments.ts";
import { AscChild } from "./asc-child.ts";
import type { AscAnswer } from "./asc-messages.ts";
import { type Library, loadLibrary, moduleKey } from "./library.ts";
import { staticDataRange } from "./static-data.ts";

export interface GeneratedSource {
  /** For messages; modules of equal text are equal whatever they are called. */
  readonly name: string;
  /** AssemblyScript, as of a file in dataplane/assembly/generated/. */
  readonly text: string;
}

export interface CompiledModule {
  /** Of the text and of everything it is compiled with. */
  readonly key: string;
  readonly wasm: Uint8Array;
  /** WebAssembly as text, where it was asked for. */
  readonly wat?: string;
}

export interface CompileOptions {
  readonly wat?: boolean;
}

export interface CompilerOptions {
  /** A request that the process has had for longer is given up; default 30 s. */
  readonly timeoutMs?: number;
  /** The process ends after so long without work; default 10 s. */
  readonly idleMs?: number;
  /** Requests that may wait; default 64. */
  readonly maxWaiting?: number;
  readonly clock?: Clock;
}

interface Request {
  readonly source: GeneratedSource;
  readonly withWat: boolean;
  readonly resolve: (compiled: CompiledModule) => void;
  readonly reject: (reason: unknown) => void;
}

const DEFAULTS = { timeoutMs: 30_000, idleMs: 10_000, maxWaiting: 64, clock: systemClock };
const DIAGNOSTICS_MAX = 4000;

export class ModuleCompiler {
  readonly #options: Required<CompilerOptions>;
  readonly #waiting: Request[] = [];
  #library: Library | null = null;
  #child: AscChild | null = null;
  #isWorking = false;
  #cancelIdleTimer: () => void = () => {};

  constructor(options: CompilerOptions = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Of the process there is now, or null. */
  get processId(): number | null {
    return this.#child?.processId ?? null;
  }

  /**
   * Errors: MR_COMPILE_FAILED (asc refuses the text, or its static data does not fit), MR_COMPILE_TIMEOUT,
   * MR_COMPILE_ABORTED, MR_COMPILE_QUEUE_FULL, MR_COMPILER_UNAVAILABLE.
   */
  async compile(source: GeneratedSource, options: CompileOptions = {}): Promise<CompiledModule> {
    const { maxWaiting } = this.#options;
    if (this.#waiting.length >= maxWaiting) {
      throw new EngineError("MR_COMPILE_QUEUE_FULL", { module: source.name, waiting: maxWaiting });
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ source, withWat: options.wat === true, resolve, reject });
      void this.#work();
    });
  }

  /** The key compile() will answer, without compiling. */
  async keyOf(source: GeneratedSource): Promise<string> {
    return moduleKey(this.#loadLibrary(), source.text);
  }

  /** Ends the process; requests that are waiting or running fail with MR_COMPILE_ABORTED. */
  close(): void {
    for (const { source, reject } of this.#waiting.splice(0)) {
      reject(abortedError(source, new Error("the compiler was closed")));
    }
    this.#cancelIdleTimer();
    this.#child?.kill("the compiler was closed");
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#cancelIdleTimer();
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await this.#run(next).then(next.resolve, next.reject);
    }
    this.#isWorking = false;
    this.#startIdleTimer();
  }

  async #run({ source, withWat }: Request): Promise<CompiledModule> {
    const library = this.#loadLibrary();
    const answer = await this.#ask(library, source, withWat);
    if (answer.kind === "refused") throw refusedError(source, answer.diagnostics);
    checkStaticData(source, answer.wasm);
    // A copy: the answer's bytes are part of the whole message, which would be kept and posted with them.
    const compiled = { key: moduleKey(library, source.text), wasm: answer.wasm.slice() };
    return answer.wat === null ? compiled : { ...compiled, wat: answer.wat };
  }

  async #ask(library: Library, source: GeneratedSource, withWat: boolean): Promise<AscAnswer> {
    const { clock, timeoutMs } = this.#options;
    const child = this.#child ?? this.#startChild(library);
    const answer = child.compile(source.text, withWat);
    const ignore = (): void => {};
    await clock.atMost(answer.then(ignore, ignore), timeoutMs);
    if (child.isBusy) {
      child.kill("it took too long");
      throw new EngineError("MR_COMPILE_TIMEOUT", { module: source.name, timeoutMs });
    }
    return answer.catch((error: Error) => {
      throw abortedError(source, error);
    });
  }

  #startChild(library: Library): AscChild {
    const onEnd = (child: AscChild): void => {
      if (this.#child === child) this.#child = null;
    };
    try {
      this.#child = new AscChild(library, onEnd);
      return this.#child;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new EngineError("MR_COMPILER_UNAVAILABLE", { message }, error);
    }
  }

  #startIdleTimer(): void {
    const cancel = this.#options.clock.every(this.#options.idleMs, () => {
      cancel();
      this.#child?.end();
    });
    this.#cancelIdleTimer = cancel;
  }

  #loadLibrary(): Library {
    this.#library ??= loadLibrary();
    return this.#library;
  }
}

function checkStaticData(source: GeneratedSource, wasm: Uint8Array): void {
  const data = staticDataRange(wasm);
  if (data === null || (data.start >= MEMORY_GENERATED_BASE && data.end <= MEMORY_HEAP_BASE))
    return;
  const place = `bytes ${data.start} to ${data.end - 1}`;
  const room = `${MEMORY_GENERATED_BASE} to ${MEMORY_HEAP_BASE - 1}`;
  throw refusedError(source, `its static data takes ${place}, outside of ${room}`);
}

function refusedError(source: GeneratedSource, diagnostics: string): EngineError {
  const named = diagnostics.replaceAll(MODULE_PATH, `${source.name}.ts`).slice(0, DIAGNOSTICS_MAX);
  return new EngineError("MR_COMPILE_FAILED", { module: source.name, diagnostics: named });
}

function abortedError(source: GeneratedSource, cause: Error): EngineError {
  const details = { module: source.name, message: cause.message };
  return new EngineError("MR_COMPILE_ABORTED", details, cause);
}
