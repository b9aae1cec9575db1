/** Expressions of JavaScript as terms: one case per kind of node. */
import type {
  BinaryExpression,
  Expression,
  Identifier,
  Literal,
  Node,
  TemplateLiteral,
  UnaryExpression,
} from "acorn";
import { type Expr, NUMBER } from "../ir.ts";
import { equalsNothing } from "./absence.ts";
import { accumulatorTerm } from "./accumulator.ts";
import { lowerCall } from "./calls.ts";
import { behindChain, inChain } from "./chains.ts";
import { not, scalarOf, toNumber, toText } from "./conversions.ts";
import { globalTerm } from "./globals.ts";
import { expected, expectedOperands } from "./json.ts";
import {
  isLiteralValue,
  type LiteralValue,
  literalOf,
  stringLiteral,
  valueOfLiteral,
} from "./literals.ts";
import { lowerConditional, lowerLogical } from "./logic.ts";
import type { Lowering } from "./lowering.ts";
import { absentMatch } from "./match.ts";
import { lowerMember } from "./members.ts";
import { binary, concat } from "./operators.ts";
import { isFunction } from "./parse.ts";
import { arrayTerm, objectTerm } from "./records.ts";
import { refuse } from "./refusal.ts";
import type { Scope, Term } from "./scope.ts";
import { scalar } from "./terms.ts";
import { readVariable } from "./variables.ts";

/** Kinds of nodes that are never compiled, as reasons name them. */
const REFUSED: Readonly<Record<string, string>> = {
  ThisExpression: "uses `this`, which is not compiled",
  Super: "uses `super`, which is not compiled",
  AwaitExpression: "uses await, which is not compiled",
  NewExpression: "uses new, which is not compiled",
  ClassExpression: "defines a class, which is not compiled",
  SequenceExpression: "uses the comma operator, which is not compiled",
  TaggedTemplateExpression: "uses a tagged template, which is not compiled",
  ImportExpression: "uses import(), which is not compiled",
  MetaProperty: "uses a meta property, which is not compiled",
  YieldExpression: "uses the value of yield, which is not compiled",
  AssignmentExpression: "assigns within an expression, which is not compiled",
  UpdateExpression: "assigns within an expression, which is not compiled",
};

export function lowerExpression(lowering: Lowering, node: Expression, scope: Scope): Term {
  switch (node.type) {
    case "Literal":
      return literalTerm(node);
    case "Identifier":
      return identifierTerm(lowering, node, scope);
    case "TemplateLiteral":
      return scalar(template(lowering, node, scope));
    case "ParenthesizedExpression":
      return lowering.value(node.expression, scope);
    case "ChainExpression":
      return lowerChain(lowering, node.expression, scope);
    case "UnaryExpression":
      return scalar(unary(lowering, node, scope));
    case "BinaryExpression": {
      const { left } = node;
      if (left.type === "PrivateIdentifier") return refuse(left, "uses a private name");
      return scalar(lowerBinary(lowering, node, left, scope));
    }
    case "LogicalExpression":
      return lowerLogical(lowering, node, scope);
    case "ConditionalExpression":
      return lowerConditional(lowering, node, scope);
    case "MemberExpression":
      return lowerMember(lowering, node, scope);
    case "CallExpression":
      return lowerCall(lowering, node, scope);
    case "ArrayExpression":
      if (lowering.filled?.has(node)) return { kind: "filled" };
      return arrayTerm(lowering, node, scope);
    case "ObjectExpression":
      return objectTerm(lowering, node, scope);
    default:
      if (isFunction(node)) return { kind: "function", node, scope };
      return refuse(node, REFUSED[node.type] ?? `uses ${node.type}, which is not compiled`);
  }
}

function lowerBinary(
  lowering: Lowering,
  node: BinaryExpression,
  leftNode: Expression,
  scope: Scope,
): Expr {
  const { operator } = node;
  const left = lowering.value(leftNode, scope);
  const right = lowering.value(node.right, scope);
  const [nothing, other, otherNode] =
    left.kind === "nothing" ? [left, right, node.right] : [right, left, leftNode];
  if (nothing.kind === "nothing" && /^[!=]==?$/.test(operator)) {
    const wanted = { is: nothing.is, isStrict: operator.length === 3 };
    const same =
      absentMatch(other, wanted, otherNode) ?? equalsNothing(lowering, other, wanted, node);
    return operator.startsWith("!") ? not(same) : same;
  }
  const [first, second] = expectedOperands(operator, left, right);
  return binary(operator, scalarOf(first, leftNode), scalarOf(second, node.right), node);
}

/** What is behind a `?.`: undefined where that finds nothing. */
function lowerChain(lowering: Lowering, node: Expression, scope: Scope): Term {
  const { result, isEnded } = inChain(lowering, () => lowering.value(node, scope));
  return isEnded === null ? result : behindChain(result, isEnded, node);
}

function literalTerm(node: Literal): Term {
  const { value } = node;
  if (node.regex) return { kind: "regexp", source: node.regex.pattern, flags: node.regex.flags };
  if (value === null) return { kind: "nothing", is: "null" };
  if (isLiteralValue(value)) return scalar(literalOf(value));
  return refuse(node, "uses a bigint, which is not compiled");
}

function identifierTerm(lowering: Lowering, node: Identifier, scope: Scope): Term {
  const { name } = node;
  const binding = scope.find(name);
  switch (binding?.kind) {
    case "constant":
      return binding.term;
    case "variable":
      return scalar(readVariable(lowering, binding, name, node));
    case "accumulator":
      return accumulatorTerm(lowering, binding);
    case "refused":
      return refuse(node, binding.reason);
    default:
      if (name === "arguments") return refuse(node, "uses `arguments`, which is not compiled");
      return globalTerm(name) ?? refuseName(node);
  }
}

function refuseName(node: Identifier): never {
  if (node.name in globalThis) return refuse(node, `uses ${node.name}, which is not compiled`);
  return refuse(node, `captures \`${node.name}\`, which cannot be resolved`);
}

function template(lowering: Lowering, node: TemplateLiteral, scope: Scope): Expr {
  let text: Expr = stringLiteral("");
  node.quasis.forEach((quasi, index) => {
    text = concat(text, stringLiteral(quasi.value.cooked ?? ""));
    const inserted = node.expressions[index];
    if (inserted === undefined) return;
    text = concat(text, toText(lowering.scalar(inserted, scope), inserted));
  });
  return text;
}

function unary(lowering: Lowering, node: UnaryExpression, scope: Scope): Expr {
  const { operator, argument } = node;
  if (operator === "!") return not(lowering.condition(argument, scope));
  if (operator === "typeof" || operator === "void" || operator === "delete") {
    return refuse(node, `uses ${operator}, which is not compiled`);
  }
  const term = lowering.value(argument, scope);
  const operand = toNumber(
    scalarOf(operator === "+" ? term : expected(term, NUMBER), argument),
    argument,
  );
  if (operator === "+") return operand;
  const literal = valueOfLiteral(operand);
  if (operator === "-" && typeof literal === "number") return literalOf(-literal);
  return { op: operator === "-" ? "negate" : "bit-not", operand };
}

export function lowerScalar(lowering: Lowering, node: Expression, scope: Scope): Expr {
  return scalarOf(lowering.value(node, scope), node);
}

export function constantValue(lowering: Lowering, node: Node, scope: Scope): LiteralValue | null {
  const term = lowering.value(node as Expression, scope);
  return term.kind === "scalar" ? valueOfLiteral(term.expr) : null;
}
