/**
 * Tumbling and sliding windows of event time as tables, one per window that is open and does not share slices
 * with others: what belongs to a time, and when a window fires and goes. Times wrap at 64 bits as in Flink.
 */
import { alignedBefore, windowStarts } from "../../functions/windows/aligned-windows.ts";
import { LONG_MAX } from "../../protocol/long.ts";
import type { TableShape } from "../state/table.ts";
import type { WindowAggregate } from "./window-aggregate.ts";
import { NOTHING, type WindowAggregates } from "./window-aggregates.ts";
import type { WindowSlices } from "./window-slices.ts";

/** A record of time t is in the windows that start at offset + n * slide, up to t, and are `size` long. ms. */
export interface TimeWindows {
  readonly size: bigint;
  /** Equal to size: tumbling windows. */
  readonly slide: bigint;
  readonly offset: bigint;
}

/** Smaller tables are there soon enough. */
const RESERVED_FROM = 4096;

export class WindowTable {
  readonly aggregate: WindowAggregate;
  /** ms, of its first and its last instant. */
  readonly start: bigint;
  readonly maxTimestamp: bigint;
  /** The watermark from which on nothing belongs to it any more. */
  readonly cleanupTime: bigint;
  /** Its results have been put out. */
  hasFired = false;
  /** It had fired, and has records since that it will fire again for. */
  isChanged = false;

  constructor(aggregate: WindowAggregate, start: bigint, tables: WindowTables) {
    this.aggregate = aggregate;
    this.start = start;
    this.maxTimestamp = tables.maxTimestampOf(start);
    this.cleanupTime = tables.cleanupTimeOf(start);
  }
}

export interface WindowTablesOptions {
  readonly windows: TimeWindows;
  readonly allowedLateness: bigint;
  readonly aggregates: WindowAggregates;
  /** null = no windows share them. */
  readonly slices: WindowSlices | null;
}

export class WindowTables {
  /** Panes are the longest stretches of time that no window begins or ends inside of. ms. */
  readonly paneMs: bigint;
  readonly slices: WindowSlices | null;
  readonly #options: WindowTablesOptions;
  readonly #aggregates: WindowAggregates;
  /** Windows that have a table of their own. */
  readonly #open = new Map<bigint, WindowTable>();
  #last: WindowTable | null = null;
  /** Of the windows that have a table. */
  #nextChange: bigint | null = null;
  #lastShape = NOTHING;

  constructor(options: WindowTablesOptions) {
    const { size, slide } = options.windows;
    this.#options = options;
    this.#aggregates = options.aggregates;
    this.slices = options.slices;
    this.paneMs = divisorOf(size, slide);
  }

  /** Those that have a table, in order of their starts. */
  get all(): readonly WindowTable[] {
    return [...this.#open.values()].sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  /** Keys of all open windows, and of slices where windows share them. */
  get entryCount(): number {
    const holders = [...this.#open.values(), ...(this.slices?.all ?? [])];
    return holders.reduce((count, { aggregate }) => count + aggregate.table.entryCount, 0);
  }

  /** Starts of the windows that a time belongs to, the latest first. */
  windowsOf(time: bigint): readonly bigint[] {
    const { size, slide, offset } = this.#options.windows;
    const slideOrNull = size === slide ? null : slide;
    return windowStarts(time, size, slideOrNull, offset).map((start) => BigInt.asIntN(64, start));
  }

  maxTimestampOf(start: bigint): bigint {
    return BigInt.asIntN(64, start + this.#options.windows.size - 1n);
  }

  /** Long.MAX where it would be beyond. */
  cleanupTimeOf(start: bigint): bigint {
    const maxTimestamp = this.maxTimestampOf(start);
    const time = BigInt.asIntN(64, maxTimestamp + this.#options.allowedLateness);
    return time >= maxTimestamp ? time : LONG_MAX;
  }

  /** The window that starts there, which shares nothing; opened if it is not open. Errors: MR_MEMORY_EXHAUSTED. */
  get(start: bigint): WindowTable {
    if (this.#last?.start === start) return this.#last;
    const known = this.#open.get(start);
    this.#last = known ?? this.#add(start, this.#aggregates.take(this.#largest()));
    return this.#last;
  }

  /** The first watermark at which a window fires or goes; Long.MAX + 1 = none is open. */
  get nextChange(): bigint {
    this.#nextChange ??= this.#nextOwnChange();
    const shared = this.slices?.next ?? null;
    if (shared === null) return this.#nextChange;
    const time = this.maxTimestampOf(shared);
    return time < this.#nextChange ? time : this.#nextChange;
  }

  /** The first of the windows that have to fire at this watermark; null = none has. */
  takeDue(watermark: bigint): WindowTable | null {
    if (this.nextChange > watermark) return null;
    let due: WindowTable | null = null;
    for (const window of this.#open.values()) {
      if (!isPending(window) || window.maxTimestamp > watermark) continue;
      if (due === null || window.maxTimestamp < due.maxTimestamp) due = window;
    }
    const shared = this.slices?.next ?? null;
    const limit = due?.maxTimestamp ?? watermark + 1n;
    return shared !== null && this.maxTimestampOf(shared) < limit ? this.#claim(shared) : due;
  }

  /** Windows that begin before have a table of their own from now on. Errors: MR_MEMORY_EXHAUSTED. */
  ownBefore(start: bigint): void {
    const { slices } = this;
    if (slices === null || start <= slices.firstShared) return;
    for (let next = slices.next; next !== null && next < start; next = slices.next) {
      this.#claim(next);
    }
    slices.forget();
    slices.skipTo(start);
  }

  /** The same for the windows that begin until this time. */
  ownUntil(time: bigint): void {
    const { slide, offset } = this.#options.windows;
    this.ownBefore(alignedBefore(time, offset, slide) + slide);
  }

  /** Its results have been put out. */
  noteFired(window: WindowTable): void {
    window.hasFired = true;
    this.#nextChange = null;
  }

  /** A window that had fired will again. */
  noteChanged(window: WindowTable): void {
    window.isChanged = true;
    this.#nextChange = null;
  }

  /** Drops what has fired and takes nothing more. */
  cleanUp(watermark: bigint): void {
    const { size, slide, offset } = this.#options.windows;
    this.slices?.skipTo(alignedBefore(watermark - size + 1n, offset, slide) + slide);
    if (this.#nextChange !== null && this.#nextChange > watermark) return;
    for (const window of this.#open.values()) {
      if (!window.hasFired || window.cleanupTime > watermark) continue;
      this.#open.delete(window.start);
      this.#nextChange = null;
      this.#lastShape = window.aggregate.table.shape;
      if (this.#last === window) this.#last = null;
      this.#aggregates.release(window.aggregate);
    }
  }

  dispose(): void {
    for (const { aggregate } of this.#open.values()) aggregate.dispose();
    this.#open.clear();
    this.slices?.dispose();
    this.#aggregates.dispose();
  }

  #add(start: bigint, aggregate: WindowAggregate): WindowTable {
    const window = new WindowTable(aggregate, start, this);
    this.#open.set(start, window);
    this.#nextChange = null;
    return window;
  }

  #nextOwnChange(): bigint {
    let next = LONG_MAX + 1n;
    for (const window of this.#open.values()) {
      const time = isPending(window) ? window.maxTimestamp : window.cleanupTime;
      if (time < next) next = time;
    }
    return next;
  }

  /** Gives a window that shares slices a table of its own. */
  #claim(start: bigint): WindowTable | null {
    const aggregate = this.slices?.claim(start);
    return aggregate === undefined ? null : this.#add(start, aggregate);
  }

  /** What a window may come to hold: what the others do, and the last one that has fired did. */
  #largest(): TableShape {
    let largest = this.#lastShape;
    for (const { aggregate } of this.#open.values()) {
      if (aggregate.table.entryCount > largest.entries) largest = aggregate.table.shape;
    }
    return largest.entries < RESERVED_FROM ? NOTHING : largest;
  }
}

function isPending({ hasFired, isChanged }: WindowTable): boolean {
  return !hasFired || isChanged;
}

function divisorOf(a: bigint, b: bigint): bigint {
  return b === 0n ? a : divisorOf(b, a % b);
}
