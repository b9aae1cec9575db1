/** JavaScript's conversions of scalars, as expressions. */
import type { Node } from "acorn";
import { type Expr, type IrType, NUMBER, STRING, typeOf } from "../ir.ts";
import { booleanLiteral, numberLiteral, stringLiteral } from "./literals.ts";
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
      return "undefined or null";
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
  return isInteger(typeOf(expr)) ? { op: "number", operand: expr } : expr;
}

/** Number(value) */
export function toNumber(expr: Expr, node: Node): Expr {
  const type = typeOf(expr);
  if (isNumeric(type)) return asNumber(expr);
  if (type.kind === "STRING") return callOf("number.parse", [expr], NUMBER);
  if (type.kind === "BOOLEAN") return choose(expr, numberLiteral(1), numberLiteral(0));
  return refuse(node, `converts ${typeText(type)} to a number, which is not compiled`);
}

/** String(value) */
export function toText(expr: Expr, node: Node): Expr {
  const type = typeOf(expr);
  if (type.kind === "STRING") return expr;
  if (isNumeric(type)) return callOf("number.toString", [asNumber(expr)], STRING);
  if (type.kind === "BOOLEAN") return choose(expr, stringLiteral("true"), stringLiteral("false"));
  return refuse(node, `converts ${typeText(type)} to a string, which is not compiled`);
}

/** Boolean(value) */
export function toBoolean(expr: Expr, node: Node): Expr {
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
