/**
 * Records of a collection of the program, behind fromElements(), fromCollection() and fromData().
 *
 * The enumerator encodes them once, into batches in shared memory; the reader copies rows of these
 * batches and never makes a JavaScript value of them. One subtask, as in Flink, so that the order of
 * the collection is kept.
 *
 * Split: one such batch; position: its next row.
 */
import { RuntimeType } from "../formats/runtime-type.ts";
import type { MissingFields } from "../formats/type-check.ts";
import { BatchView } from "../memory/batch-view.ts";
import type { TaskMemory } from "../memory/task-memory.ts";
import { EngineError } from "../protocol/errors.ts";
import type { DataType } from "../protocol/types.ts";
import { type EncodedBatch, encodeBatches } from "./encoded-batches.ts";
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

const DESCRIPTION = "Collection Source";
/** Larger records are refused where they are sent on, by the job's own limit. */
const MAX_RECORD_BYTES = 2 ** 31 - 1;

export interface CollectionSplit extends EncodedBatch {
  readonly position: number;
}

export class CollectionSource<T> implements Source<T, CollectionSplit> {
  readonly boundedness = "BOUNDED";
  readonly maxSourceParallelism = 1;
  readonly description = DESCRIPTION;
  readonly producedType: DataType;
  readonly #values: readonly T[];
  readonly #missingFields: MissingFields;

  private constructor(values: readonly T[], type: DataType, missingFields: MissingFields) {
    this.#values = values;
    this.producedType = type;
    this.#missingFields = missingFields;
  }

  /**
   * @param type null = the type that holds all of the values
   * @throws EngineError MR_RECORD_NULL, MR_TYPE_UNSUPPORTED; values that do not fit a declared type
   *   are MR_TYPE_MISMATCH when the job starts
   */
  static of<T>(values: Iterable<T>, type: DataType | null = null): CollectionSource<T> {
    const copy = [...values];
    const missing = copy.findIndex((value) => value === null || value === undefined);
    if (missing >= 0) {
      const value = `${String(copy[missing])} at index ${missing}`;
      throw new EngineError("MR_RECORD_NULL", { operator: DESCRIPTION, value });
    }
    if (type !== null) return new CollectionSource(copy, type, "refused");
    const found = new RuntimeType(DESCRIPTION);
    for (const value of copy) found.include(value);
    return new CollectionSource(copy, found.published ?? { kind: "GENERIC" }, "null");
  }

  createEnumerator(context: EnumeratorContext<CollectionSplit>): SplitEnumerator<CollectionSplit> {
    return this.restoreEnumerator(context, false);
  }

  restoreEnumerator(
    context: EnumeratorContext<CollectionSplit>,
    isDealt: unknown,
  ): SplitEnumerator<CollectionSplit> {
    const findShares = async () => {
      const batches = await encodeBatches(this.#values, this.producedType, {
        operator: context.operatorName,
        maxRecordBytes: MAX_RECORD_BYTES,
        missingFields: this.#missingFields,
      });
      return [batches.map((batch) => ({ ...batch, position: 0 }))];
    };
    return new SplitShares(context, findShares, isDealt === true);
  }

  createReader(context: ReaderContext): SourceReader<T, CollectionSplit> {
    const area = new BatchArea(context.memory);
    return new SplitReader({
      requestSplits: () => context.requestSplits(),
      open: (split) => new CollectionCursor<T>(split, area),
      release: () => area.dispose(),
    });
  }
}

class CollectionCursor<T> implements SplitCursor<T, CollectionSplit> {
  readonly #split: CollectionSplit;
  readonly #area: BatchArea;
  #view: BatchView | null = null;
  #position: number;

  constructor(split: CollectionSplit, area: BatchArea) {
    this.#split = split;
    this.#area = area;
    this.#position = split.position;
  }

  poll(output: SourceOutput<T>): PollResult {
    const { batch, rowCount } = this.#split;
    const { builder } = output;
    this.#view ??= this.#area.open(batch, BatchView.create(builder.memory, builder.schema));
    this.#position += builder.appendRows(this.#view, this.#position, rowCount - this.#position);
    return this.#position < rowCount ? "more" : "end";
  }

  snapshot(): CollectionSplit {
    return { ...this.#split, position: this.#position };
  }

  close(): void {
    this.#view?.dispose();
    this.#view = null;
  }
}

/** Where batches lie in linear memory while they are read, one at a time. */
class BatchArea {
  readonly #memory: TaskMemory;
  #ptr = 0;
  #capacity = 0;

  constructor(memory: TaskMemory) {
    this.#memory = memory;
  }

  open(batch: SharedArrayBuffer, view: BatchView): BatchView {
    if (batch.byteLength > this.#capacity) {
      this.dispose();
      this.#ptr = this.#memory.alloc(batch.byteLength);
      this.#capacity = batch.byteLength;
    }
    this.#memory.u8.set(new Uint8Array(batch), this.#ptr);
    return view.reopen(this.#ptr, batch.byteLength, "bounds");
  }

  dispose(): void {
    if (this.#capacity > 0) this.#memory.free(this.#ptr, this.#capacity);
    this.#capacity = 0;
  }
}
