/** Finds runs of bytes in others. */
import { equalBytes } from "../bytes.ts";
import { blockMask, findByte, loadBlock } from "./blocks.ts";

/**
 * Compares sixteen starts at a time by their first and last byte, and those that fit in full.
 *
 * @param bytes of `needle`, at least 1
 * @returns address of the first occurrence between `at` and `end`, 0 if there is none
 */
export function findBytes(at: usize, end: usize, needle: usize, bytes: u32): usize {
  if (at >= end || bytes > <u32>(end - at)) return 0;
  if (bytes === 1) {
    const found = findByte(at, end, load<u8>(needle));
    return found === end ? 0 : found;
  }
  const stop: usize = end - bytes + 1;
  const first = i8x16.splat(load<i8>(needle));
  const last = i8x16.splat(load<i8>(needle + bytes - 1));
  for (; at < stop; at += 16) {
    const count = min<u32>(<u32>(stop - at), 16);
    const firsts = i8x16.eq(loadBlock(at, count), first);
    const lasts = i8x16.eq(loadBlock(at + bytes - 1, count), last);
    let starts = <u32>i8x16.bitmask(v128.and(firsts, lasts)) & blockMask(count);
    for (; starts !== 0; starts &= starts - 1) {
      const start: usize = at + <usize>ctz<u32>(starts);
      if (equalBytes(start + 1, needle + 1, bytes - 2)) return start;
    }
  }
  return 0;
}

/** Like findBytes(), from the back: `at` is the last start to look at, `from` the first. */
export function findLastBytes(from: usize, at: usize, needle: usize, bytes: u32): usize {
  const first = load<u8>(needle);
  for (; at >= from; --at) {
    if (load<u8>(at) === first && equalBytes(at, needle, bytes)) return at;
  }
  return 0;
}

/** Occurrences that do not overlap. */
export function countBytes(at: usize, end: usize, needle: usize, bytes: u32): u32 {
  let count: u32 = 0;
  for (let found = findBytes(at, end, needle, bytes); found !== 0; ++count) {
    found = findBytes(found + bytes, end, needle, bytes);
  }
  return count;
}
