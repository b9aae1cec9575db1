/**
 * Which bytes of a file hold the lines of a split. Only `\n` ends a line; a line belongs to the split
 * in which its first byte lies. So a split that does not begin the file looks at the byte before its
 * first one and begins behind the first `\n` from there on, and it goes on beyond its end up to the
 * first `\n` at or behind its last byte. No I/O here: the stream's chunks are passed through take().
 */
import type { FileSplit } from "./file-split.ts";

const NEWLINE = 10;
const NOTHING = new Uint8Array(0);

export class LineRange {
  readonly #end: number;
  readonly #skipTo: number;
  #isSkippingLine: boolean;
  #offset: number;
  #firstLineOffset: number;
  #isFinished: boolean;

  constructor(split: FileSplit) {
    const isFresh = split.position === split.start;
    this.#end = split.end;
    this.#isSkippingLine = isFresh && split.start > 0;
    this.#skipTo = this.#isSkippingLine ? split.start - 1 : split.position;
    this.#offset = split.compression === "none" ? this.#skipTo : 0;
    this.#firstLineOffset = split.position;
    this.#isFinished = !isFresh && split.position >= split.end;
  }

  /** Where the stream given to take() has to begin. */
  get streamStart(): number {
    return this.#offset;
  }

  /** Nothing behind what take() has answered so far belongs to the split. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** Offset of the first byte that take() has answered or will answer. */
  get firstLineOffset(): number {
    return this.#firstLineOffset;
  }

  /** The part of the next chunk of the stream that belongs to the split's lines. */
  take(chunk: Uint8Array): Uint8Array {
    const base = this.#offset;
    this.#offset += chunk.length;
    if (this.#isFinished) return NOTHING;
    let from = Math.min(Math.max(this.#skipTo - base, 0), chunk.length);
    if (this.#isSkippingLine) {
      const newline = chunk.indexOf(NEWLINE, from);
      const lineOffset = base + (newline < 0 ? chunk.length : newline) + 1;
      this.#isFinished = lineOffset >= this.#end;
      if (this.#isFinished || newline < 0) return NOTHING;
      this.#isSkippingLine = false;
      this.#firstLineOffset = lineOffset;
      from = newline + 1;
    }
    const lastByte = this.#end - 1 - base;
    if (lastByte >= chunk.length) return chunk.subarray(from);
    const newline = chunk.indexOf(NEWLINE, Math.max(from, lastByte));
    this.#isFinished = newline >= 0;
    return chunk.subarray(from, newline < 0 ? chunk.length : newline + 1);
  }
}
