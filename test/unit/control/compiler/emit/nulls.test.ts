/** What generated code does for nulls, and where it does nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Types } from "../../../../../control/common/types.ts";
import { passedPlaces } from "../../../../../control/compiler/emit/passed-places.ts";
import type { Expr, Program } from "../../../../../control/compiler/ir.ts";
import { fused, type Step } from "./fused.ts";

const BID = Types.ROW({
  auction: Types.LONG,
  price: Types.NUMBER,
  url: Types.STRING,
  at: Types.ROW({ x: Types.NUMBER }),
}).descriptor;

/** Columns whose nulls the loop looks at. */
function asked(text: string): readonly string[] {
  const columns = [...text.matchAll(/validityOf\(view, (\d+)\)/g)].map(([, column]) => `${column}`);
  return [...new Set(columns)];
}

test("columns that pass unchanged are copied with their nulls, without a loop", () => {
  const text = fused(BID, ["map", (b) => ({ p: b.price, at: b.at })]);
  assert.doesNotMatch(text, /for \(let row/);
  assert.deepEqual(
    text.match(/passNulls\(view, \d, builder, \d/g),
    ["1, builder, 0", "3, builder, 1", "4, builder, 2"].map((copy) => `passNulls(view, ${copy}`),
  );
});

test("a field as the record is copied at once where no null gives a row up", () => {
  const text = fused(BID, ["map", (b) => b.price]);
  assert.match(text, /if \(!hasNulls\) \{\n {4}takeRows\(/);
  assert.deepEqual(asked(text), ["1"]);
});

test("nulls are asked for where columns are read or tested, not where they pass", () => {
  assert.deepEqual(asked(fused(BID, ["map", (b) => ({ ...b, price: b.price * 2 })])), ["1"]);
  assert.deepEqual(
    asked(fused(BID, ["map", (b) => [b.auction, b.url === null, b.at?.x ?? 1]])).toSorted(),
    ["2", "3", "4"],
  );
});

test("nulls of columns between operators are handed over where the next one wants to know", () => {
  const first: Step = ["map", (b) => ({ a: b.auction, p: b.price, u: b.url })];
  const text = fused(BID, first, ["map", (b) => [b.a + 1, b.u === null]]);
  assert.deepEqual(asked(text), ["0", "2"]);
  // Of the text, only whether there is one.
  assert.doesNotMatch(text, /heapOf|field2/);
});

test("a value that throws at null is computed though nobody reads it", () => {
  const first: Step = ["map", (b) => ({ length: b.url.length, a: b.auction })];
  const text = fused(BID, first, ["map", (b) => b.a + 1]);
  assert.match(text, /let local\d+: \w+ = .*present<Text>\(field2/);
});

test("where no null is possible, nothing asks for it", () => {
  const text = fused(Types.STRING.descriptor, ["flatMap", (s) => s.split(" ")]);
  assert.doesNotMatch(text, /null/i);
});

test("what lies in a record that is null for reasons of its own is not passed on as it is", () => {
  const inputType = Types.TUPLE(Types.NUMBER, Types.BOOLEAN).descriptor;
  const isNull: Expr = { op: "is-null", path: [0] };
  const leaf: Expr = { op: "input", path: [0], type: Types.NUMBER.descriptor };
  const value: Expr = { op: "nullable", value: leaf, isNull, absent: "null" };
  const inner = Types.TUPLE(Types.NUMBER).descriptor;
  const emitting = (recordIsNull: Expr | null): Program => ({
    inputType,
    outputType: { kind: "TUPLE", fields: [inner] },
    body: [
      {
        do: "emit",
        value: {
          kind: "record",
          type: { kind: "TUPLE", fields: [inner] },
          isNull: null,
          fields: [
            {
              kind: "record",
              type: inner,
              isNull: recordIsNull,
              fields: [{ kind: "scalar", value }],
            },
          ],
        },
      },
    ],
  });
  const flag: Expr = { op: "input", path: [1], type: Types.BOOLEAN.descriptor };
  assert.deepEqual([...passedPlaces([emitting(null)])], [["0.0", "0"]]);
  assert.deepEqual([...passedPlaces([emitting(flag)])], []);
  assert.deepEqual([...passedPlaces([emitting({ op: "is-null", path: [1] })])], [["0", "1"]]);
});
