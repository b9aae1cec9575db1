/**
 * What an async operator has taken in and not yet put out, in the two orders of Flink's stream element
 * queues. Watermarks and statuses are entries too: they count against the capacity, and no result
 * passes one of them in either direction.
 */
import type { ControlEvent } from "../stream-event.ts";
import { Fifo } from "./fifo.ts";
import type { Timestamp } from "./row-target.ts";

/** A record and, once its request has an answer, what comes out for it. */
export interface RecordEntry {
  readonly kind: "record";
  readonly value: unknown;
  readonly timestampMs: Timestamp;
  /** null = the request is under way. */
  results: readonly unknown[] | null;
}

/** Control events that keep their place among the results. */
export type QueuedControl = Extract<ControlEvent, { readonly kind: "watermark" | "status" }>;

export type QueueEntry = RecordEntry | QueuedControl;

export interface AsyncQueue {
  readonly size: number;
  /** take() would give something. */
  readonly hasCompleted: boolean;
  put(entry: QueueEntry): void;
  /** `entry` has its results now. */
  complete(entry: RecordEntry): void;
  /** The next entry that may go out; null = the next one is under way. */
  take(): QueueEntry | null;
  /** All entries in the order they came in. */
  entries(): Iterable<QueueEntry>;
}

/** Results in the order of the input. */
export class OrderedQueue implements AsyncQueue {
  readonly #entries = new Fifo<QueueEntry>();

  get size(): number {
    return this.#entries.size;
  }

  get hasCompleted(): boolean {
    const { first } = this.#entries;
    return first !== null && (first.kind !== "record" || first.results !== null);
  }

  put(entry: QueueEntry): void {
    this.#entries.push(entry);
  }

  complete(): void {}

  take(): QueueEntry | null {
    return this.hasCompleted ? this.#entries.shift() : null;
  }

  entries(): Iterable<QueueEntry> {
    return this.#entries.values();
  }
}

/** Records between two control events, or one control event. */
interface Segment {
  underWay: number;
  /** In the order of their results. */
  readonly completed: Fifo<QueueEntry>;
}

/** Results as they come; only control events keep their places. */
export class UnorderedQueue implements AsyncQueue {
  /** In the order they came in. */
  readonly #entries = new Set<QueueEntry>();
  readonly #segmentOf = new Map<RecordEntry, Segment>();
  /** Results come from the first one; the last one takes records. */
  readonly #segments = new Fifo<Segment>();
  #first: Segment;
  #last: Segment;

  constructor() {
    this.#first = newSegment();
    this.#last = this.#first;
    this.#segments.push(this.#first);
  }

  get size(): number {
    return this.#entries.size;
  }

  get hasCompleted(): boolean {
    return this.#first.completed.size > 0;
  }

  put(entry: QueueEntry): void {
    this.#entries.add(entry);
    if (entry.kind === "record") {
      this.#last.underWay += 1;
      this.#segmentOf.set(entry, this.#last);
      return;
    }
    if (!isEmpty(this.#last)) this.#beginSegment();
    this.#last.completed.push(entry);
    this.#beginSegment();
  }

  complete(entry: RecordEntry): void {
    const segment = this.#segmentOf.get(entry);
    if (segment === undefined) return;
    this.#segmentOf.delete(entry);
    segment.underWay -= 1;
    segment.completed.push(entry);
  }

  take(): QueueEntry | null {
    const entry = this.#first.completed.shift();
    if (entry !== null) this.#entries.delete(entry);
    if (isEmpty(this.#first) && this.#first !== this.#last) {
      this.#segments.shift();
      this.#first = this.#segments.first ?? this.#last;
    }
    return entry;
  }

  entries(): Iterable<QueueEntry> {
    return this.#entries;
  }

  #beginSegment(): void {
    this.#last = newSegment();
    this.#segments.push(this.#last);
  }
}

function newSegment(): Segment {
  return { underWay: 0, completed: new Fifo() };
}

function isEmpty({ underWay, completed }: Segment): boolean {
  return underWay === 0 && completed.size === 0;
}
