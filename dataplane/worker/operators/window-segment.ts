/**
 * sum, min, max, minBy, maxBy, reduce and aggregate over tumbling and sliding windows of event time, in WebAssembly. Each open
 * window is a table; a batch is folded into it whole where its rows are of one window, else pane by pane.
 * Firing a window is a scan of its table. Sliding windows that many records share have tables of their slices
 * instead, and get one of their own when they fire, or when a merge of slices would not do (window-slices.ts).
 *
 * Records of windows that have fired but not gone (allowed lateness) give a result each; those of windows
 * that have gone are late: they go to the late output, or are dropped and counted.
 *
 * Snapshots have a row per window or slice and key: the value as record, as op which of both, and whether the
 * window has fired (OP_UPDATE_AFTER) and will fire again for this key (OP_UPDATE_BEFORE), and as time the start
 * of the window, or what WindowSlices says.
 */

import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import {
  OP_DELETE,
  OP_INSERT,
  OP_UPDATE_AFTER,
  OP_UPDATE_BEFORE,
} from "../../protocol/batch-layout.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { STATUS_DONE } from "../../protocol/status.ts";
import {
  type Cursor,
  entriesOnly,
  type Segment,
  type SegmentOutput,
  type StateCounts,
} from "../segment.ts";
import type { Table } from "../state/table.ts";
import { NO_WATERMARK } from "../stream-event.ts";
import { copyRows } from "./copy-rows.ts";
import { segmentOutput } from "./main-output.ts";
import { entryTypeOf } from "./window-fold.ts";
import { MAX_EXACT_ROWS, type WindowSegmentParts, WindowState } from "./window-state.ts";
import type { WindowTable } from "./window-tables.ts";

/** Times farther out may wrap in computations: such rows are taken one by one. */
const SAFE_TIME = 2n ** 62n;
/** Steps of cursors. */
const STARTED = 1;

/** Rows that want a result each from every window, and where that stands. */
interface Refiring {
  readonly rows: BatchBuilder;
  row: number;
  readonly windows: readonly WindowTable[];
  index: number;
}

/** A table as it was when a snapshot began, and what its rows say. */
interface FrozenTable {
  readonly table: Table;
  /** null = of a slice. */
  readonly window: WindowTable | null;
  readonly time: bigint;
  readonly op: number;
}

export class WindowSegment implements Segment {
  readonly engine = "wasm";
  readonly nextTimerMs = Number.POSITIVE_INFINITY;
  readonly outputs: readonly SegmentOutput[];
  readonly stateType: BatchType;
  readonly #parts: WindowSegmentParts;
  #state: WindowState | null = null;
  #watermark = NO_WATERMARK;
  #refiring: Refiring[] = [];
  /** The window that is firing at the watermark under way. */
  #due: WindowTable | null = null;
  /** What is still to be encoded. */
  #frozen: FrozenTable[] = [];

  constructor(parts: WindowSegmentParts) {
    this.#parts = parts;
    this.stateType = entryTypeOf(parts);
    const { id, lateOutput } = parts;
    const main = segmentOutput(id, 0, () => this.#state?.output ?? null);
    const late = () => segmentOutput(id, lateOutput ?? 0, () => this.#state?.late ?? null);
    this.outputs = lateOutput === null ? [main] : [main, late()];
  }

  get counts(): StateCounts {
    return entriesOnly(this.#state?.tables.entryCount ?? 0);
  }

  /** Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_MEMORY_EXHAUSTED, and those of the user's open(). */
  async open(): Promise<void> {
    this.#state = new WindowState(this.#parts);
    await this.#state.open();
  }

  /** Errors: MR_RECORD_NO_TIMESTAMP, MR_KEY_NULL, MR_KEY_NAN, MR_FIELD_NOT_NUMERIC for a null, MR_MEMORY_EXHAUSTED. */
  process(input: BatchView, cursor: Cursor): number {
    if (cursor.step !== STARTED) {
      cursor.step = STARTED;
      this.#takeRows(input);
    }
    return this.#refire();
  }

  watermark(watermarkMs: bigint, cursor: Cursor): number {
    const { tables } = this.#opened;
    if (cursor.step !== STARTED) {
      cursor.step = STARTED;
      this.#watermark = watermarkMs;
    }
    for (;;) {
      const window = this.#due ?? tables.takeDue(watermarkMs);
      if (window === null) break;
      if (this.#due === null) window.aggregate.table.rewind();
      this.#due = window;
      const status = this.#fire(window);
      if (status !== STATUS_DONE) return status;
      this.#due = null;
    }
    tables.cleanUp(watermarkMs);
    return STATUS_DONE;
  }

  timer(): number {
    return STATUS_DONE;
  }

  endOfInput(): number {
    return STATUS_DONE;
  }

  hostWork(): Promise<void> {
    return Promise.resolve();
  }

  freeze(): void {
    const { tables, changes } = this.#opened;
    const { slices } = tables;
    const windows = tables.all.map((window) => {
      const { aggregate, start, hasFired } = window;
      const op = hasFired ? OP_UPDATE_AFTER : OP_INSERT;
      return { table: aggregate.table, window, time: start, op };
    });
    const shared = slices?.all.map((slice) => {
      const { table } = slice.aggregate;
      return { table, window: null, time: slices.timeOf(slice), op: OP_DELETE };
    });
    this.#frozen = [...windows, ...(shared ?? [])];
    for (const { table } of this.#frozen) table.freeze("full");
    changes.freeze();
  }

  encodeStep(target: BatchBuilder): number {
    const state = this.#opened;
    for (let next = this.#frozen[0]; next !== undefined; next = this.#frozen[0]) {
      const from = target.rowCount;
      const status = next.table.encodeStep(target);
      state.describe(target, from, next.time, next.op);
      if (next.window !== null) state.changes.mark(target, from, next.window);
      if (status !== STATUS_DONE) return status;
      this.#frozen.shift();
    }
    state.aggregates.releaseEncoded();
    return STATUS_DONE;
  }

  restore(rows: BatchView): void {
    const state = this.#opened;
    for (let row = 0; row < rows.rowCount; ++row) {
      const time = BigInt(rows.timestampOf(row) ?? 0);
      const op = state.opOf(rows, row);
      state.takeEntry(rows, row);
      if (op === OP_DELETE) this.#restoreSlice(time);
      else this.#restoreWindow(time, op);
    }
  }

  #restoreWindow(start: bigint, op: number): void {
    const { tables, entry, output } = this.#opened;
    tables.ownUntil(start);
    const window = tables.get(start);
    window.hasFired = op !== OP_INSERT;
    window.aggregate.restore(entry, output);
    if (op === OP_UPDATE_BEFORE) this.#noteChanged(window, entry);
  }

  #restoreSlice(time: bigint): void {
    const { tables, entry, output } = this.#opened;
    const { slices } = tables;
    if (slices === null) throw new TypeError("a snapshot of other windows");
    const { slice, first, hasOwn } = slices.read(time);
    if (hasOwn) tables.ownBefore(first);
    // Those that another subtask had given tables of their own.
    for (const start of tables.windowsOf(slice)) {
      if (start < first || slices.isShared(start)) continue;
      tables.get(start).aggregate.restore(entry, output);
    }
    // How many records it stands for is not known.
    if (slice >= slices.firstShared) slices.fold(slice, entry, MAX_EXACT_ROWS);
  }

  async close(): Promise<void> {
    const state = this.#state;
    this.#state = null;
    for (const { rows } of this.#refiring.splice(0)) rows.dispose();
    state?.dispose();
    await state?.close();
  }

  get #opened(): WindowState {
    if (this.#state === null) throw new TypeError("the operator is not open");
    return this.#state;
  }

  #fire(window: WindowTable): number {
    const state = this.#opened;
    const { output } = state;
    const from = output.rowCount;
    const status = window.hasFired
      ? state.changes.emit(window, output)
      : window.aggregate.emit(output);
    state.stamp(output, from, window.maxTimestamp);
    if (status === STATUS_DONE) state.tables.noteFired(window);
    return status;
  }

  /** Folds the rows of a batch; those that want a result each wait in #refiring. */
  #takeRows(rows: BatchView): void {
    if (rows.rowCount === 0) return;
    const state = this.#opened;
    const { first, last } = state.panes.boundsOf(rows);
    const isByPane = state.prepareFor(rows, first, last);
    const pane = state.panes.paneOf(first);
    if (first < -SAFE_TIME || last > SAFE_TIME) this.#takeEach(rows);
    else if (last < pane + state.tables.paneMs) this.#takePane(pane, rows);
    else if (!isByPane) this.#takeWindows(rows);
    else if (state.isOrderFree && this.#mayRefire(first)) this.#takeLateFirst(rows, first, last);
    else state.panes.eachPane(rows, (at, take) => this.#takePane(at, take()));
  }

  /** Whether records from this time on may be in a window of several panes that has fired and takes them. */
  #mayRefire(time: bigint): boolean {
    const { allowedLateness, windows } = this.#parts;
    const hasPanes = this.#opened.tables.paneMs < windows.size;
    return hasPanes && allowedLateness > 0n && time <= this.#watermark;
  }

  /**
   * By pane where windows have not fired. Those that have put out a result for each record: in the order
   * records came in, whatever the order of their panes.
   */
  #takeLateFirst(rows: BatchView, first: bigint, last: bigint): void {
    const state = this.#opened;
    const until = this.#watermark + 1n;
    const late = copyRows(state.panes.between(rows, first, until - first));
    this.#takeEach(late);
    late.dispose();
    if (last < until) return;
    const others = copyRows(state.panes.between(rows, until, last - until + 1n));
    state.panes.eachPane(others, (at, take) => this.#takePane(at, take()));
    others.dispose();
  }

  /** Window by window, each with its rows in the order they came in. */
  #takeWindows(rows: BatchView): void {
    const state = this.#opened;
    const windows = new Set<bigint>();
    state.panes.eachPane(rows, (pane, take) => {
      const open = this.#openAt(pane);
      if (open.length === 0) this.#leaveOut(take());
      for (const start of open) windows.add(start);
    });
    const latestFirst = [...windows].sort((a, b) => (a > b ? -1 : 1));
    for (const start of latestFirst) {
      const own = state.panes.between(rows, start, this.#parts.windows.size);
      const fired = this.#takeWindow(start, own);
      if (fired !== null) this.#wait(own, [fired]);
    }
  }

  #takeEach(rows: BatchView): void {
    const state = this.#opened;
    for (let row = 0; row < rows.rowCount; ++row) {
      state.takeRow(rows, row);
      this.#takePane(BigInt(rows.timestampOf(row) ?? 0), state.single);
    }
  }

  /** Rows that belong to the same windows: those of `time`. */
  #takePane(time: bigint, rows: BatchView): void {
    const { slices } = this.#opened.tables;
    if (slices?.isSharedByAll(time)) {
      slices.fold(time, rows);
      return;
    }
    const open = this.#openAt(time);
    if (open.length === 0) this.#leaveOut(rows);
    const own = open.filter((start) => !slices?.isShared(start));
    if (own.length < open.length) slices?.fold(time, rows);
    const fired = own.flatMap((start) => this.#takeWindow(start, rows) ?? []);
    if (fired.length > 0) this.#wait(rows, fired);
  }

  /** Starts of the windows of a time that still take records, the latest first. */
  #openAt(time: bigint): readonly bigint[] {
    const { tables } = this.#opened;
    return tables.windowsOf(time).filter((start) => tables.cleanupTimeOf(start) > this.#watermark);
  }

  /** Folds rows into an open window. @returns the window if it wants to put out a result for each instead */
  #takeWindow(start: bigint, rows: BatchView): WindowTable | null {
    const { tables, output } = this.#opened;
    const window = tables.get(start);
    if (window.maxTimestamp <= this.#watermark) return window;
    window.aggregate.fold(rows, output);
    if (window.hasFired) this.#noteChanged(window, rows);
    return null;
  }

  /** Rows that no open window takes: those that the watermark has passed are late, the others in gaps. */
  #leaveOut(rows: BatchView): void {
    const { allowedLateness } = this.#parts;
    if (this.#opened.panes.boundsOf(rows).last + allowedLateness <= this.#watermark) {
      this.#putLate(rows, 0, rows.rowCount);
      return;
    }
    for (let row = 0; row < rows.rowCount; ++row) {
      const time = BigInt(rows.timestampOf(row) ?? 0);
      if (BigInt.asIntN(64, time + allowedLateness) <= this.#watermark) this.#putLate(rows, row, 1);
    }
  }

  #putLate(rows: BatchView, from: number, count: number): void {
    const { late } = this.#opened;
    if (late === null) this.#parts.countLate(count);
    else if (late.appendRows(rows, from, count) < count) throw new TypeError("late rows are lost");
  }

  #noteChanged(window: WindowTable, rows: BatchView): void {
    const { changes, tables } = this.#opened;
    changes.add(window, rows);
    tables.noteChanged(window);
  }

  #wait(rows: BatchView, windows: readonly WindowTable[]): void {
    for (const window of windows) window.hasFired = true;
    this.#refiring.push({ rows: copyRows(rows), row: 0, windows, index: 0 });
  }

  /** Puts out what becomes of windows that had fired, record by record. */
  #refire(): number {
    const state = this.#opened;
    for (let next = this.#refiring[0]; next !== undefined; next = this.#refiring[0]) {
      const window = next.windows[next.index] as WindowTable;
      state.takeRow(next.rows, next.row);
      const from = state.output.rowCount;
      const status = window.aggregate.foldEach(state.single, state.output);
      if (status !== STATUS_DONE) return status;
      state.stamp(state.output, from, window.maxTimestamp);
      next.index = (next.index + 1) % next.windows.length;
      if (next.index === 0) next.row += 1;
      if (next.row < next.rows.rowCount) continue;
      next.rows.dispose();
      this.#refiring.shift();
    }
    return STATUS_DONE;
  }
}
