import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  expandBraces,
  type GlobSegment,
  isGlob,
  isHidden,
  parseGlob,
} from "../../../../dataplane/connectors/glob.ts";

function matchesName(pattern: string, name: string): boolean {
  const alternatives = parseGlob(pattern);
  return alternatives.some(([segment]) => segment !== undefined && matchesSegment(segment, name));
}

function matchesSegment(segment: GlobSegment, name: string): boolean {
  if (segment.kind === "literal") return segment.name === name;
  return segment.kind === "names" && segment.matches(name);
}

const CASES: readonly [pattern: string, matching: readonly string[], other: readonly string[]][] = [
  ["*.txt", ["a.txt", "é.txt", "a b.txt"], ["a.txt.gz", "txt", ".txt", "_a.txt", ".a.txt"]],
  ["a?c", ["abc", "a.c", "a𝄞c"], ["ac", "abbc"]],
  ["[ab]x", ["ax", "bx"], ["cx", "abx", "[ab]x"]],
  ["[a-c]1", ["a1", "c1"], ["d1", "-1"]],
  ["[!a-c]1", ["d1", "-1"], ["a1", "_1", ".1"]],
  ["[^x]", ["y"], ["x"]],
  ["[]x]", ["]", "x"], ["[]x]"]],
  ["[z-a]", ["[z-a]"], ["b", "z"]],
  ["x[ab", ["x[ab"], ["xa"]],
  ["{a,b}.csv", ["a.csv", "b.csv"], ["c.csv", "{a,b}.csv"]],
  ["p{1,2{3,4}}", ["p1", "p23", "p24"], ["p2", "p3"]],
  ["{,x}y", ["y", "xy"], ["xxy"]],
  ["{a}", ["{a}"], ["a"]],
  ["\\*", ["*"], ["a", "\\*"]],
  ["a\\{b,c\\}?", ["a{b,c}d"], ["abd"]],
  ["a+(b)?", ["a+(b)c"], ["ab", "aab"]],
  [".*", [".a"], ["a"]],
  ["_*", ["_a"], ["a", ".a"]],
  ["**x", ["ax", "x"], ["xa"]],
];

for (const [pattern, matching, other] of CASES) {
  test(`glob ${pattern} matches exactly what it says`, () => {
    for (const name of matching) assert.equal(matchesName(pattern, name), true, name);
    for (const name of other) assert.equal(matchesName(pattern, name), false, name);
  });
}

test("only wildcards that are not escaped make a glob", () => {
  for (const path of ["a*", "a?", "[x]", "{a,b}", "\\\\*"]) assert.equal(isGlob(path), true, path);
  for (const path of ["a", "a/b.txt", "\\*", "a\\?b", "a]"])
    assert.equal(isGlob(path), false, path);
});

test("names that begin with a dot or an underscore are hidden", () => {
  assert.deepEqual([".a", "_a", "a", "a_", "a."].map(isHidden), [true, true, false, false, false]);
});

test("braces reach across slashes and keep their order", () => {
  assert.deepEqual(expandBraces("a/{b/c,d}/e{1,2}"), ["a/b/c/e1", "a/b/c/e2", "a/d/e1", "a/d/e2"]);
  assert.deepEqual(expandBraces("{a,a}"), ["a"]);
  assert.deepEqual(expandBraces("{a,b"), ["{a,b"]);
  assert.deepEqual(expandBraces("{x}{a,b}"), ["{x}a", "{x}b"]);
});

test("a pattern falls into segments, ** only as a whole one", () => {
  const kinds = parseGlob("/a/**/b*//c").map((segments) => segments.map(({ kind }) => kind));
  assert.deepEqual(kinds, [["literal", "literal", "directories", "names", "literal"]]);
});

test("any name, escaped, matches itself and nothing else", () => {
  const name = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => !text.includes("/"));
  fc.assert(
    fc.property(name, name, (text, other) => {
      const escaped = [...text].map((char) => `\\${char}`).join("");
      assert.equal(matchesName(escaped, text), true);
      assert.equal(matchesName(escaped, other), text === other);
    }),
    { seed: 11 },
  );
});

test("a star stands for any text between what is around it", () => {
  const part = fc.stringMatching(/^[a-z]{0,3}$/);
  fc.assert(
    fc.property(part, part, fc.stringMatching(/^[a-z]{0,8}$/), (before, after, name) => {
      const expected =
        name.startsWith(before) &&
        name.endsWith(after) &&
        name.length >= before.length + after.length;
      assert.equal(matchesName(`${before}*${after}`, name), expected);
    }),
    { seed: 12 },
  );
});
