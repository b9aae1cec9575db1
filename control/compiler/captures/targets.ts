/** What code assigns to. */
import type { AnyNode, Node } from "acorn";
import type { Bindings } from "./bindings.ts";

/** Whether the node is assigned to, by whatever form. */
export function isTarget(node: Node, parent: AnyNode, bindings: Bindings): boolean {
  switch (parent.type) {
    case "AssignmentExpression":
    case "AssignmentPattern":
    case "ForInStatement":
    case "ForOfStatement":
      return parent.left === node;
    case "UpdateExpression":
    case "ArrayPattern":
    case "RestElement":
      return true;
    case "UnaryExpression":
      return parent.operator === "delete";
    case "Property":
      return parent.value === node && bindings.parentOf(parent)?.type === "ObjectPattern";
    default:
      return false;
  }
}
