/** What random functions find outside: constants, tables and helpers. */
import type { CaptureResolver } from "../../control/compiler/front/captures.ts";

const LIMIT = 2.5;
const WORDS = ["a", "é", "", "x y", "1.5", "😀", "ab"] as const;

export const CAPTURED: Readonly<Record<string, unknown>> = {
  LIMIT,
  NAME: "ab",
  SIZES: [10, -0, Number.NaN, 0.5],
  RATES: { a: 1.5, b: -0, ab: Number.NaN, "": 7, é: 8, "😀": 9, 0: 10, 2: 11 },
  TITLES: new Map(WORDS.map((word, index) => [index, word])),
  STOP: new Set(WORDS),
  WORD: /^([a-z]+)(\W.*)?$/i,
  SPACES: /[\s,]+/g,
  clip: (n: number) => Math.min(n, LIMIT),
  firstOf: (pattern: RegExp, text: string) =>
    (pattern.test(text) ? pattern.exec(text)?.[1] : "") ?? "",
  edge(text: string) {
    if (text === "") return "-";
    return text.slice(0, 1) + text.slice(-1);
  },
};

/** `LIMIT` is what `clip` captures. */
export const resolveCaptured: CaptureResolver = (_, name) =>
  Object.hasOwn(CAPTURED, name) ? { kind: "value", value: CAPTURED[name] } : null;
