import assert from "node:assert/strict";
import { test } from "node:test";
import { closestName } from "../../../../control/common/did-you-mean.ts";

const names = ["parallelism", "maxParallelism", "slots", "engine"];

test("a slip of the keyboard is understood", () => {
  assert.equal(closestName("paralelism", names), "parallelism");
  assert.equal(closestName("Parallelism", names), "parallelism");
  assert.equal(closestName("engien", names), "engine");
  assert.equal(closestName("slot", names), "slots");
  assert.equal(closestName("max_parallelism", names), "maxParallelism");
});

test("something else altogether is not", () => {
  assert.equal(closestName("colour", names), null);
  assert.equal(closestName("x", names), null);
  assert.equal(closestName("engine", []), null);
});
