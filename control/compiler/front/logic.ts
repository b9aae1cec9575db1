/** Conditions, and expressions of which only a part is evaluated. */
import type {
  ConditionalExpression,
  Expression,
  LogicalExpression,
  MemberExpression,
  Node,
} from "acorn";
import { BOOLEAN, type Expr, NUMBER, type Statement, typeOf } from "../ir.ts";
import { absenceOfTerm, likewise, presentTerm } from "./absence.ts";
import { behindChain, inChain } from "./chains.ts";
import { callOf, choose, not, scalarOf, termText, toBoolean, unified } from "./conversions.ts";
import { folded } from "./fold.ts";
import { Join } from "./join.ts";
import { expected } from "./json.ts";
import { booleanLiteral, numberLiteral, valueOfLiteral } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { isMatched, matchAsArray, orEmpty, presenceOf } from "./match.ts";
import { keyOf, memberOf, memberTerm } from "./members.ts";
import { both, chooseNullable, isNullable } from "./nulls.ts";
import { unwrapped, withoutChain } from "./parse.ts";
import { refuse } from "./refusal.ts";
import type { MatchTerm, Scope, Term } from "./scope.ts";
import { lookUp, lookupIn, tableCallOr } from "./tables.ts";
import { isRecord, mapScalars, scalar } from "./terms.ts";

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
  return truthOf(lowering, lowering.value(inner, scope), inner);
}

/** Boolean(term) */
function truthOf({ code }: Lowering, term: Term, node: Expression): Expr {
  if (term.kind === "nothing") return booleanLiteral(false);
  if (term.kind === "match") return isMatched(term);
  if (!isRecord(term)) {
    return toBoolean(orEmpty(scalarOf(expected(term, BOOLEAN), node), node), node);
  }
  mapScalars(term, (expr) => code.discard(expr));
  return term.isNull === null ? booleanLiteral(true) : not(term.isNull);
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
  const local = code.letPresent(left);
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
  const refused = [left, right.result].find(({ kind }) => !CHOSEN.has(kind));
  if (refused !== undefined) {
    return refuse(node, `uses ${node.operator} with ${termText(refused)}, which is not compiled`);
  }
  const bothPlain = plainBooleans(left, right.result);
  if (bothPlain !== null) {
    const [leftExpr, result] = bothPlain;
    return scalar(shortCircuit(lowering, node.operator, leftExpr, { ...right, result }));
  }
  const once = mapScalars(left, (expr) => code.once(expr));
  const test = truthOf(lowering, once, node.left);
  const chosen = { statements: [], result: decided(once, node.operator) };
  return isOr
    ? choice(lowering, test, chosen, right, node)
    : choice(lowering, test, right, chosen, node);
}

/** Kinds of terms that && and || choose between. */
const CHOSEN: ReadonlySet<Term["kind"]> = new Set(["scalar", "tuple", "row", "nothing"]);

function plainBooleans(left: Term, right: Term): readonly [Expr, Expr] | null {
  if (left.kind !== "scalar" || right.kind !== "scalar") return null;
  const operands = [left.expr, right.expr] as const;
  const arePlain = operands.every((expr) => typeOf(expr).kind === "BOOLEAN" && !isNullable(expr));
  return arePlain ? operands : null;
}

/** The left side where it is the result: true for ||, false for &&. */
function decided(left: Term, operator: "&&" | "||"): Term {
  if (operator === "||") return presentTerm(left);
  return isRecord(left) ? { kind: "nothing", is: "null" } : left;
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
  const yes = likewise(whenTrue.result, whenFalse.result);
  const no = likewise(whenFalse.result, whenTrue.result);
  if (isPlain && yes.kind === "scalar" && no.kind === "scalar") {
    const arms = unified(yes.expr, no.expr);
    if (arms === null) {
      return refuse(node, `is ${termText(yes)} or ${termText(no)}, which is not compiled`);
    }
    if (arms.some(isNullable)) return scalar(chooseNullable(lowering.code.once(test), ...arms));
    return scalar({ ...choose(test, ...arms), type: choiceType(arms) } as Expr);
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

/** Computed values are never null; what is read may be, and an element of a list out of range. */
function lowerNullish(lowering: Lowering, node: LogicalExpression, scope: Scope): Term {
  const left = withoutChain(node.left);
  const missing = (): Term => lowering.value(node.right, scope);
  if (left.type === "CallExpression") {
    const found = tableCallOr(lowering, left, scope, missing);
    if (found !== null) return found;
  }
  if (left.type === "MemberExpression" && left.computed) {
    return elementOrMissing(lowering, left, node, scope);
  }
  const value = lowering.value(node.left, scope);
  if (value.kind === "match") return matchOr(lowering, value, node, scope);
  return nullish(lowering, value, node, scope);
}

function elementOrMissing(
  lowering: Lowering,
  left: MemberExpression,
  node: LogicalExpression,
  scope: Scope,
): Term {
  const missing = (): Term => lowering.value(node.right, scope);
  const { result: member, isEnded } = inChain(lowering, () => memberOf(lowering, left, scope));
  const otherwise = (term: Term): Term => {
    const value = isEnded === null ? term : behindChain(term, isEnded, left);
    return nullish(lowering, value, node, scope);
  };
  if (isRecord(member)) {
    const key = keyOf(lowering, member, left.property as Expression, scope);
    const lookup = lookupIn(member, key, left);
    if (lookup !== null) return lookUp(lowering, lookup, left, missing);
    return otherwise(memberTerm(lowering, member, left, scope, key));
  }
  const object = member.kind === "match" ? elementsOf(member, left) : member;
  if (object.kind !== "scalar" || typeOf(object.expr).kind !== "LIST") {
    return otherwise(memberTerm(lowering, object, left, scope));
  }
  const list = lowering.code.once(object.expr);
  const index = lowering.code.once(keyOf(lowering, object, left.property as Expression, scope));
  const element = memberTerm(lowering, scalar(list), left, scope, index);
  const isThere = inRange(list, index);
  return choice(
    lowering,
    isEnded === null ? isThere : both(not(isEnded), isThere),
    { statements: [], result: element },
    part(lowering, missing),
    node,
  );
}

/** All matches as a list: without a match, an optional element is as one out of range. */
function elementsOf(match: MatchTerm, left: MemberExpression): Term {
  if (match.groups !== null) return match;
  return left.optional ? scalar(match.list) : matchAsArray(match, left);
}

function nullish(lowering: Lowering, left: Term, node: LogicalExpression, scope: Scope): Term {
  if (left.kind === "nothing") return lowering.value(node.right, scope);
  const isGroup = left.kind === "scalar" ? presenceOf(left.expr, node.left) : null;
  const value = isGroup === null ? mapScalars(left, (expr) => lowering.code.once(expr)) : left;
  const isAbsent = isGroup === null ? absenceOfTerm(value) : not(isGroup);
  if (isAbsent === null) return left;
  const right = part(lowering, () => lowering.value(node.right, scope));
  return choice(lowering, isAbsent, right, { statements: [], result: presentTerm(value) }, node);
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
