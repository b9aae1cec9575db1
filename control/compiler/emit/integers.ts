/**
 * Numbers that are small integers whatever happens: counters, positions, lengths. Generated code keeps
 * them as i32, so that comparing, counting and taking elements costs no conversion (a third of a loop over
 * the words of a line). They are never -0; what leaves 32 bits gives the row up.
 */
import { visitStatements } from "../front/visit.ts";
import type { Expr, LocalId, Statement } from "../ir.ts";

const LITERAL_MAX = 2 ** 30;
/** Builtins whose results fit: strings and lists are shorter. */
const LENGTHS: ReadonlySet<string> = new Set(["list.length", "string.length"]);

/** Locals that only ever hold small integers. */
export function integerLocals(body: readonly Statement[]): ReadonlySet<LocalId> {
  const values = new Map<LocalId, Expr[]>();
  visitStatements(body, (statement) => {
    if (statement.do !== "let" && statement.do !== "set") return;
    values.set(statement.id, [...(values.get(statement.id) ?? []), statement.value]);
  });
  const integers = new Set(values.keys());
  let count: number;
  do {
    count = integers.size;
    for (const [id, assigned] of values) {
      if (!assigned.every((value) => isInteger(value, integers))) integers.delete(id);
    }
  } while (integers.size < count);
  return integers;
}

/** Whether an expression has a small integer as its value, given the locals that do. */
export function isInteger(expr: Expr, integers: ReadonlySet<LocalId>): boolean {
  switch (expr.op) {
    case "number-literal":
      return isSmall(Number(expr.text));
    case "local":
      return integers.has(expr.id);
    case "call":
      return LENGTHS.has(expr.name);
    case "binary":
      return (
        (expr.operator === "+" || expr.operator === "-") &&
        isInteger(expr.left, integers) &&
        isInteger(expr.right, integers)
      );
    default:
      return false;
  }
}

function isSmall(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= LITERAL_MAX && !Object.is(value, -0);
}
