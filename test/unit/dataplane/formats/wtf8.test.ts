import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import {
  decodeWtf8,
  encodeLongWtf8,
  encodeWtf8,
  isWellFormed,
  wtf8Length,
} from "../../../../dataplane/formats/wtf8.ts";
import { anyString, SEED } from "./arbitraries.ts";

test("every string comes back, by either encoder, and has the length that was foretold", () => {
  fc.assert(
    fc.property(anyString, fc.nat(5), (text, at) => {
      const target = Buffer.alloc(at + text.length * 3);
      const end = encodeWtf8(target, at, text, 0);
      assert.equal(end - at, wtf8Length(text));
      assert.equal(decodeWtf8(target, at, end), text);
      const exact = Buffer.alloc(at + wtf8Length(text));
      assert.equal(encodeLongWtf8(exact, at, text), end);
      assert.deepEqual(exact.subarray(at), target.subarray(at, end));
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test("well-formed strings are plain UTF-8", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const target = Buffer.alloc(text.length * 3);
      assert.deepEqual(target.subarray(0, encodeWtf8(target, 0, text, 0)), Buffer.from(text));
    }),
    { seed: SEED },
  );
});

test("a lone surrogate is three bytes, a pair four", () => {
  assert.equal(isWellFormed("\ud83d\ude00"), true);
  assert.equal(isWellFormed("a\ud83d"), false);
  const target = Buffer.alloc(9);
  assert.equal(encodeWtf8(target, 0, "\ud800", 0), 3);
  assert.deepEqual([...target.subarray(0, 3)], [0xed, 0xa0, 0x80]);
  assert.equal(encodeWtf8(target, 0, "\ud83d\ude00", 0), 4);
});

test("strings longer than a chunk of the decoder come back", () => {
  const text = "\udc00ab\ud83d\ude00é".repeat(5000);
  const target = Buffer.alloc(text.length * 3);
  assert.equal(decodeWtf8(target, 0, encodeWtf8(target, 0, text, 0)), text);
});
