import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readI64, writeI64 } from "../../../../dataplane/memory/i64.ts";
import { createMemory } from "../../../oracle/kernel-memory.ts";
import { seeded } from "../../../oracle/seeded.ts";

const { memory } = createMemory();
const ptr = memory.alloc(64);
const isSafe = (value: bigint) => value >= -(2n ** 53n) + 1n && value <= 2n ** 53n - 1n;

test("any i64 comes back: a number where it is safe, else a bigint", () => {
  const limits = [
    2n ** 53n - 1n,
    2n ** 53n,
    -(2n ** 53n) + 1n,
    -(2n ** 53n),
    2n ** 63n - 1n,
    -(2n ** 63n),
  ];
  const small = fc.bigInt({ min: -(2n ** 33n), max: 2n ** 33n });
  const any = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    small,
    fc.constantFrom(...limits),
  );
  fc.assert(
    fc.property(any, (value) => {
      writeI64(memory, ptr, value);
      assert.equal(memory.i64[ptr >>> 3], value);
      assert.equal(readI64(memory, ptr), isSafe(value) ? Number(value) : value);
      if (isSafe(value)) {
        writeI64(memory, ptr, Number(value));
        assert.equal(memory.i64[ptr >>> 3], value);
      }
    }),
    seeded(),
  );
});

test("integral numbers beyond the safe range are written as they are", () => {
  for (const value of [2 ** 62, -(2 ** 63), 2 ** 53 + 2]) {
    writeI64(memory, ptr, value);
    assert.equal(memory.i64[ptr >>> 3], BigInt(value));
  }
});
