/**
 * Numbers that come from integers, as i64: a LONG or INT, a literal, a remainder of such. Comparing them
 * takes no way through f64, and a remainder by a constant becomes a multiplication.
 */
import type { Expr } from "../ir.ts";
import { typeOf } from "../ir.ts";
import type { ModuleSource } from "./module-source.ts";

/**
 * An i64 of the same value, where zero stands for -0 too; null = it may be no integer.
 *
 * @param text of any expression
 */
export function longText(
  expr: Expr,
  text: (expr: Expr) => string,
  source: ModuleSource,
): string | null {
  switch (expr.op) {
    case "number-literal":
      return integerLiteral(expr.text);
    case "number": {
      const operand = text(expr.operand);
      if (typeOf(expr.operand).kind === "INT") return `<i64>${operand}`;
      return `${source.use("row-input", "safeLong")}(${operand})`;
    }
    case "binary":
      return expr.operator === "%" ? remainderText(expr.left, expr.right, text, source) : null;
    default:
      return null;
  }
}

function remainderText(
  left: Expr,
  right: Expr,
  text: (expr: Expr) => string,
  source: ModuleSource,
): string | null {
  const divisor = right.op === "number-literal" ? integerLiteral(right.text) : null;
  if (divisor === null || divisor === "<i64>0") return null;
  const dividend = longText(left, text, source);
  return dividend === null ? null : `(${dividend} % ${divisor})`;
}

function integerLiteral(text: string): string | null {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) return null;
  return value < 0 ? `<i64>(${value})` : `<i64>${Math.abs(value)}`;
}
