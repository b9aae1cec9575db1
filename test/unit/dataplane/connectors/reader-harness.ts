/** What readers are tested with: a context that records, and outputs of JavaScript values and of columns. */
import type {
  ReaderContext,
  Source,
  SourceOutput,
} from "../../../../dataplane/connectors/source.ts";
import { decodeWtf8 } from "../../../../dataplane/formats/wtf8.ts";
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import type { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import { loadKernels } from "../../../../dataplane/memory/kernels-module.ts";
import { MemoryManager } from "../../../../dataplane/memory/memory-manager.ts";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import type { DataType } from "../../../../dataplane/protocol/types.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../../../dataplane/protocol/view-layout.ts";

export interface RecordingContext extends ReaderContext {
  requests: number;
  malformed: number;
}

export function readerContext(
  overrides: Partial<ReaderContext> = {},
  memory?: TaskMemory,
): RecordingContext {
  const context: RecordingContext = {
    operatorName: "source",
    subtaskIndex: 0,
    parallelism: 1,
    maxRecordBytes: 67_108_864,
    ...overrides,
    get memory(): TaskMemory {
      if (memory === undefined) throw new Error("this reader should not need memory");
      return memory;
    },
    requests: 0,
    malformed: 0,
    requestSplits: () => void ++context.requests,
    countMalformed: (count) => {
      context.malformed += count;
    },
  };
  return context;
}

/** Takes `capacity` records, then is full until ship(). */
export class ObjectOutput<T> implements SourceOutput<T> {
  readonly all: T[] = [];
  readonly timestamps: (number | undefined)[] = [];
  readonly #capacity: number;
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get isFull(): boolean {
    return this.#count >= this.#capacity;
  }

  get builder(): BatchBuilder {
    throw new Error("this reader should not write columns");
  }

  createOutputForSplit(): this {
    return this;
  }

  releaseOutputForSplit(): void {}

  collect(record: T, timestampMs?: number): void {
    this.all.push(record);
    this.timestamps.push(timestampMs);
    ++this.#count;
  }

  ship(): void {
    this.#count = 0;
  }
}

/** The splits an enumerator gives each subtask at the start. */
export async function assignedSplits<SplitT>(
  source: Source<unknown, SplitT>,
  parallelism: number,
): Promise<readonly (readonly SplitT[])[]> {
  const shares: SplitT[][] = Array.from({ length: parallelism }, () => []);
  const ended = new Set<number>();
  const enumerator = source.createEnumerator({
    operatorName: "source",
    parallelism,
    assignSplits: (splits, subtaskIndex) => shares[subtaskIndex]?.push(...splits),
    signalNoMoreSplits: (subtaskIndex) => void ended.add(subtaskIndex),
  });
  await enumerator.start();
  for (let turn = 0; ended.size < parallelism; ++turn)
    enumerator.handleSplitRequest(turn % parallelism);
  await enumerator.close();
  return shares;
}

export async function taskMemory(budgetBytes = 64_000_000): Promise<TaskMemory> {
  return TaskMemory.create(await loadKernels(), new MemoryManager(budgetBytes), "reader");
}

/** Like the output of a source in a job: rows go into a builder, and ship() reads them back. */
export class ColumnOutput<T> implements SourceOutput<T> {
  readonly all: T[] = [];
  readonly timestamps: (number | bigint | null)[] = [];
  readonly builder: BatchBuilder;

  constructor(memory: TaskMemory, type: DataType, rowCapacity = 4096, byteCapacity = 262_144) {
    const schema = schemaOf(type);
    const flags = BUILDER_WITH_TIMESTAMPS;
    this.builder = new BatchBuilder(memory, schema, { rowCapacity, byteCapacity, flags });
  }

  get isFull(): boolean {
    return this.builder.isFull;
  }

  createOutputForSplit(): this {
    return this;
  }

  releaseOutputForSplit(): void {}

  collect(): void {
    throw new Error("this reader should write columns");
  }

  ship(): void {
    const { builder } = this;
    const { fields, type } = builder.schema;
    const isScalar = type.record.kind !== "TUPLE" && type.record.kind !== "ROW";
    for (let row = 0; row < builder.rowCount; ++row) {
      const values = fields.map((field) => cell(builder, field.column, field.type, row));
      this.all.push((isScalar ? values[0] : values) as T);
      this.timestamps.push(builder.timestampOf(row));
    }
    builder.reset();
  }

  dispose(): void {
    this.builder.dispose();
  }
}

/** One schema per type, because a memory keeps the descriptor of each. */
const schemas = new Map<string, Schema>();

function schemaOf(type: DataType): Schema {
  const name = JSON.stringify(type);
  const schema = schemas.get(name) ?? Schema.of({ record: type, key: null });
  schemas.set(name, schema);
  return schema;
}

/** A value as JavaScript has it, LONG as a number. */
function cell(view: BatchView, column: number, type: DataType, row: number): unknown {
  const { memory } = view;
  const data = view.dataPtr(column);
  switch (type.kind) {
    case "STRING": {
      const offsets = data >>> 2;
      const [from, to] = [memory.u32[offsets + row] ?? 0, memory.u32[offsets + row + 1] ?? 0];
      const heap = view.heapPtr(column);
      return decodeWtf8(memory.u8, heap + from, heap + to);
    }
    case "INT":
      return memory.i32[(data >>> 2) + row];
    case "LONG":
      return Number(memory.i64[(data >>> 3) + row]);
    case "NUMBER":
      return memory.f64[(data >>> 3) + row];
    default:
      throw new Error(`no ${type.kind} in these tests`);
  }
}
