import assert from "node:assert/strict";
import { test } from "node:test";
import { Double, toJson } from "../../../../control/rest/json.ts";

test("doubles have a fraction, and text where they are no number", () => {
  const values = [8, -0.5, 1_795_386_077_642, Number.NaN, Number.POSITIVE_INFINITY];
  assert.equal(
    toJson(values.map((value) => new Double(value))),
    '[8.0,-0.5,1795386077642.0,"NaN","Infinity"]',
  );
});

test("integers of 64 bits keep all their digits", () => {
  assert.equal(
    toJson({ interval: 9_223_372_036_854_775_807n }),
    '{"interval":9223372036854775807}',
  );
});

test("the rest is as JSON.stringify writes it", () => {
  const value = { text: 'a"\u2028\n', list: [1, null, true], left: undefined, nested: { a: {} } };
  assert.equal(toJson(value), JSON.stringify(value));
});
