/** Memories and batches for tests of kernels. */
import { BatchBuilder, type BuilderOptions } from "../../dataplane/memory/batch-builder.ts";
import { BatchView } from "../../dataplane/memory/batch-view.ts";
import { loadKernels } from "../../dataplane/memory/kernels-module.ts";
import { MemoryManager } from "../../dataplane/memory/memory-manager.ts";
import { Schema } from "../../dataplane/memory/schema.ts";
import { TaskMemory } from "../../dataplane/memory/task-memory.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../dataplane/protocol/view-layout.ts";
import type { TypedRows } from "./arbitrary-rows.ts";
import { writeRow } from "./column-rows.ts";

const MIB = 1 << 20;

export const kernelsModule = await loadKernels();

export interface TestMemory {
  readonly manager: MemoryManager;
  readonly memory: TaskMemory;
}

export function createMemory(budgetBytes: number = 256 * MIB): TestMemory {
  const manager = new MemoryManager(budgetBytes);
  return { manager, memory: TaskMemory.create(kernelsModule, manager, "map-0") };
}

/** A schema of a tuple of the given types, without key. */
export function tupleSchema(...fields: readonly DataType[]): Schema {
  return Schema.of({ record: { kind: "TUPLE", fields }, key: null });
}

/** A builder that holds the rows; room for all of them. */
export function buildRows(
  memory: TaskMemory,
  { type, rows }: TypedRows,
  options: BuilderOptions = {},
): BatchBuilder {
  const defaults = {
    rowCapacity: rows.length + 1,
    byteCapacity: MIB,
    flags: BUILDER_WITH_TIMESTAMPS,
  };
  const builder = new BatchBuilder(memory, Schema.of(type), { ...defaults, ...options });
  for (const row of rows) writeRow(builder, row);
  return builder;
}

export interface SealedBatch {
  readonly ptr: number;
  readonly byteLength: number;
}

/** Seals a builder into memory of its own. */
export function sealToMemory(builder: BatchBuilder): SealedBatch {
  const { memory } = builder;
  const byteLength = builder.sealedLength();
  const ptr = memory.alloc(byteLength);
  builder.sealInto(memory.u8, ptr, 0);
  return { ptr, byteLength };
}

/** Sealed and opened again: rows as they come out of a ring. */
export function sealAndOpen(builder: BatchBuilder): BatchView {
  return BatchView.open(builder.memory, builder.schema, sealToMemory(builder).ptr);
}
