/** Chains of `?.`: where a part of one is null or undefined, the whole chain is undefined. */
import type { Expression } from "acorn";
import { type Expr, typeOf } from "../ir.ts";
import { asNumber, choose, not, scalarOf } from "./conversions.ts";
import { emptyValue } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { presenceOf } from "./match.ts";
import { either, isNullable, nullable, presentOf } from "./nulls.ts";
import type { Term } from "./scope.ts";
import { scalar } from "./terms.ts";

/** What is computed within a chain, and what ends the chain before that; null = nothing does. */
export function inChain<Result>(
  lowering: Lowering,
  compute: () => Result,
): { readonly result: Result; readonly isEnded: Expr | null } {
  const ends: Expr[] = [];
  lowering.chains.push(ends);
  const result = compute();
  lowering.chains.pop();
  return { result, isEnded: ends.length === 0 ? null : ends.reduce(either) };
}

/** The last part of a chain, or undefined. */
export function behindChain(term: Term, isEnded: Expr, node: Expression): Term {
  if (term.kind === "match") {
    const list = choose(isEnded, emptyValue(typeOf(term.list)), term.list);
    return { ...term, list, isEnded: either(term.isEnded, isEnded) };
  }
  const found = scalarOf(term, node);
  const isPresent = presenceOf(found, node);
  const isAbsent = isPresent === null ? isEnded : either(isEnded, not(isPresent));
  const value = asNumber(presentOf(found));
  // Leaves of a record that is null are neutral.
  const given = value.op === "input" ? value : choose(isAbsent, emptyValue(typeOf(value)), value);
  if (!isNullable(found)) return scalar(nullable(given, isAbsent, "undefined"));
  const absent = found.absent === "undefined" ? "undefined" : "either";
  return scalar(nullable(given, either(isAbsent, found.isNull), absent));
}
