/**
 * Records that lie in memory as columns: typed arrays and arrays of strings. Nothing is made per
 * record; the columns are put into shared memory once (numbers that lie there already are not copied)
 * and the readers copy slices of them into their output.
 *
 * Split: a range of rows, one per subtask, with the shared columns; position: the next row, and how many
 * passes over the range are left.
 */
import type { BatchBuilder } from "../memory/batch-builder.ts";
import { EngineError } from "../protocol/errors.ts";
import type { DataType, ScalarKind } from "../protocol/types.ts";
import { rowsThatFit } from "./column-room.ts";
import { cutRange } from "./index-range.ts";
import {
  copyFixedRows,
  copyStringRows,
  type SharedColumn,
  shareNumbers,
  shareStrings,
  stringRowsThatFit,
} from "./shared-column.ts";
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

export type ColumnArray = Float64Array | Int32Array | BigInt64Array | readonly string[];

export interface ColumnsSplit {
  readonly columns: readonly SharedColumn[];
  /** i64 ms per row; null = no row has a timestamp. */
  readonly timestamps: SharedColumn | null;
  readonly end: number;
  readonly start: number;
  readonly position: number;
  /** Passes left, this one included. */
  readonly passes: number;
}

/** The columns themselves, or a function that answers them: called once, where the splits are made. */
export type ColumnsInput = readonly ColumnArray[] | (() => readonly ColumnArray[]);

export interface ColumnsOptions {
  /** Event time of each row, ms. */
  readonly timestamps?: BigInt64Array;
  /** How often the rows are read, one time after the other; 1 unless given. */
  readonly passes?: number;
}

export class ColumnsSource<T> implements Source<T, ColumnsSplit> {
  readonly boundedness = "BOUNDED";
  readonly description = "Columns Source";
  readonly producedType: DataType;
  readonly #columns: ColumnsInput;
  readonly #timestamps: BigInt64Array | null;
  readonly #passes: number;

  private constructor(columns: ColumnsInput, type: DataType, options: ColumnsOptions) {
    this.producedType = type;
    this.#columns = columns;
    this.#timestamps = options.timestamps ?? null;
    this.#passes = options.passes ?? 1;
  }

  /**
   * @param columns one array per field of `type`, in order (one in all for a scalar type), of equal
   *   length: Float64Array for NUMBER and DOUBLE, Int32Array for INT, BigInt64Array for LONG, BIGINT
   *   and TIMESTAMP, an array of strings for STRING. A function instead of the arrays spares the
   *   workers, which build the graph again, making them
   * @throws EngineError MR_TYPE_MISMATCH, MR_FUNCTION_INVALID
   */
  static of<T>(
    columns: ColumnsInput,
    type: DataType,
    options: ColumnsOptions = {},
  ): ColumnsSource<T> {
    const { passes = 1 } = options;
    if (!Number.isSafeInteger(passes) || passes < 1) throw invalid("passes from 1", String(passes));
    if (typeof columns !== "function") checkColumns(columns, type, options);
    return new ColumnsSource<T>(columns, type, options);
  }

  createEnumerator(context: EnumeratorContext<ColumnsSplit>): SplitEnumerator<ColumnsSplit> {
    return new SplitShares(context, () => {
      const given = typeof this.#columns === "function" ? this.#columns() : this.#columns;
      const timestamps = this.#timestamps;
      checkColumns(given, this.producedType, timestamps === null ? {} : { timestamps });
      const rowCount = given[0]?.length ?? 0;
      const shared = {
        columns: given.map(shareColumn),
        timestamps: timestamps === null ? null : shareNumbers(timestamps),
      };
      return cutRange(0, rowCount, context.parallelism).map((range) => {
        const end = range.to ?? rowCount;
        if (end <= range.from) return [];
        const { from } = range;
        return [{ ...shared, start: from, end, position: from, passes: this.#passes }];
      });
    });
  }

  createReader(context: ReaderContext): SourceReader<T, ColumnsSplit> {
    return new SplitReader({
      requestSplits: () => context.requestSplits(),
      open: (split) => new ColumnsCursor<T>(split),
    });
  }
}

class ColumnsCursor<T> implements SplitCursor<T, ColumnsSplit> {
  readonly #split: ColumnsSplit;
  readonly #rowBytes: number;
  #position: number;
  #passes: number;

  constructor(split: ColumnsSplit) {
    this.#split = split;
    this.#rowBytes = split.columns.reduce((sum, column) => sum + column.bytesPerRow, 0);
    this.#position = split.position;
    this.#passes = split.passes;
  }

  poll(output: SourceOutput<T>): PollResult {
    const { columns, timestamps, start, end } = this.#split;
    const { builder } = output;
    const rows = this.#rowsThatFit(builder);
    if (rows === 0) return this.#position < end ? "more" : "end";
    columns.forEach((column, index) => {
      const target = { builder, column: builder.schema.fields[index]?.column ?? 0 };
      if (column.heap === null) copyFixedRows(column, this.#position, rows, target);
      else copyStringRows(column, this.#position, rows, target);
    });
    if (timestamps === null) builder.commitRows(rows);
    else builder.commitRowsAt(timestampsOf(timestamps, this.#position, rows));
    this.#position += rows;
    if (this.#position < end) return "more";
    this.#passes -= 1;
    if (this.#passes === 0) return "end";
    this.#position = start;
    return "more";
  }

  snapshot(): ColumnsSplit {
    return { ...this.#split, position: this.#position, passes: this.#passes };
  }

  close(): void {}

  #rowsThatFit(builder: BatchBuilder): number {
    const left = this.#split.end - this.#position;
    let rows = Math.min(rowsThatFit(builder, this.#rowBytes), left);
    for (const column of this.#split.columns) {
      if (column.heap === null || rows === 0) continue;
      rows = stringRowsThatFit(column, this.#position, rows, builder.byteCapacity);
    }
    return rows;
  }
}

function checkColumns(
  columns: readonly ColumnArray[],
  type: DataType,
  options: ColumnsOptions,
): void {
  const fields = fieldTypes(type);
  if (fields.length !== columns.length)
    throw invalid(`${fields.length} columns`, `${columns.length}`);
  columns.forEach((column, index) => {
    const expected = ARRAY_OF[(fields[index] as DataType).kind];
    const actual = arrayName(column);
    if (actual === expected) return;
    throw new EngineError("MR_TYPE_MISMATCH", {
      operator: "ColumnsSource",
      path: `columns[${index}]`,
      actual,
      expected: expected ?? "a type that a column of an array can have",
    });
  });
  const lengths = new Set([...columns, options.timestamps].flatMap((c) => c?.length ?? []));
  if (lengths.size > 1) throw invalid("columns of equal length", [...lengths].join(", "));
}

const ARRAY_OF: Partial<Record<DataType["kind"], string>> = {
  NUMBER: "Float64Array",
  DOUBLE: "Float64Array",
  INT: "Int32Array",
  LONG: "BigInt64Array",
  BIGINT: "BigInt64Array",
  TIMESTAMP: "BigInt64Array",
  STRING: "array of strings",
} satisfies Partial<Record<ScalarKind, string>>;

function fieldTypes(type: DataType): readonly DataType[] {
  if (type.kind === "TUPLE") return type.fields;
  if (type.kind === "ROW") return type.fields.map((field) => field.type);
  return [type];
}

function timestampsOf(column: SharedColumn, start: number, rows: number): BigInt64Array {
  return new BigInt64Array(column.data, column.byteOffset + start * 8, rows);
}

function arrayName(column: ColumnArray): string {
  if (!Array.isArray(column)) return column.constructor.name;
  const odd: unknown = column.find((value: unknown) => typeof value !== "string");
  return odd === undefined ? "array of strings" : `array with a ${typeof odd}`;
}

function shareColumn(column: ColumnArray): SharedColumn {
  if (column instanceof Float64Array || column instanceof Int32Array) return shareNumbers(column);
  if (column instanceof BigInt64Array) return shareNumbers(column);
  return shareStrings(column);
}

function invalid(expected: string, actual: string): EngineError {
  const operation = "ColumnsSource.of";
  return new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual });
}
