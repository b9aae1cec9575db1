/**
 * 64-bit integers, mostly times in ms, with Java's arithmetic, which wraps around: numbers where they are
 * exact, else bigints. Public signatures have them as `number`, as values of Types.LONG.
 */
export type Long = number | bigint;

export const LONG_MIN = -(2n ** 63n);
export const LONG_MAX = 2n ** 63n - 1n;

/** In the one form that a time has, so that equal times are `===`. */
export function longOf(value: bigint): Long {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export function addLongs(a: Long, b: Long): Long {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return longOf(BigInt.asIntN(64, BigInt(a) + BigInt(b)));
}

/** As public signatures have it. */
export function asNumber(time: Long): number {
  return time as number;
}

export function lesser(a: Long, b: Long): Long {
  return a <= b ? a : b;
}

export function greater(a: Long, b: Long): Long {
  return a >= b ? a : b;
}
