/**
 * Values of the program as a bounded source. They are encoded once, in the control plane, into sealed
 * row batches in shared memory; readers copy rows of them without making JavaScript values.
 *
 * Split: all batches of the collection; position: the batch and the row in it that come next.
 */
import { RowWriter } from "../formats/row-writer.ts";
import { RuntimeType } from "../formats/runtime-type.ts";
import { BatchBuilder } from "../memory/batch-builder.ts";
import { BatchView } from "../memory/batch-view.ts";
import { loadKernels } from "../memory/kernels-module.ts";
import { MemoryManager } from "../memory/memory-manager.ts";
import { Schema } from "../memory/schema.ts";
import { TaskMemory } from "../memory/task-memory.ts";
import type { DataType } from "../protocol/types.ts";
import type {
  EnumeratorContext,
  PollResult,
  ReaderContext,
  Source,
  SourceOutput,
  SourceReader,
  SplitEnumerator,
} from "./source.ts";
import { SplitShares } from "./split-enumerators.ts";
import { type SplitCursor, SplitReader } from "./split-reader.ts";

export interface CollectionSplit {
  readonly type: DataType;
  /** Sealed batches, each in memory of its own. */
  readonly batches: readonly SharedArrayBuffer[];
  readonly batch: number;
  readonly row: number;
}

/** Linear memory the encoding may take; a batch at a time is in it. */
const ENCODER_MEMORY_BYTES = 1 << 30;
const NAME = "Collection Source";
/** Type of an empty collection: it has no record that could tell. */
const UNKNOWN: DataType = { kind: "GENERIC" };

export class CollectionSource<T> implements Source<T, CollectionSplit> {
  readonly boundedness = "BOUNDED";
  readonly description = NAME;
  readonly maxSourceParallelism = 1;
  readonly producedType: DataType;
  readonly #values: readonly T[];

  private constructor(values: readonly T[], type: DataType) {
    this.#values = values;
    this.producedType = type;
  }

  /**
   * @param type null = the narrowest that holds all values
   * @throws EngineError MR_TYPE_UNSUPPORTED; MR_TYPE_MISMATCH and MR_RECORD_NULL when the job starts
   */
  static of<T>(values: Iterable<T>, type: DataType | null): CollectionSource<T> {
    const all = [...values];
    return new CollectionSource(all, type ?? typeOf(all));
  }

  createEnumerator(context: EnumeratorContext<CollectionSplit>): SplitEnumerator<CollectionSplit> {
    return new SplitShares(context, async () => {
      const batches = await encode(this.#values, this.producedType);
      return [[{ type: this.producedType, batches, batch: 0, row: 0 }]];
    });
  }

  createReader(context: ReaderContext): SourceReader<T, CollectionSplit> {
    return new SplitReader({
      requestSplits: () => context.requestSplits(),
      open: (split) => new CollectionCursor<T>(split, context.memory),
    });
  }
}

function typeOf(values: readonly unknown[]): DataType {
  const type = new RuntimeType(NAME);
  for (const value of values) type.include(value);
  return type.published ?? UNKNOWN;
}

async function encode(values: readonly unknown[], type: DataType): Promise<SharedArrayBuffer[]> {
  const manager = new MemoryManager(ENCODER_MEMORY_BYTES);
  const memory = TaskMemory.create(await loadKernels(), manager, NAME);
  try {
    const builder = new BatchBuilder(memory, Schema.of({ record: type, key: null }));
    const writer = new RowWriter(builder, {
      operator: NAME,
      maxRecordBytes: ENCODER_MEMORY_BYTES,
      missingFields: "null",
    });
    const batches: SharedArrayBuffer[] = [];
    const seal = (): void => {
      writer.sync();
      const batch = new SharedArrayBuffer(builder.sealedLength());
      builder.sealInto(new Uint8Array(batch), 0, 0);
      batches.push(batch);
      builder.reset();
      writer.attach();
    };
    for (const value of values) {
      writer.write(value, null);
      if (writer.isFull) seal();
    }
    if (writer.rowCount > 0) seal();
    return batches;
  } finally {
    memory.dispose();
  }
}

/** The batch being read lies in linear memory from its first row to its last. */
class CollectionCursor<T> implements SplitCursor<T, CollectionSplit> {
  readonly #split: CollectionSplit;
  readonly #memory: TaskMemory;
  readonly #view: BatchView;
  #ptr = 0;
  #batch: number;
  #row: number;

  constructor(split: CollectionSplit, memory: TaskMemory) {
    this.#split = split;
    this.#memory = memory;
    this.#view = BatchView.create(memory, Schema.of({ record: split.type, key: null }));
    this.#batch = split.batch;
    this.#row = split.row;
  }

  poll(output: SourceOutput<T>): PollResult {
    const bytes = this.#split.batches[this.#batch];
    if (bytes === undefined) return "end";
    if (this.#ptr === 0) this.#load(bytes);
    const left = this.#view.rowCount - this.#row;
    const taken = output.builder.appendRows(this.#view, this.#row, left);
    this.#row += taken;
    if (taken < left) return "more";
    this.#unload();
    this.#batch += 1;
    this.#row = 0;
    return this.#batch < this.#split.batches.length ? "more" : "end";
  }

  snapshot(): CollectionSplit {
    return { ...this.#split, batch: this.#batch, row: this.#row };
  }

  close(): void {
    this.#unload();
    this.#view.dispose();
  }

  #load(bytes: SharedArrayBuffer): void {
    this.#ptr = this.#memory.alloc(bytes.byteLength);
    this.#memory.u8.set(new Uint8Array(bytes), this.#ptr);
    this.#view.reopen(this.#ptr, bytes.byteLength);
  }

  #unload(): void {
    const bytes = this.#split.batches[this.#batch];
    if (this.#ptr !== 0 && bytes !== undefined) this.#memory.free(this.#ptr, bytes.byteLength);
    this.#ptr = 0;
  }
}
