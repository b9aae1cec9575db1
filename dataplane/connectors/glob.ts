/**
 * Glob patterns over paths with `/`. No file system here.
 *
 *   ?        one character          *        any characters within one name
 *   [abc] [a-z] [!abc] [^abc]       **       as a whole name: any number of directories, also none
 *   {a,b}    alternatives, nested and across `/`       \x  the character x itself
 *
 * A wildcard does not match a leading `.` or `_` of a name: such files are hidden, as in directories.
 */
const SPECIAL = /[*?[{]/;
const REGEXP_SYNTAX = /[\\^$.*+?()[\]{}|/]/g;

export function isHidden(name: string): boolean {
  return name.startsWith(".") || name.startsWith("_");
}

/** Is there anything in `path` to expand? */
export function isGlob(path: string): boolean {
  return SPECIAL.test(path.replace(/\\./gsu, ""));
}

export type GlobSegment =
  | { readonly kind: "literal"; readonly name: string }
  | { readonly kind: "names"; matches(name: string): boolean }
  | { readonly kind: "directories" };

/** One list of segments per alternative; an absolute pattern begins with the literal "". */
export function parseGlob(pattern: string): readonly (readonly GlobSegment[])[] {
  return expandBraces(pattern).map((alternative) =>
    alternative
      .split("/")
      .filter((segment, index) => index === 0 || segment !== "")
      .map(parseSegment),
  );
}

/** `a{b,c{d,e}}` -> `ab`, `acd`, `ace`. Braces without a comma or without an end are ordinary characters. */
export function expandBraces(pattern: string): readonly string[] {
  for (let start = findUnescaped(pattern, 0, "{"); start >= 0; ) {
    const group = readGroup(pattern, start);
    if (group !== null) {
      const before = pattern.slice(0, start);
      const after = pattern.slice(group.end);
      const expanded = group.alternatives.flatMap((part) => expandBraces(before + part + after));
      return [...new Set(expanded)];
    }
    start = findUnescaped(pattern, start + 1, "{");
  }
  return [pattern];
}

function readGroup(pattern: string, start: number): { alternatives: string[]; end: number } | null {
  const alternatives: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start; at < pattern.length; ++at) {
    const char = pattern[at];
    if (char === "\\") ++at;
    else if (char === "{") ++depth;
    else if (char === "," && depth === 1) {
      alternatives.push(pattern.slice(from, at));
      from = at + 1;
    } else if (char === "}" && --depth === 0) {
      if (alternatives.length === 0) return null;
      alternatives.push(pattern.slice(from, at));
      return { alternatives, end: at + 1 };
    }
  }
  return null;
}

function findUnescaped(text: string, from: number, wanted: string): number {
  for (let at = from; at < text.length; ++at) {
    if (text[at] === "\\") ++at;
    else if (text[at] === wanted) return at;
  }
  return -1;
}

function parseSegment(segment: string): GlobSegment {
  if (segment === "**") return { kind: "directories" };
  const literal = segment.replace(/\\(.)/gsu, "$1");
  if (!isGlob(segment)) return { kind: "literal", name: literal };
  const expression = segmentToRegExp(segment);
  const showsHidden = isHidden(literal);
  return {
    kind: "names",
    matches: (name) => (showsHidden || !isHidden(name)) && expression.test(name),
  };
}

function segmentToRegExp(segment: string): RegExp {
  let source = "";
  for (let at = 0; at < segment.length; ) {
    const char = segment[at] ?? "";
    const set = char === "[" ? readSet(segment, at) : null;
    if (set !== null) {
      source += set.source;
      at = set.end;
    } else if (char === "\\" && at + 1 < segment.length) {
      source += escapeRegExp(segment[at + 1] ?? "");
      at += 2;
    } else {
      source += char === "*" ? ".*" : char === "?" ? "." : escapeRegExp(char);
      at += 1;
    }
  }
  return new RegExp(`^${source}$`, "su");
}

/** A `]` right behind the opening is a member; without an end, or out of order, `[` is an ordinary character. */
function readSet(segment: string, start: number): { source: string; end: number } | null {
  const isNegated = /[!^]/.test(segment[start + 1] ?? "");
  const first = start + (isNegated ? 2 : 1);
  const end = segment.indexOf("]", first + 1);
  if (end < 0) return null;
  const members = segment.slice(first, end).replace(/[\\\]^[]/g, "\\$&");
  const source = `[${isNegated ? "^" : ""}${members}]`;
  return isRegExp(source) ? { source, end: end + 1 } : null;
}

function isRegExp(source: string): boolean {
  try {
    new RegExp(source, "u");
    return true;
  } catch {
    return false;
  }
}

function escapeRegExp(text: string): string {
  return text.replace(REGEXP_SYNTAX, "\\$&");
}
