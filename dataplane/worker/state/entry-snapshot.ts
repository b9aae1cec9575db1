/**
 * How a snapshot of entries is taken while they go on changing. begin() is O(1): it starts a new epoch.
 * The entries are then asked for one by one; before one that was not asked for yet changes or goes, touch()
 * puts a copy of it aside, which is answered in its place. Entries made after begin() carry the new epoch
 * and are not part of the snapshot.
 *
 * Invariants: an entry with `epoch === this.epoch` was answered or is not part of the snapshot under way;
 * #saved holds the others that have changed since, as they were.
 */
import { cloneValue } from "../../formats/generic.ts";

export interface SnapshotEntry {
  value: unknown;
  epoch: number;
}

export class EntrySnapshot<E extends SnapshotEntry> {
  #epoch = 0;
  #entries: Iterator<E> | null = null;
  #saved: E[] = [];

  /** Of entries made now. */
  get epoch(): number {
    return this.#epoch;
  }

  get isUnderWay(): boolean {
    return this.#entries !== null;
  }

  /** @param entries all there are; not looked at before next() */
  begin(entries: Iterator<E>): void {
    if (this.#entries !== null) throw new TypeError("the state is frozen already");
    this.#epoch += 1;
    this.#entries = entries;
  }

  /** Before a change of the entry, of anything in its value, or its removal. */
  touch(entry: E): void {
    if (this.#entries === null || entry.epoch === this.#epoch) return;
    entry.epoch = this.#epoch;
    this.#saved.push({ ...entry, value: cloneValue(entry.value) });
  }

  /** An entry as it was, in no order; null = that were all, and the snapshot is over. */
  next(): E | null {
    const saved = this.#saved.pop();
    if (saved !== undefined) return saved;
    while (this.#entries !== null) {
      const next = this.#entries.next();
      if (next.done === true) {
        // Changes since the last look may have put entries aside.
        const last = this.#saved.pop();
        if (last !== undefined) return last;
        this.#entries = null;
      } else if (next.value.epoch !== this.#epoch) {
        next.value.epoch = this.#epoch;
        return next.value;
      }
    }
    return null;
  }

  /** Gives the snapshot under way up. */
  abandon(): void {
    this.#entries = null;
    this.#saved = [];
  }
}
