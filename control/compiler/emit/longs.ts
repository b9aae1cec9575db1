/**
 * Numbers that come from integers, as i64: a LONG or INT, a literal, a remainder by a literal. Comparing
 * them takes no way through f64, and a remainder by a constant becomes a multiplication.
 */
import type { Expr } from "../ir.ts";
import { typeOf } from "../ir.ts";
import type { ModuleSource } from "./module-source.ts";

/** Also where it may be -0: then its i64 is 0. */
export function isLong(expr: Expr): boolean {
  switch (expr.op) {
    case "number-literal":
      return Number.isSafeInteger(Number(expr.text));
    case "number":
      return true;
    case "binary":
      return (
        expr.operator === "%" &&
        isLong(expr.left) &&
        expr.right.op === "number-literal" &&
        isLong(expr.right) &&
        Number(expr.right.text) !== 0
      );
    default:
      return false;
  }
}

/**
 * The i64 of an expression that is an integer.
 *
 * @param text of any expression
 */
export function longText(expr: Expr, text: (expr: Expr) => string, source: ModuleSource): string {
  switch (expr.op) {
    case "number-literal": {
      const value = Number(expr.text);
      return value < 0 ? `<i64>(${value})` : `<i64>${Math.abs(value)}`;
    }
    case "number":
      if (typeOf(expr.operand).kind === "INT") return `<i64>${text(expr.operand)}`;
      return `${source.use("row-input", "safeLong")}(${text(expr.operand)})`;
    case "binary": {
      const dividend = longText(expr.left, text, source);
      return `(${dividend} % ${longText(expr.right, text, source)})`;
    }
    default:
      throw new TypeError(`${expr.op} is no integer`);
  }
}
