import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { cloneValue, packGeneric, unpackGeneric } from "../../../../dataplane/formats/generic.ts";
import { anyString, SEED } from "./arbitraries.ts";

const place = { operator: "map", path: "record.f1" };

function roundTrip(value: unknown): unknown {
  return unpackGeneric(Uint8Array.from(packGeneric(value, place)));
}

const anyValue = fc.anything({
  key: anyString,
  values: [
    anyString,
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.boolean(),
    fc.constantFrom(
      null,
      undefined,
      -0,
      Number.NaN,
      2 ** 53,
      2n ** 70n,
      -(2n ** 64n),
      "\ud800",
      "",
    ),
    fc.date({ noInvalidDate: false }),
    fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
  ],
  withMap: true,
  withSet: true,
  maxDepth: 3,
});

test("values come back as they were, with -0, lone surrogates and bigints of any size", () => {
  fc.assert(
    fc.property(anyValue, (value) => assert.deepStrictEqual(roundTrip(value), value)),
    { seed: SEED, numRuns: 3000 },
  );
});

test("what MessagePack alone would lose comes back", () => {
  const odd = JSON.parse('{"__proto__": {"x": 1}, "y": [-0]}') as Record<string, unknown>;
  odd["\udc00"] = new Map([[{ a: "\ud800" }, new Set([-0])]]);
  assert.deepStrictEqual(roundTrip(odd), odd);
  assert.ok(Object.is(roundTrip(-0), -0));
  assert.ok(Number.isNaN((roundTrip(new Date(Number.NaN)) as Date).getTime()));
  assert.deepStrictEqual(roundTrip({ a: undefined }), { a: undefined });
  assert.deepStrictEqual(roundTrip([Buffer.from("abc")]), [new Uint8Array([97, 98, 99])]);
});

test("two values packed one after the other do not depend on each other", () => {
  const first = Uint8Array.from(packGeneric({ a: 1, b: "x" }, place));
  const second = Uint8Array.from(packGeneric({ a: 2, b: "y" }, place));
  assert.equal(first.length, second.length);
  assert.deepStrictEqual(unpackGeneric(second), { a: 2, b: "y" });
  assert.deepStrictEqual(unpackGeneric(first), { a: 1, b: "x" });
});

test("a value does not change with the bytes it was read from", () => {
  const bytes = Uint8Array.from(packGeneric({ b: new Uint8Array([1, 2, 3]), s: "abc" }, place));
  const value = unpackGeneric(bytes);
  bytes.fill(0);
  assert.deepStrictEqual(value, { b: new Uint8Array([1, 2, 3]), s: "abc" });
});

test("functions, symbols, class instances and circular structures are refused with their path", () => {
  class Point {
    x = 1;
  }
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  const cases: readonly (readonly [unknown, string, string])[] = [
    [() => 1, "record.f1", "function"],
    [{ a: [1, Symbol("s")] }, "record.f1.a[1]", "symbol"],
    [{ p: new Point() }, "record.f1.p", "Point"],
    [new Map([["k", new Point()]]), "record.f1.get(k)", "Point"],
    [new Set([new Float64Array(1)]), "record.f1.values()", "Float64Array"],
    [new Error("x"), "record.f1", "Error"],
  ];
  for (const [value, path, actual] of cases) {
    const details = { operator: "map", path, actual };
    assert.throws(() => packGeneric(value, place), { code: "MR_TYPE_UNSUPPORTED", details });
  }
  assert.throws(() => packGeneric(circular, place), {
    code: "MR_TYPE_UNSUPPORTED",
    message: /circular or too deep structure/,
  });
});

test("a clone is equal and shares nothing", () => {
  const original = {
    list: [1, { deep: [2] }],
    bytes: new Uint8Array([1]),
    date: new Date(5),
    map: new Map([["k", [1]]]),
    set: new Set([[1]]),
  };
  const copy = cloneValue(original);
  assert.deepStrictEqual(copy, original);
  original.list.push(3);
  original.bytes[0] = 9;
  original.date.setTime(6);
  original.map.get("k")?.push(2);
  for (const item of original.set) item.push(2);
  assert.deepStrictEqual(copy, {
    list: [1, { deep: [2] }],
    bytes: new Uint8Array([1]),
    date: new Date(5),
    map: new Map([["k", [1]]]),
    set: new Set([[1]]),
  });
});
