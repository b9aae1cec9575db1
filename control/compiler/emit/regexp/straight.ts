/** Which parts of a pattern match in one way at most, so that nothing has to be taken back. */
import { meets } from "../../regexp/char-set.ts";
import {
  againTail,
  firstChars,
  openingOf,
  type Rest,
  restOf,
  type Step,
} from "../../regexp/opening.ts";
import { canBeEmpty, type PatternNode, type RepeatNode } from "../../regexp/pattern.ts";

/** @param tail what is to be matched behind it */
export function isStraight(step: Step, tail: Rest): boolean {
  switch (step.kind) {
    case "sequence":
      return step.items.every((item, index) =>
        isStraight(item, restOf(step.items.slice(index + 1), tail)),
      );
    case "group":
      return isStraight(step.body, tail);
    case "choice":
      return isStraightChoice(step.options, tail);
    case "repeat":
      return isStraightRepeat(step, tail);
    case "again":
      return false;
    default:
      return true;
  }
}

function isStraightChoice(options: readonly PatternNode[], tail: Rest): boolean {
  if (!options.every((option) => isStraight(option, tail))) return false;
  const openings = options.map((option) => openingOf(restOf([option], tail)));
  return options.every((option, index) => {
    const others = openings.slice(index + 1);
    if (others.length === 0) return true;
    if (canBeEmpty(option)) return false;
    const chars = firstChars(option);
    const isOneChar = option.kind === "set";
    return others.every(({ set, always }) => (isOneChar || !always) && !meets(chars, set));
  });
}

function isStraightRepeat(node: RepeatNode, tail: Rest): boolean {
  const { body, min, max, isLazy } = node;
  const { set, always } = openingOf(tail);
  if (body.kind === "set") return min === max || always || !meets(body.set, set);
  if (canBeEmpty(body) || !isStraight(body, againTail(body, tail))) return false;
  return min === max || (!always && !meets(firstChars(body), set)) || (isLazy && always);
}
