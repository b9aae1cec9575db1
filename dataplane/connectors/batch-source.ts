/**
 * Records that lie in memory as columns: typed arrays and arrays of strings. Nothing is made per
 * record; the columns are put into shared memory once (numbers that lie there already are not copied)
 * and the readers copy slices of them into their output.
 *
 * Split: rows of one subtask, a range or blocks at equal distances, with the shared columns; position: the
 * next row, and how many passes over the rows are left. Snapshots are without the columns: who goes on from one has
 * the program make them there.
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
import { checkStillThere } from "./source-changed.ts";
import { SplitShares } from "./split-enumerators.ts";
import { type SplitCursor, SplitReader } from "./split-reader.ts";

export type ColumnArray = Float64Array | Int32Array | BigInt64Array | readonly string[];

interface SharedRows {
  readonly columns: readonly SharedColumn[];
  /** i64 ms per row; null = no row has a timestamp. */
  readonly timestamps: SharedColumn | null;
  readonly rowCount: number;
}

export interface ColumnsSplit {
  /** null = it comes from a snapshot. */
  readonly shared: SharedRows | null;
  readonly end: number;
  readonly start: number;
  /** Rows from one block of the subtask to its next, and of a block; a range is one block. */
  readonly stride: number;
  readonly blockRows: number;
  readonly position: number;
  /** Passes left, this one included. */
  readonly passes: number;
  /** Added to all timestamps in this pass, and once more in each further one. */
  readonly shiftMs: bigint;
  readonly passMs: bigint;
}

/**
 * The columns themselves, or a function that answers them: called once, where the splits are made, and in each worker
 * that goes on from a checkpoint.
 */
export type ColumnsInput = readonly ColumnArray[] | (() => readonly ColumnArray[]);

export interface ColumnsOptions {
  /** Event time of each row, ms, or a function that answers them, as for the columns. */
  readonly timestamps?: BigInt64Array | (() => BigInt64Array);
  /** How often the rows are read, one time after the other; 1 unless given. */
  readonly passes?: number;
  /** By how many ms the timestamps of a pass are later than those of the one before; 0 unless given. */
  readonly passMs?: number;
  /**
   * Rows are dealt out to subtasks in turn, so many at a time: their times go on together then. Unless given,
   * each has one range of all rows.
   */
  readonly blockRows?: number;
}

export class ColumnsSource<T> implements Source<T, ColumnsSplit> {
  readonly boundedness = "BOUNDED";
  readonly description = "Columns Source";
  readonly producedType: DataType;
  readonly #columns: ColumnsInput;
  readonly #options: ColumnsOptions;
  /** null = nobody has asked. */
  #shared: SharedRows | null = null;

  private constructor(columns: ColumnsInput, type: DataType, options: ColumnsOptions) {
    this.producedType = type;
    this.#columns = columns;
    this.#options = options;
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
    const { timestamps, passMs = 0 } = options;
    for (const name of ["passes", "blockRows"] as const) {
      const count = options[name] ?? 1;
      if (!Number.isSafeInteger(count) || count < 1) throw invalid(`${name} from 1`, String(count));
    }
    if (!Number.isSafeInteger(passMs)) throw invalid("passMs of whole ms", String(passMs));
    if (typeof columns !== "function" && typeof timestamps !== "function") {
      checkColumns(columns, timestamps, type);
    }
    return new ColumnsSource<T>(columns, type, options);
  }

  createEnumerator(context: EnumeratorContext<ColumnsSplit>): SplitEnumerator<ColumnsSplit> {
    return this.restoreEnumerator(context, false);
  }

  restoreEnumerator(
    context: EnumeratorContext<ColumnsSplit>,
    isDealt: unknown,
  ): SplitEnumerator<ColumnsSplit> {
    const findShares = () => {
      const shared = this.#share();
      const { passes = 1, passMs = 0 } = this.#options;
      const rest = { shared, passes, shiftMs: 0n, passMs: BigInt(passMs) };
      return this.#shares(shared.rowCount, context.parallelism).map((rows) =>
        rows.start < rows.end ? [{ ...rest, ...rows, position: rows.start }] : [],
      );
    };
    return new SplitShares(context, findShares, isDealt === true);
  }

  createReader(context: ReaderContext): SourceReader<T, ColumnsSplit> {
    const rowsOf = ({ shared, end }: ColumnsSplit): SharedRows => {
      if (shared !== null) return shared;
      const again = this.#share();
      checkStillThere(context.operatorName, end, again.rowCount);
      return again;
    };
    return new SplitReader({
      requestSplits: () => context.requestSplits(),
      open: (split) => new ColumnsCursor<T>(split, rowsOf(split)),
      toState: (split) => ({ ...split, shared: null }),
    });
  }

  #share(): SharedRows {
    if (this.#shared !== null) return this.#shared;
    const columns = answered(this.#columns);
    const timestamps = answered(this.#options.timestamps);
    checkColumns(columns, timestamps, this.producedType);
    this.#shared = {
      columns: columns.map(shareColumn),
      timestamps: timestamps === undefined ? null : shareNumbers(timestamps),
      rowCount: columns[0]?.length ?? 0,
    };
    return this.#shared;
  }

  /** The rows of each subtask. */
  #shares(
    rowCount: number,
    parallelism: number,
  ): readonly Pick<ColumnsSplit, "start" | "end" | "stride" | "blockRows">[] {
    const { blockRows } = this.#options;
    if (blockRows === undefined) {
      return cutRange(0, rowCount, parallelism).map(({ from, to }) => {
        const rows = (to ?? rowCount) - from;
        return { start: from, end: from + rows, stride: rows, blockRows: rows };
      });
    }
    return Array.from({ length: parallelism }, (_, subtask) => {
      const stride = parallelism * blockRows;
      return { start: subtask * blockRows, end: rowCount, stride, blockRows };
    });
  }
}

function answered<T>(given: T | (() => T)): T {
  return typeof given === "function" ? (given as () => T)() : given;
}

class ColumnsCursor<T> implements SplitCursor<T, ColumnsSplit> {
  readonly #split: ColumnsSplit;
  readonly #shared: SharedRows;
  readonly #rowBytes: number;
  #position: number;
  #passes: number;
  #shiftMs: bigint;

  constructor(split: ColumnsSplit, shared: SharedRows) {
    this.#split = split;
    this.#shared = shared;
    this.#rowBytes = shared.columns.reduce((sum, column) => sum + column.bytesPerRow, 0);
    this.#position = split.position;
    this.#passes = split.passes;
    this.#shiftMs = split.shiftMs;
  }

  poll({ builder }: SourceOutput<T>): PollResult {
    while (this.#passes > 0) {
      const rows = this.#rowsThatFit(builder);
      if (rows === 0) return "more";
      this.#copyRows(rows, builder);
      this.#advance(rows);
    }
    return "end";
  }

  snapshot(): ColumnsSplit {
    const [position, passes, shiftMs] = [this.#position, this.#passes, this.#shiftMs];
    return { ...this.#split, position, passes, shiftMs };
  }

  close(): void {}

  /** Of the block; 0 = the builder is full. */
  #rowsThatFit(builder: BatchBuilder): number {
    const { end, start, stride, blockRows } = this.#split;
    // One row at least goes into an empty builder.
    if (builder.rowCount > 0 && builder.byteLength >= builder.byteCapacity) return 0;
    const blockEnd = this.#position - ((this.#position - start) % stride) + blockRows;
    const left = Math.min(blockEnd, end) - this.#position;
    let rows = Math.min(rowsThatFit(builder, this.#rowBytes), left);
    for (const column of this.#shared.columns) {
      if (column.heap === null || rows === 0) continue;
      const room = builder.byteCapacity - builder.byteLength;
      rows = stringRowsThatFit(column, this.#position, rows, room);
    }
    return rows;
  }

  #copyRows(rows: number, builder: BatchBuilder): void {
    const { columns, timestamps } = this.#shared;
    columns.forEach((column, index) => {
      const target = { builder, column: builder.schema.fields[index]?.column ?? 0 };
      if (column.heap === null) copyFixedRows(column, this.#position, rows, target);
      else copyStringRows(column, this.#position, rows, target);
    });
    if (timestamps === null) {
      builder.commitRows(rows);
      return;
    }
    const { data, byteOffset } = timestamps;
    const times = new BigInt64Array(data, byteOffset + this.#position * 8, rows);
    builder.commitRowsAt(times, this.#shiftMs);
  }

  #advance(rows: number): void {
    const { end, start, stride, blockRows, passMs } = this.#split;
    this.#position += rows;
    const isBlockRead = (this.#position - start) % stride === blockRows % stride;
    if (isBlockRead) this.#position += stride - blockRows;
    if (this.#position < end) return;
    this.#passes -= 1;
    this.#position = start;
    this.#shiftMs += passMs;
  }
}

function checkColumns(
  columns: readonly ColumnArray[],
  timestamps: BigInt64Array | undefined,
  type: DataType,
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
  const lengths = new Set([...columns, timestamps].flatMap((c) => c?.length ?? []));
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
