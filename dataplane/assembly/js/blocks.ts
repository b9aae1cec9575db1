/** Bytes of text, 16 at a time. Nothing here reads beyond linear memory, wherever a text ends. */

const PAGE_MASK: usize = 0xffff;
const LAST_BLOCK_OF_PAGE: usize = 0xfff0;
const LAST_FOUR_BLOCKS_OF_PAGE: usize = 0xffc0;
/** Bytes that byteMask() looks at. */
export const MASK_BYTES: u32 = 64;
const HIGHEST_CONTINUATION: i8 = -65; // 0xbf, as signed bytes compare
const LOWEST_FOUR_BYTE_LEAD: i8 = -16; // 0xf0

/**
 * The `count` bytes at `at`, 1 to 16 of them; what lies behind is undefined. Memory ends with a page, so
 * only a block that crosses into the next page needs care: it is read from further ahead and moved.
 */
export function loadBlock(at: usize, count: u32): v128 {
  if ((at & PAGE_MASK) <= LAST_BLOCK_OF_PAGE) return v128.load(at);
  const lanes = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const moved = i8x16.add(lanes, i8x16.splat(<i8>(16 - count)));
  return i8x16.swizzle(v128.load(at + count - 16), moved);
}

/** One bit per byte of a block of `count` bytes. */
export function blockMask(count: u32): u32 {
  return ((<u32>1) << count) - 1;
}

/** One bit per byte of the `count` bytes at `at`, 1 to MASK_BYTES of them, set where it is that of `wanted`. */
export function byteMask(at: usize, count: u32, wanted: v128): u64 {
  const mask = u64.MAX_VALUE >> (MASK_BYTES - <u64>count);
  if ((at & PAGE_MASK) > LAST_FOUR_BLOCKS_OF_PAGE) return byteMaskAtPage(at, count, wanted) & mask;
  const a: u64 = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
  const b: u64 = <u32>i8x16.bitmask(i8x16.eq(v128.load(at, 16), wanted));
  const c: u64 = <u32>i8x16.bitmask(i8x16.eq(v128.load(at, 32), wanted));
  const d: u64 = <u32>i8x16.bitmask(i8x16.eq(v128.load(at, 48), wanted));
  return (a | (b << 16) | (c << 32) | (d << 48)) & mask;
}

/** The same where a page may end before 64 bytes do; bits behind `count` are undefined. */
function byteMaskAtPage(at: usize, count: u32, wanted: v128): u64 {
  let mask: u64 = 0;
  for (let from: u32 = 0; from < count; from += 16) {
    const block = loadBlock(at + from, min<u32>(count - from, 16));
    const found: u64 = <u32>i8x16.bitmask(i8x16.eq(block, wanted));
    mask |= found << (<u64>from);
  }
  return mask;
}

/** UTF-16 units of the characters that start in the `count` bytes at `at`, 1 to 16 of them. */
export function unitsOfBlock(at: usize, count: u32): u32 {
  return countStarts(loadBlock(at, count), blockMask(count));
}

/** UTF-16 units of the characters that start between two addresses. */
export function countUnits(at: usize, end: usize): u32 {
  let units: u32 = 0;
  for (; bytesLeft(at, end) >= 16; at += 16) {
    const block = v128.load(at);
    units += i8x16.bitmask(block) === 0 ? 16 : countStarts(block, 0xffff);
  }
  return at >= end ? units : units + unitsOfBlock(at, <u32>(end - at));
}

/** Address of the first byte that is not ASCII, `end` if there is none. */
export function asciiEnd(at: usize, end: usize): usize {
  for (; bytesLeft(at, end) >= 16; at += 16) {
    const high = <u32>i8x16.bitmask(v128.load(at));
    if (high !== 0) return at + <usize>ctz<u32>(high);
  }
  if (at >= end) return end;
  const rest = <u32>(end - at);
  const high = <u32>i8x16.bitmask(loadBlock(at, rest)) & blockMask(rest);
  return high === 0 ? end : at + <usize>ctz<u32>(high);
}

/** Whether a character beyond U+FFFF is there: a surrogate pair in JavaScript. */
export function hasPairs(at: usize, end: usize): bool {
  const lead = i8x16.splat(LOWEST_FOUR_BYTE_LEAD);
  for (; bytesLeft(at, end) >= 16; at += 16) {
    if (i8x16.bitmask(i8x16.ge_u(v128.load(at), lead)) !== 0) return true;
  }
  if (at >= end) return false;
  const rest = <u32>(end - at);
  const pairs = <u32>i8x16.bitmask(i8x16.ge_u(loadBlock(at, rest), lead));
  return (pairs & blockMask(rest)) !== 0;
}

/** Address of the first such byte at or behind `at`, `end` if there is none. */
export function findByte(at: usize, end: usize, byte: u8): usize {
  const wanted = i8x16.splat(<i8>byte);
  for (; bytesLeft(at, end) >= 16; at += 16) {
    const found = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
    if (found !== 0) return at + <usize>ctz<u32>(found);
  }
  if (at >= end) return end;
  const rest = <u32>(end - at);
  const matches = <u32>i8x16.bitmask(i8x16.eq(loadBlock(at, rest), wanted));
  const found = matches & blockMask(rest);
  return found === 0 ? end : at + <usize>ctz<u32>(found);
}

/** How often a byte occurs between two addresses. */
export function countByte(at: usize, end: usize, byte: u8): u32 {
  const wanted = i8x16.splat(<i8>byte);
  let count: u32 = 0;
  for (; bytesLeft(at, end) >= 16; at += 16) {
    count += <u32>popcnt<u32>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at), wanted)));
  }
  if (at >= end) return count;
  const rest = <u32>(end - at);
  const matches = <u32>i8x16.bitmask(i8x16.eq(loadBlock(at, rest), wanted));
  return count + <u32>popcnt<u32>(matches & blockMask(rest));
}

/** A character beyond U+FFFF, four bytes long, counts twice. */
function countStarts(block: v128, mask: u32): u32 {
  const starts = i8x16.bitmask(i8x16.gt_s(block, i8x16.splat(HIGHEST_CONTINUATION)));
  const pairs = i8x16.bitmask(i8x16.ge_u(block, i8x16.splat(LOWEST_FOUR_BYTE_LEAD)));
  return <u32>popcnt<u32>(<u32>starts & mask) + <u32>popcnt<u32>(<u32>pairs & mask);
}

/** Signed, so that an address behind the end has none left; texts are shorter than 2 GiB. */
function bytesLeft(at: usize, end: usize): i32 {
  return <i32>(end - at);
}
