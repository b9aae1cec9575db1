/**
 * The output of a source that makes watermarks: times are assigned and the generator of each split
 * looks at its records before they are on their way; where something is put out between two records,
 * the second waits until it has gone.
 *
 * Columns that a reader writes go straight into the builder, where they get their times, if all that the
 * generator wants is the largest of these. Otherwise they go through a builder of their own, the stage.
 *
 * Invariants: #waiting is what the reader has written and nobody looked at yet, in order; #stage holds
 * the rows of its entries, begun anew when all of them have gone.
 */
import type { SourceOutput } from "../../connectors/source.ts";
import { BatchBuilder } from "../../memory/batch-builder.ts";
import { LONG_MIN, type Long } from "../../protocol/long.ts";
import { STATUS_DONE } from "../../protocol/status.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import type { ControlEvent } from "../stream-event.ts";
import type { EventTimeParts } from "../watermarks/event-time-parts.ts";
import { type SplitWatermark, SplitWatermarks } from "../watermarks/split-watermarks.ts";
import { TimedRows } from "../watermarks/timed-rows.ts";
import type { OutputTarget } from "./output-target.ts";
import type { ReaderOutput } from "./reader-output.ts";

type Waiting =
  | {
      readonly kind: "record";
      readonly split: SplitWatermark;
      readonly record: unknown;
      readonly timestampMs: Long | null;
    }
  | { readonly kind: "rows"; readonly split: SplitWatermark; readonly endRow: number }
  | { readonly kind: "release"; readonly split: SplitWatermark };

/** A builder in the hands of the reader: rows from `fromRow` on are of `split`. */
interface Lent {
  readonly builder: BatchBuilder;
  readonly split: SplitWatermark;
  readonly fromRow: number;
}

export class TimedOutput implements ReaderOutput {
  readonly splits: SplitWatermarks;
  readonly #target: OutputTarget;
  readonly #parts: EventTimeParts;
  readonly #rows: TimedRows;
  /** Whether columns need no stage. */
  readonly #isDirect: boolean;
  #stage: BatchBuilder | null = null;
  #waiting: Waiting[] = [];
  #lent: Lent | null = null;

  constructor(target: OutputTarget, parts: EventTimeParts) {
    const { assigner, emitter, spec } = parts;
    this.#target = target;
    this.#parts = parts;
    this.splits = new SplitWatermarks(parts.createGenerator, emitter);
    this.#rows = new TimedRows(assigner, emitter);
    this.#isDirect = spec.generator.kind !== "function";
  }

  get isFull(): boolean {
    if (this.#lent !== null) return this.#lent.builder.isFull;
    return this.#isHeld || this.#waiting.length > 0;
  }

  get builder(): BatchBuilder {
    return this.#lend(this.#ownMain());
  }

  collect(record: unknown, timestampMs?: number): void {
    this.#collect(this.#ownMain(), record, timestampMs);
  }

  createOutputForSplit(splitId: string): SourceOutput<unknown> {
    return new SplitOutput(this, this.splits.add(splitId), {
      collect: (split, record, timestampMs) => this.#collect(split, record, timestampMs),
      lend: (split) => this.#lend(split),
    });
  }

  releaseOutputForSplit(splitId: string): void {
    this.settle();
    const split = this.splits.release(splitId);
    if (split === null) return;
    if (this.#waiting.length > 0) this.#waiting.push({ kind: "release", split });
    else this.splits.remove(split);
  }

  begin(): void {
    this.#target.begin();
    this.#drain();
  }

  settle(): void {
    this.#takeBack();
    this.#drain();
  }

  end(): void {
    this.#target.end();
  }

  close(): void {
    this.#stage?.dispose();
    this.#stage = null;
    this.#parts.assigner.dispose();
  }

  emitWatermark(watermarkMs: bigint): void {
    this.#parts.emitter.emitWatermark(watermarkMs);
  }

  onPeriodicEmit(): void {
    this.splits.onPeriodicEmit();
  }

  /** Not before the record it was put out behind is in the builder. */
  takeControl(): ControlEvent | null {
    if (this.#target.hasParked || this.#rows.hasBacklog) return null;
    return this.#parts.emitter.take();
  }

  /** Nothing more goes into the builder before it has been shipped. */
  get #isHeld(): boolean {
    return this.#target.status !== STATUS_DONE || this.#parts.emitter.hasEvents;
  }

  #ownMain(): SplitWatermark {
    const { main } = this.splits;
    main.hasRecords = true;
    return main;
  }

  #collect(split: SplitWatermark, record: unknown, timestampMs?: number): void {
    if (this.#lent !== null) this.settle();
    const time = timestampMs ?? null;
    if (this.isFull) this.#waiting.push({ kind: "record", split, record, timestampMs: time });
    else this.#push(split, record, time);
  }

  #push(split: SplitWatermark, record: unknown, given: Long | null): void {
    const time = this.#parts.assigner.timeOf(record, given);
    this.#target.push(record, time);
    split.generator.onEvent(record, time ?? LONG_MIN, split.output);
  }

  #lend(split: SplitWatermark): BatchBuilder {
    if (this.#lent?.split === split) return this.#lent.builder;
    this.#takeBack();
    const builder = this.#isDirect ? this.#direct() : this.#staged();
    this.#lent = { builder, split, fromRow: builder.rowCount };
    return builder;
  }

  #direct(): BatchBuilder {
    this.#target.end();
    return this.#ownBuilder;
  }

  #staged(): BatchBuilder {
    const { memory, schema } = this.#ownBuilder;
    this.#stage ??= new BatchBuilder(memory, schema, { flags: BUILDER_WITH_TIMESTAMPS });
    if (this.#stage.rowCount === 0) this.#rows.begin(this.#stage);
    return this.#stage;
  }

  get #ownBuilder(): BatchBuilder {
    const { builder } = this.#target;
    if (builder === null) throw new TypeError("a source without producedType has no builder");
    return builder;
  }

  /** What the reader wrote into the builder it had is as if it had been collected. */
  #takeBack(): void {
    const lent = this.#lent;
    if (lent === null) return;
    this.#lent = null;
    const { builder, split, fromRow } = lent;
    const endRow = builder.rowCount;
    if (!this.#isDirect) {
      if (endRow > fromRow) this.#waiting.push({ kind: "rows", split, endRow });
      return;
    }
    this.#target.begin();
    if (endRow === fromRow) return;
    split.generator.onEvents?.(this.#parts.assigner.assign(builder, fromRow));
  }

  #drain(): void {
    let gone = 0;
    while (gone < this.#waiting.length && !this.#isHeld) {
      if (!this.#release(this.#waiting[gone] as Waiting)) break;
      gone += 1;
    }
    if (gone > 0) this.#waiting = this.#waiting.slice(gone);
    if (this.#waiting.length === 0 && this.#lent === null) this.#stage?.reset();
  }

  /** @returns whether all of it is on its way */
  #release(waiting: Waiting): boolean {
    switch (waiting.kind) {
      case "record":
        this.#push(waiting.split, waiting.record, waiting.timestampMs);
        return true;
      case "release":
        this.splits.remove(waiting.split);
        return true;
      case "rows": {
        this.#target.end();
        const isGone = this.#rows.appendTo(this.#ownBuilder, waiting.endRow, waiting.split);
        this.#target.begin();
        return isGone;
      }
    }
  }
}

interface SplitWriter {
  collect(split: SplitWatermark, record: unknown, timestampMs?: number): void;
  lend(split: SplitWatermark): BatchBuilder;
}

class SplitOutput implements SourceOutput<unknown> {
  readonly #whole: TimedOutput;
  readonly #split: SplitWatermark;
  readonly #writer: SplitWriter;

  constructor(whole: TimedOutput, split: SplitWatermark, writer: SplitWriter) {
    this.#whole = whole;
    this.#split = split;
    this.#writer = writer;
  }

  get isFull(): boolean {
    return this.#whole.isFull;
  }

  get builder(): BatchBuilder {
    return this.#writer.lend(this.#split);
  }

  collect(record: unknown, timestampMs?: number): void {
    this.#writer.collect(this.#split, record, timestampMs);
  }

  createOutputForSplit(splitId: string): SourceOutput<unknown> {
    return this.#whole.createOutputForSplit(splitId);
  }

  releaseOutputForSplit(splitId: string): void {
    this.#whole.releaseOutputForSplit(splitId);
  }
}
