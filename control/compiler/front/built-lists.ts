/**
 * Lists that methods make are not built, but JavaScript builds them where they are written and throws
 * there. What a list is bound to may never iterate over it: then its code is run for its errors alone.
 */
import { type Expr, type Statement, typeOf } from "../ir.ts";
import type { Lowering } from "./lowering.ts";
import type { Term } from "./scope.ts";
import { mapScalars } from "./terms.ts";
import { visitExpressions, visitStatements } from "./visit.ts";

/** Computes a term nobody may use; what cannot throw is left out. */
export function runLists(lowering: Lowering, term: Term): void {
  const { code } = lowering;
  if (term.kind === "tuple") for (const item of term.items) runLists(lowering, item);
  if (term.kind === "row") for (const field of term.fields.values()) runLists(lowering, field);
  if (term.kind !== "sequence") return;
  const statements = code.block(() => {
    term.each((item) => {
      mapScalars(item, (expr) => code.discard(expr));
      runLists(lowering, item);
    });
  });
  if (mayThrow(statements)) for (const statement of statements) code.push(statement);
}

/** A bigint, or what is null or undefined in JavaScript, may have an operation at hand that refuses it. */
function mayThrow(statements: readonly Statement[]): boolean {
  let isFound = false;
  visitStatements(statements, (statement) => {
    isFound ||= statement.do === "give-up";
  });
  visitExpressions(statements, (expr) => {
    isFound ||= isDoubtful(expr);
  });
  return isFound;
}

const THROWING: ReadonlySet<string> = new Set([
  "number.toFixed",
  "string.repeat",
  "regexp.group",
  "regexp.optionalGroup",
  "regexp.found",
]);

function isDoubtful(expr: Expr): boolean {
  if (expr.op === "call") return THROWING.has(expr.name) || expr.name === "string.at";
  if (expr.op === "nullable") return true;
  return expr.op === "element" || (expr.op === "number" && typeOf(expr.operand).kind !== "INT");
}
