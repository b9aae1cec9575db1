/**
 * Gives records their times: by the program's function where there is one, or those they came with.
 *
 * Rows get theirs where they lie, in the builder that they leave by. Compiled, the function makes a column of
 * LONG out of a batch; JavaScript takes batches until the module is there, and rows that compiled code
 * gives up, as in operators/compiled-segment.ts.
 */
import { createRowReader, type RowReader } from "../../formats/row-reader.ts";
import { BatchBuilder } from "../../memory/batch-builder.ts";
import { Schema } from "../../memory/schema.ts";
import { EngineError } from "../../protocol/errors.ts";
import { LONG_MIN, type Long } from "../../protocol/long.ts";
import { STATUS_DONE, STATUS_ROW_GIVEN_UP } from "../../protocol/status.ts";
import { CompiledProgram, GIVE_UPS_MAX } from "../operators/compiled-program.ts";
import type { UserFunction } from "../operators/user-function.ts";
import type { Cursor, SegmentContext } from "../segment.ts";
import { checkTimestamp } from "./event-time.ts";

const TIMES = Schema.of({ record: { kind: "LONG" }, key: null });

export interface TimestampAssignerParts {
  /** null = records keep the times they have. */
  readonly fn: UserFunction | null;
  /** Which module of the deployment is the function's; null = it is JavaScript. */
  readonly moduleId: string | null;
  /** What a record without a time gets where no function assigns one; null = none. */
  readonly missingTime: bigint | null;
  readonly context: SegmentContext;
}

export class TimestampAssigner {
  readonly #parts: TimestampAssignerParts;
  #program: CompiledProgram | null = null;
  /** What the program writes. */
  #answers: BatchBuilder | null = null;
  #reader: { readonly schema: Schema; readonly rows: RowReader } | null = null;

  constructor(parts: TimestampAssignerParts) {
    this.#parts = parts;
  }

  /** The time of a record; null = none. Errors: MR_FUNCTION_THREW, MR_FUNCTION_ASYNC, MR_TIMESTAMP_INVALID. */
  timeOf(record: unknown, given: Long | null): Long | null {
    const { fn, missingTime } = this.#parts;
    if (fn === null) return given ?? missingTime;
    let time: unknown;
    try {
      time = fn.call(record, given ?? LONG_MIN);
    } catch (error) {
      throw error instanceof EngineError ? error : fn.threw(error, record);
    }
    fn.checkSync(time);
    return checkTimestamp(time, fn.owner.operatorName);
  }

  /**
   * Gives the rows of a builder from `from` on their times.
   *
   * @returns the latest of them; Long.MIN = none has one
   * Errors: as of timeOf(), MR_MEMORY_EXHAUSTED.
   */
  assign(builder: BatchBuilder, from: number): bigint {
    const end = builder.rowCount;
    if (this.#parts.fn === null) this.#fillMissing(builder, from, end);
    else {
      const left = this.#runProgram(builder, from, end);
      this.#assignEach(builder, left, end);
    }
    return builder.memory.kernels.latestTime(builder.ptr, from, end);
  }

  dispose(): void {
    this.#answers?.dispose();
    this.#answers = null;
    this.#program = null;
  }

  #fillMissing(builder: BatchBuilder, from: number, end: number): void {
    const { missingTime } = this.#parts;
    const hasAll = builder.timestampsPtr !== 0 && builder.timestampsValidityPtr === 0;
    if (missingTime === null || hasAll) return;
    for (let row = from; row < end; ++row) {
      if (builder.timestampOf(row) === null) builder.setTimestamp(row, missingTime);
    }
  }

  /** @returns the row from which on JavaScript has the batch */
  #runProgram(builder: BatchBuilder, from: number, end: number): number {
    const program = this.#programOnce();
    if (program === null) return from;
    const answers = this.#answers as BatchBuilder;
    const cursor: Cursor = { row: from, step: 0 };
    for (let giveUps = 0; giveUps <= GIVE_UPS_MAX; ) {
      answers.reset();
      const first = cursor.row;
      const status = program.process(builder, answers, cursor);
      // A time that is null is an error, which JavaScript finds.
      if (answers.validityPtr(0) !== 0) return first;
      builder.setTimestamps(first, answers.rowCount, answers.dataPtr(0));
      if (status === STATUS_DONE) return end;
      if (status !== STATUS_ROW_GIVEN_UP) continue;
      this.#assignEach(builder, cursor.row, cursor.row + 1);
      cursor.row += 1;
      giveUps += 1;
    }
    return cursor.row;
  }

  /** null = JavaScript takes the batch. */
  #programOnce(): CompiledProgram | null {
    const { moduleId, context, fn } = this.#parts;
    if (this.#program !== null) return this.#program;
    const module = moduleId === null ? null : context.moduleOf(moduleId);
    if (module === null) return null;
    this.#answers = new BatchBuilder(context.memory, TIMES);
    this.#program = new CompiledProgram(context.memory, module, fn?.owner.operatorName ?? "");
    return this.#program;
  }

  #assignEach(builder: BatchBuilder, from: number, end: number): void {
    if (from === end) return;
    const rows = this.#readerOf(builder.schema);
    rows.open(builder);
    for (let row = from; row < end; ++row) {
      const time = this.timeOf(rows.read(row), rows.readTimestamp(row));
      if (time !== null) builder.setTimestamp(row, time);
    }
  }

  #readerOf(schema: Schema): RowReader {
    if (this.#reader?.schema !== schema) {
      // A function may keep what it has seen.
      this.#reader = { schema, rows: createRowReader(schema, "copies") };
    }
    return this.#reader.rows;
  }
}
