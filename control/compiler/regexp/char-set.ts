/** Sets of characters: ranges of code points, sorted, that neither overlap nor touch. */

export type CharRange = readonly [from: number, to: number];
export type CharSet = readonly CharRange[];

const MAX_POINT = 0x10ffff;

export const NO_CHARS: CharSet = [];
export const ALL_CHARS: CharSet = [[0, MAX_POINT]];
export const DIGITS: CharSet = [[0x30, 0x39]];
export const WORD_CHARS: CharSet = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
/** `\s`: white space and line ends. */
export const SPACES: CharSet = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
export const LINE_ENDS: CharSet = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];
export const SURROGATES: CharSet = [[0xd800, 0xdfff]];
/** Two UTF-16 units each. */
const PAIRS: CharSet = [[0x10000, MAX_POINT]];

export function unionOf(...sets: readonly CharSet[]): CharSet {
  const merged: [number, number][] = [];
  for (const [from, to] of sets.flat().sort(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

export function complementOf(set: CharSet): CharSet {
  const ranges: CharRange[] = [];
  let next = 0;
  for (const [from, to] of set) {
    if (from > next) ranges.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= MAX_POINT) ranges.push([next, MAX_POINT]);
  return ranges;
}

export function meets(left: CharSet, right: CharSet): boolean {
  return left.some(([from, to]) => right.some(([first, last]) => from <= last && first <= to));
}

export function containsAll(set: CharSet, part: CharSet): boolean {
  return part.every(([first, last]) => set.some(([from, to]) => from <= first && last <= to));
}

/** Members from `first` to `last`. */
export function within(set: CharSet, first: number, last: number): CharSet {
  return set
    .filter(([from, to]) => from <= last && to >= first)
    .map(([from, to]) => [Math.max(from, first), Math.min(to, last)]);
}

/** The only member; null = there are none or several. */
export function onlyCharOf(set: CharSet): number | null {
  const [range] = set;
  return set.length === 1 && range !== undefined && range[0] === range[1] ? range[0] : null;
}

/** The character that two UTF-16 units are the halves of; null = they are no pair. */
export function pairOf(high: number | null, low: number | null): number | null {
  if (high === null || high < 0xd800 || high > 0xdbff) return null;
  if (low === null || low < 0xdc00 || low > 0xdfff) return null;
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/** A set of UTF-16 units with both halves of every pair has the pairs themselves as well. */
export function withPairs(set: CharSet): CharSet {
  return containsAll(set, SURROGATES) ? unionOf(set, PAIRS) : set;
}

/** With the other case of ASCII letters. */
export function ignoringCase(set: CharSet): CharSet {
  const upper = within(set, 0x41, 0x5a).map(([from, to]): CharRange => [from + 32, to + 32]);
  const lower = within(set, 0x61, 0x7a).map(([from, to]): CharRange => [from - 32, to - 32]);
  return unionOf(set, upper, lower);
}
