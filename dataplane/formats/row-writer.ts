/**
 * JavaScript values as rows of a builder.
 *
 * Between attach() and sync() the writer alone knows how many rows there are; nobody else may use the
 * builder in between. A record that is refused leaves the builder as it was.
 */
import type { BatchBuilder } from "../memory/batch-builder.ts";
import type { Schema } from "../memory/schema.ts";
import type { TaskMemory } from "../memory/task-memory.ts";
import { EngineError } from "../protocol/errors.ts";
import { packGeneric, type ValuePlace } from "./generic.ts";
import { writerCode } from "./row-writer-code.ts";
import { hasExtraFields, type MissingFields, mismatchError } from "./type-check.ts";
import { encodeLongWtf8, encodeWtf8, wtf8Length } from "./wtf8.ts";

export interface RowWriterOptions {
  /** For error messages: the operator whose records these are. */
  readonly operator: string;
  /** Bytes of strings, BYTES and GENERIC values of one record at most. */
  readonly maxRecordBytes: number;
  readonly missingFields: MissingFields;
}

/** What generated code throws at a value that does not fit; RowWriter explains it. */
const MISMATCH = Symbol("mismatch");

interface WriterHelpers {
  readonly mismatch: symbol;
  readonly limit: number;
  /** Place of each column in the record. */
  readonly places: readonly ValuePlace[];
  readonly pack: typeof packGeneric;
  readonly encode: typeof encodeWtf8;
  readonly encodeLong: typeof encodeLongWtf8;
  readonly wtf8Length: typeof wtf8Length;
  readonly hasExtraFields: typeof hasExtraFields;
  readonly setBits: typeof setBits;
  nullRecord(value: unknown): EngineError;
  tooLarge(bytes: number): EngineError;
  fail(error: unknown, value: unknown, key: unknown): unknown;
}

interface CompiledWriter {
  attach(): void;
  sync(): void;
  write(value: unknown, timestampMs: number | bigint | null, key: unknown, keyGroup: number): void;
  isFull(): boolean;
  rowCount(): number;
}

type WriterFactory = (
  builder: BatchBuilder,
  memory: TaskMemory,
  helpers: WriterHelpers,
) => CompiledWriter;

export class RowWriter {
  readonly builder: BatchBuilder;
  /**
   * Appends a record. `key` and `keyGroup` go to the hidden key column and the key groups, where the
   * builder has them.
   *
   * Errors: MR_TYPE_MISMATCH, MR_TYPE_UNSUPPORTED, MR_RECORD_NULL, MR_RECORD_TOO_LARGE,
   * MR_MEMORY_EXHAUSTED.
   */
  readonly write: (
    value: unknown,
    timestampMs: number | bigint | null,
    key?: unknown,
    keyGroup?: number,
  ) => void;
  /** Takes over the builder as it is; after every reset() of it. */
  readonly attach: () => void;
  /** Makes the rows written so far visible in the builder. */
  readonly sync: () => void;
  readonly #code: CompiledWriter;

  constructor(builder: BatchBuilder, options: RowWriterOptions) {
    const { schema, memory } = builder;
    // Generated for speed, see row-writer-code.ts; the text comes from the schema alone.
    const body = writerCode(schema, options.missingFields);
    const create = new Function("builder", "memory", "helpers", body) as WriterFactory;
    this.builder = builder;
    this.#code = create(builder, memory, helpersOf(schema, options));
    this.write = this.#code.write as RowWriter["write"];
    this.attach = this.#code.attach;
    this.sync = this.#code.sync;
    this.attach();
  }

  /** By rows or by bytes; a further record is taken as long as there is a row left. */
  get isFull(): boolean {
    return this.#code.isFull();
  }

  get rowCount(): number {
    return this.#code.rowCount();
  }
}

/** Whether an error of write() says that the value does not fit the type. */
export function isMismatch(error: unknown): boolean {
  return error instanceof EngineError && error.code === "MR_TYPE_MISMATCH";
}

function helpersOf(schema: Schema, options: RowWriterOptions): WriterHelpers {
  const { operator, maxRecordBytes, missingFields } = options;
  return {
    mismatch: MISMATCH,
    limit: maxRecordBytes,
    places: schema.columns.map((column) => ({ operator, path: placeOf(schema, column.path) })),
    pack: packGeneric,
    encode: encodeWtf8,
    encodeLong: encodeLongWtf8,
    wtf8Length,
    hasExtraFields,
    setBits,
    nullRecord: (value) => new EngineError("MR_RECORD_NULL", { operator, value: String(value) }),
    tooLarge: (bytes) =>
      new EngineError("MR_RECORD_TOO_LARGE", { operator, bytes, limit: maxRecordBytes }),
    fail: (error, value, key) =>
      error === MISMATCH
        ? mismatchError(operator, schema.type, { value, key }, missingFields)
        : error,
  };
}

/** Columns are named `f0` or `user.name`; a record that is no tuple or row is one column `value`. */
function placeOf(schema: Schema, path: string): string {
  const { kind } = schema.type.record;
  if (kind === "TUPLE" || kind === "ROW") return `record.${path}`;
  return `record${path.slice("value".length)}`;
}

/** Sets the bits from `start` to `end` (not included) of a bitmap. */
function setBits(u8: Uint8Array, bitmapPtr: number, start: number, end: number): void {
  for (let index = start; index < end; ++index) {
    const at = bitmapPtr + (index >>> 3);
    u8[at] = (u8[at] as number) | (1 << (index & 7));
  }
}
