/**
 * Whether a pattern without the flag u could tell the two UTF-16 units of a surrogate pair apart, which
 * are one character of four bytes here. It cannot where a character that may be half of a pair is taken
 * by an unbounded repetition that takes the other half as well, and nothing can go on between the two.
 * A search that begins amid a pair then finds nothing that one from before the pair would not.
 */
import { type CharSet, containsAll, meets, SURROGATES } from "./char-set.ts";
import { againTail, openingOf, type Rest, restOf } from "./opening.ts";
import { canBeEmpty, type Pattern, type PatternNode, type RepeatNode } from "./pattern.ts";

/** @param isRepeated whether the search goes on behind a match */
export function dividesPairs(pattern: Pattern, isRepeated: boolean): boolean {
  // With the flag u a match never begins amid a pair, but V8 finds empty ones there (/\B/u in "0😀_").
  if (pattern.isUnicode) return canBeEmpty(pattern.root);
  // Behind an empty match the next one is looked for a unit later.
  return (isRepeated && canBeEmpty(pattern.root)) || divides(pattern.root, null);
}

function divides(node: PatternNode, tail: Rest): boolean {
  switch (node.kind) {
    case "set":
      // A pair as such is matched as such.
      return meets(node.set, SURROGATES);
    case "sequence":
      return node.items.some((item, index) =>
        divides(item, restOf(node.items.slice(index + 1), tail)),
      );
    case "choice":
      return node.options.some((option) => divides(option, tail));
    case "group":
      return divides(node.body, tail);
    case "repeat":
      return node.body.kind === "set"
        ? dividesRun(node, node.body.set, tail)
        : divides(node.body, againTail(node.body, tail));
    case "boundary":
      return canGoOnAmidPair(tail);
    case "look":
      return divides(node.body, null) || canGoOnAmidPair({ head: node.body, tail: null });
    case "start":
    case "end":
      return false;
  }
}

function dividesRun({ min, max, isLazy }: RepeatNode, set: CharSet, tail: Rest): boolean {
  if (!meets(set, SURROGATES)) return false;
  if (!containsAll(set, SURROGATES) || min > 1 || max !== Number.POSITIVE_INFINITY) return true;
  const isGreedyToTheEnd = !isLazy && openingOf(tail).always;
  return !isGreedyToTheEnd && canGoOnAmidPair(tail);
}

function canGoOnAmidPair(rest: Rest): boolean {
  const { set, always } = openingOf(rest);
  return always || meets(set, SURROGATES);
}
