/** Records of a batch as JavaScript values, one at a time. */
import type { BatchView } from "../memory/batch-view.ts";
import type { Schema } from "../memory/schema.ts";
import type { TaskMemory } from "../memory/task-memory.ts";
import { PHYSICAL_UTF8 } from "../protocol/batch-layout.ts";
import { ColumnText } from "./column-text.ts";
import { unpackGeneric } from "./generic.ts";
import { readerCode, type TextMode } from "./row-reader-code.ts";

/**
 * Reads the batch it was opened on. Values are the program's own: nothing in them points into linear
 * memory. Open it again whenever the batch, or where it lies, has changed; growth of the memory is
 * noticed by the reader itself.
 */
export interface RowReader {
  open(view: BatchView): void;
  read(row: number): unknown;
  /** Value of the hidden key column; undefined = the schema has none. */
  readKey(row: number): unknown;
  /** ms; null = the row has none. */
  readTimestamp(row: number): number | bigint | null;
  /** -1 = the batch has no key groups. */
  readKeyGroup(row: number): number;
}

interface CompiledReader extends Omit<RowReader, "open"> {
  open(viewPtr: number): void;
}

type ReaderFactory = (
  memory: TaskMemory,
  texts: readonly (ColumnText | null)[],
  unpack: (bytes: Uint8Array) => unknown,
) => CompiledReader;

/** @param mode "copies" where values are kept for long: a slice keeps the strings of its batch alive */
export function createRowReader(schema: Schema, mode: TextMode = "slices"): RowReader {
  // Generated, because a reader that interprets the schema builds objects property by property: see
  // row-reader-code.ts. The text comes from the schema alone, names as string literals.
  const create = new Function(
    "memory",
    "texts",
    "unpack",
    readerCode(schema, mode),
  ) as ReaderFactory;
  return new LazyReader(schema, create);
}

/** Binds the generated code to the memory of the first batch, anew if a batch lies in another one. */
class LazyReader implements RowReader {
  readonly #schema: Schema;
  readonly #create: ReaderFactory;
  #memory: TaskMemory | null = null;
  #code: CompiledReader | null = null;
  read: RowReader["read"] = notOpen;
  readKey: RowReader["readKey"] = notOpen;
  readTimestamp: RowReader["readTimestamp"] = notOpen;
  readKeyGroup: RowReader["readKeyGroup"] = notOpen;

  constructor(schema: Schema, create: ReaderFactory) {
    this.#schema = schema;
    this.#create = create;
  }

  open(view: BatchView): void {
    if (this.#memory !== view.memory) this.#bind(view.memory);
    this.#code?.open(view.ptr);
  }

  #bind(memory: TaskMemory): void {
    const texts = this.#schema.columns.map((column) =>
      column.physical === PHYSICAL_UTF8 ? new ColumnText() : null,
    );
    const code = this.#create(memory, texts, unpackGeneric);
    this.#memory = memory;
    this.#code = code;
    this.read = code.read;
    this.readKey = code.readKey;
    this.readTimestamp = code.readTimestamp;
    this.readKeyGroup = code.readKeyGroup;
  }
}

function notOpen(): never {
  throw new TypeError("the row reader has not been opened");
}
