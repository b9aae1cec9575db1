/** Expressions whose value is known, and the values of such expressions. */
import type { Expr, IrType } from "../ir.ts";

export type LiteralValue = number | string | boolean;

export function isLiteralValue(value: unknown): value is LiteralValue {
  return typeof value === "number" || typeof value === "string" || typeof value === "boolean";
}

export function numberLiteral(value: number): Expr {
  return { op: "number-literal", text: Object.is(value, -0) ? "-0" : String(value) };
}

export function stringLiteral(value: string): Expr {
  return { op: "string-literal", value };
}

export function booleanLiteral(value: boolean): Expr {
  return { op: "boolean-literal", value };
}

export function literalOf(value: LiteralValue): Expr {
  if (typeof value === "number") return numberLiteral(value);
  return typeof value === "string" ? stringLiteral(value) : booleanLiteral(value);
}

/** null = it is not a literal. */
export function valueOfLiteral(expr: Expr): LiteralValue | null {
  switch (expr.op) {
    case "number-literal":
      return Number(expr.text);
    case "string-literal":
    case "boolean-literal":
      return expr.value;
    default:
      return null;
  }
}

/** What a local holds before it is set, and what stands for a null. */
export function emptyValue(type: IrType): Expr {
  switch (type.kind) {
    case "NUMBER":
    case "DOUBLE":
      return numberLiteral(0);
    case "INT":
      return { op: "call", name: "number.toInt", args: [numberLiteral(0)], type };
    case "LONG":
      return { op: "call", name: "number.toLong", args: [numberLiteral(0)], type };
    case "TIMESTAMP":
      return { op: "call", name: "number.toTimestamp", args: [numberLiteral(0)], type };
    case "STRING":
      return stringLiteral("");
    case "BOOLEAN":
      return booleanLiteral(false);
    default:
      return { op: "list", items: [], type };
  }
}
