/** Expressions whose value is known, and the values of such expressions. */
import { BOOLEAN, type Expr, type IrType, NUMBER, STRING } from "../ir.ts";

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

/** What a local holds before it is set. */
export function emptyValue(type: IrType): Expr {
  switch (type.kind) {
    case NUMBER.kind:
      return numberLiteral(0);
    case STRING.kind:
      return stringLiteral("");
    case BOOLEAN.kind:
      return booleanLiteral(false);
    default:
      return { op: "list", items: [], type };
  }
}
