import assert from "node:assert/strict";
import { test } from "node:test";
import { createPrng, randomSeed } from "../../../../dataplane/worker/prng.ts";

function draw(seed: number, bound: number, count: number): number[] {
  const { nextInt } = createPrng(seed);
  return Array.from({ length: count }, () => nextInt(bound));
}

test("the same seed gives the same numbers, another seed others", () => {
  assert.deepEqual(draw(7, 1000, 20), draw(7, 1000, 20));
  assert.notDeepEqual(draw(7, 1000, 20), draw(8, 1000, 20));
  assert.notDeepEqual(draw(7, 1000, 20), draw(7 + 2 ** 32, 1000, 20));
});

test("numbers stay below the bound and are spread evenly", () => {
  const counts = new Array<number>(10).fill(0);
  for (const value of draw(1, 10, 100_000)) {
    assert.ok(Number.isInteger(value) && value >= 0 && value < 10);
    counts[value] = (counts[value] as number) + 1;
  }
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, String(counts));
});

test("seeds are integers and differ", () => {
  assert.ok(Number.isSafeInteger(randomSeed()));
  assert.notEqual(randomSeed(), randomSeed());
});
