/**
 * Bitmaps, 64 bits at a time. Bits are numbered from the least significant one; bitmaps are 8-byte
 * aligned and lie in blocks whose size is a multiple of 8, so that whole words may be read.
 */

/** Bit `index` of a bitmap. */
export function isSet(bitmap: usize, index: u32): bool {
  return ((<u32>load<u8>(bitmap + (index >> 3)) >> (index & 7)) & 1) !== 0;
}

/** Copies `count` bits; answers how many of them are set. */
export function copyBits(
  target: usize,
  targetBit: u32,
  source: usize,
  sourceBit: u32,
  count: u32,
): u32 {
  let ones: u32 = 0;
  while (count !== 0) {
    const bits = min<u32>(count, 64 - (targetBit & 63));
    const word = readBits(source, sourceBit, bits);
    mergeBits(target, targetBit, word, bits);
    ones += <u32>popcnt<u64>(word);
    targetBit += bits;
    sourceBit += bits;
    count -= bits;
  }
  return ones;
}

/** Copies the bits of `count` selected rows; answers how many of them are set. */
export function gatherBits(
  target: usize,
  targetBit: u32,
  source: usize,
  rows: usize,
  count: u32,
): u32 {
  let ones: u32 = 0;
  while (count !== 0) {
    const bits = min<u32>(count, 64 - (targetBit & 63));
    let word: u64 = 0;
    for (let bit: u32 = 0; bit < bits; ++bit, rows += 4) {
      const row = load<u32>(rows);
      const byte: u64 = load<u8>(source + (row >> 3));
      word |= ((byte >> (row & 7)) & 1) << bit;
    }
    mergeBits(target, targetBit, word, bits);
    ones += <u32>popcnt<u64>(word);
    targetBit += bits;
    count -= bits;
  }
  return ones;
}

/** Sets `count` bits. */
export function setBits(target: usize, targetBit: u32, count: u32): void {
  while (count !== 0) {
    const bits = min<u32>(count, 64 - (targetBit & 63));
    mergeBits(target, targetBit, u64.MAX_VALUE >> (64 - bits), bits);
    targetBit += bits;
    count -= bits;
  }
}

/** `count` bits, 1 to 64, the rest 0. */
function readBits(source: usize, sourceBit: u32, count: u32): u64 {
  const ptr: usize = source + ((sourceBit >> 6) << 3);
  const shift = sourceBit & 63;
  let word = load<u64>(ptr) >> shift;
  if (shift + count > 64) word |= load<u64>(ptr, 8) << (64 - shift);
  return word & (u64.MAX_VALUE >> (64 - count));
}

/** Replaces `count` bits, 1 to 64, that lie within one word. */
function mergeBits(target: usize, targetBit: u32, word: u64, count: u32): void {
  const ptr: usize = target + ((targetBit >> 6) << 3);
  const shift = targetBit & 63;
  const mask = (u64.MAX_VALUE >> (64 - count)) << shift;
  store<u64>(ptr, (load<u64>(ptr) & ~mask) | (word << shift));
}

/** Index of the first bit that is 0, `count` if all are set. */
export function firstZero(bitmap: usize, count: u32): u32 {
  let index: u32 = 0;
  while (index < count) {
    const bits = min<u32>(count - index, 64);
    const zeros = ~readBits(bitmap, index, bits) & (u64.MAX_VALUE >> (64 - bits));
    if (zeros !== 0) return index + <u32>ctz<u64>(zeros);
    index += bits;
  }
  return count;
}
