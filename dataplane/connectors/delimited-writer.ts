/**
 * Text between delimiters of any kind. Slower than lines: each record becomes a JavaScript string.
 * Invariant: there is no delimiter in the pending bytes before #scanned.
 */
import { isUtf8 } from "node:buffer";

import { EngineError } from "../protocol/errors.ts";
import type { ReaderContext, SourceOutput } from "./source.ts";
import type { TextWriter } from "./text-writer.ts";

const REPLACEMENT = "\ufffd";
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);

export class DelimitedWriter implements TextWriter {
  readonly #delimiter: Buffer;
  readonly #context: ReaderContext;
  #pending: Buffer = Buffer.alloc(0);
  #scanned = 0;
  #isEnded = false;

  constructor(delimiter: string, context: ReaderContext) {
    this.#delimiter = Buffer.from(delimiter);
    this.#context = context;
  }

  get isFinished(): boolean {
    return this.#isEnded && this.#pending.length === 0;
  }

  begin(): void {
    this.#pending = Buffer.alloc(0);
    this.#scanned = 0;
    this.#isEnded = false;
  }

  add(bytes: Uint8Array): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
  }

  finish(): void {
    this.#isEnded = true;
  }

  writeTo(output: SourceOutput<string>): boolean {
    for (;;) {
      const end = this.#pending.indexOf(this.#delimiter, this.#scanned);
      const isLast = end < 0 && this.#isEnded;
      if (end < 0 && !isLast) {
        this.#scanned = Math.max(0, this.#pending.length - this.#delimiter.length + 1);
        this.#checkSize(this.#scanned);
        return true;
      }
      if (this.#pending.length === 0) return true;
      if (output.isFull) return false;
      const length = isLast ? this.#pending.length : end;
      this.#checkSize(length);
      output.collect(this.#decode(this.#pending.subarray(0, length)));
      this.#pending = this.#pending.subarray(isLast ? length : length + this.#delimiter.length);
      this.#scanned = 0;
    }
  }

  dispose(): void {}

  #checkSize(bytes: number): void {
    const { operatorName: operator, maxRecordBytes: limit } = this.#context;
    if (bytes > limit) throw new EngineError("MR_RECORD_TOO_LARGE", { operator, bytes, limit });
  }

  #decode(bytes: Buffer): string {
    const text = bytes.toString("utf8");
    if (!isUtf8(bytes)) {
      this.#context.countMalformed(countOf(text, REPLACEMENT) - countOf(bytes, REPLACEMENT_BYTES));
    }
    return text;
  }
}

function countOf<P extends string | Buffer>(
  whole: { indexOf(part: P, from: number): number },
  part: P,
): number {
  let count = 0;
  for (let at = whole.indexOf(part, 0); at >= 0; at = whole.indexOf(part, at + part.length))
    ++count;
  return count;
}
