/**
 * Rows of a batch on their way to a builder: the timestamp assigner gives them their times, the
 * generator looks at them, and where it puts something out between two rows, the rows up to there go
 * first. Columns are copied as they lie; records are made only for functions that look at them.
 *
 * Invariants: rows before #seen have their times and the generator knows them; those before #appended
 * are in the builder; #appended = #seen whenever another row is looked at.
 */
import { createRowReader, type RowReader } from "../../formats/row-reader.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import { EngineError } from "../../protocol/errors.ts";
import { LONG_MIN, type Long } from "../../protocol/long.ts";
import type { UserFunction } from "../operators/user-function.ts";
import { checkTimestamp, maxTimestamp } from "./event-time.ts";
import type { Generator } from "./generators.ts";
import type { WatermarkEmitter } from "./watermark-emitter.ts";

/** Who looks at rows, and where what it says goes. */
export interface TimedRowsReader {
  readonly generator: Generator;
  readonly output: Parameters<Generator["onPeriodicEmit"]>[0];
}

export class TimedRows {
  readonly #assigner: UserFunction | null;
  readonly #emitter: WatermarkEmitter;
  /** What a row without a time gets where nobody assigns one; null = none. */
  readonly #missingTime: bigint | null;
  #schema: Schema | null = null;
  #reader: RowReader | null = null;
  #view: BatchView | null = null;
  #seen = 0;
  #appended = 0;
  /** Of the rows that are seen and not yet appended; null = as they have them. */
  #times: (Long | null)[] = [];

  constructor(
    assigner: UserFunction | null,
    emitter: WatermarkEmitter,
    missingTime: bigint | null,
  ) {
    this.#assigner = assigner;
    this.#emitter = emitter;
    this.#missingTime = missingTime;
  }

  /** Rows that the generator knows wait for room: what it put out is behind them. */
  get hasBacklog(): boolean {
    return this.#appended < this.#seen;
  }

  /** Begins a batch, which stays where it is until all of its rows are appended. */
  begin(view: BatchView): void {
    this.#view = view;
    this.#seen = 0;
    this.#appended = 0;
    this.#times = [];
    this.#useSchema(view.schema);
  }

  /**
   * Appends rows before `end`, as far as there is room and nothing was put out between them.
   *
   * @returns whether all of them are in the builder
   */
  appendTo(builder: BatchBuilder, end: number, by: TimedRowsReader): boolean {
    const view = this.#view as BatchView;
    while (this.#appended < end) {
      if (!this.hasBacklog) {
        if (this.#emitter.hasEvents) return false;
        this.#look(view, end, by);
      }
      if (!this.#append(view, builder)) return false;
    }
    return true;
  }

  #append(view: BatchView, builder: BatchBuilder): boolean {
    const from = builder.rowCount;
    const taken = builder.appendRows(view, this.#appended, this.#seen - this.#appended);
    for (let index = 0; index < taken; ++index) {
      const time = this.#times[index] ?? null;
      if (time !== null) builder.setTimestamp(from + index, time);
    }
    this.#times = this.#times.slice(taken);
    this.#appended += taken;
    return !this.hasBacklog;
  }

  /** Goes on to the row behind which something is put out, or to `end`. */
  #look(view: BatchView, end: number, { generator, output }: TimedRowsReader): void {
    const from = this.#seen;
    const keepsTimes = this.#assigner === null && (this.#missingTime === null || hasAllTimes(view));
    if (keepsTimes && generator.onEvents !== null) {
      this.#times = [];
      generator.onEvents(maxTimestamp(view, from, end));
      this.#seen = end;
      return;
    }
    const reader = this.#reader as RowReader;
    reader.open(view);
    const needsRecord = this.#assigner !== null || generator.onEvents === null;
    const times: (Long | null)[] = [];
    while (this.#seen < end && !this.#emitter.hasEvents) {
      const row = this.#seen;
      const record = needsRecord ? reader.read(row) : undefined;
      const time = this.timeOf(record, reader.readTimestamp(row));
      times.push(time);
      this.#seen = row + 1;
      generator.onEvent(record, time ?? LONG_MIN, output);
    }
    this.#times = times;
  }

  /** The time of a record; null = none. Errors: MR_FUNCTION_THREW, MR_FUNCTION_ASYNC, MR_TIMESTAMP_INVALID. */
  timeOf(record: unknown, given: Long | null): Long | null {
    const assigner = this.#assigner;
    if (assigner === null) return given ?? this.#missingTime;
    let time: unknown;
    try {
      time = assigner.call(record, given ?? LONG_MIN);
    } catch (error) {
      throw error instanceof EngineError ? error : assigner.threw(error, record);
    }
    assigner.checkSync(time);
    return checkTimestamp(time, assigner.owner.operatorName);
  }

  #useSchema(schema: Schema): void {
    if (this.#schema === schema) return;
    this.#schema = schema;
    // A generator may keep what it has seen.
    this.#reader = createRowReader(schema, "copies");
  }
}

function hasAllTimes(view: BatchView): boolean {
  return view.timestampsPtr !== 0 && view.timestampsValidityPtr === 0;
}
