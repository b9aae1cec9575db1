/** Which leaves of the input a program touches, and which it emits as they are. */
import type { Expr, Program, Statement, Value } from "../ir.ts";
import {
  blocksOf,
  expressionsOf,
  leavesOf,
  visitExpression,
  visitExpressions,
  visitStatements,
} from "./visit.ts";

export type Path = readonly number[];

/** A path as a key. */
export function pathKey(path: Path): string {
  return path.join(".");
}

/** Whether a place is a record or lies in it. */
export function isWithin(path: Path, record: Path): boolean {
  return record.every((field, index) => path[index] === field);
}

/** Keys of the leaves of the input that statements read, those emitted as they are included. */
export function inputPaths(body: readonly Statement[]): ReadonlySet<string> {
  const paths = new Set<string>();
  visitExpressions(body, (expr) => {
    if (expr.op === "input") paths.add(pathKey(expr.path));
  });
  return paths;
}

/** Leaves of the input that operations read; not those that are only emitted as they are. */
export function usedInputs({ body }: Program): readonly Path[] {
  const paths = new Map<string, Path>();
  const visit = (expr: Expr): void => {
    visitExpression(expr, (part) => {
      if (part.op === "input") paths.set(pathKey(part.path), part.path);
    });
  };
  visitStatements(body, (statement) => {
    for (const expr of expressionsOf(statement)) visit(expr);
  });
  visitEmissions(body, (value, guarded) => {
    for (const leaf of leavesOf(value)) if (passedInput(leaf, guarded) === null) visit(leaf);
  });
  return [...paths.values()];
}

/** @param visit is told the places in the input that are not null where the value is emitted, as keys */
export function visitEmissions(
  body: readonly Statement[],
  visit: (value: Value, guarded: ReadonlySet<string>) => void,
  outer: ReadonlySet<string> = new Set(),
): void {
  let guarded = outer;
  for (const statement of body) {
    const path = guardedPath(statement);
    if (path !== null) guarded = new Set([...guarded, pathKey(path)]);
    if (statement.do === "emit") visit(statement.value, guarded);
    for (const block of blocksOf(statement)) visitEmissions(block, visit, guarded);
  }
}

/** Where the input must not be null, or the statement gives the row up; null = it does something else. */
export function guardedPath(statement: Statement): Path | null {
  if (statement.do !== "if" || statement.test.op !== "is-null") return null;
  const isGuard = statement.then.every((inner) => inner.do === "give-up");
  return isGuard && statement.else.length === 0 ? statement.test.path : null;
}

/**
 * The leaf of the input that an emitted expression is, with its nulls; null = it is computed. Without its
 * nulls, a field is read for its neutral value, unless it is not null there.
 */
export function passedInput(expr: Expr, guarded: ReadonlySet<string>): Path | null {
  if (expr.op === "input") {
    return expr.path.length === 0 || guarded.has(pathKey(expr.path)) ? expr.path : null;
  }
  if (expr.op !== "nullable" || expr.value.op !== "input" || expr.isNull.op !== "is-null") {
    return null;
  }
  return pathKey(expr.value.path) === pathKey(expr.isNull.path) ? expr.value.path : null;
}
