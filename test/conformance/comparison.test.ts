import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareSequence, isEqual, show } from "./comparison.ts";

const SEED = 20_240_917;

test("negative zero is not zero, NaN is NaN", () => {
  assert.equal(isEqual([0], [-0]), false);
  assert.equal(isEqual([-0], [-0]), true);
  assert.equal(isEqual(Number.NaN, Number.NaN), true);
});

test("a member that is absent equals only one that is undefined", () => {
  assert.equal(isEqual({ at: 1 }, { at: 1, ts: undefined }), true);
  assert.equal(isEqual({ at: 1 }, { at: 1, ts: 0 }), false);
  assert.equal(isEqual({ at: 1, ts: 0 }, { at: 1 }), false);
});

test("arrays of other lengths and objects of other shapes differ", () => {
  assert.equal(isEqual([1], [1, 2]), false);
  assert.equal(isEqual([1], { 0: 1 }), false);
  assert.equal(isEqual("1", 1), false);
});

test("elements outside groups are compared in order", () => {
  assert.equal(compareSequence(["a", "b"], ["a", "b"]), null);
  assert.match(compareSequence(["b", "a"], ["a", "b"]) ?? "", /^element 0: expected "a", got "b"/);
});

test("missing and surplus elements are differences", () => {
  assert.match(compareSequence(["a"], ["a", "b"]) ?? "", /^element 1: expected "b", got nothing/);
  assert.match(
    compareSequence(["a", "b"], ["a"]) ?? "",
    /^element 1: expected nothing more, got "b"/,
  );
  assert.match(compareSequence<string>([], [{ unordered: [["a"]] }]) ?? "", /^element 0/);
});

test("the sequences of a group come in any order and interleave, each in its own order", () => {
  const expected = ["x", { unordered: [["a1", "a2"], ["b1"]] }, "y"];
  for (const middle of [
    ["a1", "a2", "b1"],
    ["b1", "a1", "a2"],
    ["a1", "b1", "a2"],
  ]) {
    assert.equal(compareSequence(["x", ...middle, "y"], expected), null);
  }
  assert.notEqual(compareSequence(["x", "a2", "a1", "b1", "y"], expected), null);
  assert.notEqual(compareSequence(["a1", "x", "a2", "b1", "y"], expected), null);
});

test("equal elements of several sequences are told apart by what follows them", () => {
  const expected = [
    {
      unordered: [
        ["s", "a"],
        ["s", "b"],
        ["s", "s"],
      ],
    },
  ];
  assert.equal(compareSequence(["s", "s", "b", "a", "s", "s"], expected), null);
  assert.notEqual(compareSequence(["s", "a", "b", "s", "s", "s"], expected), null);
});

test("property: every interleaving of a group passes, and fails once one element is changed", () => {
  const groups = fc.array(
    fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  fc.assert(
    fc.property(groups, fc.array(fc.nat(), { minLength: 16, maxLength: 16 }), (group, choices) => {
      const merged = interleave(group, choices);
      assert.equal(compareSequence(merged, [{ unordered: group }]), null);
      const changed = merged.map((value, index) => (index === 0 ? 9 : value));
      assert.notEqual(compareSequence(changed, [{ unordered: group }]), null);
    }),
    { seed: SEED },
  );
});

function interleave(group: readonly (readonly number[])[], choices: readonly number[]): number[] {
  const rest = group.map((sequence) => [...sequence]);
  const merged: number[] = [];
  for (let step = 0; rest.some((sequence) => sequence.length > 0); step++) {
    const open = rest.filter((sequence) => sequence.length > 0);
    const value = open[(choices[step % choices.length] ?? 0) % open.length]?.shift();
    if (value !== undefined) merged.push(value);
  }
  return merged;
}

test("differences show negative zero and leave out what is absent", () => {
  assert.equal(show({ record: ["a", -0], ts: undefined, at: 3 }), '{"record":["a",-0],"at":3}');
});
