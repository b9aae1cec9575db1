/**
 * State of a keyed operator in JavaScript: one value per key, in a Map per key group.
 * Snapshots are EntrySnapshots, written group by group.
 */
import { createRowReader } from "../../formats/row-reader.ts";
import { RowWriter } from "../../formats/row-writer.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import { EntrySnapshot } from "../state/entry-snapshot.ts";
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
  readonly #snapshot = new EntrySnapshot<StateEntry>();
  #writer: RowWriter | null = null;

  constructor(options: KeyedStateOptions) {
    this.type = { record: options.valueType ?? { kind: "GENERIC" }, key: { kind: "BYTES" } };
    this.#options = options;
  }

  /** Groups with entries, in order, and entries in order of their keys' first records. */
  *entries(): Generator<StateEntry, void, undefined> {
    for (const group of this.#groups) if (group !== undefined) yield* group.values();
  }

  get entryCount(): number {
    return this.#groups.reduce((sum, group) => sum + (group?.size ?? 0), 0);
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
    group.set(key, { key, keyGroup, value, timestampMs, epoch: this.#snapshot.epoch });
  }

  /** Before a change of the entry or of anything in its value. */
  touch(entry: StateEntry): void {
    this.#snapshot.touch(entry);
  }

  freeze(): void {
    this.#snapshot.begin(this.entries());
  }

  /** @param target of `type`, with room for key groups, and for timestamps where they matter */
  encodeStep(target: BatchBuilder): number {
    if (!this.#snapshot.isUnderWay) return STATUS_DONE;
    const writer = this.#writerOf(target);
    const keepsTimestamps = (target.flags & BUILDER_WITH_TIMESTAMPS) !== 0;
    writer.attach();
    try {
      while (!writer.isFull) {
        const entry = this.#snapshot.next();
        if (entry === null) return STATUS_DONE;
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
    this.#snapshot.abandon();
  }

  #writerOf(target: BatchBuilder): RowWriter {
    if (this.#writer?.builder !== target) {
      const { operatorName: operator, maxRecordBytes } = this.#options;
      this.#writer = new RowWriter(target, { operator, maxRecordBytes, missingFields: "refused" });
    }
    return this.#writer;
  }
}
