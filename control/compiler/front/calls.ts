/** Calls: methods of strings, numbers and lists, globals, and functions of the user. */
import type { CallExpression, Expression, Identifier, MemberExpression, Node } from "acorn";
import { type Expr, NUMBER, typeOf } from "../ir.ts";
import { withoutNull } from "./absence.ts";
import { scalarOf, termText } from "./conversions.ts";
import { callGlobal, globalMember, isGlobalFunction, JSON_PARSE } from "./globals.ts";
import { expected, expectedReceiver, parseJson } from "./json.ts";
import { callListMethod } from "./list-methods.ts";
import type { Call, Lowering } from "./lowering.ts";
import { matchAsArray } from "./match.ts";
import { memberOf } from "./members.ts";
import { unwrapped } from "./parse.ts";
import { refuse } from "./refusal.ts";
import { callRegexpMethod, callWithRegexp } from "./regexp.ts";
import { callScalarMethod } from "./scalar-methods.ts";
import { NOTHING, type Scope, type Term } from "./scope.ts";
import { callTableMethod } from "./tables.ts";
import { scalar } from "./terms.ts";

export function lowerCall(
  lowering: Lowering,
  node: CallExpression,
  scope: Scope,
  use: "value" | "effect" = "value",
): Term {
  if (node.callee.type === "Super") return refuse(node, "uses `super`, which is not compiled");
  const callee = unwrapped(node.callee);
  if (callee.type === "MemberExpression") return callMember(lowering, node, callee, scope, use);
  if (callee.type === "Identifier") checkKnown(callee.name, node, scope);
  const term = lowering.value(callee, scope);
  if (term.kind === "global") return globalCall(lowering, term.name, node, scope);
  return callTerm(lowering, term, node, scope, use);
}

function callTerm(
  lowering: Lowering,
  callee: Term,
  node: CallExpression,
  scope: Scope,
  use: "value" | "effect",
  returned?: NonNullable<Call["returned"]>,
): Term {
  const args = argumentsOf(node);
  if (callee.kind === "function" && args.length > callee.node.params.length) {
    return refuse(node, "passes more arguments than the function has parameters");
  }
  return lowering.call({
    callee,
    args: args.map((arg) => () => lowering.value(arg, scope)),
    node,
    use,
    ...(returned === undefined ? {} : { returned }),
  });
}

/** Does with what a function of the user returns, on each path, what the caller's result would be done with. */
export function callReturning(
  lowering: Lowering,
  node: CallExpression & { readonly callee: Identifier },
  scope: Scope,
  returned: NonNullable<Call["returned"]>,
): boolean {
  if (scope.find(node.callee.name) === null) return false;
  const callee = lowering.value(node.callee, scope);
  if (callee.kind !== "function") return false;
  callTerm(lowering, callee, node, scope, "effect", returned);
  return true;
}

/** Tells functions of the platform from captured ones in what is refused. */
function checkKnown(name: string, node: Node, scope: Scope): void {
  if (scope.find(name) !== null || isGlobalFunction(name)) return;
  if (name in globalThis) refuse(node, `calls ${name}(), which is not compiled`);
}

function argumentsOf(node: CallExpression): readonly Expression[] {
  return node.arguments.map((arg) =>
    arg.type === "SpreadElement" ? refuse(arg, "spreads an array into arguments") : arg,
  );
}

function callMember(
  lowering: Lowering,
  node: CallExpression,
  callee: MemberExpression,
  scope: Scope,
  use: "value" | "effect",
): Term {
  const name = methodName(lowering, callee, scope);
  const object = memberOf(lowering, callee, scope);
  switch (object.kind) {
    case "global": {
      const shown = `${object.name}.${name}`;
      if (globalMember(object.name, name)?.kind !== "global") {
        return refuse(node, `calls ${shown}(), which is not compiled`);
      }
      return globalCall(lowering, shown, node, scope);
    }
    case "collector":
      return collect(lowering, name, node, scope, use);
    case "filled": {
      if (use === "value" || lowering.pureDepth > 0) {
        return refuse(node, "uses the value of push(), which is not compiled");
      }
      for (const arg of argumentsOf(node)) lowering.output.emit(lowering.value(arg, scope), arg);
      return NOTHING;
    }
    case "row": {
      const field = object.fields.get(name);
      if (field?.kind !== "function") {
        return refuse(node, `calls ${name}() of an object, which is not compiled`);
      }
      return callTerm(lowering, field, node, scope, use);
    }
    case "table": {
      const args = argumentsOf(node);
      return callTableMethod({ lowering, table: object, name, args, node, scope });
    }
    case "regexp":
      return callRegexpMethod(lowering, object, name, argumentsOf(node), node, scope);
    case "match":
    case "tuple":
    case "sequence":
      return callListMethod({
        lowering,
        list: object.kind === "match" ? matchAsArray(object, node) : object,
        name,
        args: argumentsOf(node),
        node,
        scope,
        use,
      });
    default: {
      // These may answer the receiver itself: it must not be null any more.
      const isSame = /^(toString|valueOf|concat)$/.test(name);
      const present = isSame ? withoutNull(lowering, object) : object;
      const receiver = scalarOf(expectedReceiver(present, name), callee.object);
      const args = argumentsOf(node);
      if (typeOf(receiver).kind === "LIST") {
        return callListMethod({ lowering, list: object, name, args, node, scope, use });
      }
      const searched = callWithRegexp(lowering, receiver, name, args, node, scope);
      if (searched !== null) return searched;
      return scalar(
        callScalarMethod(
          receiver,
          name,
          args.map((arg) => lowering.scalar(arg, scope)),
          node,
        ),
      );
    }
  }
}

function methodName(lowering: Lowering, callee: MemberExpression, scope: Scope): string {
  const { property } = callee;
  if (property.type === "PrivateIdentifier") return refuse(callee, "uses a private name");
  if (!callee.computed && property.type === "Identifier") return property.name;
  const name = lowering.constant(property, scope);
  return typeof name === "string"
    ? name
    : refuse(property, "calls a method whose name is not known");
}

/** Emits what the user's code hands to the collector. */
function collect(
  lowering: Lowering,
  name: string,
  node: CallExpression,
  scope: Scope,
  use: "value" | "effect",
): Term {
  if (name !== "collect") return refuse(node, `calls ${name}() of the collector`);
  if (use === "value") return refuse(node, "uses the value of collect(), which is not compiled");
  if (lowering.pureDepth > 0) {
    return refuse(node, "emits from a function called for its value, which is not compiled");
  }
  const [record, ...more] = argumentsOf(node);
  if (record === undefined || more.length > 0) {
    return refuse(node, "calls collect() without exactly one record");
  }
  lowering.output.emit(lowering.value(record, scope), record);
  return NOTHING;
}

function globalCall(lowering: Lowering, name: string, node: CallExpression, scope: Scope): Term {
  const [first] = node.arguments;
  if (first?.type === "SpreadElement" && node.arguments.length === 1) {
    if (name === "Math.max" || name === "Math.min") {
      return extremeOf(lowering, name, lowering.value(first.argument, scope), first.argument);
    }
  }
  const isMath = name.startsWith("Math.");
  const args = argumentsOf(node).map((arg) => {
    const term = lowering.value(arg, scope);
    return scalarOf(isMath ? expected(term, NUMBER) : term, arg);
  });
  if (name === JSON_PARSE) return parseJson(lowering.code, args, node);
  return scalar(callGlobal(name, args, node));
}

/** Math.max(...list) */
function extremeOf(lowering: Lowering, name: string, list: Term, node: Node): Term {
  if (list.kind !== "tuple" && list.kind !== "sequence" && list.kind !== "scalar") {
    return refuse(node, `spreads ${termText(list)} into arguments`);
  }
  const { code } = lowering;
  const result = code.letPresent(callGlobal(name, [], node));
  lowering.sequence(list, node).each((item) => {
    const value: Expr = scalarOf(item, node);
    code.set(result.id, callGlobal(name, [result, value], node));
  });
  return scalar(result);
}
