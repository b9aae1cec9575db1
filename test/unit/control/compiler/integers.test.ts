/** Counters and positions, which compiled code keeps as 32-bit integers, against V8. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Types } from "../../../../control/common/types.ts";
import type { FunctionCase } from "../../../compiler-fuzz/cases.ts";
import { CaseCompiler } from "../../../compiler-fuzz/compile-cases.ts";
import { runCase } from "../../../compiler-fuzz/run-case.ts";

const STRING = Types.STRING.descriptor;
const LINES = ["", "a", "a b", "  ", "a  b ", "x y z  ", "é 😀 b", "b ".repeat(100)];
const SOURCES = [
  '(s) => { const w = s.split(" "); let end = w.length; while (end > 0 && w[end - 1] === "") end -= 1; return end; }',
  '(s) => { const w = s.split(" "); let at = 0 - 1; for (let i = 0; i < w.length; i++) if (w[i] === "b") at = i; return at / 2; }',
  "(s) => { let n = 0; for (let i = s.length; i >= 1; i--) { n -= 3; } return n === 0 ? 1 / n : n; }",
  '(s) => { const w = s.split(" "); let k = 0; for (let i = 0; i < w.length; i++) k = k + 1 - 2 + i; return [k, k % 3, k | 0, String(k)]; }',
  '(s) => { const w = s.split(" "); const i = w.length - 2; return w[i] ?? "none"; }',
];
const BEYOND = [
  "(s) => { let n = 0; for (let i = 0; i < s.length; i++) n += 1000000000; return n; }",
  '(s) => { let n = 5; for (const w of s.split(" ")) if (w === "b") n -= 1073741824; return n; }',
  '(s) => { const w = s.split(" "); const i = w.length - 2; return w[i]; }',
];

const compiler = new CaseCompiler();
const everything = compiler.compile([...SOURCES, ...BEYOND].map(caseOf));

after(() => compiler.close());

function caseOf(source: string): FunctionCase {
  return { role: "map", inputType: STRING, source };
}

test("counters, positions and lengths are those of V8", async () => {
  const { compiled, refused } = await everything;
  assert.deepEqual(refused, []);
  for (const each of compiled.filter((one) => SOURCES.includes(one.function.source))) {
    const report = await runCase(each, LINES, { outputRows: 50, batchRows: 64 });
    assert.deepEqual(report.mismatches, [], each.function.source);
    assert.equal(report.left + report.givenUp.length, 0, each.function.source);
  }
});

test("what leaves 32 bits, or a list, is given up", async () => {
  const { compiled } = await everything;
  for (const each of compiled.filter((one) => BEYOND.includes(one.function.source))) {
    const report = await runCase(each, LINES, { outputRows: 50, batchRows: 64 });
    assert.deepEqual(report.mismatches, [], each.function.source);
    assert.notEqual(report.left + report.givenUp.length, 0, each.function.source);
  }
});
