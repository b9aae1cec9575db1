/**
 * An output of a segment, written record by record. Its type is declared, or found at run time: then
 * the builder appears with the first record, and a record that does not fit its type waits until the
 * rows before it have been shipped; a builder of a wider type takes the place of the old one.
 */
import { cloneValue } from "../../formats/generic.ts";
import { isMismatch, RowWriter } from "../../formats/row-writer.ts";
import { RuntimeType } from "../../formats/runtime-type.ts";
import { BatchBuilder, type BuilderOptions } from "../../memory/batch-builder.ts";
import { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import type { DataType } from "../../protocol/types.ts";
import type { SegmentOutput } from "../segment.ts";
import type { RowTarget, Timestamp } from "./row-target.ts";

export interface OutputOptions {
  readonly operatorId: string;
  readonly operatorName: string;
  /** Which output of the operator; absent = the main one. */
  readonly output?: number;
  /** null = found at run time. */
  readonly type: BatchType | null;
  /** Type of the key column where the record's is found at run time; null = no key column. */
  readonly keyType: DataType | null;
  readonly memory: TaskMemory;
  readonly maxRecordBytes: number;
  readonly builder: BuilderOptions;
}

interface Parked {
  readonly record: unknown;
  readonly timestampMs: Timestamp;
  readonly key: unknown;
  readonly keyGroup: number;
}

export class OutputTarget implements RowTarget, SegmentOutput {
  readonly output: number;
  readonly operatorId: string;
  readonly outputs: readonly SegmentOutput[];
  readonly takeBatch = null;
  status = STATUS_DONE;
  readonly #options: OutputOptions;
  readonly #runtimeType: RuntimeType | null;
  #writer: RowWriter | null = null;
  #parked: Parked | null = null;

  constructor(options: OutputOptions) {
    this.operatorId = options.operatorId;
    this.output = options.output ?? 0;
    this.outputs = [this];
    this.#options = options;
    this.#runtimeType = options.type === null ? new RuntimeType(options.operatorName) : null;
  }

  /** A record was taken that is not in the builder: it comes before all that follows. */
  get hasParked(): boolean {
    return this.#parked !== null;
  }

  get builder(): BatchBuilder | null {
    return this.#writer?.builder ?? null;
  }

  /** Errors: MR_MEMORY_EXHAUSTED. */
  open(): void {
    if (this.#options.type !== null) this.#useType(this.#options.type);
  }

  begin(): number {
    this.#writer?.attach();
    this.status = this.#writer?.isFull === true ? STATUS_OUTPUT_FULL : STATUS_DONE;
    const parked = this.#parked;
    if (parked === null) return this.status;
    if ((this.#writer?.rowCount ?? 0) > 0) {
      this.status = STATUS_OUTPUT_FULL;
      return this.status;
    }
    this.#parked = null;
    this.#widen();
    this.push(parked.record, parked.timestampMs, parked.key, parked.keyGroup);
    return this.status;
  }

  push(record: unknown, timestampMs: Timestamp, key?: unknown, keyGroup = 0): void {
    const writer = this.#writer;
    if (writer === null) {
      this.#pushFirst(record, timestampMs, key, keyGroup);
      return;
    }
    if (this.#runtimeType === null) {
      writer.write(record, timestampMs, key, keyGroup);
    } else if (!this.#tryWrite(writer, record, timestampMs, key, keyGroup)) {
      return;
    }
    if (writer.isFull) this.status = STATUS_OUTPUT_FULL;
  }

  end(): void {
    this.#writer?.sync();
  }

  finish(): number {
    return STATUS_DONE;
  }

  hostWork(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#writer?.builder.dispose();
    this.#writer = null;
  }

  #pushFirst(record: unknown, timestampMs: Timestamp, key: unknown, keyGroup: number): void {
    this.#runtimeType?.include(record);
    this.#widen();
    this.push(record, timestampMs, key, keyGroup);
  }

  /** False = the record was put aside, or written already to a wider builder. */
  #tryWrite(
    writer: RowWriter,
    record: unknown,
    timestampMs: Timestamp,
    key: unknown,
    keyGroup: number,
  ): boolean {
    try {
      writer.write(record, timestampMs, key, keyGroup);
      return true;
    } catch (error) {
      if (!isMismatch(error) || this.#runtimeType?.include(record) !== true) throw error;
    }
    if (writer.rowCount > 0) {
      // The user's function may go on to use the object again.
      this.#parked = { record: cloneValue(record), timestampMs, key, keyGroup };
      this.status = STATUS_OUTPUT_FULL;
    } else {
      this.#widen();
      this.push(record, timestampMs, key, keyGroup);
    }
    return false;
  }

  #widen(): void {
    const record = this.#runtimeType?.published ?? null;
    if (record === null) throw new TypeError(`output of ${this.operatorId} was not opened`);
    this.#useType({ record, key: this.#options.keyType });
  }

  #useType(type: BatchType): void {
    const { memory, operatorName, maxRecordBytes } = this.#options;
    this.close();
    const builder = new BatchBuilder(memory, Schema.of(type), this.#options.builder);
    const missingFields = this.#runtimeType === null ? "refused" : "null";
    this.#writer = new RowWriter(builder, {
      operator: operatorName,
      maxRecordBytes,
      missingFields,
    });
  }
}
