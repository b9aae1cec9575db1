/** The text of a regular expression, and what its escapes stand for. */
import { type CharSet, complementOf, DIGITS, pairOf, SPACES, WORD_CHARS } from "./char-set.ts";

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

  /** Takes what matches next, if it does; answers the group in it. */
  match(wanted: RegExp): string | null {
    const [whole, group] = wanted.exec(this.rest) ?? [];
    if (whole === undefined || group === undefined) return null;
    this.#at += whole.length;
    return group;
  }

  /** What a table has for the next character, which is taken then. */
  lookUp<T>(table: Readonly<Record<string, T>>): T | undefined {
    const value = table[this.#text.charAt(this.#at)];
    if (value !== undefined) this.#at += 1;
    return value;
  }

  /** A code point with the flag u, else a UTF-16 unit. There is one. */
  next(): number {
    const point = this.#text.codePointAt(this.#at);
    if (point === undefined) throw new RangeError("the pattern has ended");
    const code = this.isUnicode ? point : this.#text.charCodeAt(this.#at);
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
  return source.lookUp(SETS) ?? null;
}

/** The character of another escape, behind the backslash. */
export function controlEscape(source: Source): number {
  const control = source.lookUp(CONTROLS);
  if (control !== undefined) return control;
  if (source.match(/^(0)(?!\d)/) !== null) return 0;
  const letter = source.match(/^c([A-Za-z])/);
  if (letter !== null) return letter.charCodeAt(0) % 32;
  const code = hexadecimal(source, /^x([\da-fA-F]{2})/) ?? unicodeEscape(source);
  if (code !== null) return code;
  if (/^[1-9k]/.test(source.rest)) throw new PatternRefusal("has a back reference");
  if (/^[pP]/.test(source.rest)) throw new PatternRefusal("has a property of Unicode");
  if (/^[A-Za-z0-9]/.test(source.rest) || source.rest === "") {
    throw new PatternRefusal("has an escape that is not compiled");
  }
  return source.next();
}

/** With the flag u, two escapes may stand for the halves of a pair. */
function unicodeEscape(source: Source): number | null {
  const unit = hexadecimal(source, /^u([\da-fA-F]{4})/);
  if (!source.isUnicode) return unit;
  if (unit === null) return hexadecimal(source, /^u\{([\da-fA-F]{1,8})\}/);
  const isHigh = unit >= 0xd800 && unit <= 0xdbff;
  const low = isHigh ? hexadecimal(source, /^\\u([dD][c-fC-F][\da-fA-F]{2})/) : null;
  return pairOf(unit, low) ?? unit;
}

/** Value of the digits that match next, if they do. */
function hexadecimal(source: Source, wanted: RegExp): number | null {
  const digits = source.match(wanted);
  return digits === null ? null : Number.parseInt(digits, 16);
}
