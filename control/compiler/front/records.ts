/** Records as terms: the input taken apart by its type, literals put together. */
import type { ArrayExpression, Node, ObjectExpression, Property } from "acorn";
import { type Expr, type IrType, typeOf, type Value } from "../ir.ts";
import { withoutNull } from "./absence.ts";
import { asNumber, termText } from "./conversions.ts";
import type { Lowering } from "./lowering.ts";
import { refuse } from "./refusal.ts";
import type { Scope, Term } from "./scope.ts";
import { mapScalars, rowOf, scalar, tupleOf } from "./terms.ts";
import { commonType, isReadable } from "./types.ts";

/** The input record, or what lies in it at a path. */
export function inputTerm(type: IrType, path: readonly number[] = []): Term {
  const isNull = absenceAt(path);
  if (type.kind === "TUPLE") {
    const items = type.fields.map((field, index) => inputTerm(field, [...path, index]));
    return { kind: "tuple", items, isNull };
  }
  if (type.kind === "ROW") {
    const fields = type.fields.map(
      (field, index) => [field.name, inputTerm(field.type, [...path, index])] as const,
    );
    return { kind: "row", fields: new Map(fields), isNull };
  }
  if (!isReadable(type)) return { kind: "opaque", type, path, isNull };
  return scalar(inputLeaf(type, path));
}

/** A leaf of the input with its nulls. */
export function inputLeaf(type: IrType, path: readonly number[]): Expr {
  const isNull = absenceAt(path);
  const value: Expr = { op: "input", path, type };
  return isNull === null ? value : { op: "nullable", value, isNull, absent: "null" };
}

/** A record as a whole is never null. */
function absenceAt(path: readonly number[]): Expr | null {
  return path.length === 0 ? null : { op: "is-null", path };
}

/** The input record as it is emitted by a filter: columns of any type. */
export function inputValue(type: IrType, path: readonly number[] = []): Value {
  if (type.kind === "TUPLE" || type.kind === "ROW") {
    const types = type.fields.map((field) => ("name" in field ? field.type : field));
    const fields = types.map((field, index) => inputValue(field, [...path, index]));
    return { kind: "record", fields, type, isNull: absenceAt(path) };
  }
  return { kind: "scalar", value: inputLeaf(type, path) };
}

/** An array literal; of known length unless a list is spread into it. */
export function arrayTerm(lowering: Lowering, node: ArrayExpression, scope: Scope): Term {
  const parts: Term[] = [];
  let items: Term[] = [];
  let isBuilt = false;
  for (const element of node.elements) {
    if (element === null) return refuse(node, "has a hole in an array");
    if (element.type !== "SpreadElement") {
      items.push(lowering.value(element, scope));
      continue;
    }
    const spread = withoutNull(lowering, lowering.value(element.argument, scope));
    if (spread.kind === "tuple") {
      items.push(...spread.items);
    } else {
      isBuilt = true;
      parts.push(tupleOf(items), lowering.sequence(spread, element.argument));
      items = [];
    }
  }
  if (!isBuilt) return tupleOf(items);
  parts.push(tupleOf(items));
  return lowering.joined(parts, node);
}

export function objectTerm(lowering: Lowering, node: ObjectExpression, scope: Scope): Term {
  const fields = new Map<string, Term>();
  for (const property of node.properties) {
    if (property.type === "SpreadElement") {
      // Of null there is nothing to spread: the object would have other fields.
      const spread = withoutNull(lowering, lowering.value(property.argument, scope));
      if (spread.kind !== "row") {
        return refuse(property, `spreads ${termText(spread)} into an object`);
      }
      lowering.code.spreads = true;
      for (const [name, term] of spread.fields) setField(lowering, fields, name, term);
    } else {
      if (property.kind !== "init") return refuse(property, "has a getter or setter in an object");
      const name = propertyName(lowering, property, scope);
      setField(lowering, fields, name, lowering.value(property.value, scope));
    }
  }
  return rowOf(inKeyOrder(fields));
}

function setField({ code }: Lowering, fields: Map<string, Term>, name: string, term: Term): void {
  const hidden = fields.get(name);
  if (hidden !== undefined) mapScalars(hidden, (expr) => code.discard(expr));
  fields.set(name, term);
}

/** Of a property of an object literal or pattern. */
export function propertyName(
  lowering: Lowering,
  property: Pick<Property, "key" | "computed">,
  scope: Scope,
): string {
  const { key, computed } = property;
  const name = computed ? lowering.constant(key, scope) : staticName(key);
  if (typeof name !== "string" && typeof name !== "number") {
    return refuse(key, "has a property whose name is not known");
  }
  if (name === "__proto__") return refuse(key, "has a property __proto__");
  return String(name);
}

function staticName(key: Property["key"]): unknown {
  if (key.type === "Identifier") return key.name;
  return key.type === "Literal" ? key.value : null;
}

/** As JavaScript lists the keys of an object: names that are array indexes first. */
function inKeyOrder(fields: ReadonlyMap<string, Term>): ReadonlyMap<string, Term> {
  return new Map(Object.entries(Object.fromEntries(fields)));
}

/** An array of scalars of one type as a list. */
export function listOf(items: readonly Term[], node: Node): Expr {
  const values: Expr[] = [];
  let element: IrType | null = null;
  for (const item of items) {
    if (item.kind !== "scalar") return refuse(node, `has ${termText(item)} in a list`);
    const value = asNumber(item.expr);
    const type: IrType | null =
      element === null ? typeOf(value) : commonType(element, typeOf(value));
    if (type === null || type.kind === "LIST") {
      return refuse(node, "is a list whose elements differ in type");
    }
    element = type;
    values.push(value);
  }
  if (element === null) return refuse(node, "is an empty list, whose type is not known");
  return { op: "list", items: values, type: { kind: "LIST", element } };
}
