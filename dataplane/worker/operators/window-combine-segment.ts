/**
 * The first phase of an aggregate over windows of event time: rows of one key and pane are folded before they
 * cross the exchange, in a table per pane. Entries go out as rows, with the last time of the pane, before the
 * watermark that the pane ends at; before the stream goes idle, since others then decide on the watermark; and
 * when the tables have outgrown the caches.
 *
 * Rows pass as they are where folding them would be seen: those of panes that the watermark has passed, each of which
 * may want a result of its own; and doubles whose sum would be rounded, from the first ones on. Where keys hardly
 * repeat, the next rows pass, too, before it is tried again.
 */
import type { BatchView } from "../../memory/batch-view.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { STATUS_DONE } from "../../protocol/status.ts";
import type { CombinePanes } from "../../protocol/window-spec.ts";
import type { Cursor, Segment, SegmentContext, SegmentOutput } from "../segment.ts";
import { NO_WATERMARK } from "../stream-event.ts";
import type { StreamStatus } from "../watermark-valve.ts";
import {
  CACHED_BYTES,
  type CombineOptions,
  type CombineSpec,
  CombineState,
  MIN_REDUCTION,
} from "./combine-state.ts";
import { mainOutput } from "./main-output.ts";
import { PaneRows } from "./pane-rows.ts";
import type { RollingAggregate } from "./rolling-aggregate.ts";

/** Rows of times farther out, which computations may wrap, pass. */
const SAFE_TIME = 2n ** 62n;
/** Rows that pass for each one that was folded for little. */
const PASSED_PER_FOLDED = 15;
/** Empty tables kept for panes to come. */
const MAX_SPARE = 8;
/** Cursor steps of an input: its rows are folded, and entries may go out behind it; or entries go out, and its rows pass. */
const START = 0;
const EMITTING = 1;
const EMITTING_FIRST = 2;
const PASSING = 3;

interface Pane {
  readonly start: bigint;
  readonly aggregate: RollingAggregate;
  /** Folded into the aggregate. */
  rows: number;
}

export class WindowCombineSegment implements Segment {
  readonly engine = "wasm";
  readonly nextTimerMs = Number.POSITIVE_INFINITY;
  readonly stateType = null;
  readonly outputs: readonly SegmentOutput[];
  readonly #spec: CombineSpec;
  readonly #memory: TaskMemory;
  readonly #options: CombineOptions;
  readonly #size: bigint;
  readonly #offset: bigint;
  readonly #panes = new Map<bigint, Pane>();
  readonly #spare: RollingAggregate[] = [];
  /** Panes whose entries go out now, the first one first. */
  readonly #due: Pane[] = [];
  #state: CombineState | null = null;
  #paneRows: PaneRows | null = null;
  #watermark = NO_WATERMARK;
  #rowsToPass = 0;

  constructor(
    spec: CombineSpec,
    { sizeMs, offsetMs }: CombinePanes,
    { memory }: SegmentContext,
    options: CombineOptions = {},
  ) {
    this.#spec = spec;
    this.#memory = memory;
    this.#options = options;
    this.#size = BigInt(sizeMs);
    this.#offset = BigInt(offsetMs);
    this.outputs = mainOutput(spec.id, () => this.#state?.builder ?? null);
  }

  /** Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_MEMORY_EXHAUSTED. */
  open(): void {
    const state = new CombineState(this.#memory, this.#spec, this.#options);
    this.#state = state;
    this.#paneRows = new PaneRows(this.#memory, {
      operatorName: this.#spec.name,
      schema: state.schema,
      paneMs: this.#size,
      offset: this.#offset,
    });
  }

  /**
   * Errors: MR_RECORD_NO_TIMESTAMP, MR_KEY_NULL, MR_KEY_NAN, MR_FIELD_NOT_NUMERIC for a null,
   * MR_MEMORY_EXHAUSTED.
   */
  process(input: BatchView, cursor: Cursor): number {
    if (cursor.step === START) cursor.step = this.#take(input);
    if (cursor.step !== PASSING) {
      const status = this.#emit();
      if (status !== STATUS_DONE || cursor.step === EMITTING) return status;
      cursor.step = PASSING;
    }
    return this.#opened.state.pass(input, cursor);
  }

  watermark(watermarkMs: bigint, cursor: Cursor): number {
    if (cursor.step === START) {
      cursor.step = EMITTING;
      this.#watermark = watermarkMs;
      this.#setDue(watermarkMs);
    }
    return this.#emit();
  }

  status(status: StreamStatus, cursor: Cursor): number {
    return status === "idle" ? this.#emitAll(cursor) : STATUS_DONE;
  }

  /** So there is nothing to be kept in a snapshot. */
  prepareBarrier(cursor: Cursor): number {
    return this.#emitAll(cursor);
  }

  timer(): number {
    return STATUS_DONE;
  }

  endOfInput(cursor: Cursor): number {
    return this.#emitAll(cursor);
  }

  hostWork(): Promise<void> {
    return Promise.resolve();
  }

  freeze(): void {}

  encodeStep(): number {
    return STATUS_DONE;
  }

  restore(): void {
    throw new TypeError("what is combined goes out in front of barriers");
  }

  close(): void {
    for (const { aggregate } of [...this.#panes.values(), ...this.#due]) aggregate.dispose();
    for (const aggregate of this.#spare) aggregate.dispose();
    this.#panes.clear();
    this.#due.length = 0;
    this.#spare.length = 0;
    this.#paneRows?.dispose();
    this.#paneRows = null;
    this.#state?.dispose();
    this.#state = null;
  }

  get #opened(): { readonly state: CombineState; readonly paneRows: PaneRows } {
    const [state, paneRows] = [this.#state, this.#paneRows];
    if (state === null || paneRows === null) throw new TypeError("the operator is not open");
    return { state, paneRows };
  }

  /** Folds the rows of a batch, unless they have to pass. @returns the step to go on with */
  #take(input: BatchView): number {
    if (this.#rowsToPass > 0) {
      this.#rowsToPass -= input.rowCount;
      return PASSING;
    }
    if (input.rowCount === 0) return EMITTING;
    const { state, paneRows } = this.#opened;
    const { first, last } = paneRows.boundsOf(input);
    const isExact = state.isExact(input);
    if (!isExact) this.#rowsToPass = Number.POSITIVE_INFINITY;
    if (!isExact || !this.#isInTime(first) || first < -SAFE_TIME || last > SAFE_TIME) {
      this.#setDue(null);
      return EMITTING_FIRST;
    }
    this.#fold(input, first, last);
    this.#limitTables();
    return EMITTING;
  }

  /** Whether the pane of a time has not ended yet. */
  #isInTime(time: bigint): boolean {
    return this.#opened.paneRows.paneOf(time) + this.#size - 1n > this.#watermark;
  }

  #fold(input: BatchView, first: bigint, last: bigint): void {
    const { paneRows } = this.#opened;
    const pane = paneRows.paneOf(first);
    if (last < pane + this.#size) this.#foldInto(pane, input);
    else paneRows.eachPane(input, (start, take) => this.#foldInto(start, take()));
  }

  #foldInto(start: bigint, rows: BatchView): void {
    const { state } = this.#opened;
    let pane = this.#panes.get(start);
    if (pane === undefined) {
      pane = { start, aggregate: this.#spare.pop() ?? state.createAggregate(false), rows: 0 };
      this.#panes.set(start, pane);
    }
    state.fold(pane.aggregate, rows);
    pane.rows += rows.rowCount;
  }

  /** Puts out what has outgrown the caches. */
  #limitTables(): void {
    let [rows, entries, bytes] = [0, 0, 0];
    for (const { aggregate, rows: folded } of this.#panes.values()) {
      rows += folded;
      entries += aggregate.table.entryCount;
      bytes += aggregate.table.byteCount;
    }
    if (bytes < CACHED_BYTES) return;
    if (rows < entries * MIN_REDUCTION) this.#rowsToPass = rows * PASSED_PER_FOLDED;
    this.#setDue(null);
  }

  /** Panes that have ended at a watermark go out next; null = all. */
  #setDue(watermark: bigint | null): void {
    for (const pane of this.#panes.values()) {
      if (watermark !== null && pane.start + this.#size - 1n > watermark) continue;
      this.#panes.delete(pane.start);
      pane.aggregate.table.rewind();
      this.#due.push(pane);
    }
    this.#due.sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  #emitAll(cursor: Cursor): number {
    if (cursor.step === START) {
      cursor.step = EMITTING;
      this.#setDue(null);
    }
    return this.#emit();
  }

  #emit(): number {
    const { builder } = this.#opened.state;
    for (let pane = this.#due[0]; pane !== undefined; pane = this.#due[0]) {
      const from = builder.rowCount;
      const status = pane.aggregate.emit(builder);
      if (builder.rowCount > from) {
        this.#memory.kernels.stampRows(builder.ptr, from, pane.start + this.#size - 1n);
      }
      if (status !== STATUS_DONE) return status;
      this.#due.shift();
      this.#release(pane.aggregate);
    }
    return STATUS_DONE;
  }

  #release(aggregate: RollingAggregate): void {
    if (this.#spare.length >= MAX_SPARE) {
      aggregate.dispose();
      return;
    }
    aggregate.table.clear();
    this.#spare.push(aggregate);
  }
}
