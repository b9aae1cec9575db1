/**
 * The whole numbers from one to another, both included, as LONG; Flink's NumberSequenceSource, behind
 * fromSequence(). They are written straight into the column.
 *
 * Split: an IndexRange, contiguous; position: the next number.
 */
import { EngineError } from "../protocol/errors.ts";
import type { DataType } from "../protocol/types.ts";
import { rowsThatFit } from "./column-room.ts";
import { enumerateRange, type IndexRange, idOfRange } from "./index-range.ts";
import type {
  EnumeratorContext,
  PollResult,
  ReaderContext,
  Source,
  SourceOutput,
  SourceReader,
  SplitEnumerator,
} from "./source.ts";
import { type SplitCursor, SplitReader } from "./split-reader.ts";

const TWO_32 = 4294967296;
const ROW_BYTES = 8;

export class NumberSequenceSource implements Source<number, IndexRange> {
  readonly description = "Sequence Source";
  readonly boundedness = "BOUNDED";
  readonly producedType: DataType = { kind: "LONG" };
  readonly #from: number;
  readonly #to: number;

  /** @throws EngineError MR_FUNCTION_INVALID unless `from` <= `to` are safe integers */
  constructor(from: number, to: number) {
    const isSafe = [from, to, to - from].every(Number.isSafeInteger);
    if (!isSafe || from > to) {
      throw new EngineError("MR_FUNCTION_INVALID", {
        operation: "fromSequence",
        expected: "two safe integers in order",
        actual: `${from} and ${to}`,
      });
    }
    this.#from = from;
    this.#to = to;
  }

  createEnumerator(context: EnumeratorContext<IndexRange>): SplitEnumerator<IndexRange> {
    return this.restoreEnumerator(context, false);
  }

  restoreEnumerator(
    context: EnumeratorContext<IndexRange>,
    isDealt: unknown,
  ): SplitEnumerator<IndexRange> {
    return enumerateRange(context, this.#from, this.#to + 1, isDealt === true);
  }

  createReader(context: ReaderContext): SourceReader<number, IndexRange> {
    return new SplitReader({
      requestSplits: () => context.requestSplits(),
      idOf: idOfRange,
      open: (range) => new SequenceCursor(range),
    });
  }
}

class SequenceCursor implements SplitCursor<number, IndexRange> {
  readonly #range: IndexRange;
  readonly #end: number;
  #position: number;

  constructor(range: IndexRange) {
    this.#range = range;
    this.#end = range.to ?? Number.MAX_SAFE_INTEGER;
    this.#position = range.position;
  }

  poll(output: SourceOutput<number>): PollResult {
    const { builder } = output;
    const rows = Math.min(rowsThatFit(builder, ROW_BYTES), this.#end - this.#position);
    const { u32 } = builder.memory;
    let at = (builder.dataPtr(0) >>> 2) + builder.rowCount * 2;
    for (let row = 0; row < rows; ++row, at += 2) {
      const value = this.#position + row;
      // Stores keep the low 32 bits, also of negative numbers.
      u32[at] = value;
      u32[at + 1] = Math.floor(value / TWO_32);
    }
    builder.commitRows(rows);
    this.#position += rows;
    return this.#position < this.#end ? "more" : "end";
  }

  snapshot(): IndexRange {
    return { ...this.#range, position: this.#position };
  }

  close(): void {}
}
