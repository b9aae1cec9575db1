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
    case "nullable":
      return [expr.value, expr.isNull];
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
    case "give-up":
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
    for (const expr of partsOf(statement.value)) visitExpression(expr, visit);
  });
}

/** Scalars and lists that are emitted, from the first to the last. */
export function leavesOf(value: Value): readonly Expr[] {
  return value.kind === "scalar" ? [value.value] : value.fields.flatMap(leavesOf);
}

/** What is emitted, and what says whether records in it are null. */
export function partsOf(value: Value): readonly Expr[] {
  if (value.kind === "scalar") return [value.value];
  const parts = value.fields.flatMap(partsOf);
  return value.isNull === null ? parts : [...parts, value.isNull];
}
