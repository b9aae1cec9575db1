/**
 * The test of a filter that is the first of a run, asked before anything is prepared for the row: most rows
 * end there. Rows it gives up, and rows that pass, are asked again on the way everybody goes. It is asked
 * where there are no nulls.
 */
import { ifStatement } from "../front/code.ts";
import { folded } from "../front/fold.ts";
import { NEVER } from "../front/nulls.ts";
import { inputPaths, pathKey } from "../front/usage.ts";
import { operandsOf } from "../front/visit.ts";
import type { Expr, Program } from "../ir.ts";
import type { Leaf } from "./columns.ts";
import { expressionText } from "./expressions.ts";
import type { ModuleSource } from "./module-source.ts";
import { leafName } from "./operator-function.ts";

/** What needs no memory of the row. */
const PLAIN: ReadonlySet<Expr["op"]> = new Set([
  "number-literal",
  "string-literal",
  "boolean-literal",
  "input",
  "number",
  "negate",
  "not",
  "bit-not",
  "binary",
  "and",
  "or",
  "conditional",
]);

/** Test without which the program does nothing; null = it has none, or one that takes memory. */
export function earlyTest({ body }: Program): Expr | null {
  const [first, ...others] = body;
  if (first?.do !== "if" || first.else.length > 0 || others.length > 0) return null;
  const test = folded(withoutNulls(first.test));
  return isPlain(test) && !test.op.endsWith("-literal") ? test : null;
}

/** The expression where nothing in the input is null; what is null of its own accord may give the row up. */
function withoutNulls(expr: Expr): Expr {
  switch (expr.op) {
    case "is-null":
      return NEVER;
    case "number":
    case "negate":
    case "not":
    case "bit-not":
      return { ...expr, operand: withoutNulls(expr.operand) };
    case "binary":
    case "and":
    case "or":
      return { ...expr, left: withoutNulls(expr.left), right: withoutNulls(expr.right) };
    case "conditional":
      return {
        ...expr,
        test: withoutNulls(expr.test),
        whenTrue: withoutNulls(expr.whenTrue),
        whenFalse: withoutNulls(expr.whenFalse),
      };
    default:
      return expr;
  }
}

function isPlain(expr: Expr): boolean {
  return PLAIN.has(expr.op) && operandsOf(expr).every(isPlain);
}

/** Those of the leaves that the test reads. */
export function leavesRead(test: Expr, leaves: readonly Leaf[]): readonly Leaf[] {
  const paths = inputPaths([ifStatement(test, [], [])]);
  return leaves.filter(({ path }) => paths.has(pathKey(path)));
}

/** @param parameters of the leaves it reads, with their types */
export function rejectLines(
  test: Expr,
  parameters: readonly string[],
  source: ModuleSource,
): readonly string[] {
  const hasGivenUp = source.use("give-up", "hasGivenUp");
  const scope = {
    source,
    integers: new Set<number>(),
    inputName: leafName,
    isNullText: () => "false",
  };
  return [
    "@inline",
    `function rejects(${parameters.join(", ")}): bool {`,
    `  return !${expressionText(test, scope)} && !${hasGivenUp}();`,
    "}",
  ];
}
