/** Operators on scalars whose operands are computed. */
import type { BinaryExpression, Node } from "acorn";
import { type BinaryOperator, type Expr, STRING, typeOf } from "../ir.ts";
import { isLeaf } from "./code.ts";
import { asNumber, callOf, choose, not, toNumber, toText } from "./conversions.ts";
import { stringLiteral } from "./literals.ts";
import { absenceOf, both, either, isNullable, nullable, presentOf } from "./nulls.ts";
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
  const texts = [left, right].filter((operand) => typeOf(operand).kind === "STRING");
  if (texts.length > 0) {
    const isText = texts.some((text) => !isNullable(text));
    const sum = concat(toText(left, node), toText(right, node));
    // Without a string, it would be a sum of numbers.
    return isText
      ? sum
      : callOf("string.concat", [neverNull(sum, texts), stringLiteral("")], STRING);
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

/** Gives the row up where all of these are null. */
function neverNull(value: Expr, operands: readonly Expr[]): Expr {
  return nullable(value, operands.map(absenceOf).reduce(both));
}

function ordered(operator: BinaryOperator, left: Expr, right: Expr, node: Node): Expr {
  if (typeOf(left).kind === "STRING" && typeOf(right).kind === "STRING") {
    const isNull = either(absenceOf(left), absenceOf(right));
    const texts = { left: presentOf(left), right: presentOf(right) };
    const comparison: Expr = { op: "binary", operator, ...texts };
    if (!isNullable(left) && !isNullable(right)) return comparison;
    if (!isLeaf(left) || !isLeaf(right)) return { op: "binary", operator, left, right };
    // Two strings are compared as such, null and a string as numbers.
    const operands = { left: toNumber(left, node), right: toNumber(right, node) };
    return choose(isNull, { op: "binary", operator, ...operands }, comparison);
  }
  const operands = { left: toNumber(left, node), right: toNumber(right, node) };
  return { op: "binary", operator, ...operands };
}

export function equal(operator: BinaryOperator, left: Expr, right: Expr, node: Node): Expr {
  if (isNullable(left) || isNullable(right)) {
    const same = equalNullable(left, right, node);
    return operator === "===" ? same : not(same);
  }
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

/** Both have neutral values where they are null, which are equal if both are. */
function equalNullable(left: Expr, right: Expr, node: Node): Expr {
  // The values first: what throws does so whatever the other side is.
  const same = equal("===", presentOf(left), presentOf(right), node);
  if (!isNullable(left) || !isNullable(right)) {
    return both(same, not(either(absenceOf(left), absenceOf(right))));
  }
  if (left.absent !== right.absent || left.absent === "either") {
    return refuse(node, "compares what may be null with what may be undefined");
  }
  return both(same, { op: "binary", operator: "===", left: left.isNull, right: right.isNull });
}
