/** Records of a type, most of them of the kind that goes wrong. */
import type { DataType } from "../../dataplane/protocol/types.ts";
import type { Random } from "./random.ts";

const NUMBERS: readonly number[] = [
  ...[0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, -1, 0.5, -0.5],
  ...[1.5, 2.5, -2.5, 0.1, 0.30000000000000004, 1e21, 1e-7, 123456789.123, 5e-324, -5e-324],
  ...[Number.MAX_VALUE, Number.MIN_VALUE, Number.EPSILON, 2 ** 31, -(2 ** 31), 2 ** 31 - 1],
  ...[2 ** 32, 2 ** 32 - 1, -(2 ** 32), 2 ** 53, 2 ** 53 - 1, -(2 ** 53) + 1, -(2 ** 53), 2 ** 63],
  ...[-(2 ** 63), 2 ** 64, 1e300, -1e300, 0.49999999999999994, 4503599627370495.5, 1.005, 10, 100],
];

const INTS: readonly number[] = [
  ...[0, 1, -1, 2, 3, 7, 31, 32, 33, 100, 255, 256, 65535, 65536, -100, 2 ** 31 - 1, -(2 ** 31)],
  ...[2 ** 31 - 2, -(2 ** 31) + 1, 46341, 10, 1000000],
];

const LONGS: readonly (number | bigint)[] = [
  ...[0, 1, -1, 10, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1, 1700000000000],
  ...[2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)],
];

const SPACES = "\t\n\v\f\r \u00a0\u1680\u2003\u2028\u2029\u202f\u3000\ufeff\u180e\u0085";

const TEXTS: readonly string[] = [
  ...[
    "",
    " ",
    "a",
    "A",
    "b",
    "ab",
    "abc",
    "a b",
    "a b c",
    "a,b,c",
    ",",
    ",,",
    ", ,",
    "aaa",
    "abab",
  ],
  ...[
    "0",
    "-0",
    "1",
    "-1",
    "+1",
    "1.5",
    ".5",
    "5.",
    "1e3",
    "1e400",
    "-1e-400",
    "0x1F",
    "0b101",
    "0o17",
  ],
  ...[
    "Infinity",
    "-Infinity",
    "+Infinity",
    "infinity",
    "NaN",
    "null",
    "true",
    "1_000",
    "1,5",
    "0x",
  ],
  ...[
    " 42 ",
    "\n7\t",
    "42abc",
    "abc42",
    "00012",
    "1e",
    "1e+",
    "--1",
    "+-1",
    ".",
    "-",
    "e5",
    "1.2.3",
  ],
  ...["9007199254740993", "123456789012345678901234567890", "0.1e-10", "1".repeat(40), "1e1000"],
  ...[
    "é",
    "Straße",
    "ÀÉÎ",
    "İ",
    "ς",
    "漢字",
    "\u0000",
    "a\u0000b",
    "\u007f",
    "\u0080",
    "\u07ff",
    "\u0800",
  ],
  ...[
    "\uffff",
    "\ud83d\ude00",
    "a\ud83d\ude00b",
    "\ud83d\ude00\ud83d\ude00",
    "\ud800",
    "\udc00",
    "\udfff",
  ],
  ...[
    "\ude00\ud83d",
    "a\ud83d",
    "\ude00b",
    "\ud83da",
    "\udbff\udfff",
    "\ue000",
    "\ud83d\ud83d\ude00",
  ],
  ...[
    SPACES,
    `${SPACES}x${SPACES}`,
    "\u00a0a\u00a0",
    "\ufeff1",
    "\u180e1",
    "1\u0085",
    "\r\n",
    "a\nb\nc",
  ],
  ...["x".repeat(300), "ab,".repeat(50), "é".repeat(70), "\ud83d\ude00".repeat(33), " ".repeat(65)],
  ...[
    "key=value",
    "a=1&b=2",
    "http://x.y/z?q=1#h",
    "2024-01-02T03:04:05Z",
    "$&",
    "$1",
    "a.b.c",
    "GET /",
  ],
  ...[
    "The quick brown fox",
    "x y  z",
    " lead",
    "trail ",
    "1 2 3",
    "10,20,x,40",
    "a|b|c",
    "\\",
    '"q"',
    "`",
  ],
];

const UNITS: readonly string[] = [
  ...["a", "b", "c", "A", "Z", "0", "1", "9", " ", " ", ",", ".", "-", "e", "x", "=", "\t", "\n"],
  ...["é", "ß", "漢", "\ud83d\ude00", "\ud83d", "\ude00", "\u00a0", "\u2028", "\u0000", "\u0301"],
];

const NULL_CHANCES: readonly number[] = [0, 0.02, 0.15];

export function randomRows(
  type: DataType,
  count: number,
  random: Random,
  nulls = 0,
): readonly unknown[] {
  return Array.from({ length: count }, () => randomValue(type, random, nulls));
}

/** Of one call's, all have fields that may be null, or none has. */
export function rowsWithNulls(type: DataType, count: number, random: Random): readonly unknown[] {
  return randomRows(type, count, random, random.pick(NULL_CHANCES));
}

function randomValue(type: DataType, random: Random, nulls: number): unknown {
  const field = (inner: DataType): unknown =>
    random.chance(nulls) ? null : randomValue(inner, random, nulls);
  switch (type.kind) {
    case "STRING":
      return randomText(random);
    case "NUMBER":
    case "DOUBLE":
      return randomNumber(random);
    case "INT":
      return random.chance(0.5) ? random.pick(INTS) : randomInt(random);
    case "LONG":
    case "TIMESTAMP":
      return random.chance(0.4) ? random.pick(LONGS) : randomLong(random);
    case "BOOLEAN":
      return random.chance(0.5);
    case "TUPLE":
      return type.fields.map(field);
    case "ROW":
      return Object.fromEntries(type.fields.map((named) => [named.name, field(named.type)]));
    default:
      throw new TypeError(`there are no random values of ${type.kind}`);
  }
}

function randomText(random: Random): string {
  if (random.chance(0.5)) return random.pick(TEXTS);
  if (random.chance(0.2)) return String(randomNumber(random));
  if (random.chance(0.1)) return random.pick(TEXTS) + random.pick(TEXTS);
  const length = random.chance(0.1) ? random.below(200) : random.below(12);
  return Array.from({ length }, () => random.pick(UNITS)).join("");
}

function randomNumber(random: Random): number {
  if (random.chance(0.4)) return random.pick(NUMBERS);
  if (random.chance(0.4)) return randomInt(random) / random.pick([1, 2, 3, 10, 100, 1000]);
  if (random.chance(0.5)) return random.below(200) - 100;
  return new Float64Array(new Uint32Array([random.bits32(), random.bits32()]).buffer)[0] as number;
}

function randomInt(random: Random): number {
  return random.chance(0.5) ? random.below(2000) - 1000 : random.bits32() | 0;
}

function randomLong(random: Random): number {
  const small = randomInt(random);
  return random.chance(0.5) ? small : small * 2 ** 21 + random.below(2 ** 21);
}
