/** Rows in linear memory for tests that call the data plane directly. */
import { createRowReader } from "../../dataplane/formats/row-reader.ts";
import { RowWriter } from "../../dataplane/formats/row-writer.ts";
import { BatchBuilder } from "../../dataplane/memory/batch-builder.ts";
import type { BatchView } from "../../dataplane/memory/batch-view.ts";
import { loadKernels } from "../../dataplane/memory/kernels-module.ts";
import { MemoryManager } from "../../dataplane/memory/memory-manager.ts";
import { Schema } from "../../dataplane/memory/schema.ts";
import { TaskMemory } from "../../dataplane/memory/task-memory.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../dataplane/protocol/view-layout.ts";

const BUDGET_BYTES = 256 * 1024 * 1024;
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

const kernels = await loadKernels();

export interface TimedValue {
  readonly value: unknown;
  /** ms; null = none. */
  readonly timestamp: bigint | null;
}

/** A memory with a budget of its own. Dispose of it. */
export function createMemory(owner: string): TaskMemory {
  return TaskMemory.create(kernels, new MemoryManager(BUDGET_BYTES), owner);
}

export function buildBatch(
  memory: TaskMemory,
  schema: Schema,
  rows: readonly TimedValue[],
): BatchBuilder {
  const builder = new BatchBuilder(memory, schema, { flags: BUILDER_WITH_TIMESTAMPS });
  const writer = new RowWriter(builder, {
    operator: "vectors",
    maxRecordBytes: MAX_RECORD_BYTES,
    missingFields: "refused",
  });
  for (const { value, timestamp } of rows) writer.write(value, timestamp);
  writer.sync();
  return builder;
}

/** Values without timestamps. */
export function batchOf(
  memory: TaskMemory,
  record: DataType,
  values: readonly unknown[],
): BatchBuilder {
  const schema = Schema.of({ record, key: null });
  return buildBatch(
    memory,
    schema,
    values.map((value) => ({ value, timestamp: null })),
  );
}

export function readBatch(view: BatchView): TimedValue[] {
  const reader = createRowReader(view.schema, "copies");
  reader.open(view);
  return Array.from({ length: view.rowCount }, (_, row) => {
    const timestamp = reader.readTimestamp(row);
    return { value: reader.read(row), timestamp: timestamp === null ? null : BigInt(timestamp) };
  });
}
