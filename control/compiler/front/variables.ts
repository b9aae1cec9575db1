/** Variables that the user's code assigns to; those declared without a value are read only once set. */
import type { Node } from "acorn";
import { BOOLEAN, type Expr, typeOf } from "../ir.ts";
import { asNumber } from "./conversions.ts";
import { booleanLiteral, emptyValue } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { absenceOf, isNullable, nullable, presentOf } from "./nulls.ts";
import { refuse } from "./refusal.ts";
import type { Variable } from "./scope.ts";
import { commonType, storedType, typeText } from "./types.ts";

/** @param value "none" = declared without one */
export function newVariable(
  { code, pureDepth }: Lowering,
  value: Expr | "null" | "none",
  mayBeNull: boolean,
): Variable {
  const given = typeof value === "string" ? null : value;
  const id = code.newVariable();
  const variable: Variable = {
    kind: "variable",
    id,
    type: null,
    declaration: code.reserve(),
    nullId: mayBeNull || (given !== null && isNullable(given)) ? code.newVariable() : null,
    absent: given !== null && isNullable(given) ? given.absent : "null",
    startsNull: value === "null",
    pureDepth,
  };
  if (value === "null") code.noteSet(id);
  if (given === null) return variable;
  const initial = asNumber(given);
  const type = storedType(typeOf(initial));
  code.push({ do: "let", id, type, value: presentOf(initial) });
  if (variable.nullId !== null) {
    code.push({ do: "let", id: variable.nullId, type: BOOLEAN, value: absenceOf(initial) });
  }
  return { ...variable, type, declaration: null };
}

/** null = it may not have a value yet. */
export function valueOfVariable(
  { code }: Lowering,
  { id, nullId, absent, type, declaration }: Variable,
): Expr | null {
  const isKnown = declaration === null || code.isSet(id);
  if (type === null || !isKnown) return null;
  const value: Expr = { op: "local", id, type };
  return nullId === null
    ? value
    : nullable(value, { op: "local", id: nullId, type: BOOLEAN }, absent);
}

export function readVariable(
  lowering: Lowering,
  variable: Variable,
  name: string,
  node: Node,
): Expr {
  const value = valueOfVariable(lowering, variable);
  return value ?? refuse(node, `reads \`${name}\`, which may not have a value yet`);
}

export function setVariable(
  { code }: Lowering,
  variable: Variable,
  name: string,
  value: Expr,
  node: Node,
): void {
  const assigned = asNumber(value);
  if (variable.type === null) {
    const type = storedType(typeOf(assigned));
    variable.type = type;
    const { id, nullId, startsNull, declaration } = variable;
    declaration?.slot.push({ do: "let", id, type, value: emptyValue(type) });
    if (nullId !== null) {
      declaration?.slot.push({
        do: "let",
        id: nullId,
        type: BOOLEAN,
        value: booleanLiteral(startsNull),
      });
    }
  }
  if (commonType(variable.type, typeOf(assigned)) === null) {
    const [from, to] = [typeOf(assigned), variable.type].map(typeText);
    refuse(node, `assigns ${from} to \`${name}\`, which holds ${to}`);
  }
  const { nullId, absent } = variable;
  // Undefined where null is expected, and the other way round: the row is given up at what is absent.
  const isKept = nullId !== null && (!isNullable(assigned) || assigned.absent === absent);
  code.set(variable.id, isKept ? presentOf(assigned) : assigned);
  if (nullId !== null) code.set(nullId, isKept ? absenceOf(assigned) : booleanLiteral(false));
  if (variable.declaration !== null) code.noteSet(variable.id);
}
