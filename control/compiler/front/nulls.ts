/**
 * Values that may be null or undefined: pairs of a value, neutral where it is absent, and of what says so.
 * Neutral values do as JavaScript does with null in arithmetic and conditions; operators that tell null from
 * 0, "" and false take the pair apart with these functions. All others give the row up at a null.
 */
import { type Absent, type Expr, type IrType, typeOf } from "../ir.ts";
import { booleanLiteral, emptyValue } from "./literals.ts";

export type Nullable = Expr & { readonly op: "nullable" };

export const NEVER = booleanLiteral(false);
export const ALWAYS = booleanLiteral(true);

export function isNullable(expr: Expr): expr is Nullable {
  return expr.op === "nullable";
}

/** The value alone, neutral where it is absent. */
export function presentOf(expr: Expr): Expr {
  return expr.op === "nullable" ? expr.value : expr;
}

/** Whether the value is null or undefined. */
export function absenceOf(expr: Expr): Expr {
  return expr.op === "nullable" ? expr.isNull : NEVER;
}

export function nullable(value: Expr, isNull: Expr, absent: Absent = "null"): Expr {
  return isNull.op === "boolean-literal" && !isNull.value
    ? value
    : { op: "nullable", value, isNull, absent };
}

/** Null, among values of this type. */
export function nullOf(type: IrType, absent: Absent = "null"): Expr {
  return nullable(emptyValue(type), ALWAYS, absent);
}

export function both(left: Expr, right: Expr): Expr {
  return { op: "and", left, right };
}

export function either(left: Expr, right: Expr): Expr {
  return { op: "or", left, right };
}

/** What stands for a value of either kind where it is absent. */
export function commonAbsent(left: Expr, right: Expr): Absent {
  const kinds = [left, right].flatMap((expr) => (expr.op === "nullable" ? [expr.absent] : []));
  const [first = "null", second = first] = kinds;
  return first === second ? first : "either";
}

/** The branches of a condition that may be null; `test` is a leaf. Both have one type. */
export function chooseNullable(test: Expr, whenTrue: Expr, whenFalse: Expr): Expr {
  const value: Expr = {
    op: "conditional",
    test,
    whenTrue: presentOf(whenTrue),
    whenFalse: presentOf(whenFalse),
    type: typeOf(whenTrue),
  };
  const arms = { whenTrue: absenceOf(whenTrue), whenFalse: absenceOf(whenFalse) };
  const isNull: Expr = { op: "conditional", test, ...arms, type: typeOf(NEVER) };
  return nullable(value, isNull, commonAbsent(whenTrue, whenFalse));
}
