/**
 * Lines of text files, after Flink's FileSource.
 *
 * Files are found once, at the start of the job (file-enumerator.ts says how), cut into byte ranges and
 * dealt out on request, so that one large file is read by all subtasks. `.gz` files are read whole.
 *
 * Split: a FileSplit, the lines that start in a range of bytes; position: the offset of the next
 * unread line (compressed files: in the decompressed text).
 */
import { EngineError } from "../protocol/errors.ts";
import type { DataType } from "../protocol/types.ts";
import { findFiles } from "./file-enumerator.ts";
import { createFileReader } from "./file-reader.ts";
import { cutFiles, defaultSplitBytes, type FileSplit } from "./file-split.ts";
import type {
  EnumeratorContext,
  ReaderContext,
  Source,
  SourceReader,
  SplitEnumerator,
} from "./source.ts";
import { SplitDealer } from "./split-enumerators.ts";

const DEFAULT_READ_BUFFER_BYTES = 262_144;

/**
 * UTF-8 text, one record a line. Lines end in `\n` or `\r\n`, the last one may end without; a lone
 * `\r` is part of its line. A byte order mark at the start of a file is left out. Bytes that are not
 * UTF-8 become U+FFFD and are counted.
 */
export class TextLineInputFormat {
  /** @throws EngineError MR_FUNCTION_INVALID for a charset other than UTF-8 */
  constructor(charsetName = "UTF-8") {
    if (!/^utf-?8$/i.test(charsetName)) {
      throw invalid("TextLineInputFormat", "the charset UTF-8", charsetName);
    }
  }
}

export interface FileSourceOptions {
  /** Bytes per split; default 16 MiB, less where parallel readers would have nothing to do. */
  readonly splitBytes?: number;
  /** Bytes of each of the two read buffers of a subtask. */
  readonly readBufferBytes?: number;
}

export class FileSource implements Source<string, FileSplit> {
  readonly boundedness = "BOUNDED";
  readonly producedType: DataType = { kind: "STRING" };
  readonly description: string;
  readonly #paths: readonly string[];
  readonly #options: FileSourceOptions;

  /** See forRecordStreamFormat() and lines(). */
  constructor(paths: readonly string[], options: FileSourceOptions) {
    this.description = `File Source: ${paths.join(", ")}`;
    this.#paths = paths;
    this.#options = options;
  }

  /** As in Flink: `FileSource.forRecordStreamFormat(new TextLineInputFormat(), path).build()`. */
  static forRecordStreamFormat(
    format: TextLineInputFormat,
    ...paths: readonly string[]
  ): FileSourceBuilder {
    if (!(format instanceof TextLineInputFormat)) {
      throw invalid("forRecordStreamFormat", "a TextLineInputFormat", typeof format);
    }
    return new FileSourceBuilder(paths);
  }

  /** Files, directories and globs, as lines. */
  static lines(...paths: readonly string[]): FileSource {
    return new FileSourceBuilder(paths).build();
  }

  createEnumerator(context: EnumeratorContext<FileSplit>): SplitEnumerator<FileSplit> {
    return this.restoreEnumerator(context, null);
  }

  restoreEnumerator(
    context: EnumeratorContext<FileSplit>,
    remaining: unknown,
  ): SplitEnumerator<FileSplit> {
    const findSplits = async () => {
      const files = await findFiles(this.#paths, context.operatorName);
      const { splitBytes = defaultSplitBytes(files, context.parallelism) } = this.#options;
      return cutFiles(files, splitBytes);
    };
    return new SplitDealer(context, findSplits, remaining as readonly FileSplit[] | null);
  }

  createReader(context: ReaderContext): SourceReader<string, FileSplit> {
    const { readBufferBytes = DEFAULT_READ_BUFFER_BYTES } = this.#options;
    return createFileReader(context, readBufferBytes);
  }
}

/** Collects the options of a FileSource. */
export class FileSourceBuilder {
  readonly #paths: readonly string[];
  #options: FileSourceOptions = {};

  /** @throws EngineError MR_FUNCTION_INVALID unless there is a path and all are strings */
  constructor(paths: readonly string[]) {
    const wrong = paths.find((path) => typeof path !== "string");
    if (paths.length === 0 || wrong !== undefined) {
      throw invalid("FileSource", "one path or more", wrong === undefined ? "none" : typeof wrong);
    }
    this.#paths = paths;
  }

  /** Bytes per split, an integer from 1. */
  setSplitBytes(splitBytes: number): this {
    this.#options = { ...this.#options, splitBytes: checkBytes("setSplitBytes", splitBytes) };
    return this;
  }

  /** Bytes of each of the two read buffers of a subtask, an integer from 1. */
  setReadBufferBytes(readBufferBytes: number): this {
    const bytes = checkBytes("setReadBufferBytes", readBufferBytes);
    this.#options = { ...this.#options, readBufferBytes: bytes };
    return this;
  }

  build(): FileSource {
    return new FileSource(this.#paths, this.#options);
  }
}

function checkBytes(operation: string, bytes: number): number {
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw invalid(operation, "an integer from 1", String(bytes));
}

function invalid(operation: string, expected: string, actual: string): EngineError {
  return new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual });
}
