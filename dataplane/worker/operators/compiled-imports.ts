/**
 * What compiled code leaves to JavaScript: the functions of dataplane/assembly/js/env.ts, imports of
 * module "env". Numbers become text, and text numbers, as V8 does it; Math is V8's own.
 */
import { decodeWtf8 } from "../../formats/wtf8.ts";
import * as operations from "../../protocol/math-operations.ts";

type HostFunction = (...args: number[]) => number;

/** Length that has the row given up: toFixed() would throw. */
const NO_TEXT = 0;
const FIXED_DIGITS_MAX = 100;

const MATH1 = functionsByCode({
  [operations.MATH_EXP]: Math.exp,
  [operations.MATH_EXPM1]: Math.expm1,
  [operations.MATH_LOG]: Math.log,
  [operations.MATH_LOG1P]: Math.log1p,
  [operations.MATH_LOG2]: Math.log2,
  [operations.MATH_LOG10]: Math.log10,
  [operations.MATH_SIN]: Math.sin,
  [operations.MATH_COS]: Math.cos,
  [operations.MATH_TAN]: Math.tan,
  [operations.MATH_ASIN]: Math.asin,
  [operations.MATH_ACOS]: Math.acos,
  [operations.MATH_ATAN]: Math.atan,
  [operations.MATH_SINH]: Math.sinh,
  [operations.MATH_COSH]: Math.cosh,
  [operations.MATH_TANH]: Math.tanh,
  [operations.MATH_ASINH]: Math.asinh,
  [operations.MATH_ACOSH]: Math.acosh,
  [operations.MATH_ATANH]: Math.atanh,
  [operations.MATH_CBRT]: Math.cbrt,
});

const MATH2 = functionsByCode({
  [operations.MATH_ATAN2]: Math.atan2,
  [operations.MATH_HYPOT]: Math.hypot,
  [operations.MATH_POW]: Math.pow,
});

/** @param memoryOf the memory of the module's task, looked up on each use: it moves when it grows */
export function compiledImports(memoryOf: () => Uint8Array): Record<string, HostFunction> {
  // Addresses come as signed numbers.
  const readText = (ptr: number, length: number) =>
    decodeWtf8(memoryOf(), ptr >>> 0, (ptr >>> 0) + length);
  return {
    numberToText: (value, target) => writeAscii(memoryOf(), target >>> 0, String(value)),
    numberToFixed: (value, digits, target) => {
      if (!(digits >= 0 && digits <= FIXED_DIGITS_MAX)) return NO_TEXT;
      return writeAscii(memoryOf(), target >>> 0, value.toFixed(digits));
    },
    numberOfText: (ptr, length) => Number(readText(ptr, length)),
    parseFloatOfText: (ptr, length) => Number.parseFloat(readText(ptr, length)),
    math1: (op, x) => (MATH1[op] as HostFunction)(x),
    math2: (op, x, y) => (MATH2[op] as HostFunction)(x, y),
  };
}

/** Codes count from 0, and JavaScript orders such keys by number. */
function functionsByCode(functions: Readonly<Record<number, HostFunction>>): HostFunction[] {
  return Object.values(functions);
}

function writeAscii(memory: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; ++index) memory[at + index] = text.charCodeAt(index);
  return text.length;
}
