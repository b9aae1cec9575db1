/** Binding names to terms: parameters, const and let, destructuring. */
import type { ArrayPattern, AssignmentPattern, Node, ObjectPattern, Pattern } from "acorn";
import { typeOf } from "../ir.ts";
import { withoutNull } from "./absence.ts";
import { runLists } from "./built-lists.ts";
import { choose, scalarOf, termText, unified } from "./conversions.ts";
import { numberLiteral } from "./literals.ts";
import { inRange } from "./logic.ts";
import type { Lowering } from "./lowering.ts";
import { matchAsArray, presenceOf } from "./match.ts";
import { elementOf, namedMember } from "./members.ts";
import { isNullable } from "./nulls.ts";
import { propertyName } from "./records.ts";
import { refuse } from "./refusal.ts";
import type { Scope, Term } from "./scope.ts";
import { mapScalars, rowOf, scalar, tupleOf } from "./terms.ts";
import { newVariable } from "./variables.ts";

/** `const` cannot be assigned to; `let` and parameters can. */
export type DeclarationKind = "const" | "let";

export function bindPattern(
  lowering: Lowering,
  pattern: Pattern,
  term: Term,
  scope: Scope,
  kind: DeclarationKind,
): void {
  switch (pattern.type) {
    case "Identifier":
      bindName(lowering, pattern.name, term, scope, kind, pattern);
      return;
    case "AssignmentPattern":
      if (term.kind === "nothing" && term.is === "undefined") {
        term = lowering.value(pattern.right, scope);
      } else {
        term = groupOr(lowering, term, pattern, scope);
      }
      if (term.kind === "scalar" && isNullable(term.expr) && term.expr.absent !== "null") {
        refuse(pattern, "has a default for what may be undefined, which is not compiled");
      }
      bindPattern(lowering, pattern.left, term, scope, kind);
      return;
    case "ObjectPattern":
      bindObject(lowering, pattern, term, scope, kind);
      return;
    case "ArrayPattern":
      bindArray(lowering, pattern, term, scope, kind);
      return;
    default:
      refuse(pattern, "has a pattern that is not compiled");
  }
}

function bindName(
  lowering: Lowering,
  name: string,
  term: Term,
  scope: Scope,
  kind: DeclarationKind,
  node: Node,
): void {
  const { code } = lowering;
  if (kind === "const" || !lowering.reassigned.has(name)) {
    const pinned = mapScalars(term, (expr) => code.pin(expr));
    runLists(lowering, pinned);
    if (!scope.declare(name, { kind: "constant", term: pinned })) refuseEarlyUse(name, node);
    return;
  }
  if (term.kind === "nothing" && term.is === "null") {
    if (!scope.declare(name, newVariable(lowering, "null", true))) refuseEarlyUse(name, node);
    return;
  }
  if (term.kind !== "scalar") {
    refuse(node, `assigns to \`${name}\`, which holds ${termText(term)}`);
  }
  if (!scope.declare(name, newVariable(lowering, term.expr, lowering.nulled.has(name))))
    refuseEarlyUse(name, node);
}

/** `let name;` */
export function bindWithoutValue(lowering: Lowering, pattern: Pattern, scope: Scope): void {
  if (pattern.type !== "Identifier") refuse(pattern, "takes apart a variable without a value");
  const { name } = pattern;
  if (!scope.declare(name, newVariable(lowering, "none", lowering.nulled.has(name))))
    refuseEarlyUse(name, pattern);
}

function refuseEarlyUse(name: string, node: Node): never {
  return refuse(node, `uses \`${name}\` before its declaration`);
}

function bindObject(
  lowering: Lowering,
  pattern: ObjectPattern,
  term: Term,
  scope: Scope,
  kind: DeclarationKind,
): void {
  const source = mapScalars(withoutNull(lowering, term), (expr) => lowering.code.pin(expr));
  const taken = new Set<string>();
  for (const property of pattern.properties) {
    if (property.type === "RestElement") {
      if (source.kind !== "row") refuse(property, `takes the rest of ${termText(source)}`);
      lowering.code.spreads = true;
      const fields = [...source.fields].filter(([name]) => !taken.has(name));
      const rest = rowOf(new Map(fields));
      bindPattern(lowering, property.argument, rest, scope, kind);
    } else {
      const name = propertyName(lowering, property, scope);
      taken.add(name);
      const field = namedMember(lowering, source, name, property);
      bindPattern(lowering, property.value, field, scope, kind);
    }
  }
}

function bindArray(
  lowering: Lowering,
  pattern: ArrayPattern,
  term: Term,
  scope: Scope,
  kind: DeclarationKind,
): void {
  const list = mapScalars(withoutNull(lowering, term), (expr) => lowering.code.pin(expr));
  if (list.kind === "scalar" && typeOf(list.expr).kind !== "LIST") {
    refuse(pattern, `takes ${termText(list)} apart as an array`);
  }
  for (const [index, element] of pattern.elements.entries()) {
    if (element === null) continue;
    if (element.type === "RestElement") {
      const items = list.kind === "match" ? matchAsArray(list, element) : list;
      if (items.kind !== "tuple") refuse(element, `takes the rest of ${termText(items)}`);
      const rest = tupleOf(items.items.slice(index));
      bindPattern(lowering, element.argument, rest, scope, kind);
    } else if (element.type === "AssignmentPattern" && list.kind === "scalar") {
      const item = elementOr(lowering, list, index, lowering.scalar(element.right, scope), element);
      bindPattern(lowering, element.left, item, scope, kind);
    } else {
      const item = elementOf(lowering, list, numberLiteral(index), element);
      bindPattern(lowering, element, item, scope, kind);
    }
  }
}

/** A group of a match, or a default if it took no part. */
function groupOr(lowering: Lowering, term: Term, { right }: AssignmentPattern, scope: Scope): Term {
  const isPresent = term.kind === "scalar" ? presenceOf(term.expr, right) : null;
  if (term.kind !== "scalar" || isPresent === null) return term;
  const both = unified(term.expr, lowering.scalar(right, scope));
  if (both === null) return refuse(right, "has a default of another type than the group");
  return scalar(choose(isPresent, ...both));
}

/** The element of a list, or a default beyond its end. */
function elementOr(
  lowering: Lowering,
  list: Term,
  index: number,
  fallback: ReturnType<typeof scalarOf>,
  node: Node,
): Term {
  const at = numberLiteral(index);
  const element = scalarOf(elementOf(lowering, list, at, node), node);
  const both = unified(element, fallback);
  if (both === null) return refuse(node, "has a default of another type than the element");
  return scalar(choose(inRange(scalarOf(list, node), at), ...both));
}
