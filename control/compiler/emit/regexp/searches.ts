/** Searches for a pattern: the functions that calls of `test`, `match`, `split` and so on become. */
import { complementOf } from "../../regexp/char-set.ts";
import { openingOf, restOf } from "../../regexp/opening.ts";
import { dividesPairs } from "../../regexp/pairs.ts";
import { parsePattern } from "../../regexp/parse.ts";
import { isAnchored, type Pattern, type PatternNode, withoutGroups } from "../../regexp/pattern.ts";
import { replacementParts } from "../../regexp/replacement.ts";
import type { ModuleSource } from "../module-source.ts";
import { Matcher, PARAMETERS } from "./matcher.ts";
import { groupName } from "./matcher-globals.ts";
import { runFunction } from "./sets.ts";

/** What a search is written for. */
interface Search {
  readonly source: ModuleSource;
  readonly pattern: Pattern;
  /** The last argument of replace(). */
  readonly replacement: string;
  /** Of the generated function. */
  readonly name: string;
  /** Function of start, at and end: the address of the next match at or behind `at`, 0 if there is none. */
  readonly find: string;
  /** Global that has where that match ends. */
  readonly stop: string;
  group(index: number): string;
}

interface SearchKind {
  readonly result: string;
  readonly needsGroups: boolean;
  /** Whether it looks for all matches. */
  isRepeated(pattern: Pattern): boolean;
  /** What it answers when the row is given up. */
  nothing(source: ModuleSource): string;
  body(search: Search): readonly string[];
}

const never = (): boolean => false;
const always = (): boolean => true;

const KINDS: Readonly<Record<string, SearchKind>> = {
  "regexp.test": {
    result: "bool",
    needsGroups: false,
    isRepeated: never,
    nothing: () => "false",
    body: ({ find }) => [`return ${find}(start, start, end) !== 0;`],
  },
  "regexp.search": {
    result: "f64",
    needsGroups: false,
    isRepeated: never,
    nothing: () => "-1",
    body: ({ find, source }) => [
      `const found = ${find}(start, start, end);`,
      "if (found === 0) return -1;",
      `return <f64>${source.use("cursor", "unitsBefore")}(start, bytes, <u32>(found - start));`,
    ],
  },
  "regexp.match": {
    result: "usize",
    needsGroups: true,
    isRepeated: never,
    nothing: emptyList,
    body: matchLines,
  },
  "regexp.matches": {
    result: "usize",
    needsGroups: false,
    isRepeated: always,
    nothing: emptyList,
    body: allLines,
  },
  "regexp.split": {
    result: "usize",
    needsGroups: false,
    isRepeated: always,
    nothing: emptyList,
    body: splitLines,
  },
  "regexp.replace": {
    result: "Text",
    needsGroups: true,
    isRepeated: ({ isGlobal }) => isGlobal,
    nothing: () => "text",
    body: replaceLines,
  },
};

/** Name of the function that a call of a builtin "regexp.x" becomes; it takes the text. */
export function searchFunction(
  builtin: string,
  [source, flags, replacement = ""]: readonly string[],
  module: ModuleSource,
): string {
  const kind = KINDS[builtin];
  const pattern = parsePattern(source ?? "", flags ?? "");
  if (kind === undefined || typeof pattern === "string") {
    throw new TypeError(`the IR calls ${builtin} of a pattern that ${pattern}`);
  }
  const key = JSON.stringify([builtin, source, flags, replacement]);
  const root = kind.needsGroups ? pattern.root : withoutGroups(pattern.root);
  return module.define(key, "regexpSearch", (name) => {
    const matcher = matcherOf(root, module);
    const search: Search = { source: module, pattern, replacement, name, ...matcher };
    return functionLines(kind, search);
  });
}

type Found = Pick<Search, "find" | "stop" | "group">;

/** Searches that need the same of a pattern share its matcher. */
function matcherOf(root: PatternNode, module: ModuleSource): Found {
  const find = module.define(`matcher ${keyOf(root)}`, "regexp", (name) => {
    const stop = `${name}Stop`;
    module.global(stop, "usize");
    const entry = new Matcher(module, name).write(root);
    return [`function ${name}${PARAMETERS} {`, ...findLines(root, { entry, stop, module }), "}"];
  });
  return { find, stop: `${find}Stop`, group: (index) => groupName(find, index) };
}

function keyOf(root: PatternNode): string {
  // JSON has no Infinity.
  return JSON.stringify(root, (_, value: unknown) =>
    typeof value === "number" ? `${value}` : value,
  );
}

interface FindNames {
  readonly entry: string;
  readonly stop: string;
  readonly module: ModuleSource;
}

function findLines(root: PatternNode, { entry, stop, module }: FindNames): readonly string[] {
  const attempt = `${stop} = ${entry}(start, at, end);`;
  if (isAnchored(root)) {
    return ["  if (at !== start) return 0;", `  ${attempt}`, `  return ${stop} === 0 ? 0 : at;`];
  }
  const { set, always: matches, atEnd } = openingOf(restOf([root], null));
  const others = complementOf(set);
  const isScanned = !matches && others.length > 0;
  const scan = isScanned ? [`    at = ${runFunction(others, module)}(at, end);`] : [];
  return [
    "  while (at <= end) {",
    ...scan,
    ...(matches || atEnd ? [] : ["    if (at === end) return 0;"]),
    `    ${attempt}`,
    `    if (${stop} !== 0) return at;`,
    `    at = ${module.use("regexp", "regexpNext")}(at, end);`,
    "  }",
    "  return 0;",
  ];
}

function functionLines(kind: SearchKind, search: Search): readonly string[] {
  const { source, pattern, name } = search;
  const guard = dividesPairs(pattern, kind.isRepeated(pattern))
    ? [
        `  if (${source.use("blocks", "hasPairs")}(start, end)) {`,
        `    ${source.use("give-up", "giveUp")}();`,
        `    return ${kind.nothing(source)};`,
        "  }",
      ]
    : [];
  return [
    `function ${name}(text: ${source.use("text", "Text")}): ${kind.result} {`,
    `  const start = ${source.use("regexp", "regexpOpen")}(text);`,
    `  const bytes = ${source.use("text", "textBytes")}(text);`,
    "  const end: usize = start + bytes;",
    ...guard,
    ...kind.body(search).map((line) => `  ${line}`),
    "}",
  ];
}

function emptyList(source: ModuleSource): string {
  return `${source.use("list-values", "listOf")}(0)`;
}

/** Expression: the text between two addresses. */
function slice(source: ModuleSource, from: string, to: string): string {
  return `${source.use("text", "textOf")}(${from}, <u32>(${to} - ${from}))`;
}

/** Expression: the text of the match at `found`. */
function matched({ source, stop }: Search): string {
  return slice(source, "found", stop);
}

/** Expression: where the search goes on behind the match at `found`, further on if it is empty. */
function behindMatch({ source, stop }: Search): string {
  return `${stop} > found ? ${stop} : ${source.use("regexp", "regexpNext")}(found, end)`;
}

function matchLines(search: Search): readonly string[] {
  const { source, pattern, find, group } = search;
  const listOf = source.use("list-values", "listOf");
  const push = source.use("list-values", "listPushText");
  const groups = Array.from({ length: pattern.groupCount }, (_, index) => group(index + 1));
  return [
    `const found = ${find}(start, start, end);`,
    `if (found === 0) return ${emptyList(source)};`,
    `const list = ${listOf}(${groups.length + 1});`,
    `${push}(list, ${matched(search)});`,
    ...groups.map((name) => `${push}(list, ${name});`),
    "return list;",
  ];
}

/** A list of the matches. */
function allLines(search: Search): readonly string[] {
  const { source, find } = search;
  return [
    ...reservedLines(source, "bytes", 1, emptyList(source)),
    "for (let at = start; at <= end; ) {",
    `  const found = ${find}(start, at, end);`,
    "  if (found === 0) break;",
    `  store<u64>(slot, ${matched(search)});`,
    "  slot += 8;",
    `  at = ${behindMatch(search)};`,
    "}",
    `return ${source.use("list", "closeList")}(list, slot);`,
  ];
}

/** @param bytes of the text in which there may be a match everywhere */
function reservedLines(
  source: ModuleSource,
  bytes: "bytes" | "0",
  perMatch: number,
  nothing: string,
): readonly string[] {
  return [
    `const list = ${source.use("regexp", "regexpReserve")}(${bytes}, ${perMatch});`,
    `if (list === 0) return ${nothing};`,
    `let slot: usize = list + ${source.use("list", "LIST_HEADER_BYTES")};`,
  ];
}

/** An empty match right behind the last one does not count, nor one at the end. */
function splitLines({ source, find, stop }: Search): readonly string[] {
  const next = source.use("regexp", "regexpNext");
  return [
    ...reservedLines(source, "bytes", 1, emptyList(source)),
    `if (bytes === 0 && ${find}(start, start, end) !== 0) return ${source.use("list", "closeList")}(list, slot);`,
    "let piece = start;",
    "for (let at = start; at < end; ) {",
    `  const found = ${find}(start, at, end);`,
    "  if (found === 0 || found >= end) break;",
    `  if (${stop} === piece) {`,
    `    at = ${next}(found, end);`,
    "    continue;",
    "  }",
    `  store<u64>(slot, ${slice(source, "piece", "found")});`,
    "  slot += 8;",
    `  piece = ${stop};`,
    "  at = piece;",
    "}",
    `store<u64>(slot, ${slice(source, "piece", "end")});`,
    `return ${source.use("list", "closeList")}(list, slot + 8);`,
  ];
}

/** The pieces between matches and what replaces these, joined. */
function replaceLines(search: Search): readonly string[] {
  const { source, pattern, replacement, find, stop, group } = search;
  const parts = replacementParts(replacement, pattern.groupCount).map((part) => {
    if (typeof part === "string") return source.string(part);
    return part === 0 ? matched(search) : group(part);
  });
  const perMatch = parts.length + 1;
  const empty = source.use("text", "EMPTY_TEXT");
  const next = pattern.isGlobal ? `at = ${behindMatch(search)};` : "break;";
  return [
    `let found = ${find}(start, start, end);`,
    "if (found === 0) return text;",
    ...reservedLines(source, pattern.isGlobal ? "bytes" : "0", perMatch, "text"),
    "let piece = start;",
    "for (let at = start; found !== 0; ) {",
    `  store<u64>(slot, ${slice(source, "piece", "found")});`,
    ...parts.map((part, index) => `  store<u64>(slot, ${part}, ${(index + 1) * 8});`),
    `  slot += ${perMatch * 8};`,
    `  piece = ${stop};`,
    `  ${next}`,
    `  found = at <= end ? ${find}(start, at, end) : 0;`,
    "}",
    `store<u64>(slot, ${slice(source, "piece", "end")});`,
    `${source.use("list", "closeList")}(list, slot + 8);`,
    `return ${source.use("list", "listJoin")}(list, ${empty});`,
  ];
}
