/** Writes records as an encoder of the user's makes them. */
import type { PartFile } from "./part-file.ts";
import { PartFileWriter, type SinkFailure } from "./part-file-writer.ts";
import type { SinkWriter, SinkWriterContext } from "./sink.ts";
import { recordText, userCodeError } from "./user-code.ts";

export interface Encoder<T> {
  /** What stands in the file for a record, its line end included; text is written as UTF-8. */
  encode(record: T): string | Uint8Array;
}

export class EncodingWriter<T> extends PartFileWriter implements SinkWriter<T> {
  readonly #encoder: Encoder<T>;
  readonly #context: SinkWriterContext;

  constructor(
    file: PartFile,
    encoder: Encoder<T>,
    context: SinkWriterContext,
    failureOf: SinkFailure,
  ) {
    super(file, failureOf);
    this.#encoder = encoder;
    this.#context = context;
  }

  write(record: T): void | Promise<void> {
    return this.#append(this.#encode(record));
  }

  #append(encoded: string | Uint8Array): void | Promise<void> {
    const isText = typeof encoded === "string";
    const bytes = isText ? Buffer.byteLength(encoded) : encoded.length;
    const buffer = this.reserve(bytes);
    if (buffer === null) return this.whenRoom().then(() => this.#append(encoded));
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
      const { operatorName: operator, subtaskIndex: subtask } = this.#context;
      throw userCodeError(error, { operator, subtask, record: recordText(record) });
    }
  }
}
