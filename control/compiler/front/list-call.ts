/** A call of a method of lists, and what most of these methods need. */
import type { Expression, Node } from "acorn";
import type { Expr } from "../ir.ts";
import { scalarOf, toBoolean } from "./conversions.ts";
import type { Lowering } from "./lowering.ts";
import { refuse } from "./refusal.ts";
import type { Scope, SequenceTerm, Term } from "./scope.ts";
import { scalar } from "./terms.ts";

export interface ListCall {
  readonly lowering: Lowering;
  readonly list: Term;
  readonly name: string;
  readonly args: readonly Expression[];
  readonly node: Node;
  readonly scope: Scope;
  readonly use: "value" | "effect";
}

export function sourceOf({ lowering, list, node }: ListCall): SequenceTerm {
  return lowering.sequence(list, node);
}

/** The function a method is given, to be called with an element and its index. */
export function callback(
  { lowering, args, node, scope, name }: ListCall,
  when: "now" | "later",
): (items: readonly (() => Term)[], use?: "value" | "effect") => Term {
  const [first, ...more] = args;
  if (first === undefined || more.length > (name === "reduce" ? 1 : 0)) {
    return refuse(node, `calls ${name}() with ${args.length} arguments, which is not compiled`);
  }
  const term = lowering.value(first, scope);
  const callee = term.kind === "function" && when === "later" ? lowering.frozen(term) : term;
  return (items, use = "value") => lowering.call({ callee, args: items, node: first, use });
}

export function elementArgs(item: Term, index: () => Expr): readonly (() => Term)[] {
  return [() => item, () => scalar(index())];
}

export function condition(term: Term, node: Node): Expr {
  return toBoolean(scalarOf(term, node), node);
}

/** A local flag or number, and what sets it. */
export function local(lowering: Lowering, initial: Expr): { value: Expr; set: (to: Expr) => void } {
  const { code } = lowering;
  const value = code.letPresent(initial);
  return { value, set: (to) => code.set(value.id, to) };
}
