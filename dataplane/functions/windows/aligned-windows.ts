/**
 * Windows of one size at equal distances: those that a time belongs to, the latest first. Java's
 * arithmetic for all times of 64 bits.
 *
 * Neighbouring times mostly belong to the same windows: the last answer is kept, with the times it holds
 * for, and windows are the same objects again.
 */
import { asNumber, LONG_MIN, type Long, longOf } from "../../protocol/long.ts";
import { TimeWindow } from "./window.ts";

const MAX_KNOWN_WINDOWS = 1024;

export class AlignedWindows {
  readonly #size: number;
  readonly #slide: number;
  readonly #offset: number;
  readonly #isSliding: boolean;
  /** Times up to here are far enough from 2^53 for all sums. */
  readonly #largestExact: number;
  readonly #known = new Map<number, TimeWindow>();
  /** Belong to all times from #from (inclusive) to #to (exclusive). */
  #windows: readonly TimeWindow[] = [];
  #from = 0;
  #to = 0;

  /** @param slideOrNull null = they do not overlap */
  constructor(size: number, slideOrNull: number | null, offset: number) {
    const slide = slideOrNull ?? size;
    this.#isSliding = slideOrNull !== null;
    this.#size = size;
    this.#slide = slide;
    this.#offset = offset;
    this.#largestExact = Number.MAX_SAFE_INTEGER - 2 * (size + slide) - Math.abs(offset);
  }

  /** Valid for good: the array is never changed. */
  at(time: Long): readonly TimeWindow[] {
    if (typeof time !== "number" || Math.abs(time) > this.#largestExact) return this.#far(time);
    if (time < this.#from || time >= this.#to) this.#find(time);
    return this.#windows;
  }

  #find(time: number): void {
    const size = this.#size;
    const slide = this.#slide;
    const latest = time - remainderOf(time - this.#offset, slide);
    const windows: TimeWindow[] = [];
    let start = latest;
    for (; start > time - size; start -= slide) windows.push(this.#window(start));
    // `start` is now that of the first window that has ended.
    this.#windows = windows;
    this.#from = Math.max(latest, start + size);
    this.#to = Math.min(latest + slide, start + slide + size);
  }

  #window(start: number): TimeWindow {
    const known = this.#known.get(start);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_KNOWN_WINDOWS) this.#known.clear();
    const window = new TimeWindow(start, start + this.#size);
    this.#known.set(start, window);
    return window;
  }

  #far(time: Long): readonly TimeWindow[] {
    const size = BigInt(this.#size);
    const slide = this.#isSliding ? BigInt(this.#slide) : null;
    return windowStarts(BigInt(time), size, slide, BigInt(this.#offset)).map((start) => {
      return new TimeWindow(wrapped(start), wrapped(start + size));
    });
  }
}

/** The last offset + n * step that is not after `time`; may lie before Long.MIN. */
export function alignedBefore(time: bigint, offset: bigint, step: bigint): bigint {
  const rest = BigInt.asIntN(64, time - offset) % step;
  return time - (rest < 0n ? rest + step : rest);
}

/**
 * Starts of the windows that a time belongs to, the latest first; they may lie before Long.MIN, where Java's
 * wrap around.
 *
 * @param slideOrNull null = they do not overlap
 */
export function windowStarts(
  time: bigint,
  size: bigint,
  slideOrNull: bigint | null,
  offset: bigint,
): bigint[] {
  const slide = slideOrNull ?? size;
  const earliest = time - size;
  const latest = alignedBefore(time, offset, slide);
  const starts: bigint[] = [];
  // As in Java, whose lower bound wraps around there.
  if (slideOrNull !== null && earliest < LONG_MIN && latest >= LONG_MIN) return starts;
  for (let start = latest; start > earliest; start -= slide) starts.push(start);
  return starts;
}

/** From 0 to divisor - 1. */
function remainderOf(dividend: number, divisor: number): number {
  const remainder = dividend % divisor;
  return remainder < 0 ? remainder + divisor : remainder;
}

function wrapped(value: bigint): number {
  return asNumber(longOf(BigInt.asIntN(64, value)));
}
