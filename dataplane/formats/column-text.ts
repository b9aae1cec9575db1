/**
 * The strings of a UTF8 column of one batch. The whole heap is decoded once and values are substrings
 * of it: a call into the decoder per value costs more than most values are long.
 *
 * `text.substring(offsets[index + i] - base, offsets[index + i + 1] - base)` is value i. If all bytes
 * are ASCII, `offsets` are the column's own, else they count code units.
 */
import { isAscii, isUtf8 } from "node:buffer";

import type { TaskMemory } from "../memory/task-memory.ts";
import { decodeWtf8 } from "./wtf8.ts";

export class ColumnText {
  text = "";
  offsets: Uint32Array = new Uint32Array(1);
  index = 0;
  base = 0;
  /** `offsets` is a view of the memory, to be read from there anew when it grows. */
  isInPlace = false;
  #unitOffsets = new Uint32Array(1);

  open(memory: TaskMemory, dataPtr: number, heapPtr: number, count: number): void {
    const { u32, bytes } = memory;
    const index = dataPtr >>> 2;
    const base = u32[index] as number;
    const from = heapPtr + base;
    const end = heapPtr + (u32[index + count] as number);
    const heap = bytes.subarray(from, end);
    this.isInPlace = isAscii(heap);
    if (this.isInPlace) {
      this.text = bytes.toString("latin1", from, end);
      this.offsets = u32;
      this.index = index;
      this.base = base;
      return;
    }
    this.text = isUtf8(heap) ? bytes.toString("utf8", from, end) : decodeWtf8(bytes, from, end);
    if (this.#unitOffsets.length <= count) this.#unitOffsets = new Uint32Array(count * 2 + 1);
    countUnits(this.#unitOffsets, heap, u32.subarray(index, index + count + 1));
    this.offsets = this.#unitOffsets;
    this.index = 0;
    this.base = 0;
  }

  /** Value i as a string that does not keep the whole text alive. */
  copyOf(i: number): string {
    const start = (this.offsets[this.index + i] as number) - this.base;
    const end = (this.offsets[this.index + i + 1] as number) - this.base;
    const slice = this.text.substring(start, end);
    // V8 copies shorter substrings anyhow.
    if (slice.length < MIN_SLICE_UNITS) return slice;
    const encoding = this.isInPlace ? "latin1" : "utf16le";
    return Buffer.from(slice, encoding).toString(encoding);
  }
}

/** From this length on a substring is a slice that holds on to the whole string. */
const MIN_SLICE_UNITS = 13;

/** Code units in front of each value: every byte that begins a character is one, of four bytes two. */
function countUnits(target: Uint32Array, heap: Uint8Array, offsets: Uint32Array): void {
  const base = offsets[0] as number;
  let units = 0;
  let at = 0;
  target[0] = 0;
  for (let value = 1; value < offsets.length; ++value) {
    const end = (offsets[value] as number) - base;
    for (; at < end; ++at) {
      const byte = heap[at] as number;
      if (byte < 0x80 || byte >= 0xc0) units += byte < 0xf0 ? 1 : 2;
    }
    target[value] = units;
  }
}
