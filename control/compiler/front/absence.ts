/** Terms that may be null or undefined; nulls.ts for the expressions in them. */
import type { Node } from "acorn";
import { type Expr, typeOf } from "../ir.ts";
import { termText } from "./conversions.ts";
import { booleanLiteral } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { ALWAYS, isNullable, NEVER, type Nullable, nullOf, presentOf } from "./nulls.ts";
import { refuse } from "./refusal.ts";
import type { RowTerm, Term, TupleTerm } from "./scope.ts";
import { isRecord, mapScalars, scalar } from "./terms.ts";

/** null and undefined as values of the type that `other` has. */
export function likewise(term: Term, other: Term): Term {
  if (term.kind !== "nothing" || other.kind !== "scalar") return term;
  return scalar(nullOf(typeOf(other.expr), term.is));
}

/** Gives the row up where a record is null; it is not behind this. */
export function withoutNull(lowering: Lowering, term: Term): Term {
  if (term.kind === "scalar" && isNullable(term.expr)) {
    const { value, isNull } = lowering.code.once(term.expr) as Nullable;
    lowering.code.giveUpIf(isNull);
    return scalar(value);
  }
  return isRecord(term) ? presentRecord(lowering, term) : term;
}

/** What a property is taken of: where it is null, JavaScript throws. */
export function presentRecord(lowering: Lowering, record: TupleTerm | RowTerm): Term {
  if (record.isNull === null) return record;
  lowering.code.giveUpIf(record.isNull);
  return { ...record, isNull: null };
}

/** Whether a term is null or undefined, for `??` and `?.`; null = it never is. */
export function absenceOfTerm(term: Term): Expr | null {
  if (isRecord(term) || term.kind === "opaque") return term.isNull;
  if (term.kind === "nothing") return ALWAYS;
  return term.kind === "scalar" && isNullable(term.expr) ? term.expr.isNull : null;
}

/** The term where it is not absent. */
export function presentTerm(term: Term): Term {
  if (isRecord(term) || term.kind === "opaque") return { ...term, isNull: null };
  return term.kind === "scalar" ? scalar(presentOf(term.expr)) : term;
}

/** What a value is compared with. */
export interface Nothing {
  readonly is: "null" | "undefined";
  /** By === or !==. */
  readonly isStrict: boolean;
}

/** Kinds of terms of which it is not known whether they are null or undefined. */
const UNTOLD: ReadonlySet<Term["kind"]> = new Set(["json", "groups", "sequence"]);

/** `term === null` and the like. */
export function equalsNothing(
  lowering: Lowering,
  term: Term,
  { is: wanted, isStrict }: Nothing,
  node: Node,
): Expr {
  if (UNTOLD.has(term.kind)) {
    return refuse(node, `compares ${termText(term)} with ${wanted}, which is not compiled`);
  }
  if (term.kind === "nothing") return booleanLiteral(!isStrict || term.is === wanted);
  if (term.kind === "scalar" && isStrict && isNullable(term.expr)) {
    const { absent } = term.expr;
    if (absent === "either") {
      return refuse(node, "tells null from undefined, which is not compiled here");
    }
    if (absent !== wanted) return never(lowering, term);
  }
  const isNull = absenceOfTerm(term);
  const mayMatch = !isStrict || wanted === "null" || term.kind === "scalar";
  const answer = never(lowering, presentTerm(term));
  return isNull !== null && mayMatch ? isNull : answer;
}

/** Computes the value, which may throw, and answers false. */
function never({ code }: Lowering, term: Term): Expr {
  mapScalars(term, (expr) => code.discard(expr));
  return NEVER;
}
