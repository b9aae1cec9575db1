/** Conditions, and expressions of which only a part is evaluated. */
import type {
  ConditionalExpression,
  Expression,
  LogicalExpression,
  MemberExpression,
  Node,
} from "acorn";
import { BOOLEAN, type Expr, NUMBER, type Statement, typeOf } from "../ir.ts";
import { callOf, choose, not, scalarOf, termText, toBoolean, unified } from "./conversions.ts";
import { folded } from "./fold.ts";
import { Join } from "./join.ts";
import { expected } from "./json.ts";
import { booleanLiteral, numberLiteral, valueOfLiteral } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { isMatched, matchAsArray, orEmpty, presenceOf } from "./match.ts";
import { keyOf, memberOf, memberTerm } from "./members.ts";
import { unwrapped } from "./parse.ts";
import { scalar } from "./records.ts";
import { refuse } from "./refusal.ts";
import type { MatchTerm, Scope, Term } from "./scope.ts";
import { lookUp, lookupIn, tableCallOr } from "./tables.ts";

/** What computes `Result` apart: the statements it needs and what it answers. */
interface Part<Result> {
  readonly statements: readonly Statement[];
  readonly result: Result;
}

function part<Result>(lowering: Lowering, compute: () => Result): Part<Result> {
  const results: Result[] = [];
  const statements = lowering.code.block(() => {
    results.push(compute());
  });
  return { statements, result: results[0] as Result };
}

function pushAll(lowering: Lowering, statements: readonly Statement[]): void {
  for (const statement of statements) lowering.code.push(statement);
}

/** Boolean(node) */
export function lowerCondition(lowering: Lowering, node: Expression, scope: Scope): Expr {
  const inner = unwrapped(node);
  if (inner.type === "LogicalExpression" && inner.operator !== "??") {
    return shortCircuit(
      lowering,
      inner.operator,
      lowering.condition(inner.left, scope),
      part(lowering, () => lowering.condition(inner.right, scope)),
    );
  }
  const term = lowering.value(inner, scope);
  if (term.kind === "match") return isMatched(term);
  return toBoolean(orEmpty(scalarOf(expected(term, BOOLEAN), inner), inner), inner);
}

function shortCircuit(
  lowering: Lowering,
  operator: "&&" | "||",
  left: Expr,
  right: Part<Expr>,
): Expr {
  if (right.statements.length === 0) {
    return { op: operator === "&&" ? "and" : "or", left, right: right.result };
  }
  const { code } = lowering;
  const local = code.let(left);
  code.branch(operator === "&&" ? local : not(local), () => {
    pushAll(lowering, right.statements);
    code.set(local.id, right.result);
  });
  return local;
}

export function lowerLogical(lowering: Lowering, node: LogicalExpression, scope: Scope): Term {
  if (node.operator === "??") return lowerNullish(lowering, node, scope);
  const { code } = lowering;
  const value = lowering.value(node.left, scope);
  const isOr = node.operator === "||";
  if (value.kind === "match" && isOr) return matchOr(lowering, value, node, scope);
  const isGroup = value.kind === "scalar" && isOr;
  const left = isGroup ? scalar(orEmpty(value.expr, node.left)) : value;
  const right = part(lowering, () => lowering.value(node.right, scope));
  if (left.kind !== "scalar" || right.result.kind !== "scalar") {
    const refused = left.kind === "scalar" ? right.result : left;
    return refuse(node, `uses ${node.operator} with ${termText(refused)}, which is not compiled`);
  }
  if (typeOf(left.expr).kind === "BOOLEAN" && typeOf(right.result.expr).kind === "BOOLEAN") {
    const expr = right.result.expr;
    return scalar(shortCircuit(lowering, node.operator, left.expr, { ...right, result: expr }));
  }
  const once = code.once(left.expr);
  const test = toBoolean(once, node.left);
  const chosen = { statements: [], result: scalar(once) };
  return isOr
    ? choice(lowering, test, chosen, right, node)
    : choice(lowering, test, right, chosen, node);
}

export function lowerConditional(
  lowering: Lowering,
  node: ConditionalExpression,
  scope: Scope,
): Term {
  const test = lowering.condition(node.test, scope);
  const known = valueOfLiteral(folded(test));
  if (known !== null) {
    return lowering.value(known === true ? node.consequent : node.alternate, scope);
  }
  return choice(
    lowering,
    test,
    part(lowering, () => lowering.value(node.consequent, scope)),
    part(lowering, () => lowering.value(node.alternate, scope)),
    node,
  );
}

function choice(
  lowering: Lowering,
  test: Expr,
  whenTrue: Part<Term>,
  whenFalse: Part<Term>,
  node: Node,
): Term {
  const isPlain = whenTrue.statements.length === 0 && whenFalse.statements.length === 0;
  if (isPlain && whenTrue.result.kind === "scalar" && whenFalse.result.kind === "scalar") {
    const both = unified(whenTrue.result.expr, whenFalse.result.expr);
    if (both === null) {
      return refuse(
        node,
        `is ${termText(whenTrue.result)} or ${termText(whenFalse.result)}, which is not compiled`,
      );
    }
    return scalar({ ...choose(test, ...both), type: choiceType(both) } as Expr);
  }
  const join = new Join(lowering.code);
  const arm =
    ({ statements, result }: Part<Term>) =>
    () => {
      pushAll(lowering, statements);
      join.assign(result, node);
    };
  lowering.code.branch(test, arm(whenTrue), arm(whenFalse));
  return join.result(node);
}

function choiceType([left, right]: readonly [Expr, Expr]) {
  const types = [typeOf(left), typeOf(right)] as const;
  return types[0].kind === types[1].kind ? types[0] : NUMBER;
}

/** Columns and computed values are never null; an element of a list is, out of range. */
function lowerNullish(lowering: Lowering, node: LogicalExpression, scope: Scope): Term {
  const left = unwrapped(node.left);
  const missing = (): Term => lowering.value(node.right, scope);
  if (left.type === "CallExpression") {
    const found = tableCallOr(lowering, left, scope, missing);
    if (found !== null) return found;
  }
  if (left.type !== "MemberExpression" || !left.computed) {
    const value = lowering.value(left, scope);
    if (value.kind === "match") return matchOr(lowering, value, node, scope);
    if (value.kind === "nothing") return lowering.value(node.right, scope);
    return presentOr(lowering, value, node, scope);
  }
  const member = memberOf(lowering, left, scope);
  if (member.kind === "row" || member.kind === "tuple") {
    const key = keyOf(lowering, member, left.property as Expression, scope);
    const lookup = lookupIn(member, key, left);
    if (lookup !== null) return lookUp(lowering, lookup, left, missing);
    return memberTerm(lowering, member, left, scope, key);
  }
  if (member.kind === "match" && member.groups !== null) {
    return presentOr(lowering, memberTerm(lowering, member, left, scope), node, scope);
  }
  const object = member.kind === "match" ? elementsOf(member, left) : member;
  if (object.kind !== "scalar" || typeOf(object.expr).kind !== "LIST") {
    return memberTerm(lowering, object, left, scope);
  }
  const list = lowering.code.once(object.expr);
  const index = lowering.code.once(keyOf(lowering, object, left.property as Expression, scope));
  const element = memberTerm(lowering, scalar(list), left, scope, index);
  return choice(
    lowering,
    inRange(list, index),
    { statements: [], result: element },
    part(lowering, () => lowering.value(node.right, scope)),
    node,
  );
}

/** Without a match, an optional element is as one out of range. */
function elementsOf(match: MatchTerm, left: MemberExpression): Term {
  return left.optional ? scalar(match.list) : matchAsArray(match, left);
}

/** A group of a match, or what stands behind `??`; other values are never undefined. */
function presentOr(lowering: Lowering, value: Term, node: LogicalExpression, scope: Scope): Term {
  const isPresent = value.kind === "scalar" ? presenceOf(value.expr, unwrapped(node.left)) : null;
  if (isPresent === null) return value;
  const right = part(lowering, () => lowering.value(node.right, scope));
  return choice(lowering, isPresent, { statements: [], result: value }, right, node);
}

/** `text.match(re) ?? []`: no match is an empty list anyway. */
function matchOr(
  lowering: Lowering,
  match: MatchTerm,
  node: LogicalExpression,
  scope: Scope,
): Term {
  const right = lowering.value(node.right, scope);
  const isEmpty = right.kind === "tuple" && right.items.length === 0;
  if (match.groups === null && isEmpty) return scalar(match.list);
  return refuse(node, `uses ${node.operator} with a match, which is not compiled`);
}

/** Whether a list has an element at an index that is a NUMBER without a fraction. */
export function inRange(list: Expr, index: Expr): Expr {
  const length = callOf("list.length", [list], NUMBER);
  const below: Expr = { op: "binary", operator: "<", left: index, right: length };
  if (index.op === "number-literal" && Number(index.text) >= 0) return below;
  const atLeast: Expr = { op: "binary", operator: ">=", left: index, right: numberLiteral(0) };
  return index.op === "number-literal"
    ? booleanLiteral(false)
    : { op: "and", left: atLeast, right: below };
}
