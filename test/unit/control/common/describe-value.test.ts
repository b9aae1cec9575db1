import assert from "node:assert/strict";
import { test } from "node:test";
import { describeValue } from "../../../../control/common/describe-value.ts";

test("values are described by what they are", () => {
  class Order {}
  const cases: readonly (readonly [unknown, string])[] = [
    [null, "null"],
    [undefined, "undefined"],
    ["4", 'the string "4"'],
    [1.5, "1.5"],
    [3n, "3n"],
    [true, "true"],
    [[1], "an array"],
    [{}, "an object"],
    [Object.create(null), "an object"],
    [new Date(0), "a Date"],
    [new Error("no"), "an Error"],
    [new Order(), "an Order"],
    [Order, "a class"],
    [() => 1, "a function"],
    [async () => 1, "an async function"],
    [function* () {}, "a generator function"],
    [async function* () {}, "an async generator function"],
    [Symbol("s"), "a symbol"],
  ];
  for (const [value, text] of cases) assert.equal(describeValue(value), text);
  assert.ok(describeValue("x".repeat(1000)).length < 80);
});
