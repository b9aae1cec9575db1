import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { checkKey, decodeKey, KeyEncoder } from "../../../../dataplane/formats/key-codec.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { anyString, SEED } from "./arbitraries.ts";

const anyScalar = fc.oneof(
  anyString,
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.boolean(),
);

const anyKey: fc.Arbitrary<unknown> = fc.letrec<{ key: unknown }>((tie) => ({
  key: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    anyScalar,
    fc.array(tie("key"), { maxLength: 4 }),
    fc.dictionary(anyString, tie("key"), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(anyScalar, tie("key")), { maxLength: 3 }).map((entries) => new Map(entries)),
  ),
})).key;

const place = { operator: "keyBy", row: 0 };

function encode(key: unknown): Buffer {
  return Buffer.from(new KeyEncoder().encode(key, place));
}

function codeOf(key: unknown): string {
  try {
    encode(key);
  } catch (error) {
    assert.ok(error instanceof EngineError);
    return error.code;
  }
  return "none";
}

/** -0 and 0 are one key, also deep inside. */
function withoutMinusZero(key: unknown): unknown {
  if (Object.is(key, -0)) return 0;
  if (Array.isArray(key)) return key.map(withoutMinusZero);
  if (key instanceof Map) {
    return new Map(
      [...key].map(([name, value]) => [withoutMinusZero(name), withoutMinusZero(value)]),
    );
  }
  if (typeof key !== "object" || key === null) return key;
  return Object.fromEntries(
    Object.entries(key).map(([name, value]) => [name, withoutMinusZero(value)]),
  );
}

test("a key comes back from its bytes", () => {
  const encoder = new KeyEncoder();
  fc.assert(
    fc.property(anyKey, (key) => {
      assert.deepStrictEqual(decodeKey(encoder.encode(key, place)), withoutMinusZero(key));
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test("the order of an object's fields and a Map's entries does not matter", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(anyString, anyKey), { selector: ([name]) => name }),
      (entries) => {
        const reversed = entries.toReversed();
        assert.deepEqual(encode(Object.fromEntries(entries)), encode(Object.fromEntries(reversed)));
        assert.deepEqual(encode(new Map(entries)), encode(new Map(reversed)));
      },
    ),
    { seed: SEED },
  );
});

test("different scalars have different bytes, 0 and -0 the same", () => {
  fc.assert(
    fc.property(anyScalar, anyScalar, (a, b) => {
      const isSame = a === b;
      assert.equal(encode(a).equals(encode(b)), isSame);
    }),
    { seed: SEED },
  );
  assert.deepEqual(encode(-0), encode(0));
  assert.deepEqual(encode([{ a: -0 }]), encode([{ a: 0 }]));
});

test("number 1, bigint 1n, string 1, true and [1] are five keys", () => {
  const all = [1, 1n, "1", true, [1]].map((key) => encode(key).toString("hex"));
  assert.equal(new Set(all).size, 5);
});

test("null and NaN are refused at any depth, with operator and row", () => {
  for (const key of [null, undefined, ["a", null], { a: undefined }, new Map([["a", null]])]) {
    assert.equal(codeOf(key), "MR_KEY_NULL");
  }
  for (const key of [Number.NaN, [1, Number.NaN], { a: [Number.NaN] }]) {
    assert.equal(codeOf(key), "MR_KEY_NAN");
  }
  const at = { operator: "keyBy", row: 41 };
  assert.throws(() => new KeyEncoder().encode(null, at), {
    code: "MR_KEY_NULL",
    details: { operator: "keyBy", row: 41, value: "null" },
  });
});

test("values that have no stable identity are no keys", () => {
  const circular: unknown[] = [];
  circular.push(circular);
  const odd = [
    new Uint8Array(2),
    new Date(),
    new Set(),
    () => 1,
    Symbol("s"),
    new (class Odd {})(),
    circular,
  ];
  for (const key of odd) assert.equal(codeOf(key), "MR_KEY_TYPE");
  assert.throws(() => new KeyEncoder().encode(new Date(), place), {
    details: { operator: "keyBy", actual: "Date" },
  });
});

test("keys of declared types are checked for null and NaN", () => {
  checkKey("a", place);
  checkKey(["a", 1], place);
  assert.throws(() => checkKey(null, place), { code: "MR_KEY_NULL" });
  assert.throws(() => checkKey([1, undefined], place), { code: "MR_KEY_NULL" });
  assert.throws(() => checkKey(Number.NaN, place), { code: "MR_KEY_NAN" });
});
