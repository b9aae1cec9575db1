/**
 * Rows of one collect sink on their way to the program: batches come in from the subtasks, JavaScript
 * values go out. A batch is decoded when its first row is asked for, and only then does its subtask
 * get the credit for it, so a slow reader slows the job down instead of filling memory.
 *
 * Where they must not come twice they wait for a checkpoint that they are in front of, as in Flink; the
 * subtask gets its credit at once then, or its barrier would not come through.
 */

import { createRowReader } from "../../dataplane/formats/row-reader.ts";
import { BatchView } from "../../dataplane/memory/batch-view.ts";
import { Schema } from "../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../dataplane/memory/task-memory.ts";
import type { BatchType } from "../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { SubtaskId } from "../checkpoint/topology.ts";

/** final: rows that no restart repeats. any: also twice. first: none any more once something is repeated. */
export type CollectedKind = "final" | "any" | "first";

interface CollectedBatch {
  readonly subtask: SubtaskId;
  /** The last checkpoint in front of it; 0 = none. */
  readonly behindCheckpoint: number;
  readonly batch: Uint8Array;
  /** JSON of a BatchType. */
  readonly type: string;
  /** Tells the subtask that its batch was taken. */
  readonly taken: () => void;
}

export class CollectedRows implements AsyncIterable<unknown> {
  readonly #createMemory: () => TaskMemory;
  readonly #kind: CollectedKind;
  readonly #waiting: CollectedBatch[] = [];
  /** Not final yet. */
  #held: CollectedBatch[] = [];
  #hasRows = false;
  #wake: (() => void) | null = null;
  #ended = false;
  #error: unknown;

  /** `createMemory` gives the linear memory batches are decoded in; it is disposed of with the last row. */
  constructor(createMemory: () => TaskMemory, kind: CollectedKind) {
    this.#createMemory = createMemory;
    this.#kind = kind;
  }

  push(batch: CollectedBatch): void {
    if (this.#kind === "final") {
      batch.taken();
      this.#held.push({ ...batch, taken: () => undefined });
    } else {
      this.#hasRows = true;
      this.#waiting.push(batch);
      this.#wake?.();
    }
  }

  /** The job will not go back behind a checkpoint. */
  notifyComplete(checkpointId: number): void {
    const isFinal = ({ behindCheckpoint }: CollectedBatch): boolean =>
      behindCheckpoint < checkpointId;
    this.#waiting.push(...this.#held.filter(isFinal));
    this.#held = this.#held.filter((batch) => !isFinal(batch));
    this.#wake?.();
  }

  /** Subtasks start again from the last checkpoint that was complete, or from nothing. */
  reset(subtasks: readonly SubtaskId[]): void {
    this.#held = this.#held.filter(({ subtask }) => !subtasks.includes(subtask));
    if (this.#kind === "first" && this.#hasRows)
      this.fail(new EngineError("MR_COLLECT_REPEATED", {}));
  }

  end(): void {
    this.notifyComplete(Number.POSITIVE_INFINITY);
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
