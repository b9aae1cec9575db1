/** Walks over programs. */
import type { Expr, Statement, Value } from "../ir.ts";

/** Expressions directly below one. */
export function operandsOf(expr: Expr): readonly Expr[] {
  switch (expr.op) {
    case "number":
    case "negate":
    case "bit-not":
    case "not":
      return [expr.operand];
    case "binary":
    case "and":
    case "or":
      return [expr.left, expr.right];
    case "conditional":
      return [expr.test, expr.whenTrue, expr.whenFalse];
    case "call":
      return expr.args;
    case "list":
      return expr.items;
    case "element":
      return [expr.list, expr.index];
    default:
      return [];
  }
}

/** Expressions of a statement itself; not those of what it emits. */
export function expressionsOf(statement: Statement): readonly Expr[] {
  switch (statement.do) {
    case "let":
    case "set":
      return [statement.value];
    case "if":
    case "while":
      return [statement.test];
    case "each":
      return [statement.list];
    case "json":
      return [statement.text];
    case "emit":
      return [];
  }
}

export function blocksOf(statement: Statement): readonly (readonly Statement[])[] {
  switch (statement.do) {
    case "if":
      return [statement.then, statement.else];
    case "each":
    case "while":
      return [statement.body];
    default:
      return [];
  }
}

export function visitStatements(
  body: readonly Statement[],
  visit: (statement: Statement) => void,
): void {
  for (const statement of body) {
    visit(statement);
    for (const block of blocksOf(statement)) visitStatements(block, visit);
  }
}

/** An expression and all below it. */
export function visitExpression(expr: Expr, visit: (expr: Expr) => void): void {
  visit(expr);
  for (const operand of operandsOf(expr)) visitExpression(operand, visit);
}

export function visitExpressions(body: readonly Statement[], visit: (expr: Expr) => void): void {
  visitStatements(body, (statement) => {
    for (const expr of expressionsOf(statement)) visitExpression(expr, visit);
    if (statement.do !== "emit") return;
    for (const expr of leavesOf(statement.value)) visitExpression(expr, visit);
  });
}

export function leavesOf(value: Value): readonly Expr[] {
  return value.kind === "scalar" ? [value.value] : value.fields.flatMap(leavesOf);
}
