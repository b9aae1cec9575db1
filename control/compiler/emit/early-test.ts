/**
 * The test of a filter that is the first of a run, asked before anything is prepared for the row: most rows
 * end there. Rows it gives up, and rows that pass, are asked again on the way everybody goes.
 */
import { ifStatement } from "../front/code.ts";
import { operandsOf } from "../front/visit.ts";
import type { Expr, Program } from "../ir.ts";
import type { Leaf } from "./columns.ts";
import { type ExpressionScope, expressionText } from "./expressions.ts";
import { inputPaths, pathKey } from "./input-paths.ts";

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
  return isPlain(first.test) ? first.test : null;
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
  scope: ExpressionScope,
): readonly string[] {
  const hasGivenUp = scope.source.use("give-up", "hasGivenUp");
  return [
    "@inline",
    `function rejects(${parameters.join(", ")}): bool {`,
    `  return !${expressionText(test, scope)} && !${hasGivenUp}();`,
    "}",
  ];
}
