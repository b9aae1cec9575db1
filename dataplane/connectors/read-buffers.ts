/**
 * Buffers that files are read into, borrowed from the slot's memory budget. A stream that is closed
 * gives its buffers back when no read into them is under way any more; until then the next stream gets
 * other ones.
 */
import type { MemoryManager } from "../memory/memory-manager.ts";

/** As many as one stream holds are kept for the next one. */
const SPARE_BUFFERS = 2;

export interface BufferBudget {
  readonly manager: MemoryManager;
  readonly owner: string;
}

export class ReadBuffers {
  readonly bufferBytes: number;
  readonly #budget: BufferBudget;
  #spare: Buffer[] = [];

  constructor(bufferBytes: number, budget: BufferBudget) {
    this.bufferBytes = bufferBytes;
    this.#budget = budget;
  }

  /** Errors: MR_MEMORY_EXHAUSTED. */
  take(): Buffer {
    const spare = this.#spare.pop();
    if (spare !== undefined) return spare;
    this.#budget.manager.borrow(this.#budget.owner, this.bufferBytes);
    return Buffer.allocUnsafeSlow(this.bufferBytes);
  }

  giveBack(buffer: Buffer): void {
    if (this.#spare.length < SPARE_BUFFERS) this.#spare.push(buffer);
    else this.#drop(1);
  }

  /** After the last buffer has been given back. */
  dispose(): void {
    this.#drop(this.#spare.length);
    this.#spare = [];
  }

  #drop(count: number): void {
    this.#budget.manager.giveBack(this.#budget.owner, count * this.bufferBytes);
  }
}
