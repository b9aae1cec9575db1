/**
 * Writes records as lines of text. Strings go from their column to the file's buffer without becoming
 * JavaScript strings; other records are written as print() shows them.
 */
import { createRowReader, type RowReader } from "../formats/row-reader.ts";
import { toText } from "../formats/to-text.ts";
import type { BatchView } from "../memory/batch-view.ts";
import type { Schema } from "../memory/schema.ts";
import type { FileCommittable } from "./file-committer.ts";
import { FileWriter, type FileWriterOptions } from "./file-writer.ts";
import type { FileWriterBucketState } from "./file-writer-bucket.ts";
import type { SinkWriter } from "./sink.ts";

const NEWLINE = 10;
/** Shorter strings are copied faster by a loop than by a call. */
const SHORT_BYTES = 32;
/** First byte of a lone surrogate in WTF-8, and of some characters of Korean that are well-formed. */
const SURROGATE_LEAD = 0xed;

/** each = assigner or policy want to see the record; none = they do not, and a batch has one bucket. */
export type RecordUse = "each" | "none";

export class TextRowWriter<T>
  extends FileWriter
  implements SinkWriter<T, FileCommittable, FileWriterBucketState>
{
  readonly #recordUse: RecordUse;
  #schema: Schema | null = null;
  #reader: RowReader | null = null;

  constructor(recordUse: RecordUse, options: FileWriterOptions) {
    super(options);
    this.#recordUse = recordUse;
  }

  /** Not used: writeBatch() is there. */
  write(): void {}

  writeBatch(batch: BatchView): void | Promise<void> {
    if (this.#recordUse === "none" && hasPlainStrings(batch)) return this.#writeStrings(batch, 0);
    if (this.#reader === null || this.#schema !== batch.schema) {
      this.#schema = batch.schema;
      this.#reader = createRowReader(batch.schema);
    }
    this.#reader.open(batch);
    return this.#writeTexts(batch, this.#reader, 0);
  }

  #writeStrings(batch: BatchView, firstRow: number): void | Promise<void> {
    const { u32, u8 } = batch.memory;
    const heapPtr = batch.heapPtr(0);
    const offsets = batch.dataPtr(0) >>> 2;
    const { rowCount } = batch;
    if (rowCount > 0) this.select(undefined, null);
    for (let row = firstRow; row < rowCount; ++row) {
      const from = heapPtr + (u32[offsets + row] as number);
      const end = heapPtr + (u32[offsets + row + 1] as number);
      const buffer = this.reserve(end - from + 1, undefined);
      if (buffer === null) return this.whenRoom().then(() => this.#writeStrings(batch, row));
      let at = this.bufferLength;
      if (end - from < SHORT_BYTES) {
        for (let index = from; index < end; ++index) buffer[at++] = u8[index] as number;
      } else {
        buffer.set(u8.subarray(from, end), at);
        at += end - from;
      }
      buffer[at] = NEWLINE;
      this.commit(at + 1);
    }
  }

  #writeTexts(batch: BatchView, reader: RowReader, firstRow: number): void | Promise<void> {
    const type = batch.schema.type.record;
    const { rowCount } = batch;
    for (let row = firstRow; row < rowCount; ++row) {
      const record = reader.read(row);
      const text = `${toText(record, type)}\n`;
      const bytes = Buffer.byteLength(text);
      const timestampMs = reader.readTimestamp(row);
      this.select(record, timestampMs === null ? null : Number(timestampMs));
      const buffer = this.reserve(bytes, record);
      if (buffer === null) return this.whenRoom().then(() => this.#writeTexts(batch, reader, row));
      buffer.write(text, this.bufferLength);
      this.commit(this.bufferLength + bytes);
    }
  }
}

/** STRING records without anything that is not UTF-8: lone surrogates have to be replaced. */
function hasPlainStrings(batch: BatchView): boolean {
  if (batch.schema.type.record.kind !== "STRING") return false;
  const from = batch.heapPtr(0);
  const heap = batch.memory.bytes.subarray(from, from + batch.heapLength(0));
  for (let at = heap.indexOf(SURROGATE_LEAD); at >= 0; at = heap.indexOf(SURROGATE_LEAD, at + 1)) {
    if ((heap[at + 1] as number) >= 0xa0) return false;
  }
  return true;
}
