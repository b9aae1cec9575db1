/** How operator state of old subtasks is shared among new ones. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { OperatorStateEntry } from "../../../../../dataplane/protocol/operator-state.ts";
import { shareOf } from "../../../../../dataplane/worker/checkpoint/operator-shares.ts";

function entry(
  mode: OperatorStateEntry["mode"],
  ...values: readonly unknown[]
): OperatorStateEntry {
  return { name: mode, mode, values };
}

function sharesOf(old: readonly (readonly OperatorStateEntry[])[], parallelism: number): unknown[] {
  return Array.from({ length: parallelism }, (_, index) =>
    shareOf(old, index, parallelism).map(({ values }) => values),
  );
}

test("split values are dealt out evenly, and stay where they are at the same parallelism", () => {
  const old = [[entry("split", "a", "b", "c")], [entry("split", "d")], []];
  assert.deepEqual(sharesOf(old, 3), [[["a", "b", "c"]], [["d"]], [[]]]);
  assert.deepEqual(sharesOf(old, 2), [[["a", "c"]], [["b", "d"]]]);
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat())),
      fc.integer({ min: 1, max: 9 }),
      (values, parallelism) => {
        const subtasks = values.map((own) => [entry("split", ...own)]);
        const shares = sharesOf(subtasks, parallelism).flat() as number[][];
        assert.deepEqual(shares.flat().sort(), values.flat().sort());
        if (values.length === parallelism) return;
        const sizes = shares.map(({ length }) => length);
        assert.ok(sizes.length === 0 || Math.max(...sizes) - Math.min(...sizes) <= 1);
      },
    ),
    { seed: 3 },
  );
});

test("union gives everything to everybody, broadcast what one had", () => {
  const old = [
    [entry("union", 1), entry("broadcast", "x")],
    [entry("union", 2, 3), entry("broadcast", "x")],
  ];
  assert.deepEqual(sharesOf(old, 3), [
    [[1, 2, 3], ["x"]],
    [[1, 2, 3], ["x"]],
    [[1, 2, 3], ["x"]],
  ]);
  assert.deepEqual(sharesOf([[], []], 2), [[], []]);
});
