/**
 * reduce() in JavaScript: the first record of a key goes out unchanged, then what the function makes
 * of the value so far and each new record; for final results only the last value of each key, with the
 * time of the key's last record.
 */
import { cloneValue } from "../../formats/generic.ts";
import type { RowReader } from "../../formats/row-reader.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import type { BatchType, KeySpec, OperatorSpec } from "../../protocol/deployment.ts";
import type { SegmentContext } from "../segment.ts";
import { KeyAccess } from "./key-access.ts";
import type { KeyedHead } from "./keyed-head.ts";
import { KeyedState } from "./keyed-state.ts";
import type { Timestamp } from "./row-target.ts";

/** What a keyed operator does with a record; it may change what it has got. */
export interface Fold {
  useSchema(schema: Schema): void;
  /** Of the first record of a key. */
  start(record: unknown): unknown;
  /** Errors: those of the user's function. */
  fold(accumulated: unknown, record: unknown): unknown;
  open(): void | Promise<void>;
  close(): void | Promise<void>;
}

/** Whether operators behind it, in the same segment, get the very objects that are its state. */
export type Sharing = "copied" | "shared";

export type KeyedSpec = Extract<OperatorSpec, { readonly kind: "rolling" | "reduce" }>;

export class FoldHead implements KeyedHead {
  readonly stateType: BatchType;
  readonly #fold: Fold;
  readonly #sharing: Sharing;
  readonly #finalOnly: boolean;
  readonly #access: KeyAccess;
  readonly #state: KeyedState;
  #resultTimestampMs: Timestamp = null;

  /** @param sharing "copied" if user functions follow: they may change what they are given */
  constructor(spec: KeyedSpec, fold: Fold, sharing: Sharing, context: SegmentContext) {
    const { maxParallelism, maxRecordBytes } = context;
    const key: KeySpec = spec.key;
    this.#fold = fold;
    this.#sharing = sharing;
    this.#finalOnly = spec.finalOnly;
    this.#access = new KeyAccess({
      key,
      inputType: spec.inputType,
      maxParallelism,
      operatorName: spec.name,
    });
    this.#state = new KeyedState({
      operatorName: spec.name,
      valueType: spec.inputType?.record ?? null,
      maxRecordBytes,
      access: this.#access,
    });
    this.stateType = this.#state.type;
  }

  get resultTimestampMs(): Timestamp {
    return this.#resultTimestampMs;
  }

  get entryCount(): number {
    return this.#state.entryCount;
  }

  open(): void | Promise<void> {
    return this.#fold.open();
  }

  useSchema(schema: Schema): void {
    this.#access.useSchema(schema);
    this.#fold.useSchema(schema);
  }

  /** Errors: MR_KEY_NULL, MR_KEY_NAN and those of the fold. */
  apply(record: unknown, reader: RowReader, row: number): unknown {
    const key = this.#access.stateKeyOf(record, reader, row);
    const keyGroup = this.#access.keyGroupOf(reader, row);
    const entry = this.#state.find(keyGroup, key);
    let value: unknown;
    if (entry === undefined) {
      value = this.#fold.start(record);
      const timestampMs = this.#finalOnly ? reader.readTimestamp(row) : null;
      this.#state.add(keyGroup, key, value, timestampMs);
    } else {
      this.#state.touch(entry);
      value = this.#fold.fold(entry.value, record);
      entry.value = value;
      if (this.#finalOnly) entry.timestampMs = reader.readTimestamp(row);
    }
    if (this.#finalOnly) return undefined;
    return this.#sharing === "copied" ? cloneValue(value) : value;
  }

  *results(): Generator<unknown, void, undefined> {
    if (!this.#finalOnly) return;
    for (const entry of this.#state.entries()) {
      this.#resultTimestampMs = entry.timestampMs;
      yield this.#sharing === "copied" ? cloneValue(entry.value) : entry.value;
    }
  }

  freeze(): void {
    this.#state.freeze();
  }

  encodeStep(target: BatchBuilder): number {
    return this.#state.encodeStep(target);
  }

  restore(rows: BatchView): void {
    this.#state.restore(rows);
  }

  async close(): Promise<void> {
    this.#state.clear();
    await this.#fold.close();
  }
}
