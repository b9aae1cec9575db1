/**
 * Keyed state of one operator in JavaScript: tables by name, each with a value per key and namespace (a
 * window as text; NO_NAMESPACE where there is none). What is read and written belongs to the current key.
 *
 * Snapshots are EntrySnapshots, written table by table. Values may be changed in place, so to read one is to
 * change it here.
 */
import { createRowReader } from "../../formats/row-reader.ts";
import { RowWriter } from "../../formats/row-writer.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { EngineError } from "../../protocol/errors.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import type { KeyAccess, StateKey } from "../operators/key-access.ts";
import { EntrySnapshot } from "./entry-snapshot.ts";
import { type StateEntry, StateTable } from "./state-table.ts";

export const NO_NAMESPACE = "";

export interface KeyedBackendOptions {
  readonly operatorName: string;
  readonly maxRecordBytes: number;
  /** Of the first keyed input: all have keys of one type. */
  readonly access: KeyAccess;
}

/** Record of a row of snapshots. */
type StateRow = readonly [table: string, kind: string, namespace: string, value: unknown];

export class KeyedBackend {
  /** Rows of snapshots: table, its kind, namespace and value as record, the canonical bytes of the key as key column. */
  readonly type: BatchType = { record: { kind: "GENERIC" }, key: { kind: "BYTES" } };
  readonly #options: KeyedBackendOptions;
  readonly #tables = new Map<string, StateTable>();
  #key: StateKey;
  #keyGroup = -1;
  readonly #snapshot = new EntrySnapshot<StateEntry>();
  #writer: RowWriter | null = null;

  constructor(options: KeyedBackendOptions) {
    this.#options = options;
  }

  /**
   * The table of this name, made if there is none.
   *
   * @param kind what its values are; "" = the operator's own
   * Errors: MR_STATE_KIND.
   */
  table(name: string, kind = ""): StateTable {
    const known = this.#tables.get(name);
    if (known !== undefined) return this.#checkKind(known, kind);
    const table = new StateTable(name, kind, this);
    this.#tables.set(name, table);
    return table;
  }

  /** Entries of all tables. */
  get entryCount(): number {
    let count = 0;
    for (const table of this.#tables.values()) count += table.entryCount;
    return count;
  }

  /** What the table of a name holds now, if there is one. */
  entriesOf(table: string): readonly StateEntry[] {
    return [...(this.#tables.get(table)?.entries() ?? [])];
  }

  get operatorName(): string {
    return this.#options.operatorName;
  }

  setCurrentKey(key: StateKey, keyGroup: number): void {
    this.#key = key;
    this.#keyGroup = keyGroup;
  }

  /** Calls about another key, after which the current one is what it was. */
  atKey<R>(key: StateKey, keyGroup: number, action: () => R): R {
    const [keyBefore, groupBefore] = [this.#key, this.#keyGroup];
    this.setCurrentKey(key, keyGroup);
    try {
      return action();
    } finally {
      this.setCurrentKey(keyBefore, groupBefore);
    }
  }

  /** From now on there is no current key. */
  clearCurrentKey(): void {
    this.#keyGroup = -1;
  }

  /** Errors: MR_STATE_NO_KEY. */
  get keyGroup(): number {
    if (this.#keyGroup < 0) {
      throw new EngineError("MR_STATE_NO_KEY", { operator: this.#options.operatorName });
    }
    return this.#keyGroup;
  }

  /** The current key in the form of this state. Errors: MR_STATE_NO_KEY. */
  get stateKey(): StateKey {
    return this.keyGroup < 0 ? undefined : this.#key;
  }

  /** The current key as the program sees it. Errors: MR_STATE_NO_KEY. */
  get currentKey(): unknown {
    return this.#options.access.valueOf(this.stateKey);
  }

  get epoch(): number {
    return this.#snapshot.epoch;
  }

  /** Before a change of the entry, of anything in its value, or its removal. */
  touch(entry: StateEntry): void {
    this.#snapshot.touch(entry);
  }

  freeze(): void {
    this.#snapshot.begin(this.#entries());
  }

  /** @param target of `type`, with room for key groups */
  encodeStep(target: BatchBuilder): number {
    if (!this.#snapshot.isUnderWay) return STATUS_DONE;
    const writer = this.#writerOf(target);
    writer.attach();
    try {
      while (!writer.isFull) {
        const entry = this.#snapshot.next();
        if (entry === null) return STATUS_DONE;
        const { table, namespace, value, key, keyGroup } = entry;
        const kind = this.#tables.get(table)?.kind ?? "";
        const row: StateRow = [table, kind, namespace, value];
        writer.write(row, null, this.#options.access.encode(key), keyGroup);
      }
      return STATUS_OUTPUT_FULL;
    } finally {
      writer.sync();
    }
  }

  /** Errors: MR_STATE_KIND. */
  restore(rows: BatchView): void {
    const reader = createRowReader(rows.schema, "copies");
    reader.open(rows);
    for (let row = 0; row < rows.rowCount; ++row) {
      const [table, kind, namespace, value] = reader.read(row) as StateRow;
      const key = this.#options.access.decode(reader.readKey(row) as Uint8Array);
      this.setCurrentKey(key, reader.readKeyGroup(row));
      this.table(table, kind).put(namespace, value);
    }
    this.clearCurrentKey();
  }

  clear(): void {
    for (const table of this.#tables.values()) table.clear();
    this.#snapshot.abandon();
  }

  #checkKind(table: StateTable, kind: string): StateTable {
    if (table.kind === kind) return table;
    const { operatorName: operator } = this.#options;
    const details = { operator, state: table.name, first: table.kind, second: kind };
    throw new EngineError("MR_STATE_KIND", details);
  }

  *#entries(): Generator<StateEntry, void, undefined> {
    for (const table of this.#tables.values()) yield* table.entries();
  }

  #writerOf(target: BatchBuilder): RowWriter {
    if (this.#writer?.builder !== target) {
      const { operatorName: operator, maxRecordBytes } = this.#options;
      this.#writer = new RowWriter(target, { operator, maxRecordBytes, missingFields: "refused" });
    }
    return this.#writer;
  }
}
