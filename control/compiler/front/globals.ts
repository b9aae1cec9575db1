/** Globals that compiled code knows: Math, Number and a few functions. */
import type { Node } from "acorn";
import { BUILTINS } from "../builtins.ts";
import { BOOLEAN, type Expr, NUMBER, typeOf } from "../ir.ts";
import { asNumber, callOf, not, termText, toBoolean, toNumber, toText } from "./conversions.ts";
import { numberLiteral, stringLiteral } from "./literals.ts";
import { both, isNullable, presentOf } from "./nulls.ts";
import { refuse } from "./refusal.ts";
import { NOTHING, type Term } from "./scope.ts";
import { scalar } from "./terms.ts";
import { isNumeric } from "./types.ts";

/** Answers no scalar, unlike the other functions. */
export const JSON_PARSE = "JSON.parse";

type GlobalFunction = (args: readonly Expr[], node: Node) => Expr;

const CONSTANTS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  ...numbersOf("Math", ["E", "LN10", "LN2", "LOG10E", "LOG2E", "PI", "SQRT1_2", "SQRT2"]),
  ...numbersOf("Number", ["MAX_SAFE_INTEGER", "MIN_SAFE_INTEGER", "MAX_VALUE", "MIN_VALUE"]),
  ...numbersOf("Number", ["EPSILON", "POSITIVE_INFINITY", "NEGATIVE_INFINITY", "NaN"]),
};

function numbersOf(
  object: "Math" | "Number",
  names: readonly string[],
): Readonly<Record<string, number>> {
  const holder = object === "Math" ? Math : Number;
  return Object.fromEntries(
    names.map((name) => [`${object}.${name}`, Reflect.get(holder, name) as number]),
  );
}

const FUNCTIONS: ReadonlyMap<string, GlobalFunction> = new Map<string, GlobalFunction>([
  ["Number", (args, node) => toNumber(args[0] ?? numberLiteral(0), node)],
  ["String", (args, node) => toText(args[0] ?? stringLiteral(""), node)],
  ["Boolean", (args, node) => toBoolean(argument(args, node), node)],
  ["parseInt", parseInteger],
  ["parseFloat", parseDecimal],
  ["Number.parseInt", parseInteger],
  ["Number.parseFloat", parseDecimal],
  ["isNaN", (args, node) => test("isNaN", toNumber(argument(args, node), node))],
  ["isFinite", (args, node) => test("isFinite", toNumber(argument(args, node), node))],
  ["Number.isNaN", numberTest("isNaN")],
  ["Number.isFinite", numberTest("isFinite")],
  ["Number.isInteger", numberTest("isInteger")],
  ["Number.isSafeInteger", numberTest("isSafeInteger")],
  ["Math.max", extreme("max", Number.NEGATIVE_INFINITY)],
  ["Math.min", extreme("min", Number.POSITIVE_INFINITY)],
  ...mathFunctions(),
]);

/** Functions that look only at their first argument, so that methods of lists can call them. */
const UNARY: ReadonlySet<string> = new Set([
  "Number",
  "String",
  "Boolean",
  "parseFloat",
  "isNaN",
  "isFinite",
  ...[...FUNCTIONS.keys()].filter((name) => /^Number\.(is|parseFloat)/.test(name)),
  ...[...FUNCTIONS.keys()].filter((name) => mathArity(name) === 1),
]);

function mathArity(name: string): number {
  return BUILTINS[name.replace("Math.", "math.")]?.args.length ?? 0;
}

function mathFunctions(): readonly (readonly [string, GlobalFunction])[] {
  const builtins = Object.entries(BUILTINS).filter(
    ([name]) => name.startsWith("math.") && name !== "math.max" && name !== "math.min",
  );
  return builtins.map(([name, builtin]) => {
    const count = builtin.args.length;
    const shown = name.replace("math.", "Math.");
    return [
      shown,
      (args, node) => {
        if (args.length !== count) {
          refuse(node, `calls ${shown}() with ${args.length} arguments; ${count} are compiled`);
        }
        return callOf(
          name,
          args.map((arg) => toNumber(arg, node)),
          NUMBER,
        );
      },
    ] as const;
  });
}

function extreme(name: "max" | "min", start: number): GlobalFunction {
  return (args, node) => {
    const [first, ...rest] = args.map((arg) => toNumber(arg, node));
    if (first === undefined) return numberLiteral(start);
    return rest.reduce((left, right) => callOf(`math.${name}`, [left, right], NUMBER), first);
  };
}

function parseInteger(args: readonly Expr[], node: Node): Expr {
  const radix = args[1] === undefined ? numberLiteral(0) : toNumber(args[1], node);
  return callOf("number.parseInt", [toText(argument(args, node), node), radix], NUMBER);
}

function parseDecimal(args: readonly Expr[], node: Node): Expr {
  return callOf("number.parseFloat", [toText(argument(args, node), node)], NUMBER);
}

function test(name: string, value: Expr): Expr {
  return callOf(`number.${name}`, [value], BOOLEAN);
}

function numberTest(name: string): GlobalFunction {
  return (args, node) => {
    const value = argument(args, node);
    if (isNumeric(typeOf(value))) {
      const holds = test(name, asNumber(presentOf(value)));
      return isNullable(value) ? both(not(value.isNull), holds) : holds;
    }
    const shown = termText(scalar(value));
    return refuse(node, `calls Number.${name}() of ${shown}, which is always false`);
  };
}

function argument(args: readonly Expr[], node: Node): Expr {
  return args[0] ?? refuse(node, "calls a function without the argument it needs");
}

export function isGlobalFunction(name: string): boolean {
  return FUNCTIONS.has(name);
}

/** What a name stands for that nothing around the function binds; null = unknown. */
export function globalTerm(name: string): Term | null {
  if (name === "undefined") return NOTHING;
  if (name === "Math" || name === "JSON") return { kind: "global", name };
  return known(name);
}

/** A property of a global object; null = unknown. */
export function globalMember(object: string, name: string): Term | null {
  return known(`${object}.${name}`);
}

function known(name: string): Term | null {
  const constant = Object.hasOwn(CONSTANTS, name) ? CONSTANTS[name] : undefined;
  if (constant !== undefined) return scalar(numberLiteral(constant));
  return isGlobalFunction(name) || name === JSON_PARSE ? { kind: "global", name } : null;
}

export function callGlobal(name: string, args: readonly Expr[], node: Node): Expr {
  const fn = FUNCTIONS.get(name) ?? refuse(node, `calls ${name}(), which is not compiled`);
  const most = MOST_ARGUMENTS.get(name);
  if (args.length > (most ?? Number.POSITIVE_INFINITY)) {
    refuse(node, `calls ${name}() with ${args.length} arguments; ${most} are compiled`);
  }
  return fn(args, node);
}

const MOST_ARGUMENTS: ReadonlyMap<string, number> = new Map(
  [...FUNCTIONS.keys()]
    .filter((name) => !name.startsWith("Math."))
    .map((name) => [name, name.endsWith("parseInt") ? 2 : 1]),
);

/** As methods of lists call it: with more arguments than one. */
export function callUnaryGlobal(name: string, arg: Expr, node: Node): Expr {
  if (UNARY.has(name)) return callGlobal(name, [arg], node);
  return refuse(node, `passes ${name} to a method of lists, which gives it an index as well`);
}
