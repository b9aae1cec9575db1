/** A u16 per row in linear memory, grown as batches are. */
import type { TaskMemory } from "./task-memory.ts";

export class RowWords {
  readonly #memory: TaskMemory;
  #ptr = 0;
  #rowCapacity = 0;

  constructor(memory: TaskMemory) {
    this.#memory = memory;
  }

  /** Errors: MR_MEMORY_EXHAUSTED. */
  ptrFor(rows: number): number {
    if (rows > this.#rowCapacity) {
      this.dispose();
      this.#ptr = this.#memory.alloc(rows * 2);
      this.#rowCapacity = rows;
    }
    return this.#ptr;
  }

  dispose(): void {
    if (this.#rowCapacity > 0) this.#memory.free(this.#ptr, this.#rowCapacity * 2);
    this.#rowCapacity = 0;
  }
}
