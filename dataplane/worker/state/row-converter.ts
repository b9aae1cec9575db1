/** Rows of one type as rows of a wider one, by way of JavaScript values: correct, and rare. */
import { createRowReader, type RowReader } from "../../formats/row-reader.ts";
import { RowWriter } from "../../formats/row-writer.ts";
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { BUILDER_WITH_KEY_GROUPS, BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";

export interface ConverterOptions {
  readonly from: Schema;
  readonly to: Schema;
  /** Rows it converts at a time, at most. */
  readonly rowCapacity: number;
  /** For error messages. */
  readonly operator: string;
}

export class RowConverter {
  /** The converted rows, with timestamps, hidden keys and key groups. */
  readonly output: BatchBuilder;
  readonly #from: Schema;
  readonly #reader: RowReader;
  readonly #writer: RowWriter;

  /** Errors: MR_MEMORY_EXHAUSTED. */
  constructor(memory: TaskMemory, { from, to, rowCapacity, operator }: ConverterOptions) {
    const flags = BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_TIMESTAMPS;
    this.output = new BatchBuilder(memory, to, { rowCapacity, flags });
    this.#from = from;
    this.#reader = createRowReader(from);
    const limit = { maxRecordBytes: Number.MAX_SAFE_INTEGER, missingFields: "null" } as const;
    this.#writer = new RowWriter(this.output, { ...limit, operator });
  }

  /** Whether it converts rows of this batch, and has room for all of them. */
  fits(rows: BatchView): boolean {
    return rows.schema === this.#from && rows.rowCount <= this.output.rowCapacity;
  }

  /** Replaces the rows in `output` by those of `rows`. Errors: MR_MEMORY_EXHAUSTED. */
  convert(rows: BatchView): BatchBuilder {
    this.output.reset();
    this.#writer.attach();
    this.#reader.open(rows);
    const { rowCount } = rows;
    for (let row = 0; row < rowCount; ++row) {
      const record = this.#reader.read(row);
      const timestamp = this.#reader.readTimestamp(row);
      const key = this.#reader.readKey(row);
      this.#writer.write(record, timestamp, key, this.#reader.readKeyGroup(row));
    }
    this.#writer.sync();
    return this.output;
  }

  dispose(): void {
    this.output.dispose();
  }
}
