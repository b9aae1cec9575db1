import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createMemory } from "../../../oracle/kernel-memory.ts";
import { seeded } from "../../../oracle/seeded.ts";

const { memory } = createMemory();
const ptr = memory.alloc(4096);
const { kernels } = memory;
const mask = (bits: bigint) => (hash: bigint) => BigInt.asUintN(64, hash) & ((1n << bits) - 1n);

function hashOf(bytes: Uint8Array, seed: bigint, at = ptr): bigint {
  memory.u8.set(bytes, at);
  return kernels.hashBytes(at, bytes.length, seed);
}

test("the hash of bytes depends on the bytes alone, not on what lies around them", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (bytes, seed) => {
        memory.u8.fill(0x55, ptr, ptr + 256);
        const hash = hashOf(bytes, seed);
        memory.u8.fill(0xaa, ptr, ptr + 256);
        assert.equal(hashOf(bytes, seed, ptr + 3), hash);
      },
    ),
    seeded(),
  );
});

test("bytes that differ in one place, or by a zero at the end, hash differently", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (bytes, place, change) => {
        const other = Uint8Array.from(bytes);
        const at = place % bytes.length;
        other[at] = (other[at] as number) ^ change;
        assert.notEqual(hashOf(bytes, 1n), hashOf(other, 1n));
        assert.notEqual(hashOf(bytes, 1n), hashOf(Uint8Array.of(...bytes, 0), 1n));
      },
    ),
    seeded(),
  );
});

test("the seed changes the hash", () => {
  assert.notEqual(kernels.hashU64(1n, 1n), kernels.hashU64(1n, 2n));
  assert.notEqual(hashOf(Uint8Array.of(1), 1n), hashOf(Uint8Array.of(1), 2n));
});

/** Of 4096 keys in 4096 buckets about 1 - 1/e are hit by a good hash. */
function assertSpread(
  name: string,
  keys: readonly bigint[],
  bucketOf: (hash: bigint) => bigint,
): void {
  const buckets = new Set(keys.map((key) => bucketOf(kernels.hashU64(key, 0n))));
  assert.ok(buckets.size > 2450, `${name}: ${buckets.size} of 4096 buckets`);
}

test("keys of every usual shape spread over low bits and over high bits", () => {
  const float = new DataView(new ArrayBuffer(8));
  const doubleBits = (value: number) => {
    float.setFloat64(0, value);
    return float.getBigInt64(0);
  };
  const count = Array.from({ length: 4096 }, (_, index) => index);
  const shapes = {
    sequence: count.map(BigInt),
    "steps of 2^20": count.map((index) => BigInt(index) << 20n),
    "high half only": count.map((index) => BigInt(index) << 44n),
    seconds: count.map((index) => 1_645_844_000_000n + BigInt(index) * 1000n),
    "days in the high half": count.map((index) => BigInt(index * 86_400) << 32n),
    doubles: count.map(doubleBits),
    "doubles of steps": count.map((index) => doubleBits(index * 60)),
    "window and key": count.map((index) => (BigInt(index >> 6) << 32n) | BigInt(index & 63)),
  };
  for (const [name, keys] of Object.entries(shapes)) {
    assertSpread(`${name}, low bits`, keys, mask(12n));
    assertSpread(`${name}, high bits`, keys, (hash) => BigInt.asUintN(64, hash) >> 52n);
  }
});

test("words spread over low bits", () => {
  const words = Array.from({ length: 4096 }, (_, index) => Buffer.from(`user-${index}`));
  const buckets = new Set(words.map((word) => mask(12n)(hashOf(word, 0n))));
  assert.ok(buckets.size > 2450, `${buckets.size} of 4096 buckets`);
});
