/** Windows. Their texts name them in keyed state. */
import { addLongs, asNumber, greater, LONG_MAX, lesser } from "../../protocol/long.ts";

/**
 * The times from `start` (inclusive) to `end` (exclusive), ms since the epoch. Times beyond 2^53 - 1 are
 * bigints at run time.
 * @public
 */
export class TimeWindow {
  readonly start: number;
  readonly end: number;
  readonly #maxTimestamp: number;
  #text: string | null = null;

  constructor(start: number, end: number) {
    this.start = start;
    this.end = end;
    this.#maxTimestamp = asNumber(addLongs(end, -1));
  }

  getStart(): number {
    return this.start;
  }

  getEnd(): number {
    return this.end;
  }

  /** The last time of the window: its results have it. */
  maxTimestamp(): number {
    return this.#maxTimestamp;
  }

  /** Windows that only touch intersect, too. */
  intersects(other: TimeWindow): boolean {
    return this.start <= other.end && this.end >= other.start;
  }

  /** The smallest window that has both. */
  cover(other: TimeWindow): TimeWindow {
    const start = lesser(this.start, other.start);
    return new TimeWindow(asNumber(start), asNumber(greater(this.end, other.end)));
  }

  toString(): string {
    return `TimeWindow{start=${this.start}, end=${this.end}}`;
  }

  /** @internal */
  get text(): string {
    this.#text ??= `${this.start},${this.end}`;
    return this.#text;
  }
}

/** The one window of GlobalWindows: all times. @public */
export class GlobalWindow {
  static readonly #only = new GlobalWindow();
  /** @internal */
  readonly text = "global";

  private constructor() {}

  static get(): GlobalWindow {
    return GlobalWindow.#only;
  }

  /** The largest time there is: a bigint at run time. */
  maxTimestamp(): number {
    return asNumber(LONG_MAX);
  }

  toString(): string {
    return "GlobalWindow";
  }
}

/** @public */
export type Window = TimeWindow | GlobalWindow;

/** The window of a text. */
export function windowOf(text: string): Window {
  const comma = text.indexOf(",");
  if (comma < 0) return GlobalWindow.get();
  return new TimeWindow(timeOf(text.slice(0, comma)), timeOf(text.slice(comma + 1)));
}

function timeOf(text: string): number {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : asNumber(BigInt(text));
}
