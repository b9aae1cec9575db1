/** Constant folding: what operations on literals give is computed here, by JavaScript itself. */
import type { BinaryOperator, Expr } from "../ir.ts";
import { typeOf } from "../ir.ts";
import { type LiteralValue, literalOf, valueOfLiteral } from "./literals.ts";

const MAX_TEXT_LENGTH = 10_000;

// biome-ignore format: one line per operator
const OPERATORS: Readonly<
  Record<BinaryOperator, (left: never, right: never) => LiteralValue>
> = {
  "+": (left: number, right: number) => left + right,
  "-": (left: number, right: number) => left - right,
  "*": (left: number, right: number) => left * right,
  "/": (left: number, right: number) => left / right,
  "%": (left: number, right: number) => left % right,
  "**": (left: number, right: number) => left ** right,
  "&": (left: number, right: number) => left & right,
  "|": (left: number, right: number) => left | right,
  "^": (left: number, right: number) => left ^ right,
  "<<": (left: number, right: number) => left << right,
  ">>": (left: number, right: number) => left >> right,
  ">>>": (left: number, right: number) => left >>> right,
  "<": (left: LiteralValue, right: LiteralValue) => left < right,
  "<=": (left: LiteralValue, right: LiteralValue) => left <= right,
  ">": (left: LiteralValue, right: LiteralValue) => left > right,
  ">=": (left: LiteralValue, right: LiteralValue) => left >= right,
  "===": (left: LiteralValue, right: LiteralValue) => left === right,
  "!==": (left: LiteralValue, right: LiteralValue) => left !== right,
};

export function folded(expr: Expr): Expr {
  switch (expr.op) {
    case "number":
      return { ...expr, operand: folded(expr.operand) };
    case "negate":
    case "bit-not": {
      const operand = folded(expr.operand);
      const value = valueOfLiteral(operand);
      if (typeof value !== "number") return { ...expr, operand };
      return literalOf(expr.op === "negate" ? -value : ~value);
    }
    case "not":
      return foldNot(folded(expr.operand));
    case "binary":
      return foldBinary(expr.operator, folded(expr.left), folded(expr.right));
    case "and":
    case "or":
      return foldLogical(expr.op, folded(expr.left), folded(expr.right));
    case "conditional": {
      const test = folded(expr.test);
      const whenTrue = folded(expr.whenTrue);
      const whenFalse = folded(expr.whenFalse);
      if (test.op === "boolean-literal") return test.value ? whenTrue : whenFalse;
      return foldBranches({ ...expr, test, whenTrue, whenFalse });
    }
    case "call":
      return foldCall({ ...expr, args: expr.args.map(folded) });
    case "list":
      return { ...expr, items: expr.items.map(folded) };
    case "nullable":
      return foldNullable({ ...expr, value: folded(expr.value), isNull: folded(expr.isNull) });
    case "element":
      return { ...expr, list: folded(expr.list), index: folded(expr.index) };
    default:
      return expr;
  }
}

/** A branch that is true or false makes a condition of it. */
function foldBranches(expr: Expr & { readonly op: "conditional" }): Expr {
  const { test, whenTrue, whenFalse } = expr;
  if (whenTrue.op === "boolean-literal") {
    return whenTrue.value
      ? foldLogical("or", test, whenFalse)
      : foldLogical("and", foldNot(test), whenFalse);
  }
  if (whenFalse.op !== "boolean-literal") return expr;
  return whenFalse.value
    ? foldLogical("or", foldNot(test), whenTrue)
    : foldLogical("and", test, whenTrue);
}

function foldNullable(expr: Expr & { readonly op: "nullable" }): Expr {
  const { isNull, value } = expr;
  return isNull.op === "boolean-literal" && !isNull.value ? value : expr;
}

function foldNot(operand: Expr): Expr {
  if (operand.op === "boolean-literal") return literalOf(!operand.value);
  return operand.op === "not" ? operand.operand : { op: "not", operand };
}

function foldBinary(operator: BinaryOperator, left: Expr, right: Expr): Expr {
  const values = [valueOfLiteral(left), valueOfLiteral(right)];
  if (values.includes(null)) return { op: "binary", operator, left, right };
  return literalOf(OPERATORS[operator](values[0] as never, values[1] as never));
}

function foldLogical(op: "and" | "or", left: Expr, right: Expr): Expr {
  if (left.op === "boolean-literal") return left.value === (op === "and") ? right : left;
  if (right.op === "boolean-literal" && right.value === (op === "and")) return left;
  return { op, left, right };
}

function foldCall(call: Expr & { readonly op: "call" }): Expr {
  const values = call.args.map(valueOfLiteral);
  if (values.length === 0 || values.includes(null)) return call;
  const value = callOnLiterals(call.name, values as LiteralValue[]);
  const isOfType = typeof value === typeOf(call).kind.toLowerCase();
  return isOfType && isShort(value) ? literalOf(value) : call;
}

function isShort(value: unknown): value is LiteralValue {
  return typeof value !== "string" || value.length <= MAX_TEXT_LENGTH;
}

/** undefined = not to be folded, or it throws. */
function callOnLiterals(name: string, values: readonly LiteralValue[]): unknown {
  const [first] = values;
  const [area, method = ""] = name.split(".");
  try {
    if (name === "string.length") return String(first).length;
    if (name === "number.parse") return Number(first);
    if (name === "number.toString") return String(first);
    if (area === "math") return callMember(Math, method, values);
    if (area === "number" && method.startsWith("is")) return callMember(Number, method, values);
    const isGrowing = method === "repeat" || method.startsWith("pad");
    if (area !== "string" || isGrowing) return undefined;
    return callMember(first, method, values.slice(1));
  } catch {
    return undefined;
  }
}

/** A method of JavaScript itself, which is named by the table of builtins. */
function callMember(holder: unknown, method: string, args: readonly LiteralValue[]): unknown {
  const fn: unknown = (holder as Readonly<Record<string, unknown>>)[method];
  return typeof fn === "function" ? Reflect.apply(fn, holder, args) : undefined;
}
