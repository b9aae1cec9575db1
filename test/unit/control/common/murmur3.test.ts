import assert from "node:assert/strict";
import { test } from "node:test";
import { murmur3x64 } from "../../../../control/common/murmur3.ts";

function hexOfInts(...values: readonly number[]): string {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeInt32LE(value, index * 4);
  return murmur3x64(bytes).toString("hex");
}

test("the hash of the first operator's position is the id Flink gives it", () => {
  assert.equal(hexOfInts(0), "bc764cd8ddf7a0cff126f51c16239658");
  assert.equal(hexOfInts(0, 0), "cbc357ccb763df2852fee8c4fc7d55f2");
});

test("inputs of zero, one and several blocks hash to the published values", () => {
  const hex = (text: string): string => murmur3x64(Buffer.from(text)).toString("hex");
  assert.equal(hex(""), "00000000000000000000000000000000");
  assert.equal(hex("hello"), "029bbd41b3a7d8cb191dae486a901e5b");
  assert.equal(
    hex("The quick brown fox jumps over the lazy dog"),
    "6c1b07bc7bbc4be347939ac4a93c437a",
  );
});

test("bytes in the middle of a larger buffer hash as they are", () => {
  const larger = Buffer.from("xxhelloxx");
  assert.equal(
    murmur3x64(larger.subarray(2, 7)).toString("hex"),
    "029bbd41b3a7d8cb191dae486a901e5b",
  );
});
