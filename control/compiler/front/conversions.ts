/** JavaScript's conversions of scalars, as expressions. */
import type { Node } from "acorn";
import { type Expr, type IrType, NUMBER, STRING, typeOf } from "../ir.ts";
import { booleanLiteral, numberLiteral, stringLiteral } from "./literals.ts";
import { isNullable, presentOf } from "./nulls.ts";
import { refuse } from "./refusal.ts";
import type { Term } from "./scope.ts";
import { isInteger, isNumeric, sameType, typeText } from "./types.ts";

export function callOf(name: string, args: readonly Expr[], type: IrType): Expr {
  return { op: "call", name, args, type };
}

/** How a term is called in reasons. */
export function termText(term: Term): string {
  switch (term.kind) {
    case "scalar":
      return typeText(typeOf(term.expr));
    case "opaque":
      return typeText(term.type);
    case "tuple":
      return "an array";
    case "row":
      return "an object";
    case "sequence":
      return "a list built on the way";
    case "json":
      return "a value of JSON.parse()";
    case "function":
      return "a function";
    case "table":
      return term.values === null ? "a Set" : "a Map";
    case "global":
      return `${term.name}`;
    case "filled":
      return "a list";
    case "collector":
      return "the collector";
    case "regexp":
      return "a regular expression";
    case "match":
      return "a match";
    case "groups":
      return "the groups of a match";
    case "nothing":
      return term.is;
  }
}

/** A number, string, boolean or list. */
export function scalarOf(term: Term, node: Node): Expr {
  if (term.kind === "scalar") return term.expr;
  if (term.kind === "json") {
    const known = term.value.known();
    return (
      known ?? refuse(node, "uses a value of JSON.parse(), whose type .returns() has to declare")
    );
  }
  if (term.kind === "opaque") {
    return refuse(node, `reads a column of type ${typeText(term.type)}, which is not compiled`);
  }
  return refuse(node, `uses ${termText(term)} as a value, which is not compiled`);
}

/** A column's integer as NUMBER; other expressions as they are. */
export function asNumber(expr: Expr): Expr {
  if (isNullable(expr)) return { ...expr, value: asNumber(expr.value) };
  return isInteger(typeOf(expr)) ? { op: "number", operand: expr } : expr;
}

/** Number(value): of null it is 0, the neutral value's too. */
export function toNumber(value: Expr, node: Node): Expr {
  if (isNullable(value) && value.absent !== "null") {
    const given = toNumber(value.value, node);
    return choose(value.isNull, absentAs(value, null, numberLiteral(Number.NaN), node), given);
  }
  const expr = presentOf(value);
  const type = typeOf(expr);
  if (isNumeric(type)) return asNumber(expr);
  if (type.kind === "STRING") return callOf("number.parse", [expr], NUMBER);
  if (type.kind === "BOOLEAN") return choose(expr, numberLiteral(1), numberLiteral(0));
  return refuse(node, `converts ${typeText(type)} to a number, which is not compiled`);
}

/** String(value) */
export function toText(expr: Expr, node: Node): Expr {
  if (isNullable(expr)) {
    const word = absentAs(expr, stringLiteral("null"), stringLiteral("undefined"), node);
    return choose(expr.isNull, word, toText(expr.value, node));
  }
  const type = typeOf(expr);
  if (type.kind === "STRING") return expr;
  if (isNumeric(type)) return callOf("number.toString", [asNumber(expr)], STRING);
  if (type.kind === "BOOLEAN") return choose(expr, stringLiteral("true"), stringLiteral("false"));
  return refuse(node, `converts ${typeText(type)} to a string, which is not compiled`);
}

/** What null, or undefined, is converted to. */
function absentAs(
  { absent }: Expr & { readonly op: "nullable" },
  ofNull: Expr | null,
  ofUndefined: Expr,
  node: Node,
): Expr {
  const known = absent === "undefined" ? ofUndefined : absent === "null" ? ofNull : null;
  return known ?? refuse(node, "converts what is null or undefined, which is not compiled");
}

/** Boolean(value): false of null and undefined. */
export function toBoolean(value: Expr, node: Node): Expr {
  if (isNullable(value) && typeOf(value).kind === "LIST") {
    const length = callOf("list.length", [value.value], NUMBER);
    const isThere: Expr = { op: "binary", operator: ">=", left: length, right: numberLiteral(0) };
    return { op: "and", left: not(value.isNull), right: isThere };
  }
  const expr = presentOf(value);
  const type = typeOf(expr);
  if (type.kind === "BOOLEAN") return expr;
  if (type.kind === "STRING") {
    return { op: "binary", operator: "!==", left: expr, right: stringLiteral("") };
  }
  if (isNumeric(type)) {
    // False for 0, -0 and NaN, and names its operand only once.
    const left = callOf("math.abs", [asNumber(expr)], NUMBER);
    return { op: "binary", operator: ">", left, right: numberLiteral(0) };
  }
  return refuse(node, `takes ${typeText(type)} as a condition, which is always true`);
}

/** Both branches have one type. */
export function choose(test: Expr, whenTrue: Expr, whenFalse: Expr): Expr {
  return { op: "conditional", test, whenTrue, whenFalse, type: typeOf(whenTrue) };
}

/** Both as one type, numbers as NUMBER where they differ; null = they do not agree. */
export function unified(left: Expr, right: Expr): readonly [Expr, Expr] | null {
  if (sameType(typeOf(left), typeOf(right))) return [left, right];
  if (!isNumeric(typeOf(left)) || !isNumeric(typeOf(right))) return null;
  return [asNumber(left), asNumber(right)];
}

export function not(expr: Expr): Expr {
  return expr.op === "boolean-literal" ? booleanLiteral(!expr.value) : { op: "not", operand: expr };
}
