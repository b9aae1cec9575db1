import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { createRowReader } from "../../../../dataplane/formats/row-reader.ts";
import { RowWriter } from "../../../../dataplane/formats/row-writer.ts";
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import type { BatchType } from "../../../../dataplane/protocol/deployment.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_TIMESTAMPS,
} from "../../../../dataplane/protocol/view-layout.ts";
import { anyLong, anyType, createMemory, SEED, valuesOfType } from "./arbitraries.ts";

const OPTIONS = { operator: "map", maxRecordBytes: 1 << 24, missingFields: "refused" } as const;

interface Sample {
  readonly type: BatchType;
  readonly rows: readonly unknown[];
  readonly keys: readonly unknown[];
  readonly timestamps: readonly (number | bigint | null)[];
}

const anyRecords: fc.Arbitrary<Sample> = fc
  .tuple(anyType, fc.option(anyType, { freq: 2 }))
  .chain(([record, key]) =>
    fc
      .array(
        fc.tuple(
          valuesOfType(record),
          key === null ? fc.constant(undefined) : valuesOfType(key),
          fc.option(anyLong),
        ),
        { maxLength: 12 },
      )
      .map((rows) => ({
        type: { record, key },
        rows: rows.map(([row]) => row),
        keys: rows.map(([, rowKey]) => rowKey),
        timestamps: rows.map(([, , timestamp]) => timestamp),
      })),
  );

function seal(memory: TaskMemory, builder: BatchBuilder): number {
  const length = builder.sealedLength();
  const bytes = new Uint8Array(length);
  builder.sealInto(bytes, 0, 0);
  const ptr = memory.alloc(length);
  memory.u8.set(bytes, ptr);
  return ptr;
}

test("rows, keys and timestamps of any type come back from the builder and from the sealed batch", async () => {
  const memory = await createMemory();
  fc.assert(
    fc.property(
      anyRecords,
      fc.constantFrom("slices" as const, "copies" as const),
      (sample, mode) => {
        const schema = Schema.of(sample.type);
        const flags = BUILDER_WITH_TIMESTAMPS | BUILDER_WITH_KEY_GROUPS;
        const builder = new BatchBuilder(memory, schema, { rowCapacity: 16, flags });
        const writer = new RowWriter(builder, OPTIONS);
        sample.rows.forEach((row, index) => {
          writer.write(row, sample.timestamps[index] ?? null, sample.keys[index], index * 7);
        });
        writer.sync();
        const reader = createRowReader(schema, mode);
        const sealed = BatchView.open(memory, schema, seal(memory, builder));
        for (const view of [builder, sealed]) {
          assert.equal(view.rowCount, sample.rows.length);
          reader.open(view);
          sample.rows.forEach((row, index) => {
            assert.deepStrictEqual(reader.read(index), row);
            assert.deepStrictEqual(reader.readKey(index), sample.keys[index]);
            assert.deepStrictEqual(reader.readTimestamp(index), sample.timestamps[index]);
            assert.equal(reader.readKeyGroup(index), index * 7);
          });
        }
        sealed.dispose();
        builder.dispose();
      },
    ),
    { seed: SEED, numRuns: 1500 },
  );
});
