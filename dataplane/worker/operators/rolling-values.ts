/**
 * How rolling aggregates add and compare, as the kernels do (assembly/rolling-numbers.ts):
 *
 *   sum      INT wraps at 32 bits, LONG and BIGINT at 64; NUMBER and DOUBLE add as IEEE 754
 *   compare  numbers as Java's Double.compare (-0 before 0, NaN last); strings by UTF-16 units;
 *            false before true
 *
 * In a GENERIC column the values themselves say how: numbers as NUMBER, bigints without a limit.
 */
import type { DataType } from "../../protocol/types.ts";

/** A function of two values of a field; undefined = they are not of a kind it takes. */
export type Add = (a: unknown, b: unknown) => unknown;

export function adderOf(type: DataType): Add {
  switch (type.kind) {
    case "INT":
      return addInts;
    case "LONG":
      return addLongs;
    case "BIGINT":
      return addBigints;
    case "NUMBER":
    case "DOUBLE":
    case "GENERIC":
      return addAny;
    default:
      return () => undefined;
  }
}

export function compareValues(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return compareNumbers(a, b);
  if (typeof a === typeof b && isComparable(a)) {
    const left = a as string;
    const right = b as string;
    return left < right ? -1 : left > right ? 1 : 0;
  }
  // LONG values come as both.
  if (isInteger(a) && isInteger(b)) return a < b ? -1 : a > b ? 1 : 0;
  return Number.NaN;
}

function addInts(a: unknown, b: unknown): unknown {
  if (typeof a !== "number" || typeof b !== "number") return undefined;
  return (a + b) | 0;
}

function addLongs(a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  } else if (!isInteger(a) || !isInteger(b)) {
    return undefined;
  }
  const sum = BigInt.asIntN(64, BigInt(a as bigint) + BigInt(b as bigint));
  const number = Number(sum);
  return Number.isSafeInteger(number) ? number : sum;
}

function addBigints(a: unknown, b: unknown): unknown {
  if (typeof a !== "bigint" || typeof b !== "bigint") return undefined;
  return BigInt.asIntN(64, a + b);
}

function addAny(a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") return a + b;
  return typeof a === "bigint" && typeof b === "bigint" ? a + b : undefined;
}

function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b && a !== 0) return 0;
  return rankOf(a) - rankOf(b);
}

/** Of numbers that are neither less nor greater: -0, 0, then NaN. */
function rankOf(value: number): number {
  if (Number.isNaN(value)) return 2;
  if (value !== 0) return 1;
  return Object.is(value, -0) ? 0 : 1;
}

function isComparable(value: unknown): boolean {
  return typeof value === "string" || typeof value === "boolean" || typeof value === "bigint";
}

function isInteger(value: unknown): value is number | bigint {
  return typeof value === "bigint" || Number.isInteger(value);
}
