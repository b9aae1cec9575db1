/** What can be told of a value from the expression that gives it. */
import type { ArrayExpression, Expression, Node, ObjectExpression } from "acorn";
import { isFunction, unwrapped } from "../front/parse.ts";
import type { Values } from "./usage.ts";

/** `x` of `Object.freeze(x)`, or the expression itself. */
export function frozenArgument(node: Expression): Expression {
  if (node.type !== "CallExpression" || !isMember(node.callee, "Object", "freeze")) return node;
  const [argument] = node.arguments;
  return argument === undefined || argument.type === "SpreadElement" ? node : unwrapped(argument);
}

/** A value of the shape an expression gives, where that can be seen from it; null = it cannot. */
export function sampleOf(origin: Expression): Values {
  const sample = sampled(origin);
  return sample === null ? null : [sample.value];
}

interface Sample {
  readonly value: unknown;
}

function sampled(expression: Expression): Sample | null {
  const node = frozenArgument(unwrapped(expression));
  if (isFunction(node)) return { value: sampled };
  switch (node.type) {
    case "Literal":
      return { value: node.value instanceof RegExp ? node.value : "" };
    case "TemplateLiteral":
    case "BinaryExpression":
    case "UnaryExpression":
      return { value: "" };
    case "ArrayExpression":
      return sampledArray(node);
    case "ObjectExpression":
      return sampledObject(node);
    case "MemberExpression":
      return isMember(node, "process", "argv") ? { value: [""] } : null;
    case "CallExpression": {
      const { callee } = node;
      const isSlice =
        callee.type === "MemberExpression" && isMember(callee.object, "process", "argv");
      return isSlice ? { value: [""] } : null;
    }
    default:
      return null;
  }
}

function sampledArray({ elements }: ArrayExpression): Sample | null {
  const known = elements.flatMap((element) =>
    element === null || element.type === "SpreadElement" ? [] : (sampled(element) ?? []),
  );
  return known.length === elements.length ? { value: known.map(({ value }) => value) } : null;
}

function sampledObject({ properties }: ObjectExpression): Sample | null {
  const known = properties.flatMap((property) => {
    if (property.type === "SpreadElement" || property.computed) return [];
    const { key } = property;
    const name = key.type === "Identifier" ? key.name : key.type === "Literal" ? key.value : null;
    const sample = sampled(property.value);
    return name === null || sample === null ? [] : [[String(name), sample.value] as const];
  });
  return known.length === properties.length ? { value: Object.fromEntries(known) } : null;
}

/** `object.name` */
function isMember(node: Node, object: string, name: string): boolean {
  if (node.type !== "MemberExpression") return false;
  const member = node as Extract<Expression, { type: "MemberExpression" }>;
  return (
    member.object.type === "Identifier" &&
    member.object.name === object &&
    member.property.type === "Identifier" &&
    member.property.name === name
  );
}
