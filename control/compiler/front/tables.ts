/**
 * Constant tables that are looked into by a computed key: objects, arrays, maps and sets from outside the
 * function, or literals. The search is one of comparisons, halving the keys; nothing is built per row.
 */
import type { CallExpression, Expression, Node } from "acorn";
import { type Expr, typeOf } from "../ir.ts";
import { asNumber, not, termText, toText } from "./conversions.ts";
import { Join } from "./join.ts";
import { local } from "./list-call.ts";
import { type LiteralValue, literalOf, valueOfLiteral } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { absenceOf, presentOf } from "./nulls.ts";
import { equal } from "./operators.ts";
import { unwrapped } from "./parse.ts";
import { refuse } from "./refusal.ts";
import { NOTHING, type RowTerm, type Scope, type TableTerm, type Term } from "./scope.ts";
import { scalar } from "./terms.ts";
import { isNumeric } from "./types.ts";

/** So many keys are compared one after the other. */
const LINEAR_KEYS = 4;
/** Keys that every object has: what they give is a function, which JavaScript is left to find. */
const INHERITED = Object.getOwnPropertyNames(Object.prototype);

/** Keys that are numbers, null or undefined in JavaScript, and no numbers here. */
const OTHER_KEYS = ["NaN", "null", "undefined"];

/** What is looked into, and the key as its keys are. */
export interface Lookup {
  readonly table: TableTerm;
  readonly key: Expr;
}

/** An object or array by a computed key; null = it is none whose values are all known. */
export function lookupIn(object: Term, key: Expr, node: Node): Lookup | null {
  if (valueOfLiteral(key) !== null || !isKnown(object)) return null;
  if (object.kind === "tuple" && isNumeric(typeOf(key))) {
    const keys = object.items.map((_, index) => index);
    return { table: { kind: "table", keys, values: object.items }, key };
  }
  if (object.kind !== "row") return null;
  // Keys are texts: NaN is "NaN", which is not equal to itself, and null is "null".
  const isNumber = isNumeric(typeOf(key)) && !OTHER_KEYS.some((name) => object.fields.has(name));
  if (isNumber) return { table: numericPart(object), key };
  const keys = [...object.fields.keys()];
  const table = {
    kind: "table",
    keys,
    values: [...object.fields.values()],
    inherits: true,
  } as const;
  return { table, key: toText(key, node) };
}

/** The fields that numbers are keys of, as those of an enum. */
function numericPart({ fields }: RowTerm): TableTerm {
  const entries = [...fields].filter(([name]) => String(Number(name)) === name);
  const keys = entries.map(([name]) => Number(name));
  return { kind: "table", keys, values: entries.map(([, value]) => value) };
}

/** A literal, or a record or array of such. */
function isKnown(term: Term): boolean {
  if (term.kind === "scalar") return valueOfLiteral(term.expr) !== null;
  if (term.kind === "tuple") return term.items.length > 0 && term.items.every(isKnown);
  return term.kind === "row" && term.fields.size > 0 && [...term.fields.values()].every(isKnown);
}

/** @param missing the value where there is no such key; null = undefined, which gives the row up */
export function lookUp(
  lowering: Lowering,
  lookup: Lookup,
  node: Node,
  missing: (() => Term) | null,
): Term {
  const { code } = lowering;
  const { table } = lookup;
  const { values } = table;
  if (values === null) return refuse(node, "takes an element of a Set");
  const key = code.pin(asNumber(lookup.key));
  const joined = new Join(code);
  const isMissing = local(lowering, literalOf(true));
  search(lowering, { table, key }, node, (index) => {
    isMissing.set(literalOf(false));
    joined.assign(values[index] ?? NOTHING, node);
  });
  code.branch(isMissing.value, () => {
    if (missing === null) return code.giveUp();
    if (table.inherits === true) giveUpInherited(lowering, key, table.keys);
    joined.assign(missing(), node);
  });
  return joined.result(node);
}

/** Whether there is such a key. */
function hasKey(lowering: Lowering, lookup: Lookup, node: Node): Term {
  const found = local(lowering, literalOf(false));
  const key = lowering.code.pin(asNumber(lookup.key));
  search(lowering, { ...lookup, key }, node, () => found.set(literalOf(true)));
  return scalar(found.value);
}

export interface TableCall {
  readonly lowering: Lowering;
  readonly table: TableTerm;
  readonly name: string;
  readonly args: readonly Expression[];
  readonly node: Node;
  readonly scope: Scope;
}

/** Methods of maps and sets. */
export function callTableMethod(
  { lowering, table, name, args, node, scope }: TableCall,
  missing: (() => Term) | null = null,
): Term {
  const [first, ...more] = args;
  const isGet = name === "get" && table.values !== null;
  if (first === undefined || more.length > 0 || !(isGet || name === "has")) {
    return refuse(node, `calls ${name}() of ${termText(table)}, which is not compiled`);
  }
  const lookup: Lookup = { table, key: lowering.scalar(first, scope) };
  return isGet ? lookUp(lowering, lookup, node, missing) : hasKey(lowering, lookup, node);
}

/** `table.get(key) ?? missing`; null = it is another call. */
export function tableCallOr(
  lowering: Lowering,
  node: CallExpression,
  scope: Scope,
  missing: () => Term,
): Term | null {
  const callee = unwrapped(node.callee as Expression);
  if (callee.type !== "MemberExpression" || callee.computed) return null;
  const { object, property } = callee;
  if (property.type !== "Identifier" || property.name !== "get" || object.type === "Super") {
    return null;
  }
  const table = lowering.value(object, scope);
  if (table.kind !== "table") return null;
  const args = node.arguments.filter((arg): arg is Expression => arg.type !== "SpreadElement");
  const call: TableCall = { lowering, table, name: "get", args, node, scope };
  return args.length === node.arguments.length ? callTableMethod(call, missing) : null;
}

/** Writes what finds the key, a leaf; `found` is told its index. No key is null. */
function search(
  lowering: Lowering,
  { table, key: given }: Lookup,
  node: Node,
  found: (index: number) => void,
): void {
  const { code } = lowering;
  const key = presentOf(given);
  const entries = table.keys
    .map((literal, index) => ({ literal, index }))
    .filter(({ literal }) => typeof literal === typeof sampleOf(key))
    .sort((a, b) => (a.literal < b.literal ? -1 : 1));
  const among = (from: number, to: number): void => {
    if (to - from <= LINEAR_KEYS) {
      oneOf(entries.slice(from, to));
      return;
    }
    const middle = (from + to) >> 1;
    const bound = literalOf(entries[middle]?.literal ?? 0);
    code.branch(
      { op: "binary", operator: "<", left: key, right: bound },
      () => among(from, middle),
      () => among(middle, to),
    );
  };
  const oneOf = (
    candidates: readonly { readonly literal: LiteralValue; readonly index: number }[],
  ): void => {
    const [first, ...rest] = candidates;
    if (first === undefined) return;
    code.branch(
      equal("===", key, literalOf(first.literal), node),
      () => found(first.index),
      () => oneOf(rest),
    );
  };
  code.branch(not(absenceOf(given)), () => among(0, entries.length));
}

function giveUpInherited(lowering: Lowering, key: Expr, keys: readonly LiteralValue[]): void {
  const isInherited = INHERITED.filter((name) => !keys.includes(name)).reduce<Expr>(
    (any, name) => ({
      op: "or",
      left: any,
      right: { op: "binary", operator: "===", left: key, right: literalOf(name) },
    }),
    literalOf(false),
  );
  lowering.code.giveUpIf(isInherited);
}

function sampleOf(key: Expr): LiteralValue {
  const { kind } = typeOf(key);
  if (kind === "STRING") return "";
  return kind === "BOOLEAN" ? true : 0;
}
