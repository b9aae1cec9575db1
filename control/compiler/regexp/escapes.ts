/** The text of a regular expression, and what its escapes stand for. */
import { type CharSet, complementOf, DIGITS, SPACES, WORD_CHARS } from "./char-set.ts";

/** Why a regular expression is not compiled. */
export class PatternRefusal extends Error {}

export class Source {
  readonly isUnicode: boolean;
  readonly #text: string;
  #at = 0;

  constructor(text: string, isUnicode: boolean) {
    this.#text = text;
    this.isUnicode = isUnicode;
  }

  get rest(): string {
    return this.#text.slice(this.#at);
  }

  skip(length: number): void {
    this.#at += length;
  }

  take(expected: string): boolean {
    const isThere = this.#text.startsWith(expected, this.#at);
    if (isThere) this.#at += expected.length;
    return isThere;
  }

  /** The next character, if there is one that matches. */
  match(wanted: RegExp): RegExpExecArray | null {
    const found = wanted.exec(this.rest);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  /** A code point with the flag u, else a UTF-16 unit. */
  next(): number {
    const code = this.isUnicode
      ? (this.#text.codePointAt(this.#at) ?? 0)
      : this.#text.charCodeAt(this.#at);
    this.#at += code > 0xffff ? 2 : 1;
    return code;
  }
}

const SETS: Readonly<Record<string, CharSet>> = {
  d: DIGITS,
  D: complementOf(DIGITS),
  w: WORD_CHARS,
  W: complementOf(WORD_CHARS),
  s: SPACES,
  S: complementOf(SPACES),
};

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

/** What `\d` and the like stand for, behind the backslash; null = it is another escape. */
export function setEscape(source: Source): CharSet | null {
  const found = source.match(/^[dDwWsS]/);
  return found === null ? null : (SETS[found[0]] ?? null);
}

/** The character of another escape, behind the backslash. */
export function controlEscape(source: Source): number {
  const control = source.match(/^[tnvfr]/);
  if (control !== null) return CONTROLS[control[0]] ?? 0;
  if (source.match(/^0(?!\d)/) !== null) return 0;
  const letter = source.match(/^c([A-Za-z])/);
  if (letter !== null) return (letter[1] ?? "").charCodeAt(0) % 32;
  const hex = source.match(/^x([\da-fA-F]{2})/) ?? unicodeEscape(source);
  if (hex !== null) return Number.parseInt(hex[1] ?? "", 16);
  if (/^[1-9k]/.test(source.rest)) throw new PatternRefusal("has a back reference");
  if (/^[pP]/.test(source.rest)) throw new PatternRefusal("has a property of Unicode");
  if (/^[A-Za-z0-9]/.test(source.rest) || source.rest === "") {
    throw new PatternRefusal("has an escape that is not compiled");
  }
  return source.next();
}

function unicodeEscape(source: Source): readonly (string | undefined)[] | null {
  if (!source.isUnicode) return source.match(/^u([\da-fA-F]{4})/);
  const pair = source.match(/^u(d[89ab][\da-f]{2})\\u(d[c-f][\da-f]{2})/i);
  if (pair === null) {
    return source.match(/^u\{([\da-fA-F]{1,8})\}/) ?? source.match(/^u([\da-fA-F]{4})/);
  }
  const units = pair.slice(1).map((unit) => Number.parseInt(unit, 16));
  return ["", (String.fromCharCode(...units).codePointAt(0) ?? 0).toString(16)];
}
