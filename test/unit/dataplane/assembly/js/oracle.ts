/** What V8 says about a builtin, and the comparison of a library with it. */
import assert from "node:assert/strict";
import { type Argument, GIVEN_UP, type JsLibrary } from "./js-library.ts";

type AnyFunction = (...args: unknown[]) => unknown;

const NUMBER_FUNCTIONS: Readonly<Record<string, AnyFunction>> = {
  "number.toString": (value) => String(value),
  "number.toFixed": (value, digits) => (value as number).toFixed(digits as number),
  "number.parse": (text) => Number(text),
  "number.parseFloat": (text) => Number.parseFloat(text as string),
  "number.parseInt": (text, radix) => Number.parseInt(text as string, radix as number),
  "number.isNaN": (value) => Number.isNaN(value),
  "number.isFinite": (value) => Number.isFinite(value),
  "number.isInteger": (value) => Number.isInteger(value),
  "number.isSafeInteger": (value) => Number.isSafeInteger(value),
};

/** Answers GIVEN_UP where JavaScript throws or answers undefined: there a program has to give up. */
export function expected(name: string, args: readonly Argument[]): unknown {
  const [kind, member] = name.split(".") as [string, string];
  try {
    return evaluate(kind, member, args) ?? GIVEN_UP;
  } catch {
    return GIVEN_UP;
  }
}

function evaluate(kind: string, member: string, args: readonly Argument[]): unknown {
  if (kind === "number") return (NUMBER_FUNCTIONS[`${kind}.${member}`] as AnyFunction)(...args);
  if (kind === "math") return (Math as never as Record<string, AnyFunction>)[member]?.(...args);
  const receiver = args[0] as unknown as Record<string, unknown>;
  const value = receiver[member];
  return typeof value === "function" ? value.apply(receiver, args.slice(1)) : value;
}

/** The library may always give up unless `mayGiveUp` says otherwise; what it answers is V8's answer. */
export function assertSame(
  library: JsLibrary,
  name: string,
  args: readonly Argument[],
  { place = 0, mayGiveUp = true } = {},
): void {
  const wanted = expected(name, args);
  const actual = library.call(name, args, place);
  if (actual === GIVEN_UP && mayGiveUp) return;
  assert.deepEqual(actual, wanted, `${name} ${JSON.stringify(args)}`);
}
