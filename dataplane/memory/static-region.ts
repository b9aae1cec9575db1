/**
 * The part of linear memory where generated modules have their static data. All of them are compiled for
 * the same place; where a task has several, the data of those that are not at work is kept aside.
 */
import { MEMORY_GENERATED_BASE, MEMORY_HEAP_BASE } from "../protocol/memory-layout.ts";

/** What it needs of a subtask's memory; the view changes as the memory grows. */
interface Bytes {
  readonly u8: Uint8Array;
}

export class StaticRegion {
  readonly #memory: Bytes;
  readonly #kept = new Map<object, Uint8Array>();
  #owner: object | null = null;

  constructor(memory: Bytes) {
    this.#memory = memory;
  }

  /** Before every call into a module, and before it is instantiated: then the region is all zeros. */
  claim(owner: object): void {
    if (this.#owner === owner) return;
    const region = this.#memory.u8.subarray(MEMORY_GENERATED_BASE, MEMORY_HEAP_BASE);
    if (this.#owner !== null) this.#kept.set(this.#owner, region.slice());
    const own = this.#kept.get(owner);
    if (own === undefined) region.fill(0);
    else region.set(own);
    this.#owner = owner;
  }

  /** Modules are about to be instantiated anew: claims of before count no more. */
  forget(): void {
    this.#kept.clear();
    this.#owner = null;
  }
}
