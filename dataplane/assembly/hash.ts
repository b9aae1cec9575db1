/** The hash of tables: our own, fast, seeded. Never leaves the process and never routes a row. */

const MIX_1: u64 = 0x9e3779b97f4a7c15;
const MIX_2: u64 = 0xbf58476d1ce4e5b9;

/**
 * Two rounds of multiply and xor-shift: after one, multiples of some number (seconds, thousands,
 * integral doubles) crowd in a fifth of the places, whichever end of the hash a table takes them from.
 */
export function hashU64(key: u64, seed: u64): u64 {
  let hash = key ^ seed;
  hash = (hash ^ (hash >> 32)) * MIX_1;
  hash = (hash ^ (hash >> 29)) * MIX_2;
  return hash ^ (hash >> 32);
}

/** Eight bytes at a time; the tail is read as two overlapping words. Reads only inside the bytes. */
export function hashBytes(ptr: usize, length: u32, seed: u64): u64 {
  let hash = seed ^ (<u64>length * MIX_2);
  if (length >= 8) {
    const last: usize = ptr + length - 8;
    while (ptr < last) {
      hash = rotl<u64>((hash ^ load<u64>(ptr)) * MIX_1, 29);
      ptr += 8;
    }
    hash = (hash ^ load<u64>(last)) * MIX_1;
  } else {
    hash = (hash ^ loadShort(ptr, length)) * MIX_1;
  }
  hash = (hash ^ (hash >> 32)) * MIX_2;
  return hash ^ (hash >> 29);
}

/** 0 to 7 bytes as one number; with the length beside it, different bytes give different numbers. */
function loadShort(ptr: usize, length: u32): u64 {
  if (length >= 4) return <u64>load<u32>(ptr) | ((<u64>load<u32>(ptr + length - 4)) << 32);
  if (length === 0) return 0;
  const first = <u64>load<u8>(ptr);
  const middle = <u64>load<u8>(ptr + (length >> 1));
  const last = <u64>load<u8>(ptr + length - 1);
  return first | (middle << 8) | (last << 16);
}
