/** Rows by pane: the longest stretches of time that no window begins or ends inside of. */
import { alignedBefore } from "../../functions/windows/aligned-windows.ts";
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { RowScatter } from "../../memory/row-scatter.ts";
import { RowWords } from "../../memory/row-words.ts";
import type { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { BATCH_MAX_ROWS } from "../../protocol/batch-layout.ts";
import { ANY_BYTES } from "./copy-rows.ts";

/** Panes of one pass over a batch; rows of later ones are the next pass's. */
const PANES = 64;
const BOUNDS_BYTES = 16;

export interface PaneRowsOptions {
  readonly operatorName: string;
  readonly schema: Schema;
  /** Panes begin at offset + n * paneMs. */
  readonly paneMs: bigint;
  readonly offset: bigint;
}

export class PaneRows {
  readonly #memory: TaskMemory;
  readonly #options: PaneRowsOptions;
  readonly #scatter: RowScatter;
  readonly #words: RowWords;
  /** Rows of one pane. */
  readonly #gathered: BatchBuilder;
  readonly #rests: readonly [BatchBuilder, BatchBuilder];
  readonly #bounds: number;

  /** Errors: MR_MEMORY_EXHAUSTED. */
  constructor(memory: TaskMemory, options: PaneRowsOptions) {
    const room = { ...ANY_BYTES, rowCapacity: BATCH_MAX_ROWS };
    const builder = () => new BatchBuilder(memory, options.schema, room);
    this.#memory = memory;
    this.#options = options;
    this.#scatter = new RowScatter(memory, PANES + 1);
    this.#words = new RowWords(memory);
    this.#gathered = builder();
    this.#rests = [builder(), builder()];
    this.#bounds = memory.alloc(BOUNDS_BYTES);
  }

  /** Start of the pane of a time. */
  paneOf(time: bigint): bigint {
    return alignedBefore(time, this.#options.offset, this.#options.paneMs);
  }

  /** First and last time of rows. Errors: MR_RECORD_NO_TIMESTAMP. */
  boundsOf(rows: BatchView): { readonly first: bigint; readonly last: bigint } {
    const memory = this.#memory;
    const status = memory.kernels.timeBounds(rows.ptr, this.#bounds);
    memory.check(status, "timeBounds", this.#options.operatorName);
    const at = this.#bounds >>> 3;
    return { first: memory.i64[at] as bigint, last: memory.i64[at + 1] as bigint };
  }

  /** Whether no row, from `first` to `last`, is of an earlier pane than one before it. */
  isInOrder(rows: BatchView, first: bigint, last: bigint): boolean {
    const { paneMs } = this.#options;
    const pane = this.paneOf(first);
    if (last < pane + paneMs) return true;
    const channels = this.#words.ptrFor(rows.rowCount);
    return this.#memory.kernels.paneChannels(rows.ptr, pane, paneMs, PANES, channels) !== 0;
  }

  /**
   * Visits the panes that rows are in, in order; `take` answers the rows of one, until it is called again.
   * The times are far from the ends of the range.
   */
  eachPane(rows: BatchView, visit: (pane: bigint, take: () => BatchView) => void): void {
    const scatter = this.#scatter;
    const { paneMs } = this.#options;
    for (let left: BatchView | null = rows; left !== null; ) {
      const batch: BatchView = left;
      const first = this.paneOf(this.boundsOf(batch).first);
      this.#plan(batch, first, paneMs, PANES);
      for (let index = 0; index < PANES; ++index) {
        if (scatter.remaining(index) === 0) continue;
        visit(first + BigInt(index) * paneMs, () => this.#gather(batch, index, this.#gathered));
      }
      const [one, other] = this.#rests;
      const rest = batch === one ? other : one;
      left = scatter.remaining(PANES) === 0 ? null : this.#gather(batch, PANES, rest);
    }
  }

  /** The rows of a stretch of time, in order; valid until the next call. */
  between(rows: BatchView, start: bigint, lengthMs: bigint): BatchView {
    this.#plan(rows, start, lengthMs, 1);
    return this.#gather(rows, 0, this.#gathered);
  }

  dispose(): void {
    this.#memory.free(this.#bounds, BOUNDS_BYTES);
    for (const builder of [this.#gathered, ...this.#rests]) builder.dispose();
    this.#words.dispose();
    this.#scatter.dispose();
  }

  /** Deals rows out by stretch of time, from `start` on; channel `last` has all that are in none before it. */
  #plan(rows: BatchView, start: bigint, lengthMs: bigint, last: number): void {
    const channels = this.#words.ptrFor(rows.rowCount);
    this.#memory.kernels.paneChannels(rows.ptr, start, lengthMs, last, channels);
    this.#scatter.planByChannel(rows, channels);
  }

  #gather(rows: BatchView, channel: number, target: BatchBuilder): BatchBuilder {
    target.reset();
    if (this.#scatter.gather(rows, channel, target, 0)) return target;
    throw new TypeError(`a batch has more than ${BATCH_MAX_ROWS} rows`);
  }
}
