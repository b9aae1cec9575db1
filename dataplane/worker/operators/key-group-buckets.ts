/**
 * Holds rows back by key group until there are many of one group to fold in one go. A table much larger
 * than the caches takes them faster so: a few thousand rows in a row go to the same small part of it,
 * where otherwise every row waits for memory. Rows of one key keep their order.
 */
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { createChannelTable, RowScatter } from "../../memory/row-scatter.ts";
import type { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { BUILDER_WITH_KEY_GROUPS, BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";

export interface BucketOptions {
  readonly schema: Schema;
  /** Key groups of the rows, `end` included. */
  readonly keyGroups: { readonly start: number; readonly end: number };
}

/** Neighbouring key groups share a bucket: a kernel call moves the rows of one, so not too few. */
const MAX_BUCKETS = 32;
const BUCKET_ROWS = 32_768;
const BUCKET_BYTES = 1_048_576;

export class KeyGroupBuckets {
  readonly #memory: TaskMemory;
  readonly #buckets: readonly BatchBuilder[];
  readonly #scatter: RowScatter;
  readonly #bucketTable: number;
  readonly #bucketTableBytes: number;

  /** Errors: MR_MEMORY_EXHAUSTED. */
  constructor(memory: TaskMemory, { schema, keyGroups: { start, end } }: BucketOptions) {
    const groupCount = end - start + 1;
    const bucketCount = Math.min(groupCount, MAX_BUCKETS);
    const options = {
      rowCapacity: BUCKET_ROWS,
      byteCapacity: BUCKET_BYTES,
      flags: BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_TIMESTAMPS,
    };
    this.#memory = memory;
    this.#buckets = Array.from(
      { length: bucketCount },
      () => new BatchBuilder(memory, schema, options),
    );
    this.#scatter = new RowScatter(memory, bucketCount);
    this.#bucketTableBytes = 2 * (end + 1);
    this.#bucketTable = createChannelTable(memory, groupCount, bucketCount, start);
  }

  /** Takes all rows of a batch; buckets that get full on the way are folded. */
  take(rows: BatchView, fold: (bucket: BatchView) => void): void {
    this.#scatter.planByKeyGroup(rows, rows.keyGroupsPtr, this.#bucketTable);
    this.#buckets.forEach((bucket, index) => {
      while (!this.#scatter.gather(rows, index, bucket, 0)) {
        fold(bucket);
        bucket.reset();
      }
    });
  }

  /** Folds what one bucket holds. @returns false = all were empty */
  drainOne(fold: (bucket: BatchView) => void): boolean {
    const bucket = this.#buckets.find(({ rowCount }) => rowCount > 0);
    if (bucket === undefined) return false;
    fold(bucket);
    bucket.reset();
    return true;
  }

  dispose(): void {
    this.#memory.free(this.#bucketTable, this.#bucketTableBytes);
    this.#scatter.dispose();
    for (const bucket of this.#buckets) bucket.dispose();
  }
}
