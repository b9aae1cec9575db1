/** Java's hash codes and Flink's murmur over them, bit for bit; one value at a time. */

/** MathUtils.murmurHash: never negative. */
export function murmurHash(hash: u32): u32 {
  hash = rotl<u32>(hash * 0xcc9e2d51, 15) * 0x1b873593;
  hash = rotl<u32>(hash, 13) * 5 + 0xe6546b64;
  hash ^= 4;
  hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
  hash ^= hash >> 16;
  return <u32>abs<i32>(<i32>hash) & 0x7fffffff; // abs(i32.MIN) is i32.MIN; Flink makes it 0
}

export function hashLong(value: i64): u32 {
  return <u32>(<u64>value ^ (<u64>value >> 32));
}

/** -0 as 0. */
export function hashDouble(value: f64): u32 {
  return hashLong(reinterpret<i64>(value + 0.0));
}

/** A JavaScript number: as int where it is one, as long where it is one, else as double. */
export function hashNumber(value: f64): u32 {
  const int = <i32>value;
  if (<f64>int === value) return <u32>int;
  if (
    value >= -9223372036854775808.0 &&
    value < 9223372036854775808.0 &&
    trunc<f64>(value) === value
  ) {
    return hashLong(<i64>value);
  }
  return hashDouble(value);
}

/** String.hashCode over the UTF-16 units of WTF-8 bytes. */
export function hashString(ptr: usize, length: u32): u32 {
  const end: usize = ptr + length;
  let hash: u32 = 0;
  for (; ptr + 8 <= end; ptr += 8) {
    const word = load<u64>(ptr);
    if (!isAscii(word)) return hashUnits(hash, ptr, end);
    hash = hash * 0x94446f01 + hashEight(word); // 31^8
  }
  const rest = <u32>(end - ptr);
  if (rest === 0 || length < 8) return hashUnits(hash, ptr, end);
  const shift = 64 - ((<u64>rest) << 3);
  const word = (load<u64>(end - 8) >> shift) << shift;
  if (!isAscii(word)) return hashUnits(hash, ptr, end);
  return hash * power31(rest) + hashEight(word);
}

/** Whether no byte of the word has the bit that ASCII does not have. */
export function isAscii(word: u64): bool {
  return (word & 0x8080808080808080) === 0;
}

/** Eight ASCII units, the first in the lowest byte: pairs, pairs of pairs, then both halves. */
export function hashEight(word: u64): u32 {
  const pairs = (word & 0x00ff00ff00ff00ff) * 31 + ((word >> 8) & 0x00ff00ff00ff00ff);
  const quads = (pairs & 0x0000ffff0000ffff) * 961 + ((pairs >> 16) & 0x0000ffff0000ffff);
  return <u32>quads * 923521 + <u32>(quads >> 32);
}

/** 31^exponent, exponent 0 to 7. */
function power31(exponent: u32): u32 {
  const one: u32 = select<u32>(31, 1, (exponent & 1) !== 0);
  const two: u32 = select<u32>(961, 1, (exponent & 2) !== 0);
  return one * two * select<u32>(923521, 1, (exponent & 4) !== 0);
}

/** Goes on with any bytes; a sequence cut off at the end counts byte by byte. */
function hashUnits(hash: u32, ptr: usize, end: usize): u32 {
  while (ptr < end) {
    const lead: u32 = load<u8>(ptr);
    if (lead < 0xc0 || ptr + 1 >= end) {
      hash = hash * 31 + lead;
      ptr += 1;
    } else if (lead < 0xe0) {
      hash = hash * 31 + (((lead & 31) << 6) | bits6(ptr + 1));
      ptr += 2;
    } else if (lead < 0xf0 && ptr + 2 < end) {
      hash = hash * 31 + (((lead & 15) << 12) | (bits6(ptr + 1) << 6) | bits6(ptr + 2));
      ptr += 3;
    } else if (lead >= 0xf0 && ptr + 3 < end) {
      const high = ((lead & 7) << 18) | (bits6(ptr + 1) << 12) | (bits6(ptr + 2) << 6);
      const point = (high | bits6(ptr + 3)) - 0x10000;
      hash = hash * 31 + (0xd800 + (point >> 10));
      hash = hash * 31 + (0xdc00 + (point & 0x3ff));
      ptr += 4;
    } else {
      hash = hash * 31 + lead;
      ptr += 1;
    }
  }
  return hash;
}

function bits6(ptr: usize): u32 {
  return <u32>load<u8>(ptr) & 63;
}
