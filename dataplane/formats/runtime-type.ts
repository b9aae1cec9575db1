/**
 * Types that are not declared: found from the first record and widened by later ones.
 *
 *   string STRING · number NUMBER · bigint LONG (of 64 bits; larger ones GENERIC) · boolean BOOLEAN
 *   Uint8Array BYTES · Date, Map, Set GENERIC · array TUPLE · plain object ROW
 *   null, undefined: UNKNOWN until a value comes; a column of GENERIC nulls until then
 *
 * Widening: a new field of a row is a nullable column; a field that a record lacks is null; whatever
 * else differs (another kind, another length of an array) makes the column GENERIC. A Date is GENERIC
 * and not TIMESTAMP, because it has to come back as a Date.
 *
 * Arrays, rows and nesting beyond the limits below are GENERIC from the start, and a record whose
 * type changed MAX_WIDENINGS times becomes GENERIC as a whole: objects used as dictionaries would
 * otherwise grow a column per key.
 */
import type { DataType } from "../protocol/types.ts";
import { checkGeneric, isPlainObject, type ValuePlace } from "./generic.ts";
import { fieldOf, isScalarOf } from "./type-check.ts";

const MAX_TUPLE_FIELDS = 64;
const MAX_ROW_FIELDS = 256;
const MAX_DEPTH = 8;
const MAX_WIDENINGS = 64;

export type InferredType =
  | { readonly kind: "UNKNOWN" }
  | Exclude<DataType, { readonly kind: "TUPLE" | "ROW" | "LIST" }>
  | { readonly kind: "TUPLE"; readonly fields: readonly InferredType[] }
  | { readonly kind: "ROW"; readonly fields: readonly InferredField[] };

interface InferredField {
  readonly name: string;
  readonly type: InferredType;
}

const UNKNOWN: InferredType = { kind: "UNKNOWN" };
const GENERIC: InferredType = { kind: "GENERIC" };

/** Errors: MR_TYPE_UNSUPPORTED. */
export function inferType(value: unknown, place: ValuePlace, depth = 0): InferredType {
  switch (typeof value) {
    case "string":
      return { kind: "STRING" };
    case "number":
      return { kind: "NUMBER" };
    case "boolean":
      return { kind: "BOOLEAN" };
    case "bigint":
      return isScalarOf("BIGINT", value) ? { kind: "BIGINT" } : GENERIC;
    case "undefined":
      return UNKNOWN;
    case "object":
      return value === null ? UNKNOWN : inferObject(value, place, depth);
    default:
      return checkedGeneric(value, place);
  }
}

/** The type that holds what `type` holds and `value` too; the same object if that is `type`. */
export function widen(
  type: InferredType,
  value: unknown,
  place: ValuePlace,
  depth = 0,
): InferredType {
  if (value === null || value === undefined) return type;
  switch (type.kind) {
    case "UNKNOWN":
      return inferType(value, place, depth);
    case "TUPLE":
      return widenTuple(type.fields, value, place, depth) ?? type;
    case "ROW":
      return widenRow(type.fields, value, place, depth) ?? type;
    case "GENERIC":
      return checkedGeneric(value, place, type);
    default:
      return isScalarOf(type.kind, value) ? type : checkedGeneric(value, place);
  }
}

/** What travels: nobody else has to know of UNKNOWN. */
export function publishedType(type: InferredType): DataType {
  switch (type.kind) {
    case "UNKNOWN":
      return { kind: "GENERIC" };
    case "TUPLE":
      return { kind: "TUPLE", fields: type.fields.map(publishedType) };
    case "ROW":
      return {
        kind: "ROW",
        fields: type.fields.map((field) => ({ name: field.name, type: publishedType(field.type) })),
      };
    default:
      return type;
  }
}

/** The type of one output over time. */
export class RuntimeType {
  readonly #place: ValuePlace;
  #inferred: InferredType | null = null;
  #published: DataType | null = null;
  #widenings = 0;

  constructor(operator: string) {
    this.#place = { operator, path: "record" };
  }

  /** null before the first record. */
  get published(): DataType | null {
    return this.#published;
  }

  /** Takes a record into the type; answers whether that changed it. Errors: MR_TYPE_UNSUPPORTED. */
  include(record: unknown): boolean {
    const known = this.#inferred;
    let next = known === null ? inferType(record, this.#place) : widen(known, record, this.#place);
    if (next === known) return false;
    this.#widenings += 1;
    if (this.#widenings > MAX_WIDENINGS) next = GENERIC;
    this.#inferred = next;
    this.#published = publishedType(next);
    return true;
  }
}

function inferObject(value: object, place: ValuePlace, depth: number): InferredType {
  if (value instanceof Uint8Array) return { kind: "BYTES" };
  if (Array.isArray(value)) {
    if (value.length > MAX_TUPLE_FIELDS || depth >= MAX_DEPTH) return checkedGeneric(value, place);
    const fields = value.map((item, index) =>
      inferType(item, inside(place, `[${index}]`), depth + 1),
    );
    return { kind: "TUPLE", fields };
  }
  if (!isPlainObject(value)) return checkedGeneric(value, place);
  const names = Object.keys(value);
  if (names.length > MAX_ROW_FIELDS || depth >= MAX_DEPTH || names.includes("__proto__")) {
    return checkedGeneric(value, place);
  }
  const fields = names.map((name) => ({
    name,
    type: inferType(value[name], inside(place, `.${name}`), depth + 1),
  }));
  return { kind: "ROW", fields };
}

/** null = unchanged. */
function widenTuple(
  fields: readonly InferredType[],
  value: unknown,
  place: ValuePlace,
  depth: number,
): InferredType | null {
  if (!Array.isArray(value) || value.length !== fields.length) return checkedGeneric(value, place);
  const widened = fields.map((field, index) =>
    widen(field, value[index], inside(place, `[${index}]`), depth + 1),
  );
  const isChanged = widened.some((field, index) => field !== fields[index]);
  return isChanged ? { kind: "TUPLE", fields: widened } : null;
}

/** null = unchanged. */
function widenRow(
  fields: readonly InferredField[],
  value: unknown,
  place: ValuePlace,
  depth: number,
): InferredType | null {
  if (!isPlainObject(value) || Object.hasOwn(value, "__proto__"))
    return checkedGeneric(value, place);
  let isChanged = false;
  const widened = fields.map((field) => {
    const item = fieldOf(value, field.name);
    const type = widen(field.type, item, inside(place, `.${field.name}`), depth + 1);
    if (type === field.type) return field;
    isChanged = true;
    return { name: field.name, type };
  });
  const known = new Set(fields.map((field) => field.name));
  for (const name of Object.keys(value)) {
    if (known.has(name)) continue;
    isChanged = true;
    widened.push({ name, type: inferType(value[name], inside(place, `.${name}`), depth + 1) });
  }
  if (!isChanged) return null;
  return widened.length > MAX_ROW_FIELDS
    ? checkedGeneric(value, place)
    : { kind: "ROW", fields: widened };
}

function checkedGeneric(value: unknown, place: ValuePlace, type = GENERIC): InferredType {
  checkGeneric(value, place);
  return type;
}

function inside(place: ValuePlace, step: string): ValuePlace {
  return { operator: place.operator, path: place.path + step };
}
