/**
 * Programs that fold: of the value so far at path [0] of the input, and the next record at [1], to another
 * value. Those of reduce() are of records of one type.
 */
import { type Expr, type IrType, type LocalId, type Program, typeOf, type Value } from "../ir.ts";
import { presentTerm } from "./absence.ts";
import { inputTerm } from "./records.ts";
import type { Term } from "./scope.ts";
import { passedInput, pathKey, visitEmissions } from "./usage.ts";
import { expressionsOf, leavesOf, operandsOf, visitStatements } from "./visit.ts";

export function pairOf(value: IrType, record: IrType): IrType {
  return { kind: "TUPLE", fields: [value, record] };
}

export function pairTerms(value: IrType, record: IrType): readonly [Term, Term] {
  // As a whole they are never null.
  return [presentTerm(inputTerm(value, [0])), presentTerm(inputTerm(record, [1]))];
}

/**
 * Whether a string is put together from one of the value so far. It would grow with every record, and
 * columns hold it as bytes that are copied each time, where V8 only notes what it is made of.
 */
export function growsTexts(program: Program): boolean {
  const assigned = assignedTo(program);
  let isFound = false;
  visitStatements(program.body, (statement) => {
    if (statement.do !== "emit") return;
    isFound ||= leavesOf(statement.value).some((leaf) => grows(leaf, assigned, new Set()));
  });
  return isFound;
}

type Assigned = ReadonlyMap<LocalId, readonly Expr[]>;

/** What locals are given: of an element its list. */
function assignedTo({ body }: Program): Assigned {
  const assigned = new Map<LocalId, Expr[]>();
  visitStatements(body, (statement) => {
    if (statement.do !== "let" && statement.do !== "set" && statement.do !== "each") return;
    const values = assigned.get(statement.id) ?? [];
    assigned.set(statement.id, [...values, ...expressionsOf(statement)]);
  });
  return assigned;
}

function grows(expr: Expr, assigned: Assigned, seen: Set<LocalId>): boolean {
  if (typeOf(expr).kind !== "STRING") return false;
  switch (expr.op) {
    case "input":
    case "string-literal":
      return false;
    case "nullable":
      return grows(expr.value, assigned, seen);
    case "conditional":
      return [expr.whenTrue, expr.whenFalse].some((part) => grows(part, assigned, seen));
    case "local": {
      if (seen.has(expr.id)) return false;
      seen.add(expr.id);
      const values = assigned.get(expr.id) ?? [];
      return values.some((value) =>
        typeOf(value).kind === "STRING"
          ? grows(value, assigned, seen)
          : readsValueText(value, assigned, new Set()),
      );
    }
    default:
      return readsValueText(expr, assigned, new Set());
  }
}

/** Whether a string of the value so far is part of how this is computed. */
function readsValueText(expr: Expr, assigned: Assigned, seen: Set<LocalId>): boolean {
  if (expr.op === "input") return expr.type.kind === "STRING" && expr.path[0] === 0;
  if (expr.op === "local") {
    if (seen.has(expr.id)) return false;
    seen.add(expr.id);
    const values = assigned.get(expr.id) ?? [];
    return values.some((value) => readsValueText(value, assigned, seen));
  }
  return operandsOf(expr).some((operand) => readsValueText(operand, assigned, seen));
}

/**
 * Top-level fields of the record, 0 for one that is a value itself, that may be something else than the same
 * field of either record: of a key these fields are its parts no longer.
 */
export function changedFields({ body, outputType }: Program): readonly number[] {
  const isRecord = outputType.kind === "TUPLE" || outputType.kind === "ROW";
  const changed = new Set<number>();
  const note = (value: Value, guarded: ReadonlySet<string>): void => {
    const fields = isRecord && value.kind === "record" ? value.fields : [value];
    for (const [index, field] of fields.entries()) {
      const from = field.kind === "scalar" ? passedInput(field.value, guarded) : null;
      const isKept = from !== null && pathKey(from.slice(1)) === (isRecord ? `${index}` : "");
      if (!isKept) changed.add(index);
    }
  };
  visitEmissions(body, note, new Set(["0", "1"]));
  return [...changed].sort((a, b) => a - b);
}
