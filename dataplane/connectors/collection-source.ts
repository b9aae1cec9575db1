/**
 * Records of a collection of the program, behind fromElements(), fromCollection() and fromData().
 *
 * The enumerator encodes them once, into batches in shared memory; the reader copies rows of these
 * batches and never makes a JavaScript value of them. One subtask, as in Flink, so that the order of
 * the collection is kept.
 *
 * Split: records in a row, with their batch; position: the next record. Snapshots are without the batch: who goes on
 * from one encodes what is left anew, of the collection that the program makes there.
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
import { checkStillThere } from "./source-changed.ts";
import { SplitShares } from "./split-enumerators.ts";
import { type SplitCursor, SplitReader } from "./split-reader.ts";

const DESCRIPTION = "Collection Source";
/** Larger records are refused where they are sent on, by the job's own limit. */
const MAX_RECORD_BYTES = 2 ** 31 - 1;

export interface CollectionSplit {
  /** Indices of the next record and of the one behind the last. */
  readonly position: number;
  readonly end: number;
  /** Of records up to `end`; null = it comes from a snapshot. */
  readonly encoded: EncodedBatch | null;
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
      const batches = await this.#encode(this.#values, context.operatorName);
      let end = 0;
      return [
        batches.map((encoded): CollectionSplit => {
          const position = end;
          end += encoded.rowCount;
          return { position, end, encoded };
        }),
      ];
    };
    return new SplitShares(context, findShares, isDealt === true);
  }

  createReader(context: ReaderContext): SourceReader<T, CollectionSplit> {
    const area = new BatchArea(context.memory);
    const encode = (split: CollectionSplit) => this.#encodeAgain(split, context.operatorName);
    return new SplitReader({
      requestSplits: () => context.requestSplits(),
      open: (split, wake) => new CollectionCursor<T>(split, area, encode, wake),
      toState: (split) => ({ ...split, encoded: null }),
      release: () => area.dispose(),
    });
  }

  async #encodeAgain(
    { position, end }: CollectionSplit,
    operator: string,
  ): Promise<readonly EncodedBatch[]> {
    checkStillThere(operator, end, this.#values.length);
    return this.#encode(this.#values.slice(position, end), operator);
  }

  #encode(values: readonly T[], operator: string): Promise<readonly EncodedBatch[]> {
    return encodeBatches(values, this.producedType, {
      operator,
      maxRecordBytes: MAX_RECORD_BYTES,
      missingFields: this.#missingFields,
    });
  }
}

class CollectionCursor<T> implements SplitCursor<T, CollectionSplit> {
  readonly #split: CollectionSplit;
  readonly #area: BatchArea;
  /** What is left, the batch that is read first; null = it is being encoded. */
  #batches: EncodedBatch[] | null = null;
  #failure: unknown = null;
  /** Of the first batch. */
  #row = 0;
  #view: BatchView | null = null;
  #position: number;

  constructor(
    split: CollectionSplit,
    area: BatchArea,
    encode: (split: CollectionSplit) => Promise<readonly EncodedBatch[]>,
    wake: () => void,
  ) {
    const { position, end, encoded } = split;
    this.#split = split;
    this.#area = area;
    this.#position = position;
    if (encoded !== null) {
      this.#batches = [encoded];
      this.#row = position - (end - encoded.rowCount);
      return;
    }
    const fail = (error: unknown): void => {
      this.#failure = error;
    };
    encode(split)
      .then((batches) => {
        this.#batches = [...batches];
      }, fail)
      .then(wake);
  }

  poll(output: SourceOutput<T>): PollResult {
    if (this.#failure !== null) throw this.#failure;
    if (this.#batches === null) return "nothing";
    const [current] = this.#batches;
    if (current === undefined) return "end";
    const { batch, rowCount } = current;
    const { builder } = output;
    this.#view ??= this.#area.open(batch, BatchView.create(builder.memory, builder.schema));
    const rows = builder.appendRows(this.#view, this.#row, rowCount - this.#row);
    this.#row += rows;
    this.#position += rows;
    if (this.#row < rowCount) return "more";
    this.close();
    this.#row = 0;
    this.#batches.shift();
    return this.#batches.length > 0 ? "more" : "end";
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
