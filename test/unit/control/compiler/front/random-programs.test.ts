/** Expressions put together at random, compared with V8. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { integers, type Lambda, numbers, programOf, texts } from "./differential.ts";
import { evaluateProgram, GAVE_UP } from "./evaluate-ir.ts";

const ROW: DataType = {
  kind: "ROW",
  fields: [
    { name: "s", type: { kind: "STRING" } },
    { name: "n", type: { kind: "NUMBER" } },
    { name: "i", type: { kind: "INT" } },
    { name: "b", type: { kind: "BOOLEAN" } },
  ],
};
const ROWS = fc.record(
  { s: texts(), n: numbers(), i: integers(), b: fc.boolean() },
  { noNullPrototype: true },
);

type Texts = fc.Arbitrary<string>;

/** Source of functions over ROW, of a number, a string and a boolean. */
function sources(): Texts {
  const { source } = fc.letrec<Record<"source" | "number" | "text" | "boolean", string>>((tie) => {
    const number = tie("number");
    const text = tie("text");
    const boolean = tie("boolean");
    const any = fc.oneof(number, text, boolean);
    const call = (form: string, ...parts: Texts[]): Texts =>
      fc
        .tuple(...parts)
        .map((values) => form.replace(/\$(\d)/g, (_, at) => values[Number(at)] ?? ""));
    const operator = (...operators: string[]): Texts => fc.constantFrom(...operators);
    return {
      number: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom("r.n", "r.i", "r.s.length", "0", "1", "(-0)", "NaN", "2.5", "1e21"),
        call("($0 $1 $2)", number, operator("+", "-", "*", "/", "%", "**"), number),
        call("($0 $1 $2)", any, operator("-", "*", "&", "|", "^", "<<", ">>", ">>>"), any),
        call("($1($0))", any, operator("+", "-", "~", "Number", "parseFloat", "parseInt")),
        call("Math.$0($1)", operator("abs", "floor", "sign", "round", "sqrt", "trunc"), any),
        call("Math.$0($1, $2)", operator("max", "min", "pow"), number, number),
        call("($0 ? $1 : $2)", any, number, number),
        call("($0 $1 $2)", number, operator("||", "&&"), number),
        call("$0.$1($2)", text, operator("indexOf", "lastIndexOf"), text),
        call("$0.charCodeAt($1)", text, number),
        call("[$0, $1, $2].reduce((a, b) => a + b * 2, 1)", number, number, number),
        call("$0.split($1).length", text, text),
      ),
      text: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom("r.s", '""', '"a"', '","', '"\\ud83d"', '"\\ude00b"', "'7'"),
        call("($0 + $1)", text, any),
        call("($0 + $1)", any, text),
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a template.
        call("`<${$0}|${$1}>`", any, any),
        call("String($0)", any),
        call("$0.$1()", text, operator("trim", "toUpperCase", "toLowerCase", "toString")),
        call("$0.$1($2, $3)", text, operator("slice", "substring"), number, number),
        call("$0.$1($2)", text, operator("charAt", "slice"), number),
        call("($0 ? $1 : $2)", any, text, text),
        call("($0 $1 $2)", text, operator("||", "&&"), text),
        call("$0.split($1).map((w, i) => w + i).join($2)", text, text, text),
        call("$0.replace($1, $2)", text, text, text),
      ),
      boolean: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom("r.b", "true", "false"),
        call("($0 $1 $2)", any, operator("<", "<=", ">", ">="), any),
        call("($0 $1 $2)", number, operator("===", "!==", "==", "!="), number),
        call("($0 $1 $2)", text, operator("===", "!==", "==", "!="), text),
        call("(!$0)", any),
        call("($0 $1 $2)", boolean, operator("&&", "||"), boolean),
        call("$0.$1($2)", text, operator("includes", "startsWith", "endsWith"), text),
        call("Number.$0($1)", operator("isNaN", "isInteger", "isFinite"), number),
        call("$0.split($1).some((w) => w < $2)", text, text, text),
        call("[$0, $1].includes($2)", number, number, number),
      ),
      source: call("[$0, $1, $2]", number, text, boolean),
    };
  });
  return source;
}

test("random expressions give what JavaScript gives", () => {
  let computed = 0;
  fc.assert(
    fc.property(sources(), fc.array(ROWS, { minLength: 4, maxLength: 8 }), (source, rows) => {
      const fn = new Function("r", `return ${source};`) as Lambda;
      const program = programOf(fn, { role: "map", inputType: ROW, declaredOutput: null });
      for (const row of rows) {
        const actual = evaluateProgram(program, row);
        if (actual === GAVE_UP) continue;
        computed += 1;
        assert.equal(inspect(actual), inspect([fn(row)]));
        assert.deepStrictEqual(actual, [fn(row)]);
      }
    }),
    { seed: 20240917, numRuns: 400 },
  );
  assert.ok(computed > 1000, `${computed} rows were computed`);
});
