/**
 * Tumbling and sliding windows of event time as tables, one per window that is open: what belongs to a
 * time, and when a window fires and goes. Times wrap at 64 bits as in Flink.
 */
import { alignedBefore, windowStarts } from "../../functions/windows/aligned-windows.ts";
import { LONG_MAX } from "../../protocol/long.ts";
import { HOMES_HASHED } from "../../protocol/table-layout.ts";
import type { TableShape } from "../state/table.ts";
import type { WindowAggregate } from "./window-aggregate.ts";

/** A record of time t is in the windows that start at offset + n * slide, up to t, and are `size` long. ms. */
export interface TimeWindows {
  readonly size: bigint;
  /** Equal to size: tumbling windows. */
  readonly slide: bigint;
  readonly offset: bigint;
}

/** Tables of windows that have gone, kept for those to come. */
const MAX_SPARE = 4;
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
  /** Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_MEMORY_EXHAUSTED. */
  createAggregate(): WindowAggregate;
}

export class WindowTables {
  /** Panes are the longest stretches of time that no window begins or ends inside of. ms. */
  readonly paneMs: bigint;
  readonly #options: WindowTablesOptions;
  readonly #open = new Map<bigint, WindowTable>();
  readonly #spare: WindowAggregate[] = [];
  /** Of windows that have gone while they were being encoded. */
  readonly #retired: WindowAggregate[] = [];
  #last: WindowTable | null = null;
  #nextChange: bigint | null = null;
  #lastShape: TableShape = { entries: 0, homes: HOMES_HASHED };

  constructor(options: WindowTablesOptions) {
    const { size, slide } = options.windows;
    this.#options = options;
    this.paneMs = divisorOf(size, slide);
  }

  /** Those that are open, in order of their starts. */
  get all(): readonly WindowTable[] {
    return [...this.#open.values()].sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  /** Keys of all open windows. */
  get entryCount(): number {
    let count = 0;
    for (const { aggregate } of this.#open.values()) count += aggregate.table.entryCount;
    return count;
  }

  /** Start of the pane of a time. */
  paneOf(time: bigint): bigint {
    return alignedBefore(time, this.#options.windows.offset, this.paneMs);
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

  /** The window that starts there, opened if it is not open. Errors: MR_MEMORY_EXHAUSTED. */
  get(start: bigint): WindowTable {
    if (this.#last?.start === start) return this.#last;
    const known = this.#open.get(start);
    this.#last = known ?? new WindowTable(this.#takeAggregate(), start, this);
    if (known === undefined) {
      const shape = this.#largest();
      if (shape.entries >= RESERVED_FROM) this.#last.aggregate.table.reserve(shape);
      this.#open.set(start, this.#last);
      this.#nextChange = null;
    }
    return this.#last;
  }

  /** The first watermark at which a window fires or goes; Long.MAX + 1 = none is open. */
  get nextChange(): bigint {
    if (this.#nextChange !== null) return this.#nextChange;
    let next = LONG_MAX + 1n;
    for (const window of this.#open.values()) {
      const time = isPending(window) ? window.maxTimestamp : window.cleanupTime;
      if (time < next) next = time;
    }
    this.#nextChange = next;
    return next;
  }

  /** Open windows that fire at this watermark, in the order they do. */
  due(watermark: bigint): readonly WindowTable[] {
    if (this.nextChange > watermark) return [];
    this.#nextChange = null;
    return [...this.#open.values()]
      .filter((window) => isPending(window) && window.maxTimestamp <= watermark)
      .sort((a, b) => (a.maxTimestamp < b.maxTimestamp ? -1 : 1));
  }

  /** A window that had fired will again. */
  noteChanged(window: WindowTable): void {
    window.isChanged = true;
    this.#nextChange = null;
  }

  /** Drops what has fired and takes nothing more. */
  cleanUp(watermark: bigint): void {
    for (const window of this.#open.values()) {
      if (!window.hasFired || window.cleanupTime > watermark) continue;
      this.#open.delete(window.start);
      this.#lastShape = window.aggregate.table.shape;
      if (this.#last === window) this.#last = null;
      this.#release(window.aggregate);
    }
  }

  dispose(): void {
    for (const { aggregate } of this.#open.values()) aggregate.dispose();
    for (const aggregate of [...this.#spare, ...this.#retired]) aggregate.dispose();
    this.#open.clear();
    this.#spare.length = 0;
  }

  /** What a window may come to hold: what the others do, and the last one that has fired did. */
  #largest(): TableShape {
    let largest = this.#lastShape;
    for (const { aggregate } of this.#open.values()) {
      if (aggregate.table.entryCount > largest.entries) largest = aggregate.table.shape;
    }
    return largest;
  }

  #takeAggregate(): WindowAggregate {
    return this.#spare.pop() ?? this.#options.createAggregate();
  }

  /** One that is being encoded is kept until it is. */
  #release(aggregate: WindowAggregate): void {
    if (aggregate.table.isFrozen) {
      this.#retired.push(aggregate);
    } else if (this.#spare.length < MAX_SPARE) {
      aggregate.table.clear();
      this.#spare.push(aggregate);
    } else {
      aggregate.dispose();
    }
  }

  /** Of those kept because they were being encoded: gives back what is not any more. */
  releaseEncoded(): void {
    for (const aggregate of this.#retired.splice(0)) this.#release(aggregate);
  }
}

function isPending({ hasFired, isChanged }: WindowTable): boolean {
  return !hasFired || isChanged;
}

function divisorOf(a: bigint, b: bigint): bigint {
  return b === 0n ? a : divisorOf(b, a % b);
}
