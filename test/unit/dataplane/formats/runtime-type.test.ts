import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { createRowReader } from "../../../../dataplane/formats/row-reader.ts";
import { RowWriter } from "../../../../dataplane/formats/row-writer.ts";
import {
  inferType,
  publishedType,
  RuntimeType,
  widen,
} from "../../../../dataplane/formats/runtime-type.ts";
import { findMismatch } from "../../../../dataplane/formats/type-check.ts";
import { typeText } from "../../../../dataplane/formats/type-text.ts";
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import { anyString, createMemory, SEED } from "./arbitraries.ts";

const place = { operator: "map", path: "record" };

/** Type found from records one after the other, as text. */
function typeOf(...records: readonly unknown[]): string {
  const type = new RuntimeType("map");
  for (const record of records) type.include(record);
  return type.published === null ? "none" : typeText(type.published);
}

test("each kind of value has its type", () => {
  assert.equal(typeOf("a"), "STRING");
  assert.equal(typeOf(1.5), "NUMBER");
  assert.equal(typeOf(5n), "BIGINT");
  assert.equal(typeOf(2n ** 63n), "GENERIC");
  assert.equal(typeOf(true), "BOOLEAN");
  assert.equal(typeOf(new Uint8Array(1)), "BYTES");
  assert.equal(typeOf(["a", 1, [true]]), "TUPLE(STRING, NUMBER, TUPLE(BOOLEAN))");
  assert.equal(typeOf({ a: 1, b: { c: "x" } }), "ROW{a: NUMBER, b: ROW{c: STRING}}");
  for (const value of [new Date(), new Map(), new Set()]) assert.equal(typeOf(value), "GENERIC");
});

test("a field that is null first has no type until a value comes", () => {
  assert.equal(typeOf([null, 1]), "TUPLE(GENERIC, NUMBER)");
  assert.equal(typeOf([null, 1], ["a", null]), "TUPLE(STRING, NUMBER)");
  assert.equal(typeOf({ a: undefined }, { a: { b: 1 } }), "ROW{a: ROW{b: NUMBER}}");
});

test("new fields are added, missing ones stay, conflicts become GENERIC", () => {
  assert.equal(typeOf({ a: 1 }, { a: 2, b: "x" }), "ROW{a: NUMBER, b: STRING}");
  assert.equal(typeOf({ a: 1, b: "x" }, { b: "y" }), "ROW{a: NUMBER, b: STRING}");
  assert.equal(typeOf({ a: 1 }, { a: "x" }), "ROW{a: GENERIC}");
  assert.equal(typeOf({ a: 1 }, { a: 1n }), "ROW{a: GENERIC}");
  assert.equal(typeOf({ a: [1] }, { a: [1, 2] }), "ROW{a: GENERIC}");
  assert.equal(typeOf([1, 2], [1, 2, 3]), "GENERIC");
  assert.equal(typeOf([1], { a: 1 }), "GENERIC");
  assert.equal(typeOf("a", 1), "GENERIC");
  assert.equal(typeOf(1n, 2n ** 70n), "GENERIC");
});

test("a type that already holds a value is not made anew", () => {
  const first = inferType({ a: 1, b: [null, "x"] }, place);
  assert.equal(widen(first, { a: 2, b: [null, null] }, place), first);
  assert.equal(widen(first, {}, place), first);
  const filled = widen(first, { a: 2, b: [true, null] }, place);
  assert.notEqual(filled, first);
  assert.equal(typeText(publishedType(filled)), "ROW{a: NUMBER, b: TUPLE(BOOLEAN, STRING)}");
  assert.equal(new RuntimeType("map").published, null);
});

test("dictionaries and long arrays do not grow a column per key", () => {
  const dictionary = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, n]));
  assert.equal(typeOf(dictionary), "GENERIC");
  assert.equal(typeOf(Array.from({ length: 65 }, () => 1)), "GENERIC");
  const growing = new RuntimeType("map");
  let changes = 0;
  for (let n = 0; n < 500; ++n) if (growing.include({ [`key ${n}`]: n })) changes += 1;
  assert.equal(typeText(growing.published ?? { kind: "STRING" }), "GENERIC");
  assert.ok(changes < 70, String(changes));
});

test("values that no record can hold are refused where they are found", () => {
  class Odd {}
  const cases: readonly (readonly [unknown, string, string])[] = [
    [() => 1, "record", "function"],
    [{ a: [1, Symbol("s")] }, "record.a[1]", "symbol"],
    [[new Odd()], "record[0]", "Odd"],
  ];
  for (const [value, path, actual] of cases) {
    const expected = { code: "MR_TYPE_UNSUPPORTED", details: { operator: "map", path, actual } };
    assert.throws(() => inferType(value, place), expected);
    assert.throws(() => new RuntimeType("map").include(value), expected);
  }
  const known = inferType({ a: 1 }, place);
  assert.throws(() => widen(known, { a: new Odd() }, place), {
    details: { operator: "map", path: "record.a", actual: "Odd" },
  });
});

test("own fields with the names of inherited ones are fields, inherited ones are not", () => {
  assert.equal(typeOf({ toString: "x" }, {}), "ROW{toString: STRING}");
  assert.equal(typeOf(JSON.parse('{"__proto__": 1}')), "GENERIC");
});

test("whatever came so far fits the type and comes back from a batch of it", async () => {
  const memory = await createMemory();
  const anyRecord = fc
    .anything({
      key: fc.oneof(fc.constantFrom("a", "b", "c", "toString"), anyString),
      values: [anyString, fc.double(), fc.bigInt(), fc.boolean(), fc.constantFrom(null, 1n, -0)],
      withMap: true,
      maxDepth: 2,
      maxKeys: 3,
    })
    .filter((record) => record !== null && record !== undefined);
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 6 }), (records) => {
      const type = new RuntimeType("map");
      records.forEach((record, index) => {
        type.include(record);
        assert.equal(type.include(record), false);
        const published = type.published ?? { kind: "GENERIC" };
        for (const earlier of records.slice(0, index + 1)) {
          assert.equal(findMismatch(published, earlier, "null"), null);
        }
      });
      const schema = Schema.of({ record: type.published ?? { kind: "GENERIC" }, key: null });
      const builder = new BatchBuilder(memory, schema, { rowCapacity: 8 });
      const options = { operator: "map", maxRecordBytes: 1 << 20, missingFields: "null" } as const;
      const writer = new RowWriter(builder, options);
      for (const record of records) writer.write(record, null);
      writer.sync();
      const reader = createRowReader(schema);
      reader.open(builder);
      for (const [row, record] of records.entries()) assertHolds(reader.read(row), record);
      builder.dispose();
    }),
    { seed: SEED, numRuns: 1000 },
  );
});

/** Equal, but for fields that are null because they were missing, and bigints that came back as numbers. */
function assertHolds(actual: unknown, expected: unknown): void {
  if (expected === null || expected === undefined) {
    assert.ok(actual === null || actual === undefined);
  } else if (typeof expected === "bigint" && typeof actual === "number") {
    assert.equal(BigInt(actual), expected);
  } else if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual));
    assert.equal(actual.length, expected.length);
    for (const [index, item] of expected.entries()) assertHolds(actual[index], item);
  } else if (typeof expected === "object" && !(expected instanceof Map)) {
    const fields = actual as Readonly<Record<string, unknown>>;
    for (const [name, item] of Object.entries(expected)) assertHolds(fields[name], item);
    for (const [name, item] of Object.entries(fields)) {
      if (!Object.hasOwn(expected, name)) assert.equal(item, null);
    }
  } else {
    assert.deepStrictEqual(actual, expected);
  }
}
