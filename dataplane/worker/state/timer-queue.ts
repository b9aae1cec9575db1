/**
 * Timers of one time domain: a set of (key, namespace, time), and the order in which they fire. The set is
 * a table of the operator's state, so timers are part of its snapshots; the order is a heap beside it.
 * Timers of one time fire in no order.
 *
 * Invariants: #heap[i].place === i; a timer is in the heap if and only if its entry is in the table.
 */
import type { Timestamp } from "../operators/row-target.ts";
import type { KeyedBackend } from "./keyed-backend.ts";
import type { StateEntry, StateTable } from "./state-table.ts";

export interface Timer {
  /** ms; a bigint beyond 2^53 - 1. */
  readonly time: NonNullable<Timestamp>;
  readonly namespace: string;
  readonly entry: StateEntry;
  place: number;
}

export class TimerQueue {
  readonly #table: StateTable;
  readonly #heap: Timer[] = [];
  readonly #timers = new Map<StateEntry, Timer>();

  constructor(backend: KeyedBackend, name: string) {
    this.#table = backend.table(name);
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Of the current key; a second timer of the same time and namespace is the first. Errors: MR_STATE_NO_KEY. */
  register(time: NonNullable<Timestamp>, namespace: string): void {
    const name = entryName(time, namespace);
    if (this.#table.find(name) !== undefined) return;
    this.#add(this.#table.put(name, null), time, namespace);
  }

  /** Of the current key; one that is not there is no error. Errors: MR_STATE_NO_KEY. */
  delete(time: NonNullable<Timestamp>, namespace: string): void {
    const entry = this.#table.remove(entryName(time, namespace));
    const timer = entry === undefined ? undefined : this.#timers.get(entry);
    if (timer === undefined) return;
    this.#timers.delete(timer.entry);
    this.#take(timer);
  }

  /** The timer that fires next. */
  peek(): Timer | undefined {
    return this.#heap[0];
  }

  /**
   * Takes out the next timer if it is due by `time`, and makes its key the current one.
   *
   * @returns null = none is due
   */
  popDue(time: bigint, backend: KeyedBackend): Timer | null {
    const timer = this.#heap[0];
    if (timer === undefined || timer.time > time) return null;
    backend.setCurrentKey(timer.entry.key, timer.entry.keyGroup);
    this.delete(timer.time, timer.namespace);
    return timer;
  }

  /** After the state was restored. */
  rebuild(): void {
    this.#heap.length = 0;
    this.#timers.clear();
    for (const entry of this.#table.entries()) {
      const split = entry.namespace.indexOf(" ");
      const time = timestampOf(BigInt(entry.namespace.slice(0, split)));
      this.#add(entry, time, entry.namespace.slice(split + 1));
    }
  }

  #add(entry: StateEntry, time: NonNullable<Timestamp>, namespace: string): void {
    const timer: Timer = { time, namespace, entry, place: this.#heap.length };
    this.#timers.set(entry, timer);
    this.#heap.push(timer);
    this.#rise(timer);
  }

  #take(timer: Timer): void {
    const last = this.#heap.pop();
    if (last === undefined || last === timer) return;
    this.#put(last, timer.place);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(timer: Timer): void {
    while (timer.place > 0) {
      const parent = this.#heap[(timer.place - 1) >> 1] as Timer;
      if (parent.time <= timer.time) return;
      this.#swap(parent, timer);
    }
  }

  #sink(timer: Timer): void {
    for (;;) {
      const left = this.#heap[2 * timer.place + 1];
      const right = this.#heap[2 * timer.place + 2];
      const child =
        right !== undefined && left !== undefined && right.time < left.time ? right : left;
      if (child === undefined || timer.time <= child.time) return;
      this.#swap(timer, child);
    }
  }

  #swap(upper: Timer, lower: Timer): void {
    const { place } = lower;
    this.#put(lower, upper.place);
    this.#put(upper, place);
  }

  #put(timer: Timer, place: number): void {
    this.#heap[place] = timer;
    timer.place = place;
  }
}

/** A time as the program sees it. */
export function timestampOf(time: bigint): NonNullable<Timestamp> {
  const value = Number(time);
  return Number.isSafeInteger(value) ? value : time;
}

function entryName(time: NonNullable<Timestamp>, namespace: string): string {
  return `${time} ${namespace}`;
}
