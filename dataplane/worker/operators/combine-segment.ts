/**
 * The first phase of a rolling aggregate whose final results alone are wanted: rows of one key are folded
 * before they cross the exchange, in a table that stays small enough for the cache. When the table is full,
 * its entries go out as rows. If that would not make the rows fewer by much, the table may grow to hold
 * all keys there seem to be; if these are too many, keys hardly repeat, and from then on rows pass through
 * as they are. So they do from the first doubles on whose sum would be rounded: it must not depend on where
 * rows were folded.
 */
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { KeyGroups } from "../../memory/key-groups.ts";
import { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { OperatorSpec } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import { BUILDER_WITH_KEY_GROUPS, BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import type { Cursor, Segment, SegmentContext, SegmentOutput } from "../segment.ts";
import type { Table } from "../state/table.ts";
import { mainOutput } from "./main-output.ts";
import { RollingAggregate } from "./rolling-aggregate.ts";

export type CombineSpec = Extract<OperatorSpec, { readonly kind: "combine" }>;

export interface CombineOptions {
  /** Rows of an output batch; tests choose fewer. */
  readonly rowCapacity?: number;
}

/** What the caches hold: some 50,000 entries of two numbers, beyond the second cache, within the third. */
const CACHED_BYTES = 4_194_304;
/** Rows per entry below which folding does not pay for itself. */
const MIN_REDUCTION = 2;
/** A larger table may take this part of the slot's free memory; while it grows, it takes half as much again. */
const MAX_MEMORY_SHARE = 0.5;
/** Entries above what was expected before the larger table is full, as a factor. */
const EXPECTATION_SLACK = 1.25;
/** In place of key groups: all rows are of the table's only one. */
const ONLY_GROUP = 0;
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
  }

  /** Errors: MR_KEY_NULL, MR_KEY_NAN, MR_FIELD_NOT_NUMERIC for a null, MR_MEMORY_EXHAUSTED. */
  process(input: BatchView, cursor: Cursor): number {
    const { aggregate, builder, keyGroups } = this.#opened;
    if (cursor.step === EMITTING) return this.#emit();
    if (!this.#isPassing && (cursor.step === EMITTING_FIRST || !aggregate.isExact(input))) {
      const status =
        cursor.step === START ? this.#startEmitting(cursor, EMITTING_FIRST) : this.#emit();
      if (status !== STATUS_DONE) return status;
      this.#isPassing = true;
    }
    if (this.#isPassing) return pass(input, builder, cursor);
    aggregate.process(input, builder, 0, keyGroups?.of(input) ?? ONLY_GROUP);
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
    this.#state?.dispose();
    this.#state = null;
  }

  get #opened(): CombineState {
    if (this.#state === null) throw new TypeError("the operator is not open");
    return this.#state;
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
    const { aggregate, builder } = this.#opened;
    const status = aggregate.emit(builder);
    if (status === STATUS_DONE) aggregate.table.clear();
    return status;
  }
}

/** What the operator borrows. */
class CombineState {
  readonly builder: BatchBuilder;
  /** Of evaluated keys, which the exchange cannot hash: others have one key group here. */
  readonly keyGroups: KeyGroups | null;
  readonly aggregate: RollingAggregate;

  constructor(memory: TaskMemory, spec: CombineSpec, { rowCapacity }: CombineOptions) {
    const { name, key, maxParallelism, inputType } = spec;
    if (inputType === null)
      throw new TypeError("rows of a type found at run time are not combined");
    const schema = Schema.of(inputType);
    const isEvaluated = key.kind === "key-column";
    const flags = BUILDER_WITH_TIMESTAMPS | (isEvaluated ? BUILDER_WITH_KEY_GROUPS : 0);
    this.builder = new BatchBuilder(
      memory,
      schema,
      rowCapacity === undefined ? { flags } : { flags, rowCapacity },
    );
    const options = { key, maxParallelism, operatorName: name };
    this.keyGroups = isEvaluated ? new KeyGroups(memory, options) : null;
    this.aggregate = new RollingAggregate(memory, {
      spec: { ...spec, finalOnly: true },
      schema,
      keyGroups: { start: 0, end: isEvaluated ? maxParallelism - 1 : 0 },
    });
  }

  dispose(): void {
    this.aggregate.dispose();
    this.keyGroups?.dispose();
    this.builder.dispose();
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

/** Rows of a batch as they are, as many as there is room for. */
function pass(input: BatchView, builder: BatchBuilder, cursor: Cursor): number {
  const left = input.rowCount - cursor.row;
  const taken = builder.appendRows(input, cursor.row, left);
  cursor.row += taken;
  return taken === left ? STATUS_DONE : STATUS_OUTPUT_FULL;
}
