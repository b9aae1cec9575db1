/**
 * Text lines from bytes to a STRING column, by the splitLines kernel. The bytes are copied once, into
 * an area of linear memory where the rest of the last chunk stands in front of the next one.
 *
 * Invariants: the area holds [#start, #end), which begins where a line begins (or where the byte order
 * mark of the stream does); its first #scanned bytes hold no `\n`.
 */

import { EngineError } from "../protocol/errors.ts";
import { LINES_CONSUMED, LINES_REPLACED, LINES_RESULT_SIZE } from "../protocol/kernel-layout.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL, STATUS_RECORD_TOO_LARGE } from "../protocol/status.ts";
import type { ReaderContext, SourceOutput } from "./source.ts";
import type { TextWriter } from "./text-writer.ts";

const NEWLINE = 10;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;
/** A long line makes the area grow; beyond this it is given back at the next stream. */
const KEEP_BYTES = 1_048_576;

/** What a stream may begin with. */
export type StreamHead = "byte-order-mark" | "text";

export class LineWriter implements TextWriter {
  readonly #context: ReaderContext;
  readonly #resultPtr: number;
  #areaPtr = 0;
  #capacity = 0;
  #start = 0;
  #end = 0;
  #scanned = 0;
  #head: StreamHead = "text";
  #markBytes = 0;
  #bytesWritten = 0;
  #isEnded = false;

  constructor(context: ReaderContext) {
    this.#context = context;
    this.#resultPtr = context.memory.alloc(LINES_RESULT_SIZE);
  }

  /** Bytes of the lines written since begin(), with what ended them and a byte order mark. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  get isFinished(): boolean {
    return this.#isEnded && this.#start === this.#end;
  }

  begin(head: StreamHead = "text"): void {
    if (this.#capacity > KEEP_BYTES) this.#freeArea();
    this.#start = 0;
    this.#end = 0;
    this.#scanned = 0;
    this.#head = head;
    this.#markBytes = 0;
    this.#bytesWritten = 0;
    this.#isEnded = false;
  }

  add(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#context.memory.u8.set(bytes, this.#areaPtr + this.#end);
    this.#end += bytes.length;
  }

  finish(): void {
    this.#isEnded = true;
  }

  writeTo(output: SourceOutput<string>): boolean {
    if (this.#head === "byte-order-mark" && !this.#skipMark()) return true;
    if (this.#start === this.#end) return true;
    const { memory, maxRecordBytes, operatorName } = this.#context;
    const status = memory.kernels.splitLines(
      this.#areaPtr + this.#start,
      this.#end - this.#start,
      this.#scanned,
      this.#isEnded ? 1 : 0,
      output.builder.ptr,
      0,
      maxRecordBytes,
      this.#resultPtr,
    );
    this.#take(this.#result(LINES_CONSUMED));
    const replaced = this.#result(LINES_REPLACED);
    if (replaced > 0) this.#context.countMalformed(replaced);
    if (status === STATUS_RECORD_TOO_LARGE) throw this.#tooLarge();
    memory.check(status, "splitLines", operatorName);
    this.#scanned = status === STATUS_DONE ? this.#end - this.#start : 0;
    return status !== STATUS_OUTPUT_FULL;
  }

  dispose(): void {
    this.#freeArea();
    this.#context.memory.free(this.#resultPtr, LINES_RESULT_SIZE);
  }

  /** Whether enough is there to tell if the stream begins with a mark; a mark counts with its line. */
  #skipMark(): boolean {
    if (this.#end - this.#start < BYTE_ORDER_MARK.length && !this.#isEnded) return false;
    const { u8 } = this.#context.memory;
    const at = this.#areaPtr + this.#start;
    if (BYTE_ORDER_MARK.every((byte, index) => u8[at + index] === byte)) {
      this.#markBytes = BYTE_ORDER_MARK.length;
      this.#start += BYTE_ORDER_MARK.length;
    }
    this.#head = "text";
    return true;
  }

  #take(consumed: number): void {
    if (consumed === 0) return;
    this.#start += consumed;
    this.#bytesWritten += consumed + this.#markBytes;
    this.#markBytes = 0;
  }

  #makeRoom(bytes: number): void {
    const { memory } = this.#context;
    const rest = this.#end - this.#start;
    if (rest > 0 && this.#end + bytes <= this.#capacity) return;
    if (rest + bytes <= this.#capacity) {
      const from = this.#areaPtr + this.#start;
      memory.u8.copyWithin(this.#areaPtr, from, from + rest);
    } else {
      const capacity = Math.max(rest + bytes, 2 * this.#capacity);
      const areaPtr = memory.alloc(capacity);
      const from = this.#areaPtr + this.#start;
      memory.u8.copyWithin(areaPtr, from, from + rest);
      this.#freeArea();
      this.#areaPtr = areaPtr;
      this.#capacity = capacity;
    }
    this.#start = 0;
    this.#end = rest;
  }

  #freeArea(): void {
    if (this.#capacity > 0) this.#context.memory.free(this.#areaPtr, this.#capacity);
    this.#capacity = 0;
  }

  #result(offset: number): number {
    return this.#context.memory.u32[(this.#resultPtr + offset) >>> 2] as number;
  }

  /** Of the line at #start; as far as it is known if its end is not. */
  #tooLarge(): EngineError {
    const { memory, operatorName: operator, maxRecordBytes: limit } = this.#context;
    const rest = memory.bytes.subarray(this.#areaPtr + this.#start, this.#areaPtr + this.#end);
    const newline = rest.indexOf(NEWLINE);
    const bytes = newline < 0 ? rest.length : newline;
    return new EngineError("MR_RECORD_TOO_LARGE", { operator, bytes, limit });
  }
}
