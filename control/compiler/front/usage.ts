/** Which leaves of the input a program touches. */
import type { Expr, Program } from "../ir.ts";
import { expressionsOf, leavesOf, operandsOf, visitExpression, visitStatements } from "./visit.ts";

type Path = readonly number[];

/** Leaves of the input that operations read; not those that are only emitted as they are. */
export function usedInputs({ body }: Program): readonly Path[] {
  const paths = new Map<string, Path>();
  visitStatements(body, (statement) => {
    const read =
      statement.do === "emit"
        ? leavesOf(statement.value).flatMap(operandsOf)
        : expressionsOf(statement);
    for (const expr of read) visitExpression(expr, (part) => note(paths, part));
  });
  return [...paths.values()];
}

/** Leaves of the input that are emitted as they are. */
export function emittedInputs({ body }: Program): readonly Path[] {
  const paths = new Map<string, Path>();
  visitStatements(body, (statement) => {
    if (statement.do !== "emit") return;
    for (const leaf of leavesOf(statement.value)) note(paths, leaf);
  });
  return [...paths.values()];
}

function note(paths: Map<string, Path>, expr: Expr): void {
  if (expr.op === "input") paths.set(expr.path.join("."), expr.path);
}
