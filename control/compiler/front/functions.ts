/** Functions of the user: inlined where they are called. */
import type { BlockStatement, Node } from "acorn";
import { accumulatorTerm } from "./accumulator.ts";
import { scalarOf, termText } from "./conversions.ts";
import { filledList } from "./filled-list.ts";
import { type Flow, hasReturn } from "./flow.ts";
import { callUnaryGlobal } from "./globals.ts";
import { Join } from "./join.ts";
import type { Call, Lowering } from "./lowering.ts";
import { type FunctionNode, walk } from "./parse.ts";
import { bindPattern } from "./patterns.ts";
import { refuse } from "./refusal.ts";
import {
  type Binding,
  type FunctionTerm,
  NOTHING,
  Scope,
  type Term,
  type Variable,
} from "./scope.ts";
import { lowerStatements } from "./statements.ts";
import { mapScalars, scalar } from "./terms.ts";
import { valueOfVariable } from "./variables.ts";

const MAX_INLINED = 32;

export function callFunction(lowering: Lowering, call: Call): Term {
  const { callee, args, node } = call;
  if (callee.kind === "global") {
    const [first] = args;
    if (first === undefined) return refuse(node, `calls ${callee.name}() without an argument`);
    return scalar(callUnaryGlobal(callee.name, scalarOf(first(), node), node));
  }
  if (callee.kind !== "function") {
    return refuse(node, `calls ${termText(callee)}, which is not compiled`);
  }
  checkCallable(lowering, callee.node, node);
  // Computed outside: in f(f(x)) neither call is within the other.
  const terms = callee.node.params.flatMap((_, index) => args[index]?.() ?? []);
  lowering.inlining.push(callee.node);
  const list = call.returned === undefined ? null : filledList(callee.node);
  if (list !== null) lowering.filled?.add(list);
  const isPure = call.use === "value";
  if (isPure) lowering.pureDepth += 1;
  try {
    return inline(lowering, callee, { ...call, args: terms.map((term) => () => term) });
  } finally {
    if (isPure) lowering.pureDepth -= 1;
    lowering.inlining.pop();
    if (list !== null) lowering.filled?.delete(list);
  }
}

function checkCallable(lowering: Lowering, fn: FunctionNode, node: Node): void {
  if (fn.async) refuse(node, "calls an async function");
  if (fn.generator) refuse(node, "calls a generator function, which is not compiled");
  if (lowering.inlining.includes(fn)) refuse(node, "calls a function recursively");
  if (lowering.inlining.length >= MAX_INLINED) refuse(node, "calls functions too deeply");
}

function inline(lowering: Lowering, { node: fn, scope: outer }: FunctionTerm, call: Call): Term {
  const scope = new Scope(outer);
  bindParameters(lowering, fn, call.args, scope);
  const { returned = lowering.effect } = call;
  if (fn.body.type !== "BlockStatement") {
    if (call.use === "value") return lowering.value(fn.body, scope);
    returned(fn.body, scope);
    return NOTHING;
  }
  return call.use === "value"
    ? valueOfBody(lowering, fn.body, scope)
    : effectOfBody(lowering, fn.body, scope, returned);
}

export function bindParameters(
  lowering: Lowering,
  fn: FunctionNode,
  args: readonly (() => Term)[],
  scope: Scope,
): void {
  if (fn.type === "FunctionExpression" && fn.id) {
    scope.declare(fn.id.name, { kind: "refused", reason: "uses itself, which is not compiled" });
  }
  for (const [index, parameter] of fn.params.entries()) {
    if (parameter.type === "RestElement") refuse(parameter, "has rest parameters");
    const term = args[index]?.();
    if (term !== undefined || parameter.type === "AssignmentPattern") {
      bindPattern(lowering, parameter, term ?? NOTHING, scope, "let");
    } else if (parameter.type === "Identifier") {
      const reason = `uses parameter \`${parameter.name}\`, which is not given`;
      scope.declare(parameter.name, { kind: "refused", reason });
    } else {
      refuse(parameter, "takes a parameter apart that is not given");
    }
  }
}

function valueOfBody(lowering: Lowering, body: BlockStatement, scope: Scope): Term {
  const onEnd = (): never =>
    refuse(body, "calls a function that does not return a value on every path");
  const results: Term[] = [];
  const join = hasOnlyFinalReturn(body) ? null : new Join(lowering.code);
  const onReturn: Flow["onReturn"] = ({ argument }, inner) => {
    if (!argument) return onEnd();
    const term = lowering.value(argument, inner);
    if (join === null) results.push(term);
    else join.assign(term, argument);
  };
  const flow: Flow = { onReturn, onBreak: null, onContinue: null };
  lowerStatements(lowering, body.body, scope, flow, onEnd);
  return results[0] ?? join?.result(body) ?? onEnd();
}

/** The only way out is at the end of the body: what it returns need not be stored. */
function hasOnlyFinalReturn(body: BlockStatement): boolean {
  return body.body.at(-1)?.type === "ReturnStatement" && !body.body.slice(0, -1).some(hasReturn);
}

function effectOfBody(
  lowering: Lowering,
  body: BlockStatement,
  scope: Scope,
  returned: NonNullable<Call["returned"]>,
): Term {
  const onReturn: Flow["onReturn"] = ({ argument }, inner) => {
    if (argument) returned(argument, inner);
  };
  const flow: Flow = { onReturn, onBreak: null, onContinue: null };
  lowerStatements(lowering, body.body, scope, flow, () => {});
  return NOTHING;
}

/** See Lowering.frozen: variables the function reads are copied. */
export function frozenFunction(lowering: Lowering, fn: FunctionTerm): FunctionTerm {
  return freeze(lowering, fn, new Map());
}

function copyOf(lowering: Lowering, variable: Variable, name: string): Binding {
  const value = valueOfVariable(lowering, variable);
  if (value === null) {
    return { kind: "refused", reason: `reads \`${name}\`, which may not have a value yet` };
  }
  return { kind: "constant", term: scalar(lowering.code.let(value)), isCopy: true };
}

function freeze(
  lowering: Lowering,
  fn: FunctionTerm,
  done: Map<FunctionNode, FunctionTerm>,
): FunctionTerm {
  const known = done.get(fn.node);
  if (known !== undefined) return known;
  const scope = new Scope(fn.scope);
  const frozen: FunctionTerm = { kind: "function", node: fn.node, scope };
  done.set(fn.node, frozen);
  for (const node of walk(fn.node)) {
    if (node.type !== "Identifier") continue;
    const binding = fn.scope.peek(node.name);
    if (binding?.kind === "variable") {
      scope.declare(node.name, copyOf(lowering, binding, node.name));
    } else if (binding?.kind === "accumulator") {
      const term = mapScalars(accumulatorTerm(lowering, binding), (expr) =>
        lowering.code.let(expr),
      );
      scope.declare(node.name, { kind: "constant", term, isCopy: true });
    } else if (binding?.kind === "constant" && binding.term.kind === "function") {
      const term = freeze(lowering, binding.term, done);
      scope.declare(node.name, { kind: "constant", term });
    }
  }
  return frozen;
}
