/**
 * What `match` and `exec` answer: null, or the match with its groups, or with the flag g all matches. It is
 * a list here, which is empty for null and for the undefined of a chain, and is tested and read only.
 */
import type { Expression, Node } from "acorn";
import { BOOLEAN, type Expr, NUMBER, STRING, typeOf } from "../ir.ts";
import type { Nothing } from "./absence.ts";
import { callOf, choose, not } from "./conversions.ts";
import { booleanLiteral, emptyValue, numberLiteral } from "./literals.ts";
import { both } from "./nulls.ts";
import { withoutChain } from "./parse.ts";
import { refuse } from "./refusal.ts";
import type { GroupsTerm, MatchTerm, Term } from "./scope.ts";
import { scalar, tupleOf } from "./terms.ts";

/** Whether there is a match. */
export function isMatched({ list }: Pick<MatchTerm, "list">): Expr {
  // As behindChain() makes it.
  if (list.op === "conditional") {
    return both(not(list.test), isMatched({ list: list.whenFalse }));
  }
  if (list.op === "call" && list.name === "regexp.match") {
    return callOf("regexp.test", list.args, BOOLEAN);
  }
  const length = callOf("list.length", [list], NUMBER);
  return { op: "binary", operator: ">", left: length, right: numberLiteral(0) };
}

/** A match as JavaScript's array: the list of all matches, or the text of the match and its groups. */
export function matchAsArray(match: MatchTerm, node: Node): Term {
  const { groups } = match;
  if (groups === null) return scalar(foundIn(match));
  const items = Array.from({ length: groups.count + 1 }, (_, index) =>
    matchElement(match, numberLiteral(index), node),
  );
  return tupleOf(items);
}

/** `match[index]` */
export function matchElement(match: MatchTerm, index: Expr, node: Node): Term {
  const { list, groups } = match;
  if (groups !== null) return scalar(groupOf(list, index, isOptional(node)));
  return scalar({ op: "element", list: foundIn(match), index, type: STRING });
}

/** `match.groups` and `match.length`. */
export function matchMember(match: MatchTerm, name: string, node: Node): Term {
  const { list, groups } = match;
  if (/^\d+$/.test(name)) return matchElement(match, numberLiteral(Number(name)), node);
  if (name === "length") return scalar(callOf("list.length", [foundIn(match)], NUMBER));
  if (groups !== null && name === "groups" && groups.names.size > 0) {
    return { kind: "groups", list, names: groups.names, isOptional: isOptional(node) };
  }
  return refuse(node, `takes \`${name}\` of a match, which is not compiled`);
}

/** `match.groups.name` */
export function namedGroup(
  { list, names, isOptional }: GroupsTerm,
  name: string,
  node: Node,
): Term {
  const index = names.get(name);
  if (index === undefined) return refuse(node, `takes group \`${name}\`, which is not known`);
  return scalar(groupOf(list, numberLiteral(index), isOptional));
}

/** Of what may be undefined, whether it is not; null = it is never undefined, as far as is known. */
export function presenceOf(expr: Expr, node: Expression): Expr | null {
  if (expr.op !== "call") return null;
  const [first, second] = expr.args;
  if (first === undefined) return null;
  if (expr.name === "list.length") {
    const isFound = first.op === "call" && first.name === "regexp.found" && isOptional(node);
    return isFound && first.args[0] !== undefined ? isMatched({ list: first.args[0] }) : null;
  }
  const isGroup = expr.name === "regexp.group" || expr.name === "regexp.optionalGroup";
  if (!isGroup || second === undefined) return null;
  const list = expr.name === "regexp.group" ? foundIn({ list: first }) : first;
  return callOf("regexp.hasGroup", [list, second], BOOLEAN);
}

/** With an empty string or 0 for undefined, which are false as well. */
export function orEmpty(expr: Expr, node: Expression): Expr {
  const isPresent = presenceOf(expr, node);
  return isPresent === null ? expr : choose(isPresent, expr, emptyValue(typeOf(expr)));
}

/** `match === null` and `match[1] === undefined`; null = the term is neither a match nor a group of one. */
export function absentMatch(term: Term, { is, isStrict }: Nothing, node: Expression): Expr | null {
  if (term.kind === "match") {
    const isAbsent = not(isMatched(term));
    if (!isStrict) return isAbsent;
    return is === "null" ? both(not(term.isEnded), isAbsent) : term.isEnded;
  }
  const isPresent = term.kind === "scalar" ? presenceOf(term.expr, node) : null;
  const mayBe = !isStrict || is === "undefined";
  return isPresent === null || mayBe ? isPresent && not(isPresent) : booleanLiteral(false);
}

/** Optional groups are undefined without a match; otherwise reading one throws. */
function groupOf(list: Expr, index: Expr, isOptional: boolean): Expr {
  return callOf(isOptional ? "regexp.optionalGroup" : "regexp.group", [list, index], STRING);
}

function foundIn({ list }: Pick<MatchTerm, "list">): Expr {
  return callOf("regexp.found", [list], typeOf(list));
}

/** `x?.y`; not `x?.y.z`. */
function isOptional(node: Node): boolean {
  const inner = withoutChain(node as Expression);
  return inner.type === "MemberExpression" && inner.optional;
}
