/**
 * Bytes of a file from an offset on, read ahead into two buffers.
 *
 * Invariants: at most one read is under way, into #target; it holds two buffers at most: the one being
 * read into, those filled and the one lent by next(), which is its own again at the next call.
 */
import { close, open, read } from "node:fs";

import type { ByteStream, StreamFailure } from "./byte-stream.ts";
import type { ReadBuffers } from "./read-buffers.ts";

const MAX_BUFFERS = 2;
/** Beyond the end of its range a reader only wants the rest of one line. */
const TAIL_BYTES = 4096;

export interface FileRange {
  readonly path: string;
  readonly start: number;
  /** Reads up to here as fast as it can, and in small pieces behind it. */
  readonly end: number;
}

interface Filled {
  readonly buffer: Buffer;
  readonly length: number;
}

export class FileRangeStream implements ByteStream {
  readonly #range: FileRange;
  readonly #buffers: ReadBuffers;
  readonly #wake: () => void;
  readonly #failureOf: StreamFailure;
  readonly #filled: Filled[] = [];
  #free: Buffer[] = [];
  #heldCount = 0;
  #lent: Buffer | null = null;
  #file: number | null = null;
  #offset: number;
  #isBusy = true;
  #isAtEnd = false;
  #failure: Error | null = null;
  #whenClosed: (() => void) | null = null;

  constructor(range: FileRange, buffers: ReadBuffers, wake: () => void, failureOf: StreamFailure) {
    this.#range = range;
    this.#buffers = buffers;
    this.#wake = wake;
    this.#failureOf = failureOf;
    this.#offset = range.start;
    open(range.path, "r", (error, file) => {
      this.#file = error === null ? file : null;
      this.#afterWork(error);
    });
  }

  get isEnded(): boolean {
    return this.#isAtEnd && this.#filled.length === 0;
  }

  next(): Uint8Array | null {
    if (this.#lent !== null) this.#free.push(this.#lent);
    this.#lent = null;
    const filled = this.#filled.shift();
    this.#readAhead();
    if (filled !== undefined) {
      this.#lent = filled.buffer;
      return filled.buffer.subarray(0, filled.length);
    }
    if (this.#failure !== null) throw this.#failure;
    return null;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenClosed = resolve;
      if (!this.#isBusy) this.#closeFile();
    });
  }

  #readAhead(): void {
    if (this.#isBusy || this.#isAtEnd || this.#file === null || this.#failure !== null) return;
    const buffer = this.#takeBuffer();
    if (buffer === null) return;
    const room = this.#range.end + TAIL_BYTES - this.#offset;
    const length = Math.min(buffer.length, room > 0 ? room : TAIL_BYTES);
    this.#isBusy = true;
    read(this.#file, buffer, 0, length, this.#offset, (error, count) => {
      if (error === null && count > 0) {
        this.#filled.push({ buffer, length: count });
        this.#offset += count;
      } else {
        this.#free.push(buffer);
        this.#isAtEnd = error === null;
      }
      this.#afterWork(error);
    });
  }

  /** null = both are in use. A budget that has no room is a failure like any other. */
  #takeBuffer(): Buffer | null {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#heldCount === MAX_BUFFERS) return null;
    try {
      const buffer = this.#buffers.take();
      this.#heldCount += 1;
      return buffer;
    } catch (error) {
      // One buffer is enough to go on.
      if (this.#heldCount === 0) this.#failure = error as Error;
      return null;
    }
  }

  #afterWork(error: Error | null): void {
    this.#isBusy = false;
    if (error !== null) this.#failure = this.#failureOf(error);
    if (this.#whenClosed !== null) this.#closeFile();
    else this.#readAhead();
    this.#wake();
  }

  #closeFile(): void {
    const held = [...this.#free, ...this.#filled.map((filled) => filled.buffer)];
    if (this.#lent !== null) held.push(this.#lent);
    for (const buffer of held) this.#buffers.giveBack(buffer);
    this.#free = [];
    this.#filled.length = 0;
    this.#lent = null;
    const whenClosed = this.#whenClosed ?? (() => {});
    if (this.#file === null) whenClosed();
    else close(this.#file, () => whenClosed());
    this.#file = null;
  }
}
