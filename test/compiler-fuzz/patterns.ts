/** Random regular expressions of what is compiled, and texts that they may match. */
import type { Random } from "./random.ts";

/** A regular expression as JavaScript writes it. */
export interface RandomPattern {
  readonly source: string;
  readonly flags: string;
}

const CHARS: readonly string[] = [...'aabbc10 -,_."\n', "é", "漢", "\u2028"];
const ESCAPES: readonly string[] = [".", "-", '"', " ", ",", "\\n", "\\.", "\\x61", "\\u00e9"];
const SETS: readonly string[] = [
  ...["\\d", "\\w", "\\s", "\\D", "\\W", "\\S", ".", "[ab]", "[^a]", "[^ab]", "[a-c]", '[^\\s"]'],
  ...["[^\\]]", "[\\d,]", "[\\w-]", "[^]", "[a-z0-9_.]", "[\\s\\S]", "[^\\W\\d]", "[aé漢]", "[^é]"],
];
const QUANTIFIERS: readonly string[] = [
  ...["*", "+", "?", "*", "+", "{2}", "{1,2}", "{0,2}", "{2,}", "{0,5}", "{5}"],
];
const ASSERTIONS: readonly string[] = ["^", "$", "\\b", "\\B"];
const UNICODE: readonly string[] = ["\\u{1f600}", "[\\u{1f600}-\\u{1f610}]", "\\ud83d"];
const UNITS: readonly string[] = ["😀", "\\ud83d", "[\\ud800-\\udfff]", "[^\\ude00]", "\\ude00"];
const TEXTS: readonly string[] = [...CHARS, "ab", "aab", "10", "😀", "\ud83d", "\ude00", "A", "B"];

export function randomPattern(random: Random): RandomPattern {
  const flags = random.pick(["", "", "", "", "i", "u", "u", "s", "m", "ms", "g", "gu", "gi"]);
  const maker = new PatternMaker(random, flags);
  return { source: maker.choice(3), flags };
}

export function randomText(random: Random): string {
  const length = random.below(random.pick([2, 6, 12, 20]));
  return Array.from({ length }, () => random.pick(TEXTS)).join("");
}

class PatternMaker {
  readonly #random: Random;
  readonly #flags: string;

  constructor(random: Random, flags: string) {
    this.#random = random;
    this.#flags = flags;
  }

  choice(depth: number): string {
    const count = this.#random.chance(0.25) ? 1 + this.#random.below(3) : 1;
    return Array.from({ length: count }, () => this.#sequence(depth)).join("|");
  }

  #sequence(depth: number): string {
    const count = this.#random.below(4) + (depth > 2 ? 1 : 0);
    return Array.from({ length: count }, () => this.#term(depth)).join("");
  }

  #term(depth: number): string {
    const random = this.#random;
    if (random.chance(0.12)) return random.pick(ASSERTIONS);
    if (depth > 0 && random.chance(0.06)) {
      return `(${random.pick(["?=", "?!"])}${this.choice(depth - 1)})`;
    }
    const atom = this.#atom(depth);
    if (!random.chance(0.45)) return atom;
    return `${atom}${random.pick(QUANTIFIERS)}${random.chance(0.25) ? "?" : ""}`;
  }

  #atom(depth: number): string {
    const random = this.#random;
    if (depth > 0 && random.chance(0.3)) {
      return `(${random.pick(["", "", "?:"])}${this.choice(depth - 1)})`;
    }
    if (random.chance(0.06)) return random.pick(this.#flags.includes("u") ? UNICODE : UNITS);
    if (random.chance(0.45)) return random.pick(SETS);
    const char = random.pick(random.chance(0.8) ? CHARS : ESCAPES);
    return char === "." || char === "-" ? `\\${char}`.replace("\\-", "-") : char;
  }
}
