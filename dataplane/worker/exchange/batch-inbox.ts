/**
 * Where batches that arrive at a task lie in its linear memory: one at a time, until the next one
 * is taken. Views are kept per type and opened again for each batch.
 */
import { BatchView } from "../../memory/batch-view.ts";
import { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { BATCH_MAX_BYTES } from "../../protocol/batch-layout.ts";
import type { BatchType } from "../../protocol/deployment.ts";

/** Batches larger than this get a block of their own, given back with the next batch. */
const KEEP_BYTES = 2 * BATCH_MAX_BYTES;
const FIRST_BYTES = 16_384;

/** A block of linear memory. */
export interface Block {
  readonly ptr: number;
  readonly bytes: number;
}

const NOTHING: Block = { ptr: 0, bytes: 0 };

export class BatchInbox {
  readonly memory: TaskMemory;
  readonly #views = new Map<string, BatchView>();
  #kept: Block = NOTHING;
  #large: Block = NOTHING;

  constructor(memory: TaskMemory) {
    this.memory = memory;
  }

  /** The view for batches of this type, given as JSON: one for all channels. */
  viewOf(typeText: string): BatchView {
    const known = this.#views.get(typeText);
    if (known !== undefined) return known;
    const view = BatchView.create(this.memory, Schema.of(JSON.parse(typeText) as BatchType));
    this.#views.set(typeText, view);
    return view;
  }

  /** Room for a batch of this size; the batch before is gone. Errors: MR_MEMORY_EXHAUSTED. */
  takeRoom(bytes: number): number {
    this.#free(this.#large);
    this.#large = NOTHING;
    if (bytes > KEEP_BYTES) {
      this.#large = this.allocate(bytes);
      return this.#large.ptr;
    }
    if (bytes > this.#kept.bytes) {
      this.#free(this.#kept);
      this.#kept = NOTHING;
      this.#kept = this.allocate(roundUp(bytes));
    }
    return this.#kept.ptr;
  }

  /** Takes a block that a channel has put a batch together in; the batch before is gone. */
  adopt(block: Block): void {
    this.#free(this.#large);
    this.#large = block;
  }

  allocate(bytes: number): Block {
    return { ptr: this.memory.alloc(bytes), bytes };
  }

  #free(block: Block): void {
    if (block.bytes > 0) this.memory.free(block.ptr, block.bytes);
  }
}

function roundUp(bytes: number): number {
  let size = FIRST_BYTES;
  while (size < bytes) size *= 2;
  return size;
}
