/** Types and values in words, for error messages. */
import type { DataType } from "../protocol/types.ts";

const MAX_TEXT = 60;

/** `TUPLE(STRING, INT)`, `ROW{name: STRING}`, `LIST(NUMBER)`. */
export function typeText(type: DataType): string {
  switch (type.kind) {
    case "TUPLE":
      return `TUPLE(${type.fields.map(typeText).join(", ")})`;
    case "ROW":
      return `ROW{${type.fields.map(({ name, type: field }) => `${name}: ${typeText(field)}`).join(", ")}}`;
    case "LIST":
      return `LIST(${typeText(type.element)})`;
    default:
      return type.kind;
  }
}

/** `the string "abc"`, `the number 1.5`, `an array of 3`, `a Date`. */
export function valueText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `the string ${shorten(JSON.stringify(value))}`;
    case "number":
      return `the number ${Object.is(value, -0) ? "-0" : value}`;
    case "bigint":
      return `the bigint ${shorten(String(value))}n`;
    case "boolean":
      return String(value);
    case "undefined":
      return "undefined";
    case "object":
      return objectText(value);
    default:
      return `a ${typeof value}`;
  }
}

/** The kind of a value alone: `string`, `array`, `Date`, `function`. */
export function kindText(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "object" ? className(value) : typeof value;
}

function objectText(value: object | null): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name = className(value);
  return name === "object" ? "an object" : `a ${name}`;
}

function className(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return "object";
  const maker: unknown = (prototype as { readonly constructor?: unknown }).constructor;
  const name = typeof maker === "function" ? maker.name : "";
  return name === "" ? "class instance" : name;
}

function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
