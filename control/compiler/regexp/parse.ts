/** Regular expressions as JavaScript writes them, as far as they are compiled, to patterns. */
import {
  ALL_CHARS,
  type CharSet,
  complementOf,
  ignoringCase,
  LINE_ENDS,
  NO_CHARS,
  onlyCharOf,
  pairOf,
  unionOf,
  withPairs,
} from "./char-set.ts";
import { controlEscape, PatternRefusal, Source, setEscape } from "./escapes.ts";
import type { Pattern, PatternNode } from "./pattern.ts";

const NODES_MAX = 600;
const GROUPS_MAX = 99;
const REPEATS_MAX = 1000;
const QUANTIFIER = /^(?:[*+?]|\{(\d{1,9})(,(\d{1,9})?)?\})/;

/** The pattern, or why it is not compiled: "has a back reference". */
export function parsePattern(source: string, flags: string): Pattern | string {
  try {
    return new Parser(source, flags).parse();
  } catch (error) {
    if (error instanceof PatternRefusal) return error.message;
    throw error;
  }
}

class Parser {
  readonly #source: Source;
  readonly #flags: string;
  readonly #names = new Map<string, number>();
  #groupCount = 0;
  #nodeCount = 0;

  constructor(source: string, flags: string) {
    const other = /[^gimsu]/.exec(flags);
    if (other !== null) throw new PatternRefusal(`has the flag ${other[0]}`);
    if (flags.includes("i") && flags.includes("u")) {
      throw new PatternRefusal("has the flags i and u together");
    }
    this.#flags = flags;
    this.#source = new Source(source, flags.includes("u"));
  }

  parse(): Pattern {
    const root = this.#choice();
    if (this.#source.rest !== "") throw new PatternRefusal("cannot be read");
    return {
      root,
      groupCount: this.#groupCount,
      names: this.#names,
      isGlobal: this.#has("g"),
      isUnicode: this.#has("u"),
    };
  }

  #has(flag: string): boolean {
    return this.#flags.includes(flag);
  }

  #choice(): PatternNode {
    const options = [this.#sequence()];
    while (this.#source.take("|")) options.push(this.#sequence());
    const [only] = options;
    return options.length === 1 && only !== undefined ? only : { kind: "choice", options };
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = [];
    while (this.#source.rest !== "" && !/^[|)]/.test(this.#source.rest)) items.push(this.#term());
    const joined = withJoinedPairs(items);
    const [only] = joined;
    return joined.length === 1 && only !== undefined ? only : { kind: "sequence", items: joined };
  }

  #term(): PatternNode {
    const groupsBefore = this.#groupCount;
    const nodesBefore = this.#nodeCount;
    this.#count(1);
    const body = this.#atom();
    const [whole, least, comma, most] = QUANTIFIER.exec(this.#source.rest) ?? [""];
    if (whole === "") return body;
    this.#source.skip(whole.length);
    const isLazy = this.#source.take("?");
    if (["start", "end", "boundary", "look"].includes(body.kind)) {
      throw new PatternRefusal("repeats an assertion");
    }
    const min = least === undefined ? Number(whole === "+") : Number(least);
    const max = maximumOf(whole, comma, most, min);
    if (max < min) throw new PatternRefusal("cannot be read");
    const copies = Number.isFinite(max) ? max : min + 1;
    if (copies > REPEATS_MAX) throw new PatternRefusal(`repeats more than ${REPEATS_MAX} times`);
    // What has several characters may be written out as often as it is repeated.
    if (body.kind !== "set") this.#count((copies - 1) * (this.#nodeCount - nodesBefore));
    if (max === 0) {
      if (this.#groupCount > groupsBefore) throw new PatternRefusal("has a group that never is");
      return { kind: "sequence", items: [] };
    }
    return { kind: "repeat", body, min, max, isLazy };
  }

  #count(nodes: number): void {
    this.#nodeCount += nodes;
    if (this.#nodeCount > NODES_MAX) throw new PatternRefusal("is too long");
  }

  #atom(): PatternNode {
    const source = this.#source;
    if (source.take("^")) return { kind: "start", ofLine: this.#has("m") };
    if (source.take("$")) return { kind: "end", ofLine: this.#has("m") };
    if (source.take(".")) {
      return { kind: "set", set: this.#has("s") ? ALL_CHARS : complementOf(LINE_ENDS) };
    }
    if (source.take("(")) return this.#group();
    if (source.take("[")) return { kind: "set", set: this.#class() };
    if (source.take("\\b")) return { kind: "boundary", isNegated: false };
    if (source.take("\\B")) return { kind: "boundary", isNegated: true };
    if (source.take("\\")) return { kind: "set", set: setEscape(source) ?? this.#escaped() };
    if (/^[*+?]/.test(source.rest) || QUANTIFIER.test(source.rest)) {
      throw new PatternRefusal("cannot be read");
    }
    return { kind: "set", set: this.#cased(source.next()) };
  }

  #escaped(): CharSet {
    return this.#cased(controlEscape(this.#source));
  }

  #group(): PatternNode {
    const source = this.#source;
    if (source.take("?:")) return this.#closed(this.#choice());
    if (source.take("?=")) return this.#look(false);
    if (source.take("?!")) return this.#look(true);
    const name = source.match(/^\?<([A-Za-z_$][\w$]*)>/);
    if (name === null && source.rest.startsWith("?<")) throw new PatternRefusal("looks behind");
    if (name === null && source.rest.startsWith("?")) {
      throw new PatternRefusal("has flags of its own within");
    }
    this.#groupCount += 1;
    if (this.#groupCount > GROUPS_MAX) throw new PatternRefusal("has too many groups");
    const index = this.#groupCount;
    if (name !== null) this.#name(name, index);
    return { kind: "group", index, body: this.#closed(this.#choice()) };
  }

  #name(name: string, index: number): void {
    if (this.#names.has(name)) throw new PatternRefusal("has two groups of one name");
    this.#names.set(name, index);
  }

  #look(isNegated: boolean): PatternNode {
    return { kind: "look", isNegated, body: this.#closed(this.#choice()) };
  }

  #closed(node: PatternNode): PatternNode {
    if (!this.#source.take(")")) throw new PatternRefusal("cannot be read");
    return node;
  }

  /** Behind its `[`. */
  #class(): CharSet {
    const source = this.#source;
    const isNegated = source.take("^");
    let set: CharSet = NO_CHARS;
    while (!source.take("]")) {
      const first = this.#member();
      const isRange = /^-[^\]]/.test(source.rest);
      if (!isRange) {
        set = unionOf(set, this.#memberSet(first));
        continue;
      }
      source.skip(1);
      const last = this.#member();
      set = unionOf(set, this.#rangeOf(first, last));
    }
    const whole = this.#has("u") ? set : withPairs(set);
    return isNegated ? complementOf(whole) : whole;
  }

  /** A character or a set such as `\d`. */
  #member(): number | CharSet {
    const source = this.#source;
    if (source.rest === "") throw new PatternRefusal("cannot be read");
    if (source.take("\\b")) return 0x08;
    if (source.take("\\")) return setEscape(source) ?? controlEscape(source);
    return source.next();
  }

  #memberSet(member: number | CharSet): CharSet {
    return typeof member === "number" ? this.#cased(member) : member;
  }

  /** A hyphen behind or in front of a set such as `\d` is just that. */
  #rangeOf(first: number | CharSet, last: number | CharSet): CharSet {
    if (typeof first !== "number" || typeof last !== "number") {
      return unionOf(this.#memberSet(first), this.#memberSet(0x2d), this.#memberSet(last));
    }
    if (first > last) throw new PatternRefusal("cannot be read");
    return this.#cased(first, last);
  }

  #cased(first: number, last: number = first): CharSet {
    const set: CharSet = [[first, last]];
    if (!this.#has("i")) return set;
    if (last > 0x7f) throw new PatternRefusal("has characters beyond ASCII and the flag i");
    return ignoringCase(set);
  }
}

function maximumOf(
  quantifier: string,
  comma: string | undefined,
  most: string | undefined,
  min: number,
): number {
  if (quantifier === "?") return 1;
  if (quantifier === "*" || quantifier === "+") return Number.POSITIVE_INFINITY;
  if (comma === undefined) return min;
  return most === undefined ? Number.POSITIVE_INFINITY : Number(most);
}

/** Two units that stand for a pair, one behind the other, are that one character. */
function withJoinedPairs(items: readonly PatternNode[]): readonly PatternNode[] {
  const joined: PatternNode[] = [];
  for (const item of items) {
    const pair = pairOf(charOf(joined.at(-1)), charOf(item));
    if (pair !== null) joined[joined.length - 1] = { kind: "set", set: [[pair, pair]] };
    else joined.push(item);
  }
  return joined;
}

/** Of a node that is one character; null = it is not. */
function charOf(node: PatternNode | undefined): number | null {
  return node?.kind === "set" ? onlyCharOf(node.set) : null;
}
