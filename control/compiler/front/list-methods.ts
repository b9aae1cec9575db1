/** Methods of lists, tuples and what other methods make of them. */
import type { Node } from "acorn";
import { type Expr, STRING, typeOf } from "../ir.ts";
import { asNumber, callOf, choose, scalarOf, termText, toText } from "./conversions.ts";
import { callGlobal } from "./globals.ts";
import { Join } from "./join.ts";
import { callback, condition, elementArgs, type ListCall, local, sourceOf } from "./list-call.ts";
import { findIndex, includes, indexOf, search } from "./list-search.ts";
import { filtered } from "./lists.ts";
import { booleanLiteral, numberLiteral, stringLiteral, valueOfLiteral } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { elementOf, namedMember } from "./members.ts";
import { isNullable, presentOf } from "./nulls.ts";
import { concat } from "./operators.ts";
import { refuse } from "./refusal.ts";
import { NOTHING, type SequenceTerm, type Term } from "./scope.ts";
import { mapScalars, scalar, tupleOf } from "./terms.ts";
import { isNumeric } from "./types.ts";

type Method = (call: ListCall) => Term;

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["map", map],
  ["filter", filter],
  ["flatMap", flatMap],
  ["forEach", forEach],
  ["reduce", reduce],
  ["some", (call) => search(call, false)],
  ["every", (call) => search(call, true)],
  ["includes", includes],
  ["indexOf", indexOf],
  ["findIndex", findIndex],
  ["join", join],
  ["slice", slice],
  ["at", at],
]);

export function callListMethod(call: ListCall): Term {
  const method = METHODS.get(call.name);
  if (method !== undefined) return method(call);
  return refuse(call.node, `calls ${call.name}() of a list, which is not compiled`);
}

function map(call: ListCall): Term {
  const { lowering } = call;
  const source = sourceOf(call);
  const change = callback(call, "later");
  if (call.list.kind === "tuple") {
    const items = call.list.items.map((item, index) =>
      change(elementArgs(item, () => numberLiteral(index))),
    );
    return tupleOf(items);
  }
  return {
    kind: "sequence",
    each(body) {
      source.each((item, index) => {
        const changed = change(elementArgs(item, index));
        body(
          mapScalars(changed, (expr) => lowering.code.pin(expr)),
          index,
        );
      });
    },
  };
}

function filter(call: ListCall): Term {
  const source = sourceOf(call);
  const keeps = callback(call, "later");
  return filtered(call.lowering.code, source, (item, index) =>
    condition(keeps(elementArgs(item, index)), call.node),
  );
}

function flatMap(call: ListCall): Term {
  const { lowering, node } = call;
  const source = sourceOf(call);
  const expand = callback(call, "later");
  const inner: SequenceTerm = {
    kind: "sequence",
    each(body) {
      source.each((item, index) => {
        lowering.sequence(expand(elementArgs(item, index)), node).each(body);
      });
    },
  };
  // Indexes of the inner lists start anew: a filter that keeps all counts through them.
  return filtered(lowering.code, inner, () => booleanLiteral(true));
}

function forEach(call: ListCall): Term {
  if (call.use === "value") return refuse(call.node, "uses the value of forEach()");
  const act = callback(call, "now");
  sourceOf(call).each((item, index) => {
    act(elementArgs(item, index), "effect");
  });
  return NOTHING;
}

function reduce(call: ListCall): Term {
  const { lowering, args, node, scope } = call;
  const step = callback(call, "now");
  const initial = args[1];
  if (initial === undefined) return refuse(node, "calls reduce() without an initial value");
  const source = sourceOf(call);
  const result = new Join(lowering.code);
  result.assign(lowering.value(initial, scope), initial);
  const accumulated = result.result(node);
  source.each((item, index) => {
    result.assign(step([() => accumulated, ...elementArgs(item, index)]), node);
  });
  return accumulated;
}

function join(call: ListCall): Term {
  const { lowering, list, args, node, scope } = call;
  if (args.length > 1) return refuse(node, "calls join() with more than one argument");
  const [first] = args;
  const separator = first === undefined ? stringLiteral(",") : lowering.scalar(first, scope);
  if (typeOf(separator).kind !== "STRING") return refuse(node, "joins by what is not a STRING");
  if (list.kind === "tuple") {
    const texts = list.items.map((item) => joinedText(item, node));
    const between = lowering.code.once(separator);
    return scalar(
      texts
        .slice(1)
        .reduce(
          (left, right) => concat(concat(left, between), right),
          texts[0] ?? stringLiteral(""),
        ),
    );
  }
  if (list.kind === "scalar" && isTexts(list.expr)) {
    return scalar(callOf("list.join", [list.expr, separator], STRING));
  }
  return joinBuilt(call, lowering.code.once(separator));
}

/** An element of a list in join(): null and undefined are left out. */
function joinedText(item: Term, node: Node): Expr {
  const expr = scalarOf(item, node);
  const text = toText(presentOf(expr), node);
  return isNullable(expr) ? choose(expr.isNull, stringLiteral(""), text) : text;
}

function isTexts(list: Expr): boolean {
  const type = typeOf(list);
  return type.kind === "LIST" && type.element.kind === "STRING";
}

function joinBuilt(call: ListCall, separator: Expr): Term {
  const { lowering, node } = call;
  const text = local(lowering, stringLiteral(""));
  const isFirst = local(lowering, booleanLiteral(true));
  sourceOf(call).each((item) => {
    const next = lowering.code.once(joinedText(item, node));
    const before = choose(isFirst.value, stringLiteral(""), separator);
    text.set(concat(concat(text.value, before), next));
    isFirst.set(booleanLiteral(false));
  });
  return scalar(text.value);
}

function slice(call: ListCall): Term {
  const { lowering, args, node, scope } = call;
  if (args.length > 2) return refuse(node, "calls slice() with more than two arguments");
  const bounds = args.map((arg) => {
    const bound = lowering.scalar(arg, scope);
    if (isNumeric(typeOf(bound))) return asNumber(bound);
    return refuse(arg, `calls slice() with ${termText(scalar(bound))}`);
  });
  const [from, to] = bounds.map(valueOfLiteral) as readonly (number | null | undefined)[];
  if (call.list.kind === "tuple" && from !== null && to !== null) {
    return tupleOf(call.list.items.slice(from, to));
  }
  const list = listOnce(call);
  const [start = numberLiteral(0), end = numberLiteral(Number.POSITIVE_INFINITY)] = bounds.map(
    (bound) => sliceBound(lowering, list, bound, node),
  );
  return filtered(lowering.code, lowering.sequence(list, node), (_, index) => ({
    op: "and",
    left: { op: "binary", operator: ">=", left: index(), right: start },
    right: { op: "binary", operator: "<", left: index(), right: end },
  }));
}

/** As an index from the start, possibly before it. NaN is 0. */
function sliceBound(lowering: Lowering, list: Term, given: Expr, node: Node): Expr {
  const { code } = lowering;
  const known = valueOfLiteral(given);
  if (typeof known === "number") {
    const index = Math.trunc(known) || 0;
    if (index >= 0) return numberLiteral(index);
    return code.pin(fromEnd(lengthOnce(lowering, list, node), numberLiteral(index)));
  }
  const number = code.once(given);
  const isNumber: Expr = { op: "binary", operator: "===", left: number, right: number };
  const whole = callGlobal("Math.trunc", [number], node);
  const bound = local(lowering, choose(isNumber, whole, numberLiteral(0)));
  code.branch({ op: "binary", operator: "<", left: bound.value, right: numberLiteral(0) }, () => {
    bound.set(fromEnd(lengthOnce(lowering, list, node), bound.value));
  });
  return code.pin(bound.value);
}

function lengthOnce(lowering: Lowering, list: Term, node: Node): Expr {
  return lowering.code.once(scalarOf(namedMember(lowering, list, "length", node), node));
}

function listOnce({ lowering, list }: ListCall): Term {
  return list.kind === "scalar" ? scalar(lowering.code.once(list.expr)) : list;
}

function fromEnd(length: Expr, bound: Expr): Expr {
  return { op: "binary", operator: "+", left: length, right: bound };
}

function at(call: ListCall): Term {
  const { lowering, args, node, scope } = call;
  const [first] = args;
  if (first === undefined || args.length > 1) {
    return refuse(node, `calls at() with ${args.length} arguments, which is not compiled`);
  }
  const { code } = lowering;
  const list = listOnce(call);
  const index = lowering.scalar(first, scope);
  if (!isNumeric(typeOf(index))) return refuse(first, `calls at() with ${termText(scalar(index))}`);
  const known = valueOfLiteral(index);
  if (typeof known === "number" && known >= 0) return elementOf(lowering, list, index, node);
  const length = scalarOf(namedMember(lowering, list, "length", node), node);
  const lengthValue = valueOfLiteral(length);
  if (typeof known === "number" && typeof lengthValue === "number") {
    return elementOf(lowering, list, numberLiteral(lengthValue + known), node);
  }
  const value = code.once(asNumber(index));
  const shifted = fromEnd(length, value);
  const isBelow: Expr = { op: "binary", operator: "<", left: value, right: numberLiteral(0) };
  const position = typeof known === "number" ? shifted : choose(isBelow, shifted, value);
  return elementOf(lowering, list, position, node);
}
