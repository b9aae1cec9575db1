/** Records as sealed RowBatches in shared memory, made on a thread that runs no task. */
import { RowWriter, type RowWriterOptions } from "../formats/row-writer.ts";
import { BatchBuilder } from "../memory/batch-builder.ts";
import { loadKernels } from "../memory/kernels-module.ts";
import { MemoryManager } from "../memory/memory-manager.ts";
import { Schema } from "../memory/schema.ts";
import { TaskMemory } from "../memory/task-memory.ts";
import type { DataType } from "../protocol/types.ts";

/** Bounds one batch, which is larger than BATCH_MAX_BYTES only if a record is. */
const BUDGET_BYTES = 2 ** 31;

export interface EncodedBatch {
  /** A sealed RowBatch. */
  readonly batch: SharedArrayBuffer;
  readonly rowCount: number;
}

/**
 * @throws EngineError MR_TYPE_MISMATCH, MR_TYPE_UNSUPPORTED, MR_RECORD_NULL, MR_RECORD_TOO_LARGE,
 *   MR_MEMORY_EXHAUSTED
 */
export async function encodeBatches(
  values: readonly unknown[],
  type: DataType,
  options: RowWriterOptions,
): Promise<readonly EncodedBatch[]> {
  const manager = new MemoryManager(BUDGET_BYTES);
  const memory = TaskMemory.create(await loadKernels(), manager, options.operator);
  try {
    const builder = new BatchBuilder(memory, Schema.of({ record: type, key: null }));
    const writer = new RowWriter(builder, options);
    const batches: EncodedBatch[] = [];
    for (const value of values) {
      writer.write(value, null);
      if (writer.isFull) batches.push(takeBatch(writer));
    }
    if (writer.rowCount > 0) batches.push(takeBatch(writer));
    return batches;
  } finally {
    memory.dispose();
  }
}

function takeBatch(writer: RowWriter): EncodedBatch {
  const { builder } = writer;
  writer.sync();
  const batch = new SharedArrayBuffer(builder.sealedLength());
  builder.sealInto(new Uint8Array(batch), 0, 0);
  const { rowCount } = builder;
  builder.reset();
  writer.attach();
  return { batch, rowCount };
}
