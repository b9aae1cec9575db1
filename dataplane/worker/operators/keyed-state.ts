/**
 * State of a keyed operator in JavaScript: one value per key, in a Map per key group.
 *
 * Snapshots: freeze() fixes the entries as of now; encodeStep() writes them group by group while the
 * operator goes on. Before an entry that is not written yet changes, touch() puts a copy of it aside,
 * and that copy is written in its place. Entries made after freeze() are not part of the snapshot.
 *
 * Invariants: an entry with `epoch === #epoch` is written or not part of the snapshot under way; #saved
 * holds the others that have changed since, as they were.
 */
import { cloneValue } from "../../formats/generic.ts";
import { createRowReader } from "../../formats/row-reader.ts";
import { RowWriter } from "../../formats/row-writer.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import type { KeyAccess, StateKey } from "./key-access.ts";
import type { Timestamp } from "./row-target.ts";

export interface StateEntry {
  readonly key: StateKey;
  readonly keyGroup: number;
  value: unknown;
  /** Time of the key's last record. */
  timestampMs: Timestamp;
  epoch: number;
}

export interface KeyedStateOptions {
  readonly operatorName: string;
  /** Declared type of the values; null = not declared: kept as GENERIC in snapshots. */
  readonly valueType: BatchType["record"] | null;
  readonly maxRecordBytes: number;
  readonly access: KeyAccess;
}

export class KeyedState {
  /** Rows of snapshots: the value as record, the canonical bytes of the key as key column. */
  readonly type: BatchType;
  readonly #options: KeyedStateOptions;
  readonly #groups: (Map<StateKey, StateEntry> | undefined)[] = [];
  #epoch = 0;
  #frozen: Iterator<StateEntry> | null = null;
  #saved: StateEntry[] = [];
  #writer: RowWriter | null = null;

  constructor(options: KeyedStateOptions) {
    this.type = { record: options.valueType ?? { kind: "GENERIC" }, key: { kind: "BYTES" } };
    this.#options = options;
  }

  /** Groups with entries, in order, and entries in order of their keys' first records. */
  *entries(): Generator<StateEntry, void, undefined> {
    for (const group of this.#groups) if (group !== undefined) yield* group.values();
  }

  find(keyGroup: number, key: StateKey): StateEntry | undefined {
    return this.#groups[keyGroup]?.get(key);
  }

  /** Adds an entry for a key that has none. */
  add(keyGroup: number, key: StateKey, value: unknown, timestampMs: Timestamp): void {
    let group = this.#groups[keyGroup];
    if (group === undefined) {
      group = new Map();
      this.#groups[keyGroup] = group;
    }
    group.set(key, { key, keyGroup, value, timestampMs, epoch: this.#epoch });
  }

  /** Before a change of the entry or of anything in its value. */
  touch(entry: StateEntry): void {
    if (this.#frozen === null || entry.epoch === this.#epoch) return;
    entry.epoch = this.#epoch;
    this.#saved.push({ ...entry, value: cloneValue(entry.value) });
  }

  freeze(): void {
    if (this.#frozen !== null) throw new TypeError("the state is frozen already");
    this.#epoch += 1;
    this.#frozen = this.entries();
  }

  /** @param target of `type`, with room for key groups, and for timestamps where they matter */
  encodeStep(target: BatchBuilder): number {
    if (this.#frozen === null) return STATUS_DONE;
    const writer = this.#writerOf(target);
    const keepsTimestamps = (target.flags & BUILDER_WITH_TIMESTAMPS) !== 0;
    writer.attach();
    try {
      while (!writer.isFull) {
        const entry = this.#nextFrozen(this.#frozen);
        if (entry === null) {
          this.#frozen = null;
          return STATUS_DONE;
        }
        const key = this.#options.access.encode(entry.key);
        const timestampMs = keepsTimestamps ? entry.timestampMs : null;
        writer.write(entry.value, timestampMs, key, entry.keyGroup);
      }
      return STATUS_OUTPUT_FULL;
    } finally {
      writer.sync();
    }
  }

  restore(rows: BatchView): void {
    const reader = createRowReader(rows.schema, "copies");
    reader.open(rows);
    for (let row = 0; row < rows.rowCount; ++row) {
      const key = this.#options.access.decode(reader.readKey(row) as Uint8Array);
      this.add(reader.readKeyGroup(row), key, reader.read(row), reader.readTimestamp(row));
    }
  }

  clear(): void {
    this.#groups.length = 0;
    this.#saved = [];
    this.#frozen = null;
  }

  /** The next entry of the snapshot that is not written yet; null = all are. */
  #nextFrozen(frozen: Iterator<StateEntry>): StateEntry | null {
    const saved = this.#saved.pop();
    if (saved !== undefined) return saved;
    for (;;) {
      const next = frozen.next();
      // Changes since the last look may have put entries aside.
      if (next.done === true) return this.#saved.pop() ?? null;
      if (next.value.epoch === this.#epoch) continue;
      next.value.epoch = this.#epoch;
      return next.value;
    }
  }

  #writerOf(target: BatchBuilder): RowWriter {
    if (this.#writer?.builder !== target) {
      const { operatorName: operator, maxRecordBytes } = this.#options;
      this.#writer = new RowWriter(target, { operator, maxRecordBytes, missingFields: "refused" });
    }
    return this.#writer;
  }
}
