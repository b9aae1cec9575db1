/**
 * Rows of one collect sink on their way to the program: batches come in from the subtasks, JavaScript
 * values go out. A batch is decoded when its first row is asked for, and only then does its subtask
 * get the credit for it, so a slow reader slows the job down instead of filling memory.
 */
import { createRowReader } from "../../dataplane/formats/row-reader.ts";
import { BatchView } from "../../dataplane/memory/batch-view.ts";
import { Schema } from "../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../dataplane/memory/task-memory.ts";
import type { BatchType } from "../../dataplane/protocol/deployment.ts";

interface CollectedBatch {
  readonly batch: Uint8Array;
  /** JSON of a BatchType. */
  readonly type: string;
  /** Tells the subtask that its batch was taken. */
  readonly taken: () => void;
}

export class CollectedRows implements AsyncIterable<unknown> {
  readonly #createMemory: () => TaskMemory;
  readonly #waiting: CollectedBatch[] = [];
  #wake: (() => void) | null = null;
  #ended = false;
  #error: unknown;

  /** `createMemory` gives the linear memory batches are decoded in; it is disposed of with the last row. */
  constructor(createMemory: () => TaskMemory) {
    this.#createMemory = createMemory;
  }

  push(batch: CollectedBatch): void {
    this.#waiting.push(batch);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#error = error;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, undefined> {
    const memory = this.#createMemory();
    try {
      for (;;) {
        if (this.#error !== undefined) throw this.#error;
        const next = this.#waiting.shift();
        if (next !== undefined) {
          const rows = decode(memory, next);
          next.taken();
          yield* rows;
        } else if (this.#ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = null;
        }
      }
    } finally {
      memory.dispose();
      this.#ended = true;
      // Nobody reads on: let the subtasks finish.
      for (const { taken } of this.#waiting.splice(0)) taken();
    }
  }
}

function decode(memory: TaskMemory, { batch, type }: CollectedBatch): unknown[] {
  const schema = Schema.of(JSON.parse(type) as BatchType);
  const ptr = memory.alloc(batch.length);
  memory.u8.set(batch, ptr);
  const view = BatchView.open(memory, schema, ptr);
  const reader = createRowReader(schema);
  reader.open(view);
  const rows: unknown[] = [];
  for (let row = 0; row < view.rowCount; row++) rows.push(reader.read(row));
  view.dispose();
  memory.free(ptr, batch.length);
  return rows;
}
