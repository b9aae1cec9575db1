/** Where the ways out of a statement lead, and which ways out it has. */
import type { Node, ReturnStatement } from "acorn";
import { isFunction, walk } from "./parse.ts";
import type { Scope } from "./scope.ts";

export interface Flow {
  onReturn(node: ReturnStatement, scope: Scope): void;
  /** null = not within a loop. */
  readonly onBreak: (() => void) | null;
  readonly onContinue: (() => void) | null;
}

const LOOP = /^(For|ForOf|ForIn|While|DoWhile)Statement$/;

/** Whether nodes of this type are loops. */
export function isLoop(type: string): boolean {
  return LOOP.test(type);
}

/** Whether a statement may end in another way than at its end. */
export function hasExit(node: Node): boolean {
  return hasReturn(node) || contains(node, /^(Break|Continue)Statement$/, (type) => !isLoop(type));
}

export function hasReturn(node: Node): boolean {
  return contains(node, /^ReturnStatement$/, () => true);
}

/** Whether the body of a loop leaves that loop by `break`. */
export function hasBreak(body: Node): boolean {
  return contains(body, /^BreakStatement$/, (type) => !isLoop(type) && type !== "SwitchStatement");
}

function contains(node: Node, wanted: RegExp, enters: (type: string) => boolean): boolean {
  if (isFunction(node) || (isLoop(node.type) && !enters(node.type))) return false;
  for (const inner of walk(node, (next) => !isFunction(next) && enters(next.type))) {
    if (wanted.test(inner.type)) return true;
  }
  return false;
}
