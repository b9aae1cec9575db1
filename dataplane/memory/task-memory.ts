/**
 * The private linear memory of one chain subtask and the kernels that run in it.
 *
 * Invariants: the manager has lent exactly `byteLength` bytes to `owner` for it until dispose(); the
 * memory grows through `requestPages` only, which makes the views anew. So a view held in a local
 * variable is dead after any call that may allocate: read it from here again. Between two events of its
 * subtask the memory itself may be replaced (`moveToFresh`): addresses stay what they are.
 */
import {
  MEMORY_PAGE_SIZE,
  MEMORY_ROOT_FAILED_ROW,
  MEMORY_ROOT_LIVE_BYTES,
  MEMORY_ROOT_PTR,
} from "../protocol/memory-layout.ts";
import { STATUS_NAN_KEY, STATUS_NULL_KEY, STATUS_OUT_OF_MEMORY } from "../protocol/status.ts";
import { abortKernel } from "./abort-kernel.ts";
import { copyToFreshMemory } from "./fresh-memory.ts";
import type { Kernels } from "./kernels.ts";
import type { MemoryManager } from "./memory-manager.ts";
import { StaticRegion } from "./static-region.ts";
import { statusError, trapError } from "./status-error.ts";

const INITIAL_PAGES = 2;
/** The maximum is one page short of 4 GiB, so that the end of memory is a u32 too. */
const LIMITS = { initial: INITIAL_PAGES, maximum: 65535 };

/** An instance over a subtask's memory; `exports` are others when the memory is. */
export interface ModuleInstance<Exports> {
  readonly exports: Exports;
}

type Imports = Readonly<Record<string, unknown>>;

interface Generated {
  readonly owner: object;
  readonly module: WebAssembly.Module;
  readonly imports: Imports;
  exports: WebAssembly.Exports;
}

export class TaskMemory {
  memory: WebAssembly.Memory;
  kernels: Kernels;
  readonly manager: MemoryManager;
  readonly statics: StaticRegion;
  readonly owner: string;

  /** Views of the whole memory; made anew when it grows. Index u32, i32 with `ptr >>> 2`, f64, i64 with `ptr >>> 3`. */
  u8!: Uint8Array<ArrayBuffer>;
  u16!: Uint16Array<ArrayBuffer>;
  u32!: Uint32Array<ArrayBuffer>;
  i32!: Int32Array<ArrayBuffer>;
  f64!: Float64Array<ArrayBuffer>;
  i64!: BigInt64Array<ArrayBuffer>;
  bytes!: Buffer<ArrayBuffer>;

  readonly #imports = {
    requestPages: (pages: number) => this.#requestPages(pages),
    abort: abortKernel,
  };
  readonly #kernelsModule: WebAssembly.Module;
  #generated: Generated[] = [];
  #refusedBytes = 0;
  #isDisposed = false;

  private constructor(module: WebAssembly.Module, manager: MemoryManager, owner: string) {
    this.#kernelsModule = module;
    this.manager = manager;
    this.owner = owner;
    this.memory = new WebAssembly.Memory(LIMITS);
    this.#makeViews();
    this.statics = new StaticRegion(this);
    this.kernels = this.#createKernels();
    this.kernels.memInit();
  }

  /** Errors: MR_MEMORY_EXHAUSTED when the budget has no room for the first pages. */
  static create(module: WebAssembly.Module, manager: MemoryManager, owner: string): TaskMemory {
    manager.borrow(owner, INITIAL_PAGES * MEMORY_PAGE_SIZE);
    try {
      return new TaskMemory(module, manager, owner);
    } catch (error) {
      manager.giveBack(owner, INITIAL_PAGES * MEMORY_PAGE_SIZE);
      throw error;
    }
  }

  /** Bytes of linear memory, borrowed from the manager. */
  get byteLength(): number {
    return this.#isDisposed ? 0 : this.u8.byteLength;
  }

  /** Bytes of all blocks handed out and not returned. */
  get liveBytes(): number {
    const at = (MEMORY_ROOT_PTR + MEMORY_ROOT_LIVE_BYTES) >>> 2;
    return (this.u32[at] ?? 0) + (this.u32[at + 1] ?? 0) * 2 ** 32;
  }

  /** A block of at least `bytes`, contents undefined, 64-byte aligned. Errors: MR_MEMORY_EXHAUSTED. */
  alloc(bytes: number): number {
    const ptr = this.kernels.alloc(bytes) >>> 0;
    if (ptr === 0) throw this.exhausted(bytes);
    return ptr;
  }

  free(ptr: number, bytes: number): void {
    this.kernels.free(ptr, bytes);
  }

  /** Row at which the last kernel that answered an error about a row stopped. */
  get failedRow(): number {
    return this.u32[(MEMORY_ROOT_PTR + MEMORY_ROOT_FAILED_ROW) >>> 2] as number;
  }

  /** Throws the error a negative status stands for; answers any other. */
  check(status: number, kernel: string, operator: string): number {
    if (status >= 0) return status;
    if (status === STATUS_OUT_OF_MEMORY) throw this.exhausted(0);
    const isAboutRow = status === STATUS_NULL_KEY || status === STATUS_NAN_KEY;
    const call = { kernel, operator };
    throw statusError(status, isAboutRow ? { ...call, row: this.failedRow } : call);
  }

  /** The error to throw for an exception out of a kernel: MR_KERNEL_TRAP. */
  trap(cause: unknown, kernel: string, operator: string): Error {
    return trapError(cause, { kernel, operator });
  }

  /** Why a kernel got no memory; 0 bytes = as many as it asked for last. */
  exhausted(bytes: number): Error {
    return this.manager.exhausted(this.owner, bytes === 0 ? this.#refusedBytes : bytes);
  }

  /**
   * An instance of a generated module over this memory; `imports` beside those every module has. `owner`
   * claims the static region for it. Between calls such modules keep static data and a block to build rows in.
   */
  instantiate<Exports>(
    owner: object,
    module: WebAssembly.Module,
    imports: Imports,
  ): ModuleInstance<Exports> {
    this.statics.claim(owner);
    const generated = { owner, module, imports, exports: this.#instance(module, imports) };
    this.#generated.push(generated);
    return generated as unknown as ModuleInstance<Exports>;
  }

  /**
   * Replaces the memory by one that holds what is alive and gives back what is free behind it; free memory in
   * between is resident no more. Views are made anew, and the old memory goes when it is collected. A block
   * that a generated module builds rows in, 1 MiB at most, stays behind; it gets another.
   */
  moveToFresh(): void {
    const before = this.u8.byteLength;
    this.memory = copyToFreshMemory(this.memory, LIMITS);
    this.#makeViews();
    this.manager.giveBack(this.owner, before - this.u8.byteLength);
    this.kernels = this.#createKernels();
    this.statics.forget();
    for (const generated of this.#generated) {
      this.statics.claim(generated.owner);
      generated.exports = this.#instance(generated.module, generated.imports);
    }
  }

  /** Gives everything back; no view of it may be used any more. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.manager.giveBack(this.owner, this.u8.byteLength);
    this.#isDisposed = true;
  }

  #createKernels(): Kernels {
    return this.#instance(this.#kernelsModule, {}) as unknown as Kernels;
  }

  #instance(module: WebAssembly.Module, imports: Imports): WebAssembly.Exports {
    const env = { memory: this.memory, ...this.#imports, ...imports };
    return new WebAssembly.Instance(module, { env } as WebAssembly.Imports).exports;
  }

  #requestPages(pages: number): number {
    const bytes = pages * MEMORY_PAGE_SIZE;
    if (this.#isDisposed || pages < 0 || !this.manager.tryBorrow(this.owner, bytes)) {
      this.#refusedBytes = bytes;
      return 0;
    }
    try {
      this.memory.grow(pages);
    } catch {
      this.manager.giveBack(this.owner, bytes);
      this.#refusedBytes = bytes;
      return 0;
    }
    this.#makeViews();
    return 1;
  }

  #makeViews(): void {
    const buffer = this.memory.buffer;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.bytes = Buffer.from(buffer);
  }
}
