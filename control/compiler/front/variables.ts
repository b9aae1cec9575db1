/** Variables that the user's code assigns to; those declared without a value are read only once set. */
import type { Node } from "acorn";
import { type Expr, typeOf } from "../ir.ts";
import { asNumber } from "./conversions.ts";
import { emptyValue } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { refuse } from "./refusal.ts";
import type { Variable } from "./scope.ts";
import { commonType, storedType, typeText } from "./types.ts";

/** `value` null = declared without one. */
export function newVariable({ code, pureDepth }: Lowering, value: Expr | null): Variable {
  const id = code.newVariable();
  const variable: Variable = {
    kind: "variable",
    id,
    type: null,
    declaration: code.reserve(),
    pureDepth,
  };
  if (value === null) return variable;
  const initial = asNumber(value);
  const type = storedType(typeOf(initial));
  code.push({ do: "let", id, type, value: initial });
  return { ...variable, type, declaration: null };
}

/** null = it may not have a value yet. */
export function valueOfVariable(
  { code }: Lowering,
  { id, type, declaration }: Variable,
): Expr | null {
  const isKnown = declaration === null || code.isSet(id);
  return type !== null && isKnown ? { op: "local", id, type } : null;
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
    const { id } = variable;
    variable.declaration?.slot.push({ do: "let", id, type, value: emptyValue(type) });
  }
  if (commonType(variable.type, typeOf(assigned)) === null) {
    const [from, to] = [typeOf(assigned), variable.type].map(typeText);
    refuse(node, `assigns ${from} to \`${name}\`, which holds ${to}`);
  }
  code.set(variable.id, assigned);
  if (variable.declaration !== null) code.noteSet(variable.id);
}
