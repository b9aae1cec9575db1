/** What a regular expression means: its pattern as a tree, free of flags and notation. */
import type { CharSet } from "./char-set.ts";

export type PatternNode =
  /** One character. */
  | { readonly kind: "set"; readonly set: CharSet }
  | { readonly kind: "sequence"; readonly items: readonly PatternNode[] }
  /** The first option that leads to a match counts. */
  | { readonly kind: "choice"; readonly options: readonly PatternNode[] }
  | RepeatNode
  /** Captures what its body matches; groups count from 1. */
  | { readonly kind: "group"; readonly index: number; readonly body: PatternNode }
  /** `^` and `$`: of the text, or of a line. */
  | { readonly kind: "start" | "end"; readonly ofLine: boolean }
  /** `\b`, `\B` */
  | { readonly kind: "boundary"; readonly isNegated: boolean }
  /** `(?=…)`, `(?!…)` */
  | { readonly kind: "look"; readonly isNegated: boolean; readonly body: PatternNode };

export interface RepeatNode {
  readonly kind: "repeat";
  readonly body: PatternNode;
  readonly min: number;
  /** Infinity = without a bound. */
  readonly max: number;
  readonly isLazy: boolean;
}

export interface Pattern {
  readonly root: PatternNode;
  readonly groupCount: number;
  readonly names: ReadonlyMap<string, number>;
  readonly isGlobal: boolean;
  /** `u`: characters are code points; otherwise UTF-16 units. */
  readonly isUnicode: boolean;
}

export function childrenOf(node: PatternNode): readonly PatternNode[] {
  switch (node.kind) {
    case "sequence":
      return node.items;
    case "choice":
      return node.options;
    case "repeat":
    case "group":
    case "look":
      return [node.body];
    default:
      return [];
  }
}

/** Indexes of the groups in a tree, in order. */
export function groupsIn(node: PatternNode): readonly number[] {
  const own = node.kind === "group" ? [node.index] : [];
  return [...own, ...childrenOf(node).flatMap(groupsIn)];
}

/** The same, capturing nothing. */
export function withoutGroups(node: PatternNode): PatternNode {
  switch (node.kind) {
    case "group":
      return withoutGroups(node.body);
    case "sequence":
      return { ...node, items: node.items.map(withoutGroups) };
    case "choice":
      return { ...node, options: node.options.map(withoutGroups) };
    case "repeat":
    case "look":
      return { ...node, body: withoutGroups(node.body) };
    default:
      return node;
  }
}

/** Whether it may match without taking a character. */
export function canBeEmpty(node: PatternNode): boolean {
  switch (node.kind) {
    case "set":
      return false;
    case "sequence":
      return node.items.every(canBeEmpty);
    case "choice":
      return node.options.some(canBeEmpty);
    case "repeat":
      return node.min === 0 || canBeEmpty(node.body);
    case "group":
      return canBeEmpty(node.body);
    default:
      return true;
  }
}

/** Whether it matches at the start of the text only. */
export function isAnchored(node: PatternNode): boolean {
  switch (node.kind) {
    case "start":
      return !node.ofLine;
    case "group":
      return isAnchored(node.body);
    case "sequence":
      return node.items[0] !== undefined && isAnchored(node.items[0]);
    case "choice":
      return node.options.every(isAnchored);
    default:
      return false;
  }
}
