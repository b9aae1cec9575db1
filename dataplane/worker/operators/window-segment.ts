/**
 * sum, min, max, minBy, maxBy and reduce over tumbling and sliding windows of event time, in WebAssembly. Each open
 * window is a table; a batch is folded into it whole where its rows are of one window, else pane by pane.
 * Firing a window is a scan of its table.
 *
 * Records of windows that have fired but not gone (allowed lateness) give a result each; those of windows
 * that have gone are late: they go to the late output, or are dropped and counted.
 *
 * Snapshots have a row per window and key: the value as record, the start of the window as time, and as op
 * whether the window has fired.
 */

import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { STATUS_DONE } from "../../protocol/status.ts";
import type { Cursor, Segment, SegmentOutput } from "../segment.ts";
import { NO_WATERMARK } from "../stream-event.ts";
import { segmentOutput } from "./main-output.ts";
import { PANES, type WindowSegmentParts, WindowState } from "./window-state.ts";
import type { WindowTable } from "./window-tables.ts";

/** Times farther out may wrap in computations: such rows are taken one by one. */
const SAFE_TIME = 2n ** 62n;
/** Steps of cursors. */
const STARTED = 1;

/** Rows that want a result each from every window, and where that stands. */
interface Refiring {
  row: number;
  readonly end: number;
  readonly windows: readonly WindowTable[];
  index: number;
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
  /** Windows that fire at the watermark under way. */
  #due: WindowTable[] = [];
  /** Windows that are still to be encoded. */
  #frozen: WindowTable[] = [];

  constructor(parts: WindowSegmentParts) {
    this.#parts = parts;
    this.stateType = parts.inputType;
    const { id, lateOutput } = parts;
    const main = segmentOutput(id, 0, () => this.#state?.output ?? null);
    const late = () => segmentOutput(id, lateOutput ?? 0, () => this.#state?.late ?? null);
    this.outputs = lateOutput === null ? [main] : [main, late()];
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
      if (tables.nextChange > watermarkMs) return STATUS_DONE;
      this.#due = [...tables.due(watermarkMs)];
      this.#due[0]?.aggregate.table.rewind();
    }
    for (let window = this.#due[0]; window !== undefined; window = this.#due[0]) {
      const status = this.#fire(window);
      if (status !== STATUS_DONE) return status;
      this.#due.shift();
      this.#due[0]?.aggregate.table.rewind();
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
    this.#frozen = [...this.#opened.tables.all];
    for (const { aggregate } of this.#frozen) aggregate.table.freeze("full");
  }

  encodeStep(target: BatchBuilder): number {
    const state = this.#opened;
    for (let window = this.#frozen[0]; window !== undefined; window = this.#frozen[0]) {
      const from = target.rowCount;
      const status = window.aggregate.table.encodeStep(target);
      state.describe(target, from, window);
      if (status !== STATUS_DONE) return status;
      this.#frozen.shift();
    }
    state.tables.releaseEncoded();
    return STATUS_DONE;
  }

  restore(rows: BatchView): void {
    const state = this.#opened;
    for (let row = 0; row < rows.rowCount; ++row) {
      const window = state.tables.get(BigInt(rows.timestampOf(row) ?? 0));
      window.hasFired = state.hasFired(rows, row);
      state.takeRow(rows, row);
      window.aggregate.fold(state.single, state.output);
    }
  }

  async close(): Promise<void> {
    const state = this.#state;
    this.#state = null;
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
    if (status === STATUS_DONE) window.hasFired = true;
    return status;
  }

  /** Folds the rows of a batch; those that want a result each wait in #refiring. */
  #takeRows(input: BatchView): void {
    const state = this.#opened;
    state.waiting.reset();
    state.late?.reset();
    this.#refiring = [];
    for (let rows: BatchView | null = input; rows !== null && rows.rowCount > 0; ) {
      const { first, last } = state.boundsOf(rows);
      if (first < -SAFE_TIME || last > SAFE_TIME) {
        this.#takeEach(rows);
        return;
      }
      const pane = state.tables.paneOf(first);
      if (last < pane + state.tables.paneMs) {
        this.#takePane(pane, rows);
        return;
      }
      if (!state.isOrderFree) {
        this.#takeWindows(rows);
        return;
      }
      rows = this.#takePanes(pane, rows);
    }
  }

  /** Window by window, each with its rows in the order they came in. */
  #takeWindows(rows: BatchView): void {
    const state = this.#opened;
    const windows = new Set<bigint>();
    for (const pane of state.panesOf(rows)) {
      const open = state.tables.windowsOf(pane).filter((start) => !this.#hasGone(start));
      if (open.length === 0) this.#leaveOut(state.gather(rows, pane, state.tables.paneMs));
      for (const start of open) windows.add(start);
    }
    const latestFirst = [...windows].sort((a, b) => (a > b ? -1 : 1));
    for (const start of latestFirst) {
      const own = state.gather(rows, start, this.#parts.windows.size);
      const fired = this.#takeWindow(start, own);
      if (fired !== null) this.#wait(own, [fired]);
    }
  }

  /** The rows of up to PANES panes from `pane` on. @returns those behind; null = there are none */
  #takePanes(pane: bigint, rows: BatchView): BatchView | null {
    const state = this.#opened;
    const { scatter, tables, gathered } = state;
    state.planPanes(rows, pane);
    for (let index = 0; index < PANES; ++index) {
      if (scatter.remaining(index) === 0) continue;
      gathered.reset();
      scatter.gather(rows, index, gathered, 0);
      this.#takePane(pane + BigInt(index) * tables.paneMs, gathered);
    }
    return scatter.remaining(PANES) === 0 ? null : state.takeRest(rows);
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
    const open = this.#opened.tables.windowsOf(time).filter((start) => !this.#hasGone(start));
    if (open.length === 0) this.#leaveOut(rows);
    const fired = open.flatMap((start) => this.#takeWindow(start, rows) ?? []);
    if (fired.length > 0) this.#wait(rows, fired);
  }

  #hasGone(start: bigint): boolean {
    return this.#opened.tables.cleanupTimeOf(start) <= this.#watermark;
  }

  /** Folds rows into an open window. @returns the window if it wants to put out a result for each instead */
  #takeWindow(start: bigint, rows: BatchView): WindowTable | null {
    const { tables, output } = this.#opened;
    const window = tables.get(start);
    if (window.maxTimestamp <= this.#watermark) return window;
    if (window.hasFired) this.#change(window, rows);
    else window.aggregate.fold(rows, output);
    return null;
  }

  /** Rows that no open window takes: those that the watermark has passed are late, the others in gaps. */
  #leaveOut(rows: BatchView): void {
    const { late } = this.#opened;
    const { allowedLateness, countLate } = this.#parts;
    let dropped = 0;
    for (let row = 0; row < rows.rowCount; ++row) {
      const time = BigInt(rows.timestampOf(row) ?? 0);
      if (BigInt.asIntN(64, time + allowedLateness) > this.#watermark) continue;
      if (late === null) dropped += 1;
      else late.appendRows(rows, row, 1);
    }
    if (dropped > 0) countLate(dropped);
  }

  #change(window: WindowTable, rows: BatchView): void {
    const { changes, tables } = this.#opened;
    changes.add(window, rows);
    tables.noteChanged(window);
  }

  #wait(rows: BatchView, windows: readonly WindowTable[]): void {
    const { waiting } = this.#opened;
    const row = waiting.rowCount;
    waiting.appendRows(rows, 0, rows.rowCount);
    for (const window of windows) window.hasFired = true;
    this.#refiring.push({ row, end: waiting.rowCount, windows, index: 0 });
  }

  /** Puts out what becomes of windows that had fired, record by record. */
  #refire(): number {
    const state = this.#opened;
    for (let next = this.#refiring[0]; next !== undefined; next = this.#refiring[0]) {
      const window = next.windows[next.index] as WindowTable;
      state.takeRow(state.waiting, next.row);
      const from = state.output.rowCount;
      const status = window.aggregate.foldEach(state.single, state.output);
      if (status !== STATUS_DONE) return status;
      state.stamp(state.output, from, window.maxTimestamp);
      next.index = (next.index + 1) % next.windows.length;
      if (next.index === 0) next.row += 1;
      if (next.row === next.end) this.#refiring.shift();
    }
    return STATUS_DONE;
  }
}
