/**
 * Snapshots of an async operator: the inputs whose results are not out, one row each, with the
 * watermarks and statuses between them. A record's time is the row's.
 */
import { createRowReader } from "../../formats/row-reader.ts";
import { RowWriter, type RowWriterOptions } from "../../formats/row-writer.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import type { StreamStatus } from "../watermark-valve.ts";
import type { QueueEntry } from "./async-queue.ts";
import type { Timestamp } from "./row-target.ts";

type StateRow =
  | readonly ["record", unknown]
  | readonly ["watermark", bigint]
  | readonly ["status", StreamStatus];

export class AsyncState {
  readonly type: BatchType = { record: { kind: "GENERIC" }, key: null };
  readonly #options: RowWriterOptions;
  #frozen: IterableIterator<QueueEntry> = [].values();
  #writer: RowWriter | null = null;

  constructor(options: RowWriterOptions) {
    this.#options = options;
  }

  /** @param entries all of them, in order: no more than the capacity of the queue */
  freeze(entries: readonly QueueEntry[]): void {
    this.#frozen = entries.values();
  }

  encodeStep(target: BatchBuilder): number {
    if (this.#writer?.builder !== target) this.#writer = new RowWriter(target, this.#options);
    const writer = this.#writer;
    writer.attach();
    try {
      while (!writer.isFull) {
        const next = this.#frozen.next();
        if (next.done === true) return STATUS_DONE;
        const entry = next.value;
        writer.write(rowOf(entry), entry.kind === "record" ? entry.timestampMs : null);
      }
      return STATUS_OUTPUT_FULL;
    } finally {
      writer.sync();
    }
  }

  *entriesOf(rows: BatchView): Generator<QueueEntry, void, undefined> {
    const reader = createRowReader(rows.schema, "copies");
    reader.open(rows);
    for (let row = 0; row < rows.rowCount; ++row) {
      yield entryOf(reader.read(row) as StateRow, reader.readTimestamp(row));
    }
  }
}

function rowOf(entry: QueueEntry): StateRow {
  switch (entry.kind) {
    case "record":
      return ["record", entry.value];
    case "watermark":
      return ["watermark", entry.watermarkMs];
    case "status":
      return ["status", entry.status];
  }
}

function entryOf([kind, value]: StateRow, timestampMs: Timestamp): QueueEntry {
  switch (kind) {
    case "record":
      return { kind, value, timestampMs, results: null };
    case "watermark":
      return { kind, watermarkMs: value };
    case "status":
      return { kind, status: value };
  }
}
