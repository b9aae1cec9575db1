/** How what is still to be matched can begin: what decides whether a choice has to be taken back. */
import { ALL_CHARS, type CharSet, LINE_ENDS, NO_CHARS, unionOf } from "./char-set.ts";
import type { PatternNode } from "./pattern.ts";

/** Something to match. Besides nodes of a pattern there are steps that a matcher takes between them. */
export type Step =
  | PatternNode
  /** The end of a group whose beginning is noted in a global. */
  | { readonly kind: "close"; readonly index: number }
  /** Groups within are not matched so far. */
  | { readonly kind: "forget"; readonly node: PatternNode }
  /** An iteration that took nothing does not count. */
  | { readonly kind: "progress"; readonly mark: string }
  /** Another iteration of a loop, or what comes behind it. */
  | { readonly kind: "again"; readonly body: PatternNode; readonly loop: string };

/** Steps to match one behind the other; null = the match is complete. */
export type Rest = { readonly head: Step; readonly tail: Rest } | null;

export interface Opening {
  /** The next character is one of these, if there has to be one. */
  readonly set: CharSet;
  /** It may match at the end of the text. */
  readonly atEnd: boolean;
  /** It matches, whatever comes. */
  readonly always: boolean;
}

interface StepOpening {
  readonly set: CharSet;
  readonly atEnd: boolean;
  readonly isEmpty: boolean;
  /** Without a character it matches only here and there. */
  readonly isConditional: boolean;
}

const NOTHING: StepOpening = { set: NO_CHARS, atEnd: false, isEmpty: true, isConditional: false };

export function restOf(steps: readonly Step[], tail: Rest): Rest {
  return steps.reduceRight<Rest>((rest, head) => ({ head, tail: rest }), tail);
}

/** What may follow an iteration of a loop that has no function: another one, or what comes behind it. */
export function againTail(body: PatternNode, tail: Rest): Rest {
  return { head: { kind: "again", body, loop: "" }, tail };
}

const known = new WeakMap<object, Opening>();

export function openingOf(rest: Rest): Opening {
  if (rest === null) return { set: NO_CHARS, atEnd: true, always: true };
  const before = known.get(rest);
  if (before !== undefined) return before;
  const opening = computeOpening(stepOpening(rest.head), rest.tail);
  known.set(rest, opening);
  return opening;
}

/** Characters a node begins with that takes at least one. */
export function firstChars(node: PatternNode): CharSet {
  return stepOpening(node).set;
}

function computeOpening(head: StepOpening, tail: Rest): Opening {
  if (!head.isEmpty) return { set: head.set, atEnd: head.atEnd, always: false };
  const after = openingOf(tail);
  if (head.isConditional && after.always) return { set: ALL_CHARS, atEnd: true, always: false };
  return {
    set: unionOf(head.set, after.set),
    atEnd: head.atEnd || after.atEnd,
    always: after.always && !head.isConditional,
  };
}

function stepOpening(step: Step): StepOpening {
  switch (step.kind) {
    case "set":
      return { set: step.set, atEnd: false, isEmpty: false, isConditional: false };
    case "sequence":
      return step.items.map(stepOpening).reduce(oneAfterTheOther, NOTHING);
    case "choice":
      return oneOf(step.options.map(stepOpening));
    case "repeat": {
      const body = stepOpening(step.body);
      return step.min === 0 ? { ...body, isEmpty: true, isConditional: false } : body;
    }
    case "group":
      return stepOpening(step.body);
    case "again":
      return { ...stepOpening(step.body), isEmpty: true, isConditional: false };
    case "end":
      return {
        set: step.ofLine ? LINE_ENDS : NO_CHARS,
        atEnd: true,
        isEmpty: false,
        isConditional: false,
      };
    case "start":
    case "boundary":
    case "look":
    case "progress":
      return { ...NOTHING, isConditional: true };
    case "close":
    case "forget":
      return NOTHING;
  }
}

function oneAfterTheOther(left: StepOpening, right: StepOpening): StepOpening {
  if (!left.isEmpty) return left;
  return {
    set: unionOf(left.set, right.set),
    atEnd: left.atEnd || right.atEnd,
    isEmpty: right.isEmpty,
    isConditional: left.isConditional || right.isConditional,
  };
}

function oneOf(options: readonly StepOpening[]): StepOpening {
  const empty = options.filter(({ isEmpty }) => isEmpty);
  return {
    set: unionOf(...options.map(({ set }) => set)),
    atEnd: options.some(({ atEnd }) => atEnd),
    isEmpty: empty.length > 0,
    isConditional: empty.every(({ isConditional }) => isConditional),
  };
}
