/** Methods of strings, numbers and booleans, with the defaults of their arguments. */
import type { Node } from "acorn";
import { BUILTINS } from "../builtins.ts";
import { type Expr, type IrType, NUMBER, STRING, typeOf } from "../ir.ts";
import { asNumber, callOf, toText } from "./conversions.ts";
import { type LiteralValue, literalOf, valueOfLiteral } from "./literals.ts";
import { concat } from "./operators.ts";
import { refuse } from "./refusal.ts";
import { isNumeric, typeText } from "./types.ts";

/** Defaults of the arguments behind the receiver; null = it has to be given. */
type Defaults = readonly (LiteralValue | null)[];

const END = Number.POSITIVE_INFINITY;

const STRING_METHODS: ReadonlyMap<string, Defaults> = new Map<string, Defaults>([
  ["at", [0]],
  ["charAt", [0]],
  ["charCodeAt", [0]],
  ["codePointAt", [0]],
  ["slice", [0, END]],
  ["substring", [0, END]],
  ["startsWith", [null, 0]],
  ["endsWith", [null, END]],
  ["includes", [null, 0]],
  ["indexOf", [null, 0]],
  ["lastIndexOf", [null, END]],
  ["split", [null]],
  ["trim", []],
  ["trimStart", []],
  ["trimEnd", []],
  ["toLowerCase", []],
  ["toUpperCase", []],
  ["replace", [null, null]],
  ["replaceAll", [null, null]],
  ["padStart", [null, " "]],
  ["padEnd", [null, " "]],
  ["repeat", [null]],
]);

export function callScalarMethod(
  receiver: Expr,
  name: string,
  args: readonly Expr[],
  node: Node,
): Expr {
  const type = typeOf(receiver);
  if (type.kind === "STRING") return callStringMethod(receiver, name, args, node);
  if (isNumeric(type)) return callNumberMethod(receiver, name, args, node);
  if (name === "toString" && args.length === 0) return toText(receiver, node);
  return refuseMethod(name, type, node);
}

function refuseMethod(name: string, type: IrType, node: Node): never {
  return refuse(node, `calls ${name}() of a ${typeText(type)}, which is not compiled`);
}

function callStringMethod(text: Expr, name: string, args: readonly Expr[], node: Node): Expr {
  if (name === "concat") {
    return args.reduce((left, right) => concat(left, toText(right, node)), text);
  }
  if ((name === "toString" || name === "valueOf") && args.length === 0) return text;
  const defaults = STRING_METHODS.get(name) ?? refuseMethod(name, STRING, node);
  return callBuiltin(`string.${name}`, text, args, defaults, node);
}

function callNumberMethod(value: Expr, name: string, args: readonly Expr[], node: Node): Expr {
  if (name === "toFixed") return callBuiltin("number.toFixed", asNumber(value), args, [0], node);
  if (name === "valueOf" && args.length === 0) return asNumber(value);
  if (name === "toString") {
    const radix = args[0] === undefined ? 10 : valueOfLiteral(args[0]);
    if (radix === 10 && args.length <= 1) return toText(value, node);
    return refuse(node, "calls toString() with a radix, which is not compiled");
  }
  return refuseMethod(name, NUMBER, node);
}

function callBuiltin(
  name: string,
  receiver: Expr,
  args: readonly Expr[],
  defaults: Defaults,
  node: Node,
): Expr {
  const shown = name.slice(name.indexOf(".") + 1);
  const builtin = BUILTINS[name];
  if (builtin === undefined) return refuseMethod(shown, typeOf(receiver), node);
  if (args.length > defaults.length) {
    return refuse(node, `calls ${shown}() with ${args.length} arguments, which is not compiled`);
  }
  const filled = defaults.map((value, index) => {
    const given = args[index];
    if (given === undefined) {
      return value === null
        ? refuse(node, `calls ${shown}() without an argument it needs`)
        : literalOf(value);
    }
    const expected = builtin.args[index + 1];
    if (expected === undefined) throw new TypeError(`${name} has no argument ${index + 1}.`);
    return checkedArgument(given, expected, shown, node);
  });
  return callOf(name, [receiver, ...filled], builtin.result);
}

function checkedArgument(given: Expr, expected: IrType, method: string, node: Node): Expr {
  const type = typeOf(given);
  if (expected.kind === "NUMBER" && isNumeric(type)) return asNumber(given);
  if (expected.kind === type.kind) return given;
  return refuse(
    node,
    `calls ${method}() with ${typeText(type)} where ${expected.kind} is compiled`,
  );
}
