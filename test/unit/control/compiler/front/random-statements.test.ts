/** Statements put together at random: loops, branches and the ways out of them, compared with V8. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { integers, type Lambda, texts } from "./differential.ts";
import { evaluateProgram, GAVE_UP } from "./evaluate-ir.ts";

const ROW: DataType = {
  kind: "ROW",
  fields: [
    { name: "s", type: { kind: "STRING" } },
    { name: "n", type: { kind: "NUMBER" } },
  ],
};
const ROWS = fc.record({ s: texts(), n: integers() }, { noNullPrototype: true });

const MAX_DEPTH = 3;

type Texts = fc.Arbitrary<string>;

function block(depth: number, isInLoop: boolean): Texts {
  return fc
    .array(statement(depth, isInLoop), { minLength: 1, maxLength: 3 })
    .map((statements) => statements.join("\n"));
}

const CONDITIONS: Texts = fc.constantFrom(
  "a > 2",
  "t.length < 4",
  "r.s.includes(',')",
  "a % 2 === 0 && t !== ''",
  "r.s.split(',').some((w) => w.length > a)",
  "!t || r.n < 0",
);

const SIMPLE: Texts = fc.constantFrom(
  "a += 1;",
  "a--;",
  "a = a * 2 + t.length;",
  "t += a;",
  "t = t.slice(1);",
  "t = t || r.s;",
  "a = f(a) % 100;",
  "t = g(t);",
  "out.collect([a, t]);",
  "out.collect([f(a), g(r.s)]);",
  "{ const a = 5; out.collect([a, t]); }",
  "r.s.split(',').forEach((w, i) => { if (i > 2) return; t += w; a += i; });",
  "for (const x of r.s.split(' ').map((w) => w + a)) { a++; t += x; if (a > 50) break; }",
  "a = r.s.split(',').reduce((sum, w) => sum + w.length * a, 0) % 50;",
);

const EXITS: Texts = fc.constantFrom("return;", "return out.collect([a, 'end']);");
const LOOP_EXITS: Texts = fc.constantFrom("break;", "continue;", "return;");

function statement(depth: number, isInLoop: boolean): Texts {
  if (depth >= MAX_DEPTH) return SIMPLE;
  const inner = fc.constant(null).chain(() => block(depth + 1, isInLoop));
  const body = fc.constant(null).chain(() => block(depth + 1, true));
  const form = (text: string, ...parts: Texts[]): Texts =>
    fc
      .tuple(...parts)
      .map((values) => text.replace(/\$(\d)/g, (_, at) => values[Number(at)] ?? ""));
  const variable = `k${depth}`;
  return fc.oneof(
    { weight: 5, arbitrary: SIMPLE },
    { weight: 2, arbitrary: form("if ($0) { $1 } else { $2 }", CONDITIONS, inner, inner) },
    { weight: 2, arbitrary: form("if ($0) { $1\n$2 }", CONDITIONS, inner, exits(isInLoop)) },
    { weight: 1, arbitrary: form("if ($0) $1", CONDITIONS, exits(isInLoop)) },
    form("for (const w of r.s.split(' ')) { t += w; $0 }", body),
    form(
      `for (let ${variable} = 0; ${variable} < 3; ${variable}++) { a += ${variable}; $0 }`,
      body,
    ),
    form(
      `let ${variable} = 0; while (${variable} < 2 && ($0)) { ${variable} += 1; $1 }`,
      CONDITIONS,
      body,
    ),
    form(
      "switch (a % 3) { case 0: $0 break; case 1: case 2: { $1 return; } default: $2 }",
      inner,
      inner,
      inner,
    ),
  );
}

function exits(isInLoop: boolean): Texts {
  return isInLoop ? LOOP_EXITS : EXITS;
}

const PROLOGUE = `
  let a = r.n % 7;
  let t = "";
  const f = (x) => {
    for (let i = 0; i < 3; i++) {
      if (x > i + a) return x - i;
      if (x === 1) break;
    }
    return x + 1;
  };
  function g(text) {
    let result;
    if (text.length > 3) result = text.slice(-2);
    else result = text + "g";
    return result;
  }`;

test("random statements emit what JavaScript emits", () => {
  let compiled = 0;
  fc.assert(
    fc.property(block(0, false), fc.array(ROWS, { minLength: 3, maxLength: 6 }), (body, rows) => {
      // The label of a declaration in a branch is its own: each statement is a block.
      const source = `${PROLOGUE}\n{ ${body} }\nout.collect([a, t]);`;
      const fn = functionOf(source);
      if (fn === null) return;
      const analysis = analyze({ fn, role: "flatMap", inputType: ROW, declaredOutput: null });
      if (!analysis.ok) {
        // Code behind a branch that may leave is written twice; dead code is left out.
        assert.match(analysis.reason, /more than 5,000 operations|emits nothing/);
        return;
      }
      const { program } = analysis;
      compiled += 1;
      for (const row of rows) {
        const expected: unknown[] = [];
        fn(row, { collect: (item: unknown) => void expected.push(item) });
        const actual = evaluateProgram(program, row);
        assert.notEqual(actual, GAVE_UP);
        assert.deepStrictEqual(actual, expected);
      }
    }),
    { seed: 20240917, numRuns: 250 },
  );
  assert.ok(compiled > 150, `${compiled} programs were compiled`);
});

/** null = a name is declared twice in one block. */
function functionOf(body: string): Lambda | null {
  try {
    return new Function("r", "out", body) as Lambda;
  } catch {
    return null;
  }
}
