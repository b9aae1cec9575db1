/** Writes records as an encoder makes them. */
import type { Encoder } from "./encoders.ts";
import type { FileCommittable } from "./file-committer.ts";
import { FileWriter, type FileWriterOptions } from "./file-writer.ts";
import type { FileWriterBucketState } from "./file-writer-bucket.ts";
import type { SinkWriter } from "./sink.ts";
import { recordText, userCodeError } from "./user-code.ts";

export class EncodingWriter<T>
  extends FileWriter
  implements SinkWriter<T, FileCommittable, FileWriterBucketState>
{
  readonly #encoder: Encoder<T>;

  constructor(encoder: Encoder<T>, options: FileWriterOptions) {
    super(options);
    this.#encoder = encoder;
  }

  write(record: T, timestampMs: number | null): void | Promise<void> {
    return this.#append(this.#encode(record), record, timestampMs);
  }

  #append(
    encoded: string | Uint8Array,
    record: T,
    timestampMs: number | null,
  ): void | Promise<void> {
    const isText = typeof encoded === "string";
    const bytes = isText ? Buffer.byteLength(encoded) : encoded.length;
    this.select(record, timestampMs);
    const buffer = this.reserve(bytes, record);
    if (buffer === null) {
      return this.whenRoom().then(() => this.#append(encoded, record, timestampMs));
    }
    if (isText) buffer.write(encoded, this.bufferLength);
    else buffer.set(encoded, this.bufferLength);
    this.commit(this.bufferLength + bytes);
  }

  #encode(record: T): string | Uint8Array {
    try {
      const encoded: unknown = this.#encoder.encode(record);
      if (typeof encoded === "string" || encoded instanceof Uint8Array) return encoded;
      throw new TypeError(`encode() returned a ${typeof encoded}; expected a string or Uint8Array`);
    } catch (error) {
      const { operatorName: operator, subtaskIndex: subtask } = this.context;
      throw userCodeError(error, { operator, subtask, record: recordText(record) });
    }
  }
}
