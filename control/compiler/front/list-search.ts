/** Methods of lists that look for an element. */
import type { Node } from "acorn";
import { type Expr, typeOf } from "../ir.ts";
import { asNumber, not, scalarOf } from "./conversions.ts";
import { callback, condition, elementArgs, type ListCall, local, sourceOf } from "./list-call.ts";
import { booleanLiteral, numberLiteral } from "./literals.ts";
import { presentOf } from "./nulls.ts";
import { equal } from "./operators.ts";
import { refuse } from "./refusal.ts";
import type { Term } from "./scope.ts";
import { scalar } from "./terms.ts";
import { isNumeric } from "./types.ts";

/** some(): false until a condition holds; every(): true until one does not. */
export function search(call: ListCall, initial: boolean): Term {
  const { lowering, node } = call;
  const test = callback(call, "now");
  const source = sourceOf(call);
  const found = local(lowering, booleanLiteral(initial));
  source.each((item, index) => {
    lowering.code.branch(initial ? found.value : not(found.value), () => {
      found.set(condition(test(elementArgs(item, index)), node));
    });
  });
  return scalar(found.value);
}

function searched({ lowering, args, node, scope, name }: ListCall): Expr {
  const [first, ...more] = args;
  if (first === undefined || more.length > 0) {
    return refuse(node, `calls ${name}() with ${args.length} arguments, which is not compiled`);
  }
  return lowering.code.once(lowering.scalar(first, scope));
}

function isSame(item: Term, value: Expr, node: Node): Expr {
  return equal("===", scalarOf(item, node), value, node);
}

/** As includes() compares: NaN is NaN. */
function isSameOrNaN(item: Term, value: Expr, node: Node): Expr {
  const same = isSame(item, value, node);
  const operands = [scalarOf(item, node), value];
  if (!isNumeric(typeOf(value)) || operands.some(isKnownNumber)) return same;
  const areNaN: readonly Expr[] = operands
    .map((operand) => asNumber(presentOf(operand)))
    .map((operand) => ({ op: "binary", operator: "!==", left: operand, right: operand }));
  const [left = same, right = same] = areNaN;
  return { op: "or", left: same, right: { op: "and", left, right } };
}

/** A literal, and not NaN. */
function isKnownNumber(expr: Expr): boolean {
  return expr.op === "number-literal" && expr.text !== "NaN";
}

export function includes(call: ListCall): Term {
  const { lowering, list, node } = call;
  const value = searched(call);
  if (list.kind === "tuple") {
    return scalar(anyOf(list.items.map((item) => isSameOrNaN(item, value, node))));
  }
  const found = local(lowering, booleanLiteral(false));
  sourceOf(call).each((item) => {
    lowering.code.branch(not(found.value), () => {
      found.set(isSameOrNaN(item, value, node));
    });
  });
  return scalar(found.value);
}

/** Balanced, so that a long list does not become a deep expression. */
function anyOf(conditions: readonly Expr[]): Expr {
  const [first = booleanLiteral(false)] = conditions;
  if (conditions.length <= 1) return first;
  const middle = conditions.length >> 1;
  return {
    op: "or",
    left: anyOf(conditions.slice(0, middle)),
    right: anyOf(conditions.slice(middle)),
  };
}

/** Index of the first element that matches, or -1. */
function position(call: ListCall, matches: (item: Term, index: () => Expr) => Expr): Term {
  const { lowering } = call;
  const found = local(lowering, numberLiteral(-1));
  const isOpen: Expr = {
    op: "binary",
    operator: "<",
    left: found.value,
    right: numberLiteral(0),
  };
  sourceOf(call).each((item, index) => {
    lowering.code.branch(isOpen, () => {
      lowering.code.branch(matches(item, index), () => found.set(index()));
    });
  });
  return scalar(found.value);
}

export function findIndex(call: ListCall): Term {
  const test = callback(call, "now");
  return position(call, (item, index) => condition(test(elementArgs(item, index)), call.node));
}

export function indexOf(call: ListCall): Term {
  const value = searched(call);
  return position(call, (item) => isSame(item, value, call.node));
}
