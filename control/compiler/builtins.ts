/**
 * Functions that compiled code can call, by their names in the IR: the types of their arguments and
 * result, and the AssemblyScript function of dataplane/assembly/js/ that computes it. Optional arguments
 * are at the end; the front end fills them in with the defaults given here.
 */
import type { IrType } from "./ir.ts";
import { BOOLEAN, NUMBER, STRING } from "./ir.ts";

export interface Builtin {
  readonly args: readonly IrType[];
  readonly result: IrType;
  /** Exported name, and its module in dataplane/assembly/js/, without extension. */
  readonly fn: string;
  readonly module: "text" | "regexp" | "text-search" | "text-change" | "number" | "math" | "list";
}

const STRINGS: IrType = { kind: "LIST", element: STRING };

function builtin(
  module: Builtin["module"],
  fn: string,
  args: readonly IrType[],
  result: IrType,
): Builtin {
  return { module, fn, args, result };
}

/** `String.prototype.x` is "string.x", its receiver the first argument. */
export const BUILTINS: Readonly<Record<string, Builtin>> = {
  "string.length": builtin("text", "textLength", [STRING], NUMBER),
  "string.concat": builtin("text", "textConcat", [STRING, STRING], STRING),
  "string.at": builtin("text", "textAt", [STRING, NUMBER], STRING),
  "string.charAt": builtin("text", "textCharAt", [STRING, NUMBER], STRING),
  "string.charCodeAt": builtin("text", "textCharCodeAt", [STRING, NUMBER], NUMBER),
  "string.codePointAt": builtin("text", "textCodePointAt", [STRING, NUMBER], NUMBER),
  "string.slice": builtin("text", "textSlice", [STRING, NUMBER, NUMBER], STRING),
  "string.substring": builtin("text", "textSubstring", [STRING, NUMBER, NUMBER], STRING),
  "string.startsWith": builtin("text-search", "textStartsWith", [STRING, STRING, NUMBER], BOOLEAN),
  "string.endsWith": builtin("text-search", "textEndsWith", [STRING, STRING, NUMBER], BOOLEAN),
  "string.includes": builtin("text-search", "textIncludes", [STRING, STRING, NUMBER], BOOLEAN),
  "string.indexOf": builtin("text-search", "textIndexOf", [STRING, STRING, NUMBER], NUMBER),
  "string.lastIndexOf": builtin("text-search", "textLastIndexOf", [STRING, STRING, NUMBER], NUMBER),
  "string.split": builtin("list", "textSplit", [STRING, STRING], STRINGS),
  "string.trim": builtin("text-change", "textTrim", [STRING], STRING),
  "string.trimStart": builtin("text-change", "textTrimStart", [STRING], STRING),
  "string.trimEnd": builtin("text-change", "textTrimEnd", [STRING], STRING),
  "string.toLowerCase": builtin("text-change", "textToLowerCase", [STRING], STRING),
  "string.toUpperCase": builtin("text-change", "textToUpperCase", [STRING], STRING),
  "string.replace": builtin("text-change", "textReplace", [STRING, STRING, STRING], STRING),
  "string.replaceAll": builtin("text-change", "textReplaceAll", [STRING, STRING, STRING], STRING),
  "string.padStart": builtin("text-change", "textPadStart", [STRING, NUMBER, STRING], STRING),
  "string.padEnd": builtin("text-change", "textPadEnd", [STRING, NUMBER, STRING], STRING),
  "string.repeat": builtin("text-change", "textRepeat", [STRING, NUMBER], STRING),
  /** What a match captured; an empty list is none, or null. */
  "regexp.group": builtin("regexp", "regexpGroup", [STRINGS, NUMBER], STRING),
  "regexp.optionalGroup": builtin("regexp", "regexpGroup", [STRINGS, NUMBER], STRING),
  "regexp.hasGroup": builtin("regexp", "regexpHasGroup", [STRINGS, NUMBER], BOOLEAN),
  "regexp.found": builtin("regexp", "regexpFound", [STRINGS], STRINGS),
  "list.length": builtin("list", "listLength", [STRINGS], NUMBER),
  "list.join": builtin("list", "listJoin", [STRINGS, STRING], STRING),
  /** String(x) of a number. */
  "number.toString": builtin("number", "numberToText", [NUMBER], STRING),
  "number.toFixed": builtin("number", "numberToFixed", [NUMBER, NUMBER], STRING),
  /** Number(text), parseFloat(text), parseInt(text, radix; 0 = not given). */
  "number.parse": builtin("number", "numberOfText", [STRING], NUMBER),
  "number.parseFloat": builtin("number", "parseFloatOfText", [STRING], NUMBER),
  "number.parseInt": builtin("number", "parseIntOfText", [STRING, NUMBER], NUMBER),
  "number.isNaN": builtin("number", "isNaNNumber", [NUMBER], BOOLEAN),
  "number.isFinite": builtin("number", "isFiniteNumber", [NUMBER], BOOLEAN),
  "number.isInteger": builtin("number", "isIntegerNumber", [NUMBER], BOOLEAN),
  "number.isSafeInteger": builtin("number", "isSafeIntegerNumber", [NUMBER], BOOLEAN),
  /** The number; gives up at NaN. */
  "number.notNaN": builtin("number", "numberNotNaN", [NUMBER], NUMBER),
  /** As a declared field holds it; gives up unless integral and in range. */
  "number.toInt": builtin("number", "numberToInt", [NUMBER], { kind: "INT" }),
  "number.toLong": builtin("number", "numberToLong", [NUMBER], { kind: "LONG" }),
  "number.toTimestamp": builtin("number", "numberToLong", [NUMBER], { kind: "TIMESTAMP" }),
  ...math1(
    ["abs", "ceil", "floor", "round", "trunc", "sign", "sqrt", "fround", "clz32"],
    ["exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan"],
    ["sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "cbrt"],
  ),
  ...math2(["atan2", "hypot", "imul", "max", "min", "pow"]),
};

/**
 * Searches of a text for a regular expression: its source and flags, literals, are further arguments, and
 * in replace() the replacement. The functions they call are generated for each pattern.
 */
export const SEARCHES: Readonly<Record<string, Pick<Builtin, "args" | "result">>> = {
  "regexp.test": { args: [STRING, STRING, STRING], result: BOOLEAN },
  "regexp.search": { args: [STRING, STRING, STRING], result: NUMBER },
  /** The match and its groups. */
  "regexp.match": { args: [STRING, STRING, STRING], result: STRINGS },
  /** All matches. */
  "regexp.matches": { args: [STRING, STRING, STRING], result: STRINGS },
  "regexp.split": { args: [STRING, STRING, STRING], result: STRINGS },
  "regexp.replace": { args: [STRING, STRING, STRING, STRING], result: STRING },
};

/** Math.x of one argument: "math.x", function mathX. */
function math1(...names: readonly (readonly string[])[]): Record<string, Builtin> {
  return mathOf(names.flat(), [NUMBER]);
}

function math2(names: readonly string[]): Record<string, Builtin> {
  return mathOf(names, [NUMBER, NUMBER]);
}

function mathOf(names: readonly string[], args: readonly IrType[]): Record<string, Builtin> {
  return Object.fromEntries(
    names.map((name) => {
      const fn = `math${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      return [`math.${name}`, builtin("math", fn, args, NUMBER)];
    }),
  );
}
