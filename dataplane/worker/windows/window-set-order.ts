/**
 * The order in which windows that merge are folded into the first of them: Flink keeps them, by their
 * starts and with the new one among them, in a Java HashSet.
 */
import type { Long } from "../../protocol/long.ts";

const FIRST_BUCKETS = 16;
const MAX_LOAD = 0.75;

export function inSetOrder<W extends readonly [start: Long, end: Long, ...unknown[]]>(
  windows: readonly W[],
): readonly W[] {
  if (windows.length < 2) return windows;
  let buckets = FIRST_BUCKETS;
  while (windows.length + 1 > buckets * MAX_LOAD) buckets *= 2;
  const bucketOf = ([start, end]: W): number => hashOf(start, end) & (buckets - 1);
  return windows.toSorted((a, b) => bucketOf(a) - bucketOf(b) || (a[0] < b[0] ? -1 : 1));
}

/** As a HashSet spreads the hash of Flink's TimeWindow. */
function hashOf(start: Long, end: Long): number {
  let bits = BigInt.asUintN(64, BigInt(start) + BigInt(end));
  bits = BigInt.asUintN(64, (bits ^ (bits >> 30n)) * 0xbf58476d1ce4e5b9n);
  bits = BigInt.asUintN(64, (bits ^ (bits >> 27n)) * 0x94d049bb133111ebn);
  const hash = Number(BigInt.asUintN(32, bits ^ (bits >> 31n)));
  return hash ^ (hash >>> 16);
}
