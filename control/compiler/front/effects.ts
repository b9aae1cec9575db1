/** Expressions whose value nobody uses: assignments, emissions, calls. */
import type {
  AssignmentExpression,
  Expression,
  Identifier,
  MemberExpression,
  Node,
  UpdateExpression,
  YieldExpression,
} from "acorn";
import { likewise } from "./absence.ts";
import { accumulatorField } from "./accumulator.ts";
import { runLists } from "./built-lists.ts";
import { lowerCall } from "./calls.ts";
import { inChain } from "./chains.ts";
import { scalarOf, toNumber } from "./conversions.ts";
import { numberLiteral } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { binary } from "./operators.ts";
import { unwrapped } from "./parse.ts";
import { refuse } from "./refusal.ts";
import type { Scope, Term, Variable } from "./scope.ts";
import { mapScalars, scalar } from "./terms.ts";
import { readVariable, setVariable, valueOfVariable } from "./variables.ts";

export function lowerEffect(lowering: Lowering, node: Expression, scope: Scope): void {
  const inner = unwrapped(node);
  switch (inner.type) {
    case "AssignmentExpression":
      assign(lowering, inner, scope);
      return;
    case "UpdateExpression":
      update(lowering, inner, scope);
      return;
    case "CallExpression":
      discard(lowering, lowerCall(lowering, inner, scope, "effect"));
      return;
    case "YieldExpression":
      emitYield(lowering, inner, scope);
      return;
    case "SequenceExpression":
      for (const part of inner.expressions) lowering.effect(part, scope);
      return;
    case "ConditionalExpression":
      lowering.code.branch(
        lowering.condition(inner.test, scope),
        () => lowering.effect(inner.consequent, scope),
        () => lowering.effect(inner.alternate, scope),
      );
      return;
    case "ChainExpression": {
      const { isEnded } = inChain(lowering, () => lowering.effect(inner.expression, scope));
      if (isEnded !== null) {
        refuse(inner, "calls by ?. what may be null, which is not compiled here");
      }
      return;
    }
    case "LogicalExpression": {
      if (inner.operator === "??") break;
      const test = lowering.condition(inner.left, scope);
      const act = (): void => lowering.effect(inner.right, scope);
      if (inner.operator === "&&") lowering.code.branch(test, act);
      else lowering.code.branch(test, () => {}, act);
      return;
    }
  }
  discard(lowering, lowering.value(inner, scope));
}

function discard(lowering: Lowering, term: Term): void {
  mapScalars(term, (expr) => lowering.code.discard(expr));
  runLists(lowering, term);
}

function assign(lowering: Lowering, node: AssignmentExpression, scope: Scope): void {
  const { left, operator } = node;
  const target = targetOf(lowering, left, node, scope);
  if (target === null) {
    refuse(node, "changes a field or several variables at once, which is not compiled");
  }
  const { name, variable } = target;
  if (operator === "=") {
    const value = assigned(lowering, variable, lowering.value(node.right, scope));
    // Still null, as it was declared.
    if (value.kind === "nothing" && value.is === "null" && variable.startsNull) return;
    setVariable(lowering, variable, name, scalarOf(value, node.right), node);
    return;
  }
  const right = lowering.scalar(node.right, scope);
  const plain = operator.slice(0, -1);
  if (!isBinary(plain)) refuse(node, `uses ${operator}, which is not compiled`);
  const current = readVariable(lowering, variable, name, left);
  setVariable(lowering, variable, name, binary(plain, current, right, node), node);
}

/** null and undefined as ones of the variable's type. */
function assigned(lowering: Lowering, variable: Variable, value: Term): Term {
  const current = value.kind === "nothing" ? valueOfVariable(lowering, variable) : null;
  return current === null ? value : likewise(value, scalar(current));
}

type Compound = "+" | "-" | "*" | "/" | "%" | "**" | "&" | "|" | "^" | "<<" | ">>" | ">>>";

function isBinary(operator: string): operator is Compound {
  return !["||", "&&", "??"].includes(operator);
}

function update(lowering: Lowering, node: UpdateExpression, scope: Scope): void {
  const { argument } = node;
  const target = targetOf(lowering, argument, node, scope);
  if (target === null) refuse(node, "changes a field, which is not compiled");
  const { name, variable } = target;
  const current = toNumber(readVariable(lowering, variable, name, argument), node);
  const value = binary(node.operator === "++" ? "+" : "-", current, numberLiteral(1), node);
  setVariable(lowering, variable, name, value, node);
}

/** What is assigned to: a variable, or a field of the accumulator; null = anything else. */
function targetOf(
  lowering: Lowering,
  target: Node,
  node: Node,
  scope: Scope,
): { readonly name: string; readonly variable: Variable } | null {
  if (target.type === "Identifier") {
    const { name } = target as Identifier;
    return { name, variable: variableOf(lowering, name, node, scope) };
  }
  if (target.type !== "MemberExpression") return null;
  const field = accumulatorField(lowering, target as MemberExpression, scope);
  if (field !== null && field.variable.pureDepth !== lowering.pureDepth) {
    return refuseOutside(field.name, node);
  }
  return field;
}

function variableOf(lowering: Lowering, name: string, node: Node, scope: Scope): Variable {
  const binding = scope.find(name);
  if (binding?.kind === "constant" && binding.isCopy) return refuseOutside(name, node);
  if (binding?.kind !== "variable") {
    return refuse(node, `assigns to \`${name}\`, which is not a variable of the function`);
  }
  if (binding.pureDepth !== lowering.pureDepth) {
    return refuseOutside(name, node);
  }
  return binding;
}

function refuseOutside(name: string, node: Node): never {
  return refuse(node, `assigns to \`${name}\` from a function called for its value`);
}

function emitYield(lowering: Lowering, node: YieldExpression, scope: Scope): void {
  const { argument, delegate } = node;
  if (!argument) refuse(node, "yields nothing");
  const term = lowering.value(argument, scope);
  if (!delegate) {
    lowering.output.emit(term, argument);
    return;
  }
  lowering.sequence(term, argument).each((item) => lowering.output.emit(item, argument));
}
