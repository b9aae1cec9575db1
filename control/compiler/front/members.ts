/** Properties and elements: of the input record, of literals, strings and lists. */
import type { Expression, MemberExpression, Node } from "acorn";
import { BOOLEAN, type Expr, NUMBER, STRING, typeOf } from "../ir.ts";
import { absenceOfTerm, presentRecord, presentTerm } from "./absence.ts";
import { asNumber, callOf, scalarOf, termText } from "./conversions.ts";
import { globalMember } from "./globals.ts";
import { expected, jsonMember } from "./json.ts";
import { numberLiteral, valueOfLiteral } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { matchElement, matchMember, namedGroup } from "./match.ts";
import { listOf } from "./records.ts";
import { refuse } from "./refusal.ts";
import type { Scope, Term } from "./scope.ts";
import { lookUp, lookupIn } from "./tables.ts";
import { isRecord, mapScalars, scalar } from "./terms.ts";
import { isNumeric } from "./types.ts";

export function lowerMember(lowering: Lowering, node: MemberExpression, scope: Scope): Term {
  return memberTerm(lowering, memberOf(lowering, node, scope), node, scope);
}

/** What the property belongs to. */
export function memberOf(lowering: Lowering, node: MemberExpression, scope: Scope): Term {
  if (node.object.type === "Super") return refuse(node, "uses `super`, which is not compiled");
  const object = ownerOf(lowering, lowering.value(node.object, scope), node);
  if (object.kind === "match") return mapScalars(object, (expr) => lowering.code.once(expr));
  if (!isRecord(object)) return object;
  // All of a literal is computed, even if only a part of it is used.
  const record = presentRecord(lowering, object);
  return mapScalars(record, (expr) => lowering.code.pin(expr));
}

/** What `?.` finds absent ends the chain it is in; what goes on is there. */
function ownerOf(lowering: Lowering, object: Term, node: MemberExpression): Term {
  const isAbsent = node.optional ? absenceOfTerm(object) : null;
  if (isAbsent === null) return object;
  if (object.kind === "nothing") {
    return refuse(node, `takes a property of ${termText(object)}, which is not compiled`);
  }
  const pinned = mapScalars(object, (expr) => lowering.code.once(expr));
  lowering.chains.at(-1)?.push(absenceOfTerm(pinned) ?? isAbsent);
  return presentTerm(pinned);
}

/** @param index the computed property, if it has been lowered already */
export function memberTerm(
  lowering: Lowering,
  object: Term,
  node: MemberExpression,
  scope: Scope,
  index: Expr | null = null,
): Term {
  const { property } = node;
  if (property.type === "PrivateIdentifier") return refuse(node, "uses a private name");
  if (!node.computed && property.type === "Identifier") {
    return namedMember(lowering, object, property.name, node);
  }
  const computed = index ?? keyOf(lowering, object, property, scope);
  const known = valueOfLiteral(computed);
  if (typeof known === "string") return namedMember(lowering, object, known, node);
  const lookup = lookupIn(object, computed, node);
  if (lookup !== null) return lookUp(lowering, lookup, node, null);
  if (object.kind === "row") {
    return known === null
      ? refuse(node, "takes a field whose name is not known")
      : namedMember(lowering, object, String(known), node);
  }
  if (!isNumeric(typeOf(computed))) return refuse(property, "takes an element by a name");
  return elementOf(lowering, object, asNumber(computed), node);
}

/** The computed property, which is a name of an object's and an index of what else there is. */
export function keyOf(lowering: Lowering, object: Term, property: Expression, scope: Scope): Expr {
  const term = lowering.value(property, scope);
  return scalarOf(expected(term, object.kind === "row" ? STRING : NUMBER), property);
}

export function namedMember(lowering: Lowering, object: Term, name: string, node: Node): Term {
  switch (object.kind) {
    case "row":
      return object.fields.get(name) ?? refuse(node, `takes field \`${name}\`, which is not known`);
    case "tuple":
      if (name === "length") return scalar(numberLiteral(object.items.length));
      return /^\d+$/.test(name)
        ? tupleItem(object.items, Number(name), node)
        : refuse(node, `takes \`${name}\` of an array, which is not compiled`);
    case "table":
      if (name === "size") return scalar(numberLiteral(object.keys.length));
      return refuse(node, `takes \`${name}\` of ${termText(object)}, which is not compiled`);
    case "global":
      return globalMember(object.name, name) ?? refuse(node, globalReason(object.name, name));
    case "json": {
      const text = name === "length" ? object.value.scalar(STRING) : null;
      if (text === null) return jsonMember(object.value, name, node);
      return namedMember(lowering, scalar(text), name, node);
    }
    case "match":
      return matchMember(object, name, node);
    case "groups":
      return namedGroup(object, name, node);
    case "sequence":
      if (name === "length") return scalar(lengthOf(lowering, object));
      return refuse(node, `takes \`${name}\` of ${termText(object)}, which is not compiled`);
    default: {
      const value = scalarOf(object, node as Expression);
      if (name === "length") {
        const { kind } = typeOf(value);
        if (kind === "STRING") return scalar(callOf("string.length", [value], NUMBER));
        if (kind === "LIST") return scalar(callOf("list.length", [value], NUMBER));
      }
      return refuse(node, `takes \`${name}\` of ${termText(object)}, which is not compiled`);
    }
  }
}

function globalReason(object: string, name: string): string {
  return `uses ${object}.${name}, which is not compiled`;
}

export function elementOf(lowering: Lowering, object: Term, index: Expr, node: Node): Term {
  if (object.kind === "tuple") {
    const known = valueOfLiteral(index);
    if (typeof known === "number") return tupleItem(object.items, known, node);
    return scalar(elementExpr(listOf(object.items, node), index));
  }
  if (object.kind === "match") return matchElement(object, index, node);
  if (object.kind === "sequence") {
    return refuse(node, `takes an element of ${termText(object)}, which is not compiled`);
  }
  const value = scalarOf(object, node as Expression);
  const type = typeOf(value);
  if (type.kind === "LIST") return scalar(elementExpr(value, index));
  if (type.kind === "STRING") return scalar(character(lowering, value, index));
  return refuse(node, `takes an element of ${termText(object)}, which is not compiled`);
}

function elementExpr(list: Expr, index: Expr): Expr {
  const type = typeOf(list);
  return { op: "element", list, index, type: type.kind === "LIST" ? type.element : type };
}

function tupleItem(items: readonly Term[], index: number, node: Node): Term {
  return items[index] ?? refuse(node, `takes element ${index} of an array of ${items.length}`);
}

/** text[index], which unlike at() is undefined below 0 and at fractions: given up, as beyond the end. */
function character(lowering: Lowering, text: Expr, index: Expr): Expr {
  const known = valueOfLiteral(index);
  if (typeof known === "number" && Number.isInteger(known) && known >= 0) {
    return callOf("string.at", [text, index], STRING);
  }
  const at = lowering.code.once(index);
  const isIndex: Expr = {
    op: "and",
    left: { op: "binary", operator: ">=", left: at, right: numberLiteral(0) },
    right: callOf("number.isInteger", [at], BOOLEAN),
  };
  const checked: Expr = {
    op: "conditional",
    test: isIndex,
    whenTrue: at,
    whenFalse: numberLiteral(Number.POSITIVE_INFINITY),
    type: NUMBER,
  };
  return callOf("string.at", [text, checked], STRING);
}

/** Number of elements of a list that is not built. */
function lengthOf(lowering: Lowering, list: Term & { readonly kind: "sequence" }): Expr {
  const { code } = lowering;
  const count = code.letPresent(numberLiteral(0));
  list.each((item) => {
    mapScalars(item, (expr) => code.discard(expr));
    code.set(count.id, { op: "binary", operator: "+", left: count, right: numberLiteral(1) });
  });
  return count;
}
