/**
 * Timers of one time domain: a set of (key, namespace, time), and the order in which they fire. The set is
 * a table of the operator's state, so timers are part of its snapshots; the order is a heap beside it.
 *
 * Invariant: a timer is in the heap if and only if its entry is in the table.
 */
import { type Long, longOf } from "../../protocol/long.ts";
import type { KeyedBackend } from "./keyed-backend.ts";
import type { StateEntry, StateTable } from "./state-table.ts";
import { TimerHeap, type Timer as TimerOf } from "./timer-heap.ts";

export interface Timer {
  /** ms */
  readonly time: Long;
  readonly namespace: string;
  readonly entry: StateEntry;
}

export class TimerQueue {
  readonly #table: StateTable;
  readonly #heap = new TimerHeap<Timer>();
  readonly #timers = new Map<StateEntry, TimerOf<Timer>>();

  constructor(backend: KeyedBackend, name: string) {
    this.#table = backend.table(name);
  }

  get size(): number {
    return this.#heap.size;
  }

  /** When the next one is due; Infinity = there is none. */
  get nextMs(): number {
    return this.#heap.nextMs;
  }

  /** Of the current key; a second timer of the same time and namespace is the first. Errors: MR_STATE_NO_KEY. */
  register(time: Long, namespace: string): void {
    const name = entryName(time, namespace);
    if (this.#table.find(name) !== undefined) return;
    this.#add(this.#table.put(name, null), time, namespace);
  }

  /** Of the current key; one that is not there is no error. Errors: MR_STATE_NO_KEY. */
  delete(time: Long, namespace: string): void {
    const entry = this.#table.remove(entryName(time, namespace));
    const timer = entry === undefined ? undefined : this.#timers.get(entry);
    if (timer === undefined) return;
    this.#timers.delete(timer.value.entry);
    this.#heap.remove(timer);
  }

  /**
   * Takes out the next timer if it is due by `time`, and makes its key the current one.
   *
   * @returns null = none is due
   */
  popDue(time: bigint, backend: KeyedBackend): Timer | null {
    const timer = this.#heap.takeDue(time)?.value ?? null;
    if (timer === null) return null;
    backend.setCurrentKey(timer.entry.key, timer.entry.keyGroup);
    this.delete(timer.time, timer.namespace);
    return timer;
  }

  /** After the state was restored. */
  rebuild(): void {
    this.#heap.clear();
    this.#timers.clear();
    for (const entry of this.#table.entries()) {
      const split = entry.namespace.indexOf(" ");
      const time = longOf(BigInt(entry.namespace.slice(0, split)));
      this.#add(entry, time, entry.namespace.slice(split + 1));
    }
  }

  #add(entry: StateEntry, time: Long, namespace: string): void {
    this.#timers.set(entry, this.#heap.add(time, { time, namespace, entry }));
  }
}

function entryName(time: Long, namespace: string): string {
  return `${time} ${namespace}`;
}
