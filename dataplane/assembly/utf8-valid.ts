/**
 * Whether bytes are UTF-8, 16 at a time: the lookup method of Keiser and Lemire, "Validating UTF-8 in
 * less than one instruction per byte" (2020), written anew. Each pair of neighbouring bytes is looked
 * up by three nibbles; a bit that is set in all three tables names a mistake.
 */

/** Bits of the tables. */
const TOO_SHORT: i8 = 1; // lead, then no continuation
const TOO_LONG: i8 = 2; // ASCII, then a continuation
const OVERLONG_3: i8 = 4; // E0, then below A0
const TOO_LARGE: i8 = 8; // F4, then above 8F, or F5 and above
const SURROGATE: i8 = 16; // ED, then above 9F
const OVERLONG_2: i8 = 32; // C0 or C1
const TOO_LARGE_OR_OVERLONG_4: i8 = 64; // F5 and above, then 8x; F0, then 8x
const TWO_CONTINUATIONS: i8 = -128; // right only as third or fourth byte
const CARRY: i8 = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS;

export function isUtf8(ptr: usize, end: usize): bool {
  let wrong = i8x16.splat(0);
  let previous = i8x16.splat(0);
  // One block beyond the end at least, of zeros: a sequence cut off there is too short.
  for (; ptr <= end; ptr += 16) {
    const block = end - ptr >= 16 ? v128.load(ptr) : loadPart(ptr, <u32>(end - ptr));
    wrong = v128.or(wrong, mistakes(block, previous));
    previous = block;
  }
  return !v128.any_true(wrong);
}

/** The first `bytes` bytes, zeros behind them; reads inside them only. */
function loadPart(ptr: usize, bytes: u32): v128 {
  let low: u64 = 0;
  let high: u64 = 0;
  if (bytes >= 8) {
    low = load<u64>(ptr);
    if (bytes > 8) high = load<u64>(ptr + bytes - 8) >> (128 - ((<u64>bytes) << 3));
  } else {
    for (let index: u32 = bytes; index !== 0; --index) low = (low << 8) | load<u8>(ptr + index - 1);
  }
  return i64x2.replace_lane(i64x2.splat(low), 1, high);
}

function mistakes(block: v128, previous: v128): v128 {
  const nibble = i8x16.splat(15);
  const before1 = v128.shuffle<i8>(
    previous,
    block,
    15,
    16,
    17,
    18,
    19,
    20,
    21,
    22,
    23,
    24,
    25,
    26,
    27,
    28,
    29,
    30,
  );
  const before2 = v128.shuffle<i8>(
    previous,
    block,
    14,
    15,
    16,
    17,
    18,
    19,
    20,
    21,
    22,
    23,
    24,
    25,
    26,
    27,
    28,
    29,
  );
  const before3 = v128.shuffle<i8>(
    previous,
    block,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
    20,
    21,
    22,
    23,
    24,
    25,
    26,
    27,
    28,
  );
  const firstHigh = i8x16.swizzle(firstHighTable(), i8x16.shr_u(before1, 4));
  const firstLow = i8x16.swizzle(firstLowTable(), v128.and(before1, nibble));
  const secondHigh = i8x16.swizzle(secondHighTable(), i8x16.shr_u(block, 4));
  const special = v128.and(v128.and(firstHigh, firstLow), secondHigh);
  // Third and fourth bytes must be continuations behind a continuation, and only they may be.
  const isThird = i8x16.sub_sat_u(before2, i8x16.splat(0x60)); // E0 and above keep the high bit
  const isFourth = i8x16.sub_sat_u(before3, i8x16.splat(0x70)); // F0 and above do
  const must = v128.and(v128.or(isThird, isFourth), i8x16.splat(-128));
  return v128.xor(must, special);
}

/** By the high nibble of the first byte of a pair. */
function firstHighTable(): v128 {
  return i8x16(
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TWO_CONTINUATIONS,
    TWO_CONTINUATIONS,
    TWO_CONTINUATIONS,
    TWO_CONTINUATIONS,
    TOO_SHORT | OVERLONG_2,
    TOO_SHORT,
    TOO_SHORT | OVERLONG_3 | SURROGATE,
    TOO_SHORT | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4,
  );
}

/** By the low nibble of the first byte. */
function firstLowTable(): v128 {
  return i8x16(
    CARRY | OVERLONG_3 | OVERLONG_2 | TOO_LARGE_OR_OVERLONG_4,
    CARRY | OVERLONG_2,
    CARRY,
    CARRY,
    CARRY | TOO_LARGE,
    CARRY | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4,
    CARRY | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4,
    CARRY | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4,
    CARRY | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4,
    CARRY | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4,
    CARRY | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4,
    CARRY | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4,
    CARRY | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4,
    CARRY | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4 | SURROGATE,
    CARRY | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4,
    CARRY | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4,
  );
}

/** By the high nibble of the second byte. */
function secondHighTable(): v128 {
  return i8x16(
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | TOO_LARGE_OR_OVERLONG_4,
    TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | TOO_LARGE,
    TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE,
    TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
  );
}
