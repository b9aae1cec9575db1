/**
 * Rows of a batch on their way to a builder: they get their times, the generator looks at them, and where
 * it puts something out between two rows, the rows up to there go first. Columns are copied as they lie;
 * records are made only for functions that look at them.
 *
 * Invariants: rows before #seen have their times and the generator knows them; those before #appended
 * are in the builder; #appended = #seen whenever another row is looked at.
 */
import { createRowReader, type RowReader } from "../../formats/row-reader.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import { LONG_MIN, type Long } from "../../protocol/long.ts";
import type { Generator } from "./generators.ts";
import type { TimestampAssigner } from "./timestamp-assigner.ts";
import type { WatermarkEmitter } from "./watermark-emitter.ts";

/** Who looks at rows, and where what it says goes. */
export interface TimedRowsReader {
  readonly generator: Generator;
  readonly output: Parameters<Generator["onPeriodicEmit"]>[0];
}

export class TimedRows {
  readonly #assigner: TimestampAssigner;
  readonly #emitter: WatermarkEmitter;
  #schema: Schema | null = null;
  #reader: RowReader | null = null;
  #view: BatchView | null = null;
  #seen = 0;
  #appended = 0;
  /** Of the rows that are seen and not yet appended; null = none. */
  #times: (Long | null)[] = [];

  constructor(assigner: TimestampAssigner, emitter: WatermarkEmitter) {
    this.#assigner = assigner;
    this.#emitter = emitter;
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
    const { onEvents } = by.generator;
    if (onEvents !== null) return this.#appendAll(view, builder, end, onEvents);
    while (this.#appended < end) {
      if (!this.hasBacklog) {
        if (this.#emitter.hasEvents) return false;
        this.#look(view, end, by);
      }
      if (!this.#append(view, builder)) return false;
    }
    return true;
  }

  /** For a generator that puts out nothing between rows. */
  #appendAll(
    view: BatchView,
    builder: BatchBuilder,
    end: number,
    onEvents: NonNullable<Generator["onEvents"]>,
  ): boolean {
    if (this.#emitter.hasEvents) return false;
    const from = builder.rowCount;
    this.#appended += builder.appendRows(view, this.#appended, end - this.#appended);
    this.#seen = this.#appended;
    if (builder.rowCount > from) onEvents(this.#assigner.assign(builder, from));
    return this.#appended === end;
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
    const reader = this.#reader as RowReader;
    reader.open(view);
    const times: (Long | null)[] = [];
    while (this.#seen < end && !this.#emitter.hasEvents) {
      const row = this.#seen;
      const record = reader.read(row);
      const time = this.#assigner.timeOf(record, reader.readTimestamp(row));
      times.push(time);
      this.#seen = row + 1;
      generator.onEvent(record, time ?? LONG_MIN, output);
    }
    this.#times = times;
  }

  #useSchema(schema: Schema): void {
    if (this.#schema === schema) return;
    this.#schema = schema;
    // A generator may keep what it has seen.
    this.#reader = createRowReader(schema, "copies");
  }
}
