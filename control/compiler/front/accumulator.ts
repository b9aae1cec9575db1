/**
 * Accumulators that add() or merge() changes: `acc.count += 1; return acc`. Each field is a variable, so the
 * accumulator itself may be used only where its fields are read at that moment, not under a second name.
 */
import type { Expression, MemberExpression, Node, Super } from "acorn";
import type { Lowering } from "./lowering.ts";
import { childrenOf, type FunctionNode, unwrapped } from "./parse.ts";
import { refuse } from "./refusal.ts";
import type { ProgramRole } from "./roles.ts";
import type { Accumulator, Scope, Term, Variable } from "./scope.ts";
import { isRecord, rowOf, scalar, tupleOf } from "./terms.ts";
import { newVariable, valueOfVariable } from "./variables.ts";

/** Which argument is the accumulator that the function may change. */
const CHANGED: Partial<Record<ProgramRole, number>> = { add: 1, merge: 0 };

/** Binds the accumulator anew if the function changes it. */
export function bindAccumulator(
  lowering: Lowering,
  fn: FunctionNode,
  role: ProgramRole,
  terms: readonly Term[],
  scope: Scope,
): void {
  const index = CHANGED[role] ?? -1;
  const parameter = fn.params[index];
  const term = terms[index];
  if (parameter?.type !== "Identifier" || term === undefined) return;
  const { name } = parameter;
  if (!changesFields(fn.body, name)) return;
  if (!isRecord(term)) refuse(parameter, `changes fields of \`${name}\`, which is no record`);
  checkUses(fn.body, name, null, null);
  scope.declare(name, accumulatorOf(lowering, term, parameter));
}

function accumulatorOf(
  lowering: Lowering,
  term: Extract<Term, { kind: "tuple" | "row" }>,
  node: Node,
): Accumulator {
  const fields = term.kind === "row" ? [...term.fields] : term.items.map(indexed);
  const variables = fields.map(([name, field]): readonly [string, Variable] => {
    if (field.kind === "scalar") return [name, newVariable(lowering, field.expr, true)];
    if (field.kind !== "nothing") {
      return refuse(node, `changes an accumulator whose \`${name}\` is a record`);
    }
    return [name, newVariable(lowering, "null", true)];
  });
  return { kind: "accumulator", shape: term.kind, fields: new Map(variables) };
}

function indexed(term: Term, index: number): readonly [string, Term] {
  return [`${index}`, term];
}

/** The accumulator as it is now. */
export function accumulatorTerm(lowering: Lowering, { shape, fields }: Accumulator): Term {
  const terms = [...fields].map(([name, variable]): readonly [string, Term] => {
    const value = valueOfVariable(lowering, variable);
    return [name, value === null ? { kind: "nothing", is: "null" } : scalar(value)];
  });
  return shape === "row" ? rowOf(new Map(terms)) : tupleOf(terms.map(([, term]) => term));
}

/** The field that an assignment to `acc.name` or `acc[0]` is to; null = it is to none of an accumulator. */
export function accumulatorField(
  lowering: Lowering,
  { object, property, computed }: MemberExpression,
  scope: Scope,
): { readonly name: string; readonly variable: Variable } | null {
  const root = object.type === "Super" ? object : unwrapped(object);
  if (root.type !== "Identifier") return null;
  const binding = scope.find(root.name);
  if (binding?.kind !== "accumulator") return null;
  const name =
    !computed && property.type === "Identifier"
      ? property.name
      : lowering.constant(property, scope);
  const variable = name === null ? undefined : binding.fields.get(String(name));
  if (variable === undefined) {
    return refuse(property, `changes a field of \`${root.name}\` that it does not have`);
  }
  return { name: `${root.name}.${name}`, variable };
}

function changesFields(node: Node, name: string): boolean {
  const target = targetOf(node);
  if (target !== null && isFieldOf(target, name)) return true;
  return childrenOf(node).some((child) => changesFields(child, name));
}

function targetOf(node: Node): Node | null {
  if (node.type === "AssignmentExpression" && "left" in node) return node.left as Node;
  return node.type === "UpdateExpression" && "argument" in node ? (node.argument as Node) : null;
}

function isFieldOf(target: Node, name: string): boolean {
  if (target.type !== "MemberExpression") return false;
  const { object } = target as MemberExpression;
  return isNamed(object, name) || isFieldOf(object, name);
}

function isNamed(node: Expression | Super, name: string): boolean {
  const inner = node.type === "Super" ? node : unwrapped(node);
  return inner.type === "Identifier" && inner.name === name;
}

/** Refuses uses that would give the accumulator a second name, or keep it. */
function checkUses(node: Node, name: string, parent: Node | null, above: Node | null): void {
  if (node.type === "Identifier" && "name" in node && node.name === name) {
    if (parent !== null && !readsFieldsNow(node, parent, above)) {
      refuse(node, `uses \`${name}\` as a whole, which it changes`);
    }
    return;
  }
  const isBracket = node.type === "ParenthesizedExpression";
  for (const child of childrenOf(node)) {
    checkUses(child, name, isBracket ? parent : node, isBracket ? above : parent);
  }
}

function readsFieldsNow(node: Node, parent: Node, above: Node | null): boolean {
  switch (parent.type) {
    case "ReturnStatement":
    case "SpreadElement":
      return true;
    case "MemberExpression":
      return true;
    case "Property":
      return above?.type !== "ObjectPattern" && isKeyOnly(node, parent);
    case "VariableDeclarator": {
      const { id } = parent as Node & { readonly id: Node };
      return id.type === "ObjectPattern" || id.type === "ArrayPattern";
    }
    case "ConditionalExpression":
      return above?.type === "ReturnStatement";
    default:
      return false;
  }
}

/** The name of a property, not its value. */
function isKeyOnly(node: Node, parent: Node): boolean {
  const { key, shorthand, computed } = parent as Node & {
    readonly key: Node;
    readonly shorthand: boolean;
    readonly computed: boolean;
  };
  return key === node && !shorthand && !computed;
}
