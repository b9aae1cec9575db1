/**
 * What windows that overlap have in common. Event time is cut into slices where windows begin or end; a
 * record is folded into the table of its slice only, and a window is the merge of its slices, in order.
 *
 * Windows are claimed in the order of their starts, each once, by two stacks: `suffixes` has a table for
 * each window to come that begins before `#boundary`, the merge of its slices up to there; `#back` is the
 * merge of the slices from there up to `#covered`. A window is its suffix and `#back`. So a slice is
 * merged twice, and each window costs two merges more, however many slices it has.
 */
import { alignedBefore } from "../../functions/windows/aligned-windows.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { LONG_MIN } from "../../protocol/long.ts";
import type { WindowAggregate } from "./window-aggregate.ts";
import type { WindowAggregates } from "./window-aggregates.ts";
import type { TimeWindows } from "./window-tables.ts";

/** Windows that begin farther out have tables of their own. ms. */
const FARTHEST_START = 2n ** 51n;
/** In times of snapshots: of the windows of a slice, at most MAX_SHARED_WINDOWS, how many have a table of their own. */
const OWN_COUNT_BITS = 10n;
const OWN_COUNT_MASK = (1n << OWN_COUNT_BITS) - 1n;

export interface Slice {
  readonly start: bigint;
  readonly aggregate: WindowAggregate;
  rowCount: number;
}

interface Suffix {
  /** Of the window. */
  readonly start: bigint;
  /** null = it is empty. */
  aggregate: WindowAggregate | null;
}

export interface WindowSlicesOptions {
  readonly windows: TimeWindows;
  readonly aggregates: WindowAggregates;
  fold(target: WindowAggregate, rows: BatchView): void;
  /** Folds what an aggregate holds into another one. */
  merge(source: WindowAggregate, target: WindowAggregate): void;
}

export class WindowSlices {
  readonly #options: WindowSlicesOptions;
  /** In order; all are in a window that shares them. */
  #slices: Slice[] = [];
  #rowCount = 0;
  #firstShared: bigint;
  /** The earliest is the last. */
  #suffixes: Suffix[] = [];
  #back: WindowAggregate | null = null;
  #boundary = LONG_MIN;
  #covered = LONG_MIN;

  constructor(options: WindowSlicesOptions) {
    const { slide, offset } = options.windows;
    this.#options = options;
    this.#firstShared = alignedBefore(-FARTHEST_START, offset, slide);
  }

  /** Windows that begin before share nothing. */
  get firstShared(): bigint {
    return this.#firstShared;
  }

  get all(): readonly Slice[] {
    return this.#slices;
  }

  /** Records in all slices. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Start of the last slice that has records; null = none has. */
  get last(): bigint | null {
    return this.#slices.at(-1)?.start ?? null;
  }

  /** Start of the first window that shares slices and has records; null = there is none. */
  get next(): bigint | null {
    const first = this.#slices[0];
    if (first === undefined) return null;
    const start = this.#firstWindowOf(first.start);
    return start > this.#firstShared ? start : this.#firstShared;
  }

  isShared(start: bigint): boolean {
    return start >= this.#firstShared && start <= FARTHEST_START;
  }

  /** Whether all windows of a time share its slice. */
  isSharedByAll(time: bigint): boolean {
    return time <= FARTHEST_START && this.#firstWindowOf(time) >= this.#firstShared;
  }

  /** Start of the slice of a time. */
  sliceOf(time: bigint): bigint {
    const { size, slide, offset } = this.#options.windows;
    const begin = alignedBefore(time, offset, slide);
    const end = begin + (size % slide);
    return time < end ? begin : end;
  }

  /**
   * Takes rows of one slice, that of `time`, which a window shares.
   *
   * @param rowCount records that they stand for
   * Errors: those of a fold.
   */
  fold(time: bigint, rows: BatchView, rowCount = rows.rowCount): void {
    const { fold, aggregates } = this.#options;
    const slice = this.#sliceAt(this.sliceOf(time));
    fold(slice.aggregate, rows);
    slice.rowCount += rowCount;
    this.#rowCount += rowCount;
    if (slice.start >= this.#covered) return;
    // A window that it is in has fired.
    if (slice.start >= this.#boundary) {
      this.#back ??= aggregates.take();
      fold(this.#back, rows);
      return;
    }
    for (const suffix of this.#suffixes) {
      if (suffix.start > slice.start) continue;
      suffix.aggregate ??= aggregates.take();
      fold(suffix.aggregate, rows);
    }
  }

  /** Nothing more comes for windows before this one. */
  skipTo(start: bigint): void {
    if (start <= this.#firstShared) return;
    this.#firstShared = start;
    const isNeeded = ({ start: slice }: Slice) => slice >= start && start <= FARTHEST_START;
    for (let slice = this.#slices[0]; slice !== undefined && !isNeeded(slice); ) {
      this.#rowCount -= slice.rowCount;
      this.#options.aggregates.release(slice.aggregate);
      this.#slices.shift();
      slice = this.#slices[0];
    }
  }

  /** The aggregate of the window `next`, which shares nothing any more. Errors: MR_MEMORY_EXHAUSTED. */
  claim(start: bigint): WindowAggregate {
    const { windows, aggregates, merge } = this.#options;
    const end = start + windows.size;
    if (start >= this.#boundary) this.#turnOver(start, end);
    for (const { start: slice, aggregate } of this.#slices) {
      if (slice < this.#covered || slice >= end) continue;
      this.#back ??= aggregates.take(aggregate.table.shape);
      merge(aggregate, this.#back);
    }
    this.#covered = end;
    const own = this.#popSuffix(start) ?? aggregates.take(this.#back?.table.shape);
    if (this.#back !== null) merge(this.#back, own);
    this.skipTo(start + windows.slide);
    return own;
  }

  /** Forgets merges: the windows claimed so far have not ended. */
  forget(): void {
    this.#boundary = LONG_MIN;
    this.#covered = LONG_MIN;
    this.#popSuffix(null);
    this.#dropBack();
  }

  /** What a row of a snapshot has as its time. */
  timeOf({ start }: Slice): bigint {
    const own = this.#firstShared - this.#firstWindowOf(start);
    const count = own <= 0n ? 0n : own / this.#options.windows.slide;
    return (start << OWN_COUNT_BITS) | count;
  }

  /** Of the time of a row of a snapshot: the slice, and the first window that shares it. */
  read(time: bigint): { readonly slice: bigint; readonly first: bigint; readonly hasOwn: boolean } {
    const slice = time >> OWN_COUNT_BITS;
    const own = time & OWN_COUNT_MASK;
    const first = this.#firstWindowOf(slice) + own * this.#options.windows.slide;
    return { slice, first, hasOwn: own > 0n };
  }

  dispose(): void {
    this.forget();
    for (const { aggregate } of this.#slices.splice(0)) aggregate.dispose();
  }

  /** Start of the earliest window that a time is in. */
  #firstWindowOf(time: bigint): bigint {
    const { size, slide, offset } = this.#options.windows;
    return alignedBefore(time - size, offset, slide) + slide;
  }

  #sliceAt(start: bigint): Slice {
    const slices = this.#slices;
    let index = slices.length;
    for (; index > 0; index -= 1) {
      const slice = slices[index - 1] as Slice;
      if (slice.start === start) return slice;
      if (slice.start < start) break;
    }
    const shape = slices.at(-1)?.aggregate.table.shape;
    const slice = { start, aggregate: this.#options.aggregates.take(shape), rowCount: 0 };
    slices.splice(index, 0, slice);
    return slice;
  }

  /** All suffixes have been used: begins again with those of the windows before `end`. */
  #turnOver(start: bigint, end: bigint): void {
    const { windows, aggregates, merge } = this.#options;
    const { slide, offset } = windows;
    this.#popSuffix(null);
    this.#dropBack();
    this.#boundary = end;
    this.#covered = end;
    let slices: readonly Slice[] = this.#slices.filter((slice) => slice.start < end);
    let rest: WindowAggregate | null = null;
    for (let at = alignedBefore(end - 1n, offset, slide); at >= start; at -= slide) {
      const from = slices.findLastIndex((slice) => slice.start < at) + 1;
      const parts: WindowAggregate[] = slices.slice(from).map(({ aggregate }) => aggregate);
      if (rest !== null) parts.push(rest);
      rest = parts.length === 0 ? null : aggregates.take(parts.at(-1)?.table.shape);
      for (const part of parts) if (rest !== null) merge(part, rest);
      this.#suffixes.push({ start: at, aggregate: rest });
      slices = slices.slice(0, from);
    }
  }

  /** Removes the suffix of a window and those before, all for null. @returns null = it is empty */
  #popSuffix(start: bigint | null): WindowAggregate | null {
    for (let suffix = this.#suffixes.pop(); suffix !== undefined; suffix = this.#suffixes.pop()) {
      if (suffix.start === start) return suffix.aggregate;
      if (suffix.aggregate !== null) this.#options.aggregates.release(suffix.aggregate);
    }
    return null;
  }

  #dropBack(): void {
    if (this.#back !== null) this.#options.aggregates.release(this.#back);
    this.#back = null;
  }
}
