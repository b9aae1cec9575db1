/** What `replace` puts in place of a match. */
import { PatternRefusal } from "./escapes.ts";

/** Text, or the number of a group: 0 is the match itself. */
export type ReplacementPart = string | number;

/** Errors: PatternRefusal. */
export function replacementParts(text: string, groupCount: number): readonly ReplacementPart[] {
  const parts: ReplacementPart[] = [];
  let from = 0;
  for (const { 0: whole, 1: code = "", index } of text.matchAll(/\$([$&`'<]|\d\d?)/g)) {
    if (index > from) parts.push(text.slice(from, index));
    if (/[`'<]/.test(code)) throw new PatternRefusal("replaces by what is around a match");
    if (code === "$" || code === "&") {
      parts.push(code === "$" ? "$" : 0);
      from = index + whole.length;
      continue;
    }
    // Of two digits only the first counts if there are not so many groups.
    const digits = Number(code) > groupCount ? code.slice(0, 1) : code;
    const group = Number(digits);
    const isGroup = group >= 1 && group <= groupCount;
    parts.push(isGroup ? group : whole.slice(0, 1));
    from = index + (isGroup ? 1 + digits.length : 1);
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}
