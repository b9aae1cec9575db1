/** Terms made of others. */
import type { Expr } from "../ir.ts";
import type { RowTerm, ScalarTerm, Term, TupleTerm } from "./scope.ts";

export function scalar(expr: Expr): ScalarTerm {
  return { kind: "scalar", expr };
}

export function tupleOf(items: readonly Term[]): TupleTerm {
  return { kind: "tuple", items, isNull: null };
}

export function rowOf(fields: ReadonlyMap<string, Term>): RowTerm {
  return { kind: "row", fields, isNull: null };
}

export function isRecord(term: Term): term is TupleTerm | RowTerm {
  return term.kind === "tuple" || term.kind === "row";
}

/** The term with `change` applied to every scalar in it, and to what says whether records are null. */
export function mapScalars(term: Term, change: (expr: Expr) => Expr): Term {
  switch (term.kind) {
    case "scalar":
      return scalar(change(term.expr));
    case "tuple": {
      const items = term.items.map((item) => mapScalars(item, change));
      return { kind: "tuple", items, isNull: changed(term.isNull, change) };
    }
    case "row": {
      const fields = [...term.fields].map(
        ([name, field]) => [name, mapScalars(field, change)] as const,
      );
      return { kind: "row", fields: new Map(fields), isNull: changed(term.isNull, change) };
    }
    case "match":
      return { ...term, list: change(term.list), isEnded: change(term.isEnded) };
    case "groups":
      return { ...term, list: change(term.list) };
    default:
      return term;
  }
}

function changed(isNull: Expr | null, change: (expr: Expr) => Expr): Expr | null {
  return isNull === null ? null : change(isNull);
}
