/** Which leaves of the input a program touches. */
import type { Expr, Program } from "../ir.ts";
import { leavesOf, visitExpressions, visitStatements } from "./visit.ts";

/** Leaves of the input that operations read; not those that are only emitted as they are. */
export function usedInputs(program: Program): readonly (readonly number[])[] {
  const emitted = emittedLeaves(program);
  return paths(program, (expr) => !emitted.has(expr));
}

/** Leaves of the input that are emitted as they are. */
export function emittedInputs(program: Program): readonly (readonly number[])[] {
  const emitted = emittedLeaves(program);
  return paths(program, (expr) => emitted.has(expr));
}

function emittedLeaves(program: Program): ReadonlySet<Expr> {
  const leaves = new Set<Expr>();
  visitStatements(program.body, (statement) => {
    if (statement.do !== "emit") return;
    for (const expr of leavesOf(statement.value)) leaves.add(expr);
  });
  return leaves;
}

function paths(program: Program, counts: (expr: Expr) => boolean): readonly (readonly number[])[] {
  const found = new Map<string, readonly number[]>();
  visitExpressions(program.body, (expr) => {
    if (expr.op === "input" && counts(expr)) found.set(expr.path.join("."), expr.path);
  });
  return [...found.values()];
}
