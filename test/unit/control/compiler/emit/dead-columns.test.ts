/** Columns between operators of one module that no later one reads. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Types } from "../../../../../control/common/types.ts";
import { fused, type Step } from "./fused.ts";

const BID = Types.ROW({ auction: Types.LONG, price: Types.LONG, url: Types.STRING }).descriptor;

const PARSE: Step = ["map", (s) => JSON.parse(s), BID];

test("fields of a document that nobody reads are not decoded", () => {
  const text = fused(
    Types.STRING.descriptor,
    PARSE,
    ["filter", (b) => b.auction % 123 === 0],
    ["map", (b) => b.price],
  );
  assert.equal(text.match(/= jsonI64\(/g)?.length, 2);
  assert.match(text, /operator1\(local0, local1\)/, "nothing is handed over for the others");
  assert.doesNotMatch(text, /jsonText/);
});

test("columns that nobody reads are not read", () => {
  const text = fused(BID, ["filter", (b) => b.auction > 1], ["map", (b) => b.auction]);
  assert.deepEqual(text.match(/dataOf\(view, \d\)/g), ["dataOf(view, 0)"]);
});

test("a value that may throw is computed though nobody reads it", () => {
  const text = fused(
    BID,
    ["map", (b) => ({ part: b.url.repeat(b.price), auction: b.auction })],
    ["map", (b) => b.auction],
  );
  assert.match(text, /let local\d+: Text = textRepeat\(/);
});

test("where a later operator spreads the record, all its fields are decoded", () => {
  const text = fused(Types.STRING.descriptor, PARSE, ["map", (b) => ({ ...b, url: "" })]);
  assert.match(text, /jsonText/);
});
