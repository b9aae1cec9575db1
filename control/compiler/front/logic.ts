/** Conditions, and expressions of which only a part is evaluated. */
import type { ConditionalExpression, Expression, LogicalExpression, Node } from "acorn";
import { BOOLEAN, type Expr, NUMBER, type Statement, typeOf } from "../ir.ts";
import { callOf, choose, not, scalarOf, termText, toBoolean, unified } from "./conversions.ts";
import { folded } from "./fold.ts";
import { Join } from "./join.ts";
import { expected } from "./json.ts";
import { booleanLiteral, numberLiteral, valueOfLiteral } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { memberOf, memberTerm } from "./members.ts";
import { unwrapped } from "./parse.ts";
import { scalar } from "./records.ts";
import { refuse } from "./refusal.ts";
import type { Scope, Term } from "./scope.ts";
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
  return toBoolean(scalarOf(expected(lowering.value(inner, scope), BOOLEAN), inner), inner);
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
  const id = code.newLocal();
  code.push({ do: "let", id, type: BOOLEAN, value: left });
  const local: Expr = { op: "local", id, type: BOOLEAN };
  code.branch(operator === "&&" ? local : not(local), () => {
    pushAll(lowering, right.statements);
    code.set(id, right.result);
  });
  return local;
}

export function lowerLogical(lowering: Lowering, node: LogicalExpression, scope: Scope): Term {
  if (node.operator === "??") return lowerNullish(lowering, node, scope);
  const { code } = lowering;
  const left = lowering.value(node.left, scope);
  const right = part(lowering, () => lowering.value(node.right, scope));
  if (left.kind !== "scalar" || right.result.kind !== "scalar") {
    const refused = left.kind === "scalar" ? right.result : left;
    return refuse(node, `uses ${node.operator} with ${termText(refused)}, which is not compiled`);
  }
  if (typeOf(left.expr).kind === "BOOLEAN" && typeOf(right.result.expr).kind === "BOOLEAN") {
    const expr = right.result.expr;
    return scalar(shortCircuit(lowering, node.operator, left.expr, { ...right, result: expr }));
  }
  const value = code.once(left.expr);
  const test = toBoolean(value, node.left);
  const isAnd = node.operator === "&&";
  const chosen = { statements: [], result: scalar(value) };
  return isAnd
    ? choice(lowering, test, right, chosen, node)
    : choice(lowering, test, chosen, right, node);
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
    return value.kind === "nothing" ? lowering.value(node.right, scope) : value;
  }
  const object = memberOf(lowering, left, scope);
  if (object.kind === "row" || object.kind === "tuple") {
    const key = lowering.scalar(left.property as Expression, scope);
    const lookup = lookupIn(object, key, left);
    if (lookup !== null) return lookUp(lowering, lookup, left, missing);
    return memberTerm(lowering, object, left, scope, key);
  }
  if (object.kind !== "scalar" || typeOf(object.expr).kind !== "LIST") {
    return memberTerm(lowering, object, left, scope);
  }
  const list = lowering.code.once(object.expr);
  const index = lowering.code.once(
    scalarOf(lowering.value(left.property as Expression, scope), left.property),
  );
  const element = memberTerm(lowering, scalar(list), left, scope, index);
  return choice(
    lowering,
    inRange(list, index),
    { statements: [], result: element },
    part(lowering, () => lowering.value(node.right, scope)),
    node,
  );
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
