/** Generated matchers against V8's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { ModuleSource } from "../../../../../control/compiler/emit/module-source.ts";
import { searchFunction } from "../../../../../control/compiler/emit/regexp/searches.ts";
import { parsePattern } from "../../../../../control/compiler/regexp/parse.ts";
import {
  type RandomPattern,
  randomPattern,
  randomText,
} from "../../../../compiler-fuzz/patterns.ts";
import { Random } from "../../../../compiler-fuzz/random.ts";
import { JsLibrary } from "../../../dataplane/assembly/js/js-library.ts";

const SEED = Number(process.env["SEED"] ?? 20261124);
const PATTERNS = Number(process.env["PATTERNS"] ?? 40);
const TEXTS = 200;
const GIVEN_UP = "given up";
const ABSENT = undefined;

/** What people write, and what failed before. */
const FIXED: readonly RandomPattern[] = [
  {
    source: String.raw`^(\S+) (\S+) (\S+) \[([^\]]+)\] "(\S+) (\S+) ([^"]+)" (\d{3}) (\d+|-)`,
    flags: "",
  },
  { source: String.raw`^\s*([\w.-]+)\s*=\s*(?:"([^"]*)"|(\d+(?:\.\d+)?))?`, flags: "m" },
  { source: String.raw`(\ud83d((?:\d0{2}^||[^\s"]){0,5})[^é]*?){1,2}?0`, flags: "u" },
  { source: "(a+?b?){2}c|(?:(a)x*?){2}b", flags: "" },
  { source: "(z)((a+)?(b+)?(c))*|(a*)*", flags: "" },
  { source: "(?:(a)|b)*?(?=b|$)", flags: "" },
];

type Answer = unknown;
type Search = (text: string, regexp: RegExp) => Answer;

const REPLACEMENT = "<$1$&$$>";

const SEARCHES: Readonly<Record<string, Search>> = {
  "regexp.test": (text, regexp) => regexp.test(text),
  "regexp.search": (text, regexp) => text.search(regexp),
  "regexp.match": (text, regexp) => [...(regexp.exec(text) ?? [])],
  "regexp.matches": (text, regexp) => [...(text.match(regexp) ?? [])],
  "regexp.split": (text, regexp) => text.split(regexp),
  "regexp.replace": (text, regexp) => text.replace(regexp, REPLACEMENT),
};

interface Compiled {
  readonly pattern: RandomPattern;
  readonly search: string;
  readonly fn: string;
}

function write(patterns: readonly RandomPattern[], source: ModuleSource): readonly Compiled[] {
  return patterns.flatMap((pattern) => {
    const parsed = parsePattern(pattern.source, pattern.flags);
    assert.ok(typeof parsed !== "string", `${inspect(pattern)} ${parsed.toString()}`);
    const isGlobal = pattern.flags.includes("g");
    const kinds = isGlobal
      ? ["regexp.matches", "regexp.split", "regexp.replace", "regexp.search"]
      : ["regexp.test", "regexp.match", "regexp.split", "regexp.replace", "regexp.search"];
    return kinds
      .filter((kind) => kind !== "regexp.split" || parsed.groupCount === 0)
      .map((search) => {
        const args = [pattern.source, pattern.flags, REPLACEMENT];
        const isReplace = search === "regexp.replace";
        const fn = searchFunction(search, isReplace ? args : args.slice(0, 2), source);
        return { pattern, search, fn };
      });
  });
}

class Matchers {
  readonly compiled: readonly Compiled[];
  readonly #library: JsLibrary;

  private constructor(compiled: readonly Compiled[], library: JsLibrary) {
    this.compiled = compiled;
    this.#library = library;
  }

  static async create(patterns: readonly RandomPattern[]): Promise<Matchers> {
    const source = new ModuleSource();
    const compiled = write(patterns, source);
    const names = [...new Set(compiled.map(({ fn }) => fn))];
    return new Matchers(compiled, await JsLibrary.create({ text: source.text([]), names }));
  }

  search({ search, fn }: Compiled, text: string, place: number): Answer {
    const library = this.#library;
    library.run("arenaReset");
    library.run("clearStops");
    const answer = library.run(fn, ...library.writeTexts([text], place));
    if (library.run("hasGivenUp") !== 0) return GIVEN_UP;
    if (search === "regexp.test") return answer !== 0;
    if (search === "regexp.search") return answer;
    if (search === "regexp.replace") return library.textAt(answer as bigint);
    return library.listAt(answer as number).map((item) => {
      const isGroup = search === "regexp.match" && item === 0n;
      return isGroup ? ABSENT : library.textAt(item);
    });
  }
}

function compare(matchers: Matchers, texts: readonly string[], places: Random): number {
  let givenUp = 0;
  for (const each of matchers.compiled) {
    const { source, flags } = each.pattern;
    for (const text of texts) {
      const actual = matchers.search(each, text, places.below(64));
      if (actual === GIVEN_UP) {
        givenUp += 1;
        continue;
      }
      const expected = SEARCHES[each.search]?.(text, new RegExp(source, flags));
      assert.deepEqual(
        actual,
        expected,
        `${each.search} ${inspect(each.pattern)} of ${inspect(text)}`,
      );
    }
  }
  return givenUp;
}

function isCompiled({ source, flags }: RandomPattern): boolean {
  try {
    new RegExp(source, flags);
  } catch {
    return false;
  }
  return typeof parsePattern(source, flags) !== "string";
}

test("random patterns match what V8 matches", async () => {
  const random = new Random(SEED);
  const patterns: RandomPattern[] = [...FIXED];
  while (patterns.length < PATTERNS) {
    const pattern = randomPattern(random);
    if (isCompiled(pattern)) patterns.push(pattern);
  }
  const matchers = await Matchers.create(patterns);
  const texts = Array.from({ length: TEXTS }, () => randomText(random));
  const givenUp = compare(matchers, texts, random);
  const share = givenUp / (matchers.compiled.length * TEXTS);
  // Pairs are in a third of the texts.
  assert.ok(share < 0.35, `${share} are given up`);
});
