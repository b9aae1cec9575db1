/** Strings and numbers that the functions of JavaScript tell apart. */
import fc from "fast-check";
import { anyString } from "../../formats/arbitraries.ts";

const ASCII = ["a", "b", "ab", " ", ",", "A", "Z", "z", "@", "[", "`", "{", "0", "$", "\t"];
const WIDE = ["é", "ß", "漢", "\u00a0", "\ufeff", "\u2028", "\ue000", "\uffff", "😀", "𝒳"];
const HALVES = ["\ud83d", "\ude00", "\ud800", "\udfff"];

function textOf(parts: readonly string[], ...lengths: readonly [number, number][]) {
  const arrays = lengths.map(([minLength, maxLength]) =>
    fc.array(fc.constantFrom(...parts), { minLength, maxLength, size: "max" }),
  );
  return fc.oneof(...arrays).map((chosen) => chosen.join(""));
}

/** Short ones, some around a block of 16 bytes, and long ones, whose positions are remembered. */
const LENGTHS: [number, number][] = [
  [0, 6],
  [10, 24],
  [60, 120],
];

export const asciiText: fc.Arbitrary<string> = textOf(ASCII, ...LENGTHS);
/** Whole characters of all widths. */
export const wellFormedText: fc.Arbitrary<string> = textOf([...ASCII, ...WIDE], ...LENGTHS);
export const anyText: fc.Arbitrary<string> = fc.oneof(
  asciiText,
  wellFormedText,
  textOf([...ASCII, ...WIDE, ...HALVES], ...LENGTHS),
  anyString,
);

/** A text and one to look for in it, which as a rule is there. */
export function textAndPart(text: fc.Arbitrary<string>): fc.Arbitrary<[string, string]> {
  const range = fc.tuple(fc.nat(130), fc.nat(3));
  const inside = fc
    .tuple(text, range)
    .map(([whole, [from, units]]): [string, string] => [whole, whole.slice(from, from + units)]);
  const ofBoth = fc.tuple(text, fc.oneof(text, fc.constantFrom("", "a", ",", "ab", "😀")));
  return fc.oneof({ weight: 3, arbitrary: inside }, { weight: 1, arbitrary: ofBoth });
}

const SPECIAL_NUMBERS = [
  ...[0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5, -0.5, 1.5, 2.5],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1],
  ...[2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, -(2 ** 53) + 1, -(2 ** 53), 2 ** 52 + 0.5, 2 ** 51 + 0.5],
  ...[2 ** 63, -(2 ** 63), 2 ** 63 - 1024, 2 ** 64, 2 ** 84, 3 * 2 ** 80, 1e21, 1e22, 1e-6, 1e-7],
  ...[0.1, 0.1 + 0.2, 1.005, 0.49999999999999994, -0.49999999999999994, 1e300, 5e-324],
  ...[Number.MAX_VALUE, Number.MIN_VALUE, Number.EPSILON, 123456.789, 1.7976931348623157e308],
];

/** Amounts of few decimal places, which are most of the numbers that become text. */
const amount = fc
  .tuple(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), fc.integer({ min: 0, max: 8 }))
  .map(([digits, places]) => digits / 10 ** places);

export const anyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(...SPECIAL_NUMBERS),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  amount,
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(Number),
);

/** Where a position may lie in a text of the arbitraries above. */
export const anyIndex: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -12, max: 30 }),
  fc.integer({ min: -130, max: 130 }),
  fc.double({ min: -20, max: 20, noNaN: true }),
  fc.constantFrom(...SPECIAL_NUMBERS),
);
