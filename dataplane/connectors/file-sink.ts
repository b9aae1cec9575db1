/**
 * Writes records to files, one per subtask: `part-0`, `part-1`, ... in a directory, after Flink's
 * FileSink. The plain form: a part file is made, or emptied, when the job starts; records are in it
 * when the job has finished, and after a failure it holds what was written until then.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { EngineError } from "../protocol/errors.ts";
import { type Encoder, EncodingWriter } from "./encoding-writer.ts";
import { PartFile } from "./part-file.ts";
import type { Sink, SinkWriter, SinkWriterContext } from "./sink.ts";
import { TextRowWriter } from "./text-row-writer.ts";

/** A record as print() shows it, and a newline; what a FileSink does without an encoder. */
export class SimpleStringEncoder {}

export class FileSink<T> implements Sink<T> {
  readonly description: string;
  readonly #directory: string;
  readonly #encoder: Encoder<T> | SimpleStringEncoder;

  /** See forRowFormat(). */
  constructor(directory: string, encoder: Encoder<T> | SimpleStringEncoder) {
    this.description = `File Sink: ${directory}`;
    this.#directory = directory;
    this.#encoder = encoder;
  }

  /**
   * As in Flink: `FileSink.forRowFormat("out", new SimpleStringEncoder()).build()`.
   *
   * @param encoder default: one line of text per record
   * @throws EngineError MR_FUNCTION_INVALID
   */
  static forRowFormat<T>(
    directory: string,
    encoder: Encoder<T> | SimpleStringEncoder = new SimpleStringEncoder(),
  ): FileSinkBuilder<T> {
    if (typeof directory !== "string" || directory === "") {
      throw invalid("the path of a directory", typeof directory);
    }
    if (!(encoder instanceof SimpleStringEncoder) && typeof encoder?.encode !== "function") {
      throw invalid("an encoder with encode()", typeof encoder);
    }
    return new FileSinkBuilder(directory, encoder);
  }

  /** @throws EngineError MR_SINK_FAILED */
  async createWriter(context: SinkWriterContext): Promise<SinkWriter<T>> {
    const failureOf = (cause: unknown): EngineError => failure(context, cause);
    const file = await this.#open(context).catch((cause: unknown) => {
      throw failureOf(cause);
    });
    if (this.#encoder instanceof SimpleStringEncoder) return new TextRowWriter<T>(file, failureOf);
    return new EncodingWriter(file, this.#encoder, context, failureOf);
  }

  async #open(context: SinkWriterContext): Promise<PartFile> {
    await mkdir(this.#directory, { recursive: true });
    return PartFile.create(join(this.#directory, `part-${context.subtaskIndex}`));
  }
}

export class FileSinkBuilder<T> {
  readonly #directory: string;
  readonly #encoder: Encoder<T> | SimpleStringEncoder;

  constructor(directory: string, encoder: Encoder<T> | SimpleStringEncoder) {
    this.#directory = directory;
    this.#encoder = encoder;
  }

  build(): FileSink<T> {
    return new FileSink(this.#directory, this.#encoder);
  }
}

function failure(context: SinkWriterContext, cause: unknown): EngineError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new EngineError("MR_SINK_FAILED", { operator: context.operatorName, message }, cause);
}

function invalid(expected: string, actual: string): EngineError {
  const operation = "FileSink.forRowFormat";
  return new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual });
}
