/**
 * CRC32C (Castagnoli), as of RFC 3720 and of Kafka's record batches: eight bytes at a time. Table `k` says what
 * a byte becomes that has `k` bytes behind it.
 */
const POLYNOMIAL: u32 = 0x82f63b78;
const TABLE_SIZE: usize = 256 << 2;
const TABLES: u32 = 8;

/** Writes the tables crc32c() reads. @param tables u32[8][256] */
export function crc32cTables(tables: usize): void {
  for (let byte: u32 = 0; byte < 256; ++byte) {
    let crc = byte;
    for (let bit: u32 = 0; bit < 8; ++bit) {
      crc = (crc & 1) !== 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    }
    store<u32>(tables + ((<usize>byte) << 2), crc);
  }
  for (let table: u32 = 1; table < TABLES; ++table) {
    const to = tables + <usize>table * TABLE_SIZE;
    for (let byte: u32 = 0; byte < 256; ++byte) {
      const at = (<usize>byte) << 2;
      const before = load<u32>(to - TABLE_SIZE + at);
      store<u32>(to + at, (before >>> 8) ^ entry(tables, 0, before & 0xff));
    }
  }
}

/** @param crc of the bytes in front; 0 = there are none */
export function crc32c(tables: usize, crc: u32, ptr: usize, length: u32): u32 {
  let state = ~crc;
  const end: usize = ptr + length;
  const wordsEnd: usize = ptr + (length & ~7);
  while (ptr < wordsEnd) {
    const low = load<u32>(ptr) ^ state;
    const high = load<u32>(ptr, 4);
    state =
      entry(tables, 7, low & 0xff) ^
      entry(tables, 6, (low >>> 8) & 0xff) ^
      entry(tables, 5, (low >>> 16) & 0xff) ^
      entry(tables, 4, low >>> 24) ^
      entry(tables, 3, high & 0xff) ^
      entry(tables, 2, (high >>> 8) & 0xff) ^
      entry(tables, 1, (high >>> 16) & 0xff) ^
      entry(tables, 0, high >>> 24);
    ptr += 8;
  }
  while (ptr < end) {
    state = (state >>> 8) ^ entry(tables, 0, (state ^ load<u8>(ptr)) & 0xff);
    ++ptr;
  }
  return ~state;
}

function entry(tables: usize, table: u32, byte: u32): u32 {
  return load<u32>(tables + <usize>table * TABLE_SIZE + ((<usize>byte) << 2));
}
