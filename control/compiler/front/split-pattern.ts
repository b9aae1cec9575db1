/** Regular expressions that split() takes: a character, white space or a set of such, one or a run (`+`). */
import type { Expression, Node } from "acorn";
import { type Expr, STRING } from "../ir.ts";
import { callOf } from "./conversions.ts";
import { literalOf } from "./literals.ts";
import { refuse } from "./refusal.ts";

interface CharacterSet {
  readonly chars: string;
  readonly hasSpaces: boolean;
  readonly isRun: boolean;
}

/** `text.split(/[ ,]+/)` as a call; null = the argument is no regular expression. */
export function splitByPattern(text: Expr, given: readonly Expression[], node: Node): Expr | null {
  const [pattern, ...others] = given;
  if (pattern?.type !== "Literal" || pattern.regex === undefined || pattern.regex === null) {
    return null;
  }
  const set = characterSet(pattern.regex.pattern);
  if (set === null || pattern.regex.flags !== "" || others.length > 0) {
    return refuse(node, "splits at a regular expression that is more than a set of characters");
  }
  const { chars, hasSpaces, isRun } = set;
  const args = [text, literalOf(chars), literalOf(hasSpaces), literalOf(isRun)];
  return callOf("string.splitClass", args, { kind: "LIST", element: STRING });
}

const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f", v: "\v" };
const SPECIAL = /[\\^$.*+?()[\]{}|/]/;

/** Null = it is something else. */
function characterSet(pattern: string): CharacterSet | null {
  const isRun = pattern.length > 1 && pattern.endsWith("+") && !pattern.endsWith("\\+");
  const one = isRun ? pattern.slice(0, -1) : pattern;
  const isSet = one.startsWith("[") && one.endsWith("]") && one.length > 2;
  const members = isSet ? membersOf(one.slice(1, -1)) : membersOf(one);
  if (members === null || (!isSet && members.length !== 1)) return null;
  if (!isSet && one.length === 1 && SPECIAL.test(one)) return null;
  if (isSet && (one[1] === "^" || hasRange(one.slice(1, -1)))) return null;
  const hasSpaces = members.includes("\\s");
  return { chars: members.filter((member) => member !== "\\s").join(""), hasSpaces, isRun };
}

/** Characters, and "\\s"; null = there is one that is no ASCII character or means something else. */
function membersOf(text: string): readonly string[] | null {
  const members: string[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char.charCodeAt(0) >= 0x80 || char === "[" || char === "]") return null;
    if (char !== "\\") {
      members.push(char);
      continue;
    }
    at += 1;
    const escaped = text.charAt(at);
    if (escaped === "s") members.push("\\s");
    else if (ESCAPES[escaped] !== undefined) members.push(ESCAPES[escaped]);
    else if (/[A-Za-z0-9]/.test(escaped) || escaped === "") return null;
    else members.push(escaped);
  }
  return members;
}

function hasRange(text: string): boolean {
  return /[^\\]-./.test(text) || /^\\.-./.test(text);
}
