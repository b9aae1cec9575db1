/** The key groups of batches of one key, computed into a block that is kept from batch to batch. */
import type { KeySpec } from "../protocol/deployment.ts";
import type { BatchView } from "./batch-view.ts";
import { KeyFields } from "./key-fields.ts";
import { RowWords } from "./row-words.ts";
import type { TaskMemory } from "./task-memory.ts";

export interface KeyGroupOptions {
  readonly key: KeySpec;
  readonly maxParallelism: number;
  /** For error messages. */
  readonly operatorName: string;
}

export class KeyGroups {
  readonly #memory: TaskMemory;
  readonly #options: KeyGroupOptions;
  readonly #words: RowWords;
  #fields: KeyFields | null = null;

  constructor(memory: TaskMemory, options: KeyGroupOptions) {
    this.#memory = memory;
    this.#options = options;
    this.#words = new RowWords(memory);
  }

  /**
   * Address of a u16 per row, until the next call. Key groups that the rows bring count where a `key`
   * operator has written them for this key; those of other batches were made for another.
   * Errors: MR_KEY_NULL, MR_KEY_NAN.
   */
  of(batch: BatchView): number {
    const { key, maxParallelism, operatorName } = this.#options;
    if (key.kind === "key-column" && batch.keyGroupsPtr !== 0) return batch.keyGroupsPtr;
    if (this.#fields?.schema !== batch.schema) {
      this.#fields?.dispose();
      this.#fields = null;
      this.#fields = new KeyFields(this.#memory, batch.schema, key);
    }
    const target = this.#words.ptrFor(batch.rowCount);
    this.#fields.keyGroupsOf(batch, maxParallelism, target, operatorName);
    return target;
  }

  dispose(): void {
    this.#fields?.dispose();
    this.#words.dispose();
  }
}
