/**
 * Reads the lines of file splits: read ahead into two buffers, from there to linear memory, and from
 * there to the column by a kernel. No line becomes a JavaScript string.
 */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

import { EngineError } from "../protocol/errors.ts";
import type { ByteStream } from "./byte-stream.ts";
import { FileRangeStream } from "./file-range-stream.ts";
import type { FileSplit } from "./file-split.ts";
import { LineRange } from "./line-range.ts";
import { LineWriter } from "./line-writer.ts";
import { NodeByteStream } from "./node-byte-stream.ts";
import { ReadBuffers } from "./read-buffers.ts";
import type { PollResult, ReaderContext, SourceOutput, SourceReader } from "./source.ts";
import { type SplitCursor, SplitReader } from "./split-reader.ts";

/** zlib takes no smaller chunks. */
const MIN_GUNZIP_BYTES = 64;

export function createFileReader(
  context: ReaderContext,
  readBufferBytes: number,
): SourceReader<string, FileSplit> {
  const buffers = new ReadBuffers(readBufferBytes, context.memory);
  const lines = new LineWriter(context);
  return new SplitReader({
    requestSplits: () => context.requestSplits(),
    idOf: ({ path, start }) => `${path}:${start}`,
    open: (split, wake) => new FileCursor(split, lines, new StreamOpener(context, buffers, wake)),
    release: () => {
      lines.dispose();
      buffers.dispose();
    },
  });
}

class FileCursor implements SplitCursor<string, FileSplit> {
  readonly #split: FileSplit;
  readonly #range: LineRange;
  readonly #stream: ByteStream | null;
  readonly #lines: LineWriter;

  constructor(split: FileSplit, lines: LineWriter, opener: StreamOpener) {
    this.#split = split;
    this.#range = new LineRange(split);
    this.#lines = lines;
    lines.begin(split.position === 0 ? "byte-order-mark" : "text");
    this.#stream = this.#range.isFinished ? null : opener.open(split, this.#range.streamStart);
  }

  poll(output: SourceOutput<string>): PollResult {
    for (;;) {
      if (!this.#lines.writeTo(output)) return "more";
      if (this.#lines.isFinished) return "end";
      const bytes = this.#range.isFinished ? null : (this.#stream?.next() ?? null);
      if (bytes !== null) this.#lines.add(this.#range.take(bytes));
      else if (this.#range.isFinished || this.#stream === null || this.#stream.isEnded) {
        this.#lines.finish();
      } else return "nothing";
    }
  }

  snapshot(): FileSplit {
    const { bytesWritten } = this.#lines;
    if (bytesWritten === 0) return this.#split;
    return { ...this.#split, position: this.#range.firstLineOffset + bytesWritten };
  }

  close(): Promise<void> {
    return this.#stream?.close() ?? Promise.resolve();
  }
}

/** Opens the file of a split, by its compression. */
class StreamOpener {
  readonly #context: ReaderContext;
  readonly #buffers: ReadBuffers;
  readonly #wake: () => void;

  constructor(context: ReaderContext, buffers: ReadBuffers, wake: () => void) {
    this.#context = context;
    this.#buffers = buffers;
    this.#wake = wake;
  }

  open(split: FileSplit, start: number): ByteStream {
    const failureOf = (cause: Error): Error => this.#failure(split.path, cause);
    if (split.compression === "none") {
      const range = { path: split.path, start, end: split.end };
      return new FileRangeStream(range, this.#buffers, this.#wake, failureOf);
    }
    const chunkSize = Math.max(this.#buffers.bufferBytes, MIN_GUNZIP_BYTES);
    const file = createReadStream(split.path, { highWaterMark: chunkSize });
    const text = file.pipe(createGunzip({ chunkSize }));
    return new NodeByteStream(text, [file], this.#wake, failureOf);
  }

  #failure(path: string, cause: Error): EngineError {
    const operator = this.#context.operatorName;
    if ("code" in cause && cause.code === "ENOENT") {
      return new EngineError("MR_SOURCE_NOT_FOUND", { operator, path }, cause);
    }
    const message = cause.message;
    return new EngineError("MR_SOURCE_UNREADABLE", { operator, path, message }, cause);
  }
}
