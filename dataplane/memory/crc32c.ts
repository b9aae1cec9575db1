/**
 * CRC32C of bytes outside linear memory. It has a memory of its own: tables, and a buffer through which the
 * bytes go in pieces that stay in the cache.
 */
import { MEMORY_PAGE_SIZE } from "../protocol/memory-layout.ts";
import { abortKernel } from "./abort-kernel.ts";
import type { Kernels } from "./kernels.ts";
import { loadKernels } from "./kernels-module.ts";

/** Behind the static data of the kernels. */
const TABLES = MEMORY_PAGE_SIZE;
const BUFFER = 2 * MEMORY_PAGE_SIZE;
const PAGES = 3;

export class Crc32c {
  readonly #kernels: Kernels;
  readonly #buffer: Uint8Array<ArrayBuffer>;

  constructor(kernels: WebAssembly.Module) {
    const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
    const env = { memory, requestPages: () => 0, abort: abortKernel };
    this.#kernels = new WebAssembly.Instance(kernels, { env } as WebAssembly.Imports)
      .exports as unknown as Kernels;
    this.#buffer = new Uint8Array(memory.buffer, BUFFER);
    this.#kernels.crc32cTables(TABLES);
  }

  static async create(): Promise<Crc32c> {
    return new Crc32c(await loadKernels());
  }

  /** @param before the CRC of the bytes in front of these. An unsigned number of 32 bits. */
  of(bytes: Uint8Array, before = 0): number {
    let crc = before;
    const size = this.#buffer.length;
    for (let from = 0; from < bytes.length; from += size) {
      const part =
        bytes.length <= size ? bytes : bytes.subarray(from, Math.min(from + size, bytes.length));
      this.#buffer.set(part);
      crc = this.#kernels.crc32c(TABLES, crc, BUFFER, part.length);
    }
    return crc >>> 0;
  }
}
