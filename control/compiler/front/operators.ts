/** Operators on scalars whose operands are computed. */
import type { BinaryExpression, Node } from "acorn";
import { type BinaryOperator, type Expr, STRING, typeOf } from "../ir.ts";
import { asNumber, callOf, toNumber, toText } from "./conversions.ts";
import { stringLiteral } from "./literals.ts";
import { refuse } from "./refusal.ts";
import { isNumeric, typeText } from "./types.ts";

/** Without +, which takes strings as well. */
const ARITHMETIC: ReadonlySet<string> = new Set([
  "-",
  "*",
  "/",
  "%",
  "**",
  "&",
  "|",
  "^",
  "<<",
  ">>",
  ">>>",
]);
const ORDER: ReadonlySet<string> = new Set(["<", "<=", ">", ">="]);
const EQUALITY: ReadonlyMap<string, BinaryOperator> = new Map([
  ["===", "==="],
  ["!==", "!=="],
  ["==", "==="],
  ["!=", "!=="],
]);

/** Of numbers alone. */
export function isArithmetic(operator: string): boolean {
  return ARITHMETIC.has(operator);
}

export function isComparison(operator: string): boolean {
  return ORDER.has(operator) || EQUALITY.has(operator);
}

export function binary(
  operator: BinaryExpression["operator"],
  left: Expr,
  right: Expr,
  node: Node,
): Expr {
  if (operator === "+") return plus(left, right, node);
  if (isArithmetic(operator)) {
    return {
      op: "binary",
      operator: operator as BinaryOperator,
      left: toNumber(left, node),
      right: toNumber(right, node),
    };
  }
  if (ORDER.has(operator)) return ordered(operator as BinaryOperator, left, right, node);
  const equality = EQUALITY.get(operator);
  if (equality !== undefined) return equal(equality, left, right, node);
  return refuse(node, `uses ${operator}, which is not compiled`);
}

function plus(left: Expr, right: Expr, node: Node): Expr {
  if (typeOf(left).kind === "STRING" || typeOf(right).kind === "STRING") {
    return concat(toText(left, node), toText(right, node));
  }
  const operands = { left: toNumber(left, node), right: toNumber(right, node) };
  return { op: "binary", operator: "+", ...operands };
}

export function concat(left: Expr, right: Expr): Expr {
  if (left.op === "string-literal") {
    if (left.value === "") return right;
    if (right.op === "string-literal") return stringLiteral(left.value + right.value);
  }
  if (right.op === "string-literal" && right.value === "") return left;
  return callOf("string.concat", [left, right], STRING);
}

function ordered(operator: BinaryOperator, left: Expr, right: Expr, node: Node): Expr {
  if (typeOf(left).kind === "STRING" && typeOf(right).kind === "STRING") {
    return { op: "binary", operator, left, right };
  }
  const operands = { left: toNumber(left, node), right: toNumber(right, node) };
  return { op: "binary", operator, ...operands };
}

export function equal(operator: BinaryOperator, left: Expr, right: Expr, node: Node): Expr {
  const types = [typeOf(left), typeOf(right)] as const;
  if (types.every(isNumeric)) {
    return { op: "binary", operator, left: asNumber(left), right: asNumber(right) };
  }
  const kind = types[0].kind;
  if (kind === types[1].kind && (kind === "STRING" || kind === "BOOLEAN")) {
    return { op: "binary", operator, left, right };
  }
  const [leftText, rightText] = types.map(typeText);
  return refuse(node, `compares ${leftText} with ${rightText}, which is not compiled`);
}
