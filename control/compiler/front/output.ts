/** What a program emits: gathered while its code is written, typed when all of it is known. */
import type { Node } from "acorn";
import { type Expr, type IrType, NUMBER, typeOf, type Value } from "../ir.ts";
import { absenceOfTerm, presentTerm } from "./absence.ts";
import type { Code } from "./code.ts";
import { asNumber, callOf, termText } from "./conversions.ts";
import { jsonOfType } from "./json.ts";
import { booleanLiteral } from "./literals.ts";
import { absenceOf, isNullable, nullOf, presentOf } from "./nulls.ts";
import { inputLeaf, listOf } from "./records.ts";
import { refuse } from "./refusal.ts";
import type { Term } from "./scope.ts";
import { mapScalars } from "./terms.ts";
import { commonType, isInteger, isNumeric, sameType, typeText } from "./types.ts";

/** Beyond these, a type found at run time is GENERIC. */
const MAX_TUPLE_FIELDS = 64;
const MAX_ROW_FIELDS = 256;
const MAX_DEPTH = 8;

/** Of a declared type, the function that checks and converts a NUMBER. */
const CONVERSIONS: ReadonlyMap<string, string> = new Map([
  ["INT", "number.toInt"],
  ["LONG", "number.toLong"],
  ["TIMESTAMP", "number.toTimestamp"],
]);

interface Emission {
  readonly term: Term;
  readonly node: Node;
  readonly statement: { readonly do: "emit"; value: Value };
}

export class Output {
  readonly #code: Code;
  readonly #emissions: Emission[] = [];

  constructor(code: Code) {
    this.#code = code;
  }

  /** A record that is null, and fields that are undefined, are JavaScript's. */
  emit(given: Term, node: Node): void {
    if (given.kind === "nothing") {
      this.#code.giveUp();
      return;
    }
    const term = mapScalars(this.#present(given), (expr) => this.#withoutUndefined(expr));
    const statement: Emission["statement"] = {
      do: "emit",
      value: { kind: "record", fields: [], type: NUMBER, isNull: null },
    };
    this.#emissions.push({ term, node, statement });
    this.#code.push(statement);
  }

  /** Completes the statements; answers the type of what they emit. */
  finish(declared: IrType | null): IrType {
    const output = declared ?? this.#emittedType();
    for (const { term, node, statement } of this.#emissions) {
      statement.value = fitted(term, output, node, "");
    }
    return output;
  }

  /** The type that holds all that is emitted. */
  #emittedType(): IrType {
    let type: IrType | null = null;
    for (const { term, node } of this.#emissions) {
      const next = emittedType(term, node, "", 0);
      type = type === null ? next : common(type, next, node, "");
    }
    return type ?? refuse(null, "emits nothing");
  }

  #present(term: Term): Term {
    const isNull = absenceOfTerm(term);
    if (isNull === null) return term;
    const pinned = mapScalars(term, (expr) => this.#code.once(expr));
    this.#code.giveUpIf(absenceOfTerm(pinned) ?? isNull);
    return presentTerm(pinned);
  }

  #withoutUndefined(expr: Expr): Expr {
    if (!isNullable(expr) || expr.absent === "null") return expr;
    const pinned = this.#code.once(expr);
    this.#code.giveUpIf(absenceOf(pinned));
    return presentOf(pinned);
  }
}

function at(position: string): string {
  return position === "" ? "" : ` at ${position}`;
}

/** A field that is always null is GENERIC, as where types are found at run time. */
const ONLY_NULL: IrType = { kind: "GENERIC" };

function emittedType(term: Term, node: Node, position: string, depth: number): IrType {
  if (term.kind === "nothing" && term.is === "null") return ONLY_NULL;
  if (term.kind === "opaque") return term.type;
  if (term.kind === "scalar") {
    const type = typeOf(term.expr);
    if (type.kind !== "LIST") return type;
    return refuse(node, `emits a list${at(position)}, whose type .returns() has to declare`);
  }
  if (term.kind === "json") {
    const known = term.value.known();
    if (known !== null) return typeOf(known);
    return refuse(
      node,
      `emits a value of JSON.parse()${at(position)}, whose type .returns() has to declare`,
    );
  }
  if (depth >= MAX_DEPTH) refuse(node, "emits a record that is nested too deeply");
  if (term.kind === "tuple") {
    checkFieldCount(term.items.length, MAX_TUPLE_FIELDS, node);
    const fields = term.items.map((item, index) =>
      emittedType(item, node, `${position}[${index}]`, depth + 1),
    );
    return { kind: "TUPLE", fields };
  }
  if (term.kind === "row") {
    checkFieldCount(term.fields.size, MAX_ROW_FIELDS, node);
    if (term.fields.has("__proto__")) refuse(node, "emits a field __proto__");
    const fields = [...term.fields].map(([name, field]) => ({
      name,
      type: emittedType(field, node, `${position}.${name}`, depth + 1),
    }));
    return { kind: "ROW", fields };
  }
  return refuse(node, `emits ${termText(term)}${at(position)}, which is not compiled`);
}

function checkFieldCount(count: number, limit: number, node: Node): void {
  if (count === 0) refuse(node, "emits an empty array or object");
  if (count > limit) refuse(node, `emits more than ${limit} fields`);
}

/** The type that holds records of both. Throws a Refusal. */
export function commonRecord(left: IrType, right: IrType, node: Node | null): IrType {
  return common(left, right, node, "");
}

function common(left: IrType, right: IrType, node: Node | null, position: string): IrType {
  if (left === ONLY_NULL) return right;
  if (right === ONLY_NULL) return left;
  if (left.kind === "TUPLE" && right.kind === "TUPLE") {
    if (left.fields.length === right.fields.length) {
      const fields = left.fields.map((field, index) =>
        common(field, right.fields[index] ?? field, node, `${position}[${index}]`),
      );
      return { kind: "TUPLE", fields };
    }
    const lengths = `${left.fields.length} or ${right.fields.length} elements`;
    return refuse(node, `emits arrays of ${lengths}${at(position)}`);
  }
  if (left.kind === "ROW" && right.kind === "ROW") {
    const names = right.fields.map((field) => field.name);
    if (left.fields.map((field) => field.name).join("\n") !== names.join("\n")) {
      return refuse(node, `emits objects whose fields differ${at(position)}`);
    }
    const fields = left.fields.map(({ name, type }, index) => ({
      name,
      type: common(type, right.fields[index]?.type ?? type, node, `${position}.${name}`),
    }));
    return { kind: "ROW", fields };
  }
  const type = commonType(left, right);
  return type ?? refuse(node, `emits ${typeText(left)} or ${typeText(right)}${at(position)}`);
}

/** The term as a value of this type. */
function fitted(term: Term, type: IrType, node: Node, position: string): Value {
  const misfit = (): never =>
    refuse(node, `emits ${termText(term)} where ${typeText(type)} is declared${at(position)}`);
  if (term.kind === "json") {
    const declared = jsonOfType(term.value, type) ?? misfit();
    return fitted(declared, type, node, position);
  }
  if (term.kind === "nothing" && term.is === "null") return nullValue(type);
  if (term.kind === "opaque") {
    if (JSON.stringify(term.type) !== JSON.stringify(type)) return misfit();
    const value = inputLeaf(type, term.path);
    return { kind: "scalar", value: term.isNull === null ? presentOf(value) : value };
  }
  if (type.kind === "TUPLE") {
    if (term.kind !== "tuple" || term.items.length !== type.fields.length) return misfit();
    const fields = type.fields.map((field, index) =>
      fitted(term.items[index] ?? term, field, node, `${position}[${index}]`),
    );
    return { kind: "record", fields, type, isNull: term.isNull };
  }
  if (type.kind === "ROW") {
    if (term.kind !== "row" || term.fields.size !== type.fields.length) return misfit();
    const fields = type.fields.map(({ name, type: field }) =>
      fitted(term.fields.get(name) ?? misfit(), field, node, `${position}.${name}`),
    );
    return { kind: "record", fields, type, isNull: term.isNull };
  }
  if (type.kind === "LIST" && term.kind === "tuple") {
    const value = term.items.length === 0 ? emptyList(type) : listOf(term.items, node);
    return { kind: "scalar", value: fittedScalar(value, type) ?? misfit() };
  }
  if (term.kind !== "scalar") return misfit();
  return { kind: "scalar", value: fittedScalar(term.expr, type) ?? misfit() };
}

/** Null where this type is: of a record, all of it. */
function nullValue(type: IrType): Value {
  if (type.kind !== "TUPLE" && type.kind !== "ROW") return { kind: "scalar", value: nullOf(type) };
  const types = type.fields.map((field) => ("name" in field ? field.type : field));
  return { kind: "record", fields: types.map(nullValue), type, isNull: booleanLiteral(true) };
}

function emptyList(type: IrType & { kind: "LIST" }): Expr {
  return { op: "list", items: [], type };
}

/** null = it does not fit. */
function fittedScalar(expr: Expr, type: IrType): Expr | null {
  if (isNullable(expr)) {
    const value = fittedScalar(expr.value, type);
    return value === null ? null : { ...expr, value };
  }
  const actual = typeOf(expr);
  if (sameType(actual, type)) return expr;
  if (type.kind === "LIST" && actual.kind === "LIST") {
    const fits = type.element.kind === "DOUBLE" && actual.element.kind === "NUMBER";
    return fits ? expr : null;
  }
  if (!isNumeric(type) || !isNumeric(actual)) return null;
  const number = isInteger(actual) ? asNumber(expr) : expr;
  const conversion = CONVERSIONS.get(type.kind);
  return conversion === undefined ? number : callOf(conversion, [number], type);
}
