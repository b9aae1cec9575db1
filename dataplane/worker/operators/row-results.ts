/**
 * Results of accumulators: getResult() of an AggregateFunction, by its module, or in JavaScript until that is
 * there and for single rows that compiled code gives up. A result of null is none.
 */
import { createRowReader, type RowReader } from "../../formats/row-reader.ts";
import { RowWriter } from "../../formats/row-writer.ts";
import { BatchBuilder } from "../../memory/batch-builder.ts";
import { Schema } from "../../memory/schema.ts";
import { BATCH_MAX_ROWS } from "../../protocol/batch-layout.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL, STATUS_ROW_GIVEN_UP } from "../../protocol/status.ts";
import type { DataType } from "../../protocol/types.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import type { Cursor, SegmentContext } from "../segment.ts";
import type { AggregateFold } from "./aggregate-fold.ts";
import { CompiledProgram, GIVE_UPS_MAX } from "./compiled-program.ts";

export interface RowResultsParts {
  readonly operatorName: string;
  readonly accumulatorType: DataType;
  readonly moduleId: string;
  readonly fold: AggregateFold;
  readonly context: SegmentContext;
}

export class RowResults {
  readonly #parts: RowResultsParts;
  /** Accumulators that are being put out. */
  readonly #rows: BatchBuilder;
  readonly #reader: RowReader;
  readonly #cursor: Cursor = { row: 0, step: 0 };
  readonly #writers = new WeakMap<BatchBuilder, RowWriter>();
  #program: CompiledProgram | null = null;
  /** What was answered with the rows: whether more are to come behind them. */
  #status = STATUS_DONE;

  /** Errors: MR_MEMORY_EXHAUSTED. */
  constructor(parts: RowResultsParts) {
    const { accumulatorType, context } = parts;
    const schema = Schema.of({ record: accumulatorType, key: null });
    this.#parts = parts;
    const options = { rowCapacity: BATCH_MAX_ROWS, flags: BUILDER_WITH_TIMESTAMPS };
    this.#rows = new BatchBuilder(context.memory, schema, options);
    this.#reader = createRowReader(schema, "copies");
  }

  /** Whether some had no room the last time. */
  get isPending(): boolean {
    return this.#cursor.row < this.#rows.rowCount;
  }

  /**
   * Appends results of accumulators with the times they have, after those that had no room the last time.
   *
   * @param write appends accumulators where it is told to, as emit() of tables does
   * @returns STATUS_DONE; STATUS_OUTPUT_FULL = call again, with the same `write`
   * Errors: those of getResult(), MR_MEMORY_EXHAUSTED, MR_KERNEL_TRAP.
   */
  put(write: (rows: BatchBuilder) => number, output: BatchBuilder): number {
    for (;;) {
      if (this.#cursor.row >= this.#rows.rowCount) {
        if (this.#rows.rowCount > 0 && this.#status === STATUS_DONE) break;
        this.#rows.reset();
        this.#cursor.row = 0;
        this.#status = write(this.#rows);
        if (this.#rows.rowCount === 0) break;
      }
      if (this.#convert(output) !== STATUS_DONE) return STATUS_OUTPUT_FULL;
    }
    this.#rows.reset();
    this.#cursor.row = 0;
    return STATUS_DONE;
  }

  dispose(): void {
    this.#rows.dispose();
  }

  #convert(output: BatchBuilder): number {
    const cursor = this.#cursor;
    const program = this.#compiled();
    for (let giveUps = 0; program !== null && giveUps <= GIVE_UPS_MAX; ++giveUps) {
      if (cursor.row >= this.#rows.rowCount) return STATUS_DONE;
      cursor.step = 0;
      const status = program.process(this.#rows, output, cursor);
      if (status !== STATUS_ROW_GIVEN_UP) return status;
      if (this.#convertInJavaScript(output, cursor.row + 1) !== STATUS_DONE) {
        return STATUS_OUTPUT_FULL;
      }
    }
    return this.#convertInJavaScript(output, this.#rows.rowCount);
  }

  #convertInJavaScript(output: BatchBuilder, end: number): number {
    const { fold } = this.#parts;
    const cursor = this.#cursor;
    const writer = this.#writerOf(output);
    this.#reader.open(this.#rows);
    writer.attach();
    try {
      for (; cursor.row < end; cursor.row += 1) {
        if (writer.isFull) return STATUS_OUTPUT_FULL;
        const result = fold.result(this.#reader.read(cursor.row));
        if (result !== null) writer.write(result, this.#rows.timestampOf(cursor.row));
      }
    } finally {
      writer.sync();
    }
    return STATUS_DONE;
  }

  #writerOf(output: BatchBuilder): RowWriter {
    const known = this.#writers.get(output);
    if (known !== undefined) return known;
    const { operatorName: operator, context } = this.#parts;
    const { maxRecordBytes } = context;
    const writer = new RowWriter(output, { operator, maxRecordBytes, missingFields: "refused" });
    this.#writers.set(output, writer);
    return writer;
  }

  #compiled(): CompiledProgram | null {
    const { context, moduleId, operatorName } = this.#parts;
    if (this.#program !== null) return this.#program;
    const module = context.moduleOf(moduleId);
    if (module !== null) this.#program = new CompiledProgram(context.memory, module, operatorName);
    return this.#program;
  }
}
