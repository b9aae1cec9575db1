/**
 * The first phase of a rolling aggregate whose final results alone are wanted: rows of one key are folded
 * before they cross the exchange, in a table that stays small enough for the cache. When the table is full,
 * its entries go out as rows. If that would not make the rows fewer by much, the table may grow to hold
 * all keys there seem to be; if these are too many, keys hardly repeat, and from then on rows pass through
 * as they are. So they do from the first doubles on whose sum would be rounded: it must not depend on where
 * rows were folded.
 */
import type { BatchView } from "../../memory/batch-view.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { STATUS_DONE } from "../../protocol/status.ts";
import type { Cursor, Segment, SegmentContext, SegmentOutput } from "../segment.ts";
import type { Table } from "../state/table.ts";
import {
  CACHED_BYTES,
  type CombineOptions,
  type CombineSpec,
  CombineState,
  MIN_REDUCTION,
} from "./combine-state.ts";
import { mainOutput } from "./main-output.ts";
import type { RollingAggregate } from "./rolling-aggregate.ts";

/** A larger table may take this part of the slot's free memory; while it grows, it takes half as much again. */
const MAX_MEMORY_SHARE = 0.5;
/** Entries above what was expected before the larger table is full, as a factor. */
const EXPECTATION_SLACK = 1.25;
/** Cursor steps: entries go out behind the input, which is folded, or before it. */
const START = 0;
const EMITTING = 1;
const EMITTING_FIRST = 2;

export class CombineSegment implements Segment {
  readonly engine = "wasm";
  readonly nextTimerMs = Number.POSITIVE_INFINITY;
  readonly stateType = null;
  readonly outputs: readonly SegmentOutput[];
  readonly #spec: CombineSpec;
  readonly #memory: TaskMemory;
  readonly #options: CombineOptions;
  #state: CombineState | null = null;
  #aggregate: RollingAggregate | null = null;
  #isPassing = false;
  /** Rows folded since the table was empty. */
  #foldedRows = 0;
  /** Entries of a full table; null = it is full when the caches are. */
  #maxEntries: number | null = null;

  constructor(spec: CombineSpec, { memory }: SegmentContext, options: CombineOptions = {}) {
    this.#spec = spec;
    this.#memory = memory;
    this.#options = options;
    this.outputs = mainOutput(spec.id, () => this.#state?.builder ?? null);
  }

  /** Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_MEMORY_EXHAUSTED. */
  open(): void {
    this.#state = new CombineState(this.#memory, this.#spec, this.#options);
    this.#aggregate = this.#state.createAggregate(true);
  }

  /** Errors: MR_KEY_NULL, MR_KEY_NAN, MR_FIELD_NOT_NUMERIC for a null, MR_MEMORY_EXHAUSTED. */
  process(input: BatchView, cursor: Cursor): number {
    const { state, aggregate } = this.#opened;
    if (cursor.step === EMITTING) return this.#emit();
    if (!this.#isPassing && (cursor.step === EMITTING_FIRST || !state.isExact(input))) {
      const status =
        cursor.step === START ? this.#startEmitting(cursor, EMITTING_FIRST) : this.#emit();
      if (status !== STATUS_DONE) return status;
      this.#isPassing = true;
    }
    if (this.#isPassing) return state.pass(input, cursor);
    state.fold(aggregate, input);
    this.#foldedRows += input.rowCount;
    return this.#isFull() ? this.#startEmitting(cursor, EMITTING) : STATUS_DONE;
  }

  watermark(): number {
    return STATUS_DONE;
  }

  timer(): number {
    return STATUS_DONE;
  }

  endOfInput(cursor: Cursor): number {
    return cursor.step === START ? this.#startEmitting(cursor, EMITTING) : this.#emit();
  }

  hostWork(): Promise<void> {
    return Promise.resolve();
  }

  freeze(): void {}

  encodeStep(): number {
    return STATUS_DONE;
  }

  restore(): void {
    throw new TypeError("rows are combined in BATCH only, which takes no checkpoints");
  }

  close(): void {
    this.#aggregate?.dispose();
    this.#aggregate = null;
    this.#state?.dispose();
    this.#state = null;
  }

  get #opened(): { readonly state: CombineState; readonly aggregate: RollingAggregate } {
    const [state, aggregate] = [this.#state, this.#aggregate];
    if (state === null || aggregate === null) throw new TypeError("the operator is not open");
    return { state, aggregate };
  }

  #isFull(): boolean {
    const { table } = this.#opened.aggregate;
    if (this.#maxEntries === null && table.byteCount >= CACHED_BYTES && !this.#isReducing) {
      this.#maxEntries = largerTable(table, this.#foldedRows, this.#memory.manager.available);
    }
    return this.#maxEntries === null
      ? table.byteCount >= CACHED_BYTES
      : table.entryCount >= this.#maxEntries;
  }

  /** Whether folding pays for itself. */
  get #isReducing(): boolean {
    return this.#foldedRows >= this.#opened.aggregate.table.entryCount * MIN_REDUCTION;
  }

  #startEmitting(cursor: Cursor, step: number): number {
    const { table } = this.#opened.aggregate;
    this.#isPassing = step === EMITTING && !this.#isReducing;
    this.#foldedRows = 0;
    table.rewind();
    cursor.step = step;
    return this.#emit();
  }

  #emit(): number {
    const { state, aggregate } = this.#opened;
    const status = aggregate.emit(state.builder);
    if (status === STATUS_DONE) aggregate.table.clear();
    return status;
  }
}

/**
 * Entries that a table for all keys may hold; null = they would not fit. How many keys there are follows
 * from how many rows met their key again (the birthday problem, as if all keys were as frequent as others:
 * frequent ones make it fewer, and the larger table is full before it holds all).
 *
 * @param rows how many the entries were folded from
 * @param availableBytes free memory of the slot
 */
function largerTable(table: Table, rows: number, availableBytes: number): number | null {
  const { entryCount, byteCount } = table;
  const keys = (rows * rows) / (2 * (rows - entryCount));
  const bytes = (byteCount / entryCount) * keys * EXPECTATION_SLACK;
  return bytes <= availableBytes * MAX_MEMORY_SHARE ? Math.ceil(keys * EXPECTATION_SLACK) : null;
}
