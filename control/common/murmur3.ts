/**
 * MurmurHash3, x64, 128 bits, seed 0: the hash behind Flink's operator ids. After Austin Appleby's
 * public domain reference. Not for hot paths: it works on bigints.
 */
const MASK = (1n << 64n) - 1n;
const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;
const BLOCK_BYTES = 16;

/** 16 bytes, in the order Guava's HashCode.asBytes() gives them. */
export function murmur3x64(bytes: Uint8Array): Buffer {
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks = Math.floor(input.length / BLOCK_BYTES);
  let h1 = 0n;
  let h2 = 0n;
  for (let block = 0; block < blocks; block += 1) {
    h1 ^= mixFirst(input.readBigUInt64LE(block * BLOCK_BYTES));
    h1 = (rotateLeft(h1, 27n) + h2) & MASK;
    h1 = (h1 * 5n + 0x52dce729n) & MASK;
    h2 ^= mixSecond(input.readBigUInt64LE(block * BLOCK_BYTES + 8));
    h2 = (rotateLeft(h2, 31n) + h1) & MASK;
    h2 = (h2 * 5n + 0x38495ab5n) & MASK;
  }
  const tail = Buffer.alloc(BLOCK_BYTES);
  input.copy(tail, 0, blocks * BLOCK_BYTES);
  h1 ^= mixFirst(tail.readBigUInt64LE(0)) ^ BigInt(input.length);
  h2 ^= mixSecond(tail.readBigUInt64LE(8)) ^ BigInt(input.length);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  h1 = finish(h1);
  h2 = finish(h2);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  const output = Buffer.alloc(BLOCK_BYTES);
  output.writeBigUInt64LE(h1, 0);
  output.writeBigUInt64LE(h2, 8);
  return output;
}

function mixFirst(k: bigint): bigint {
  return (rotateLeft((k * C1) & MASK, 31n) * C2) & MASK;
}

function mixSecond(k: bigint): bigint {
  return (rotateLeft((k * C2) & MASK, 33n) * C1) & MASK;
}

function rotateLeft(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK;
}

function finish(hash: bigint): bigint {
  let mixed = hash ^ (hash >> 33n);
  mixed = (mixed * 0xff51afd7ed558ccdn) & MASK;
  mixed ^= mixed >> 33n;
  mixed = (mixed * 0xc4ceb9fe1a85ec53n) & MASK;
  return mixed ^ (mixed >> 33n);
}
