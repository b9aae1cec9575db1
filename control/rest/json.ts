/**
 * JSON as Flink writes it: doubles always have a fraction, and those that are no number are text. JavaScript has one
 * type of number, so doubles are marked.
 */

/** A number that is written as a double: 8 as 8.0, NaN as "NaN". */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export type Json =
  | string
  | number
  | bigint
  | boolean
  | null
  | Double
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/** Members that are undefined are left out. */
export function toJson(value: Json): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (value instanceof Double) return doubleText(value.value);
  if (isList(value)) return `[${value.map(toJson).join(",")}]`;
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${toJson(member)}`);
  }
  return `{${members.join(",")}}`;
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}

function doubleText(value: number): string {
  return Number.isFinite(value) ? javaDouble(value) : `"${value}"`;
}

/** As Double.toString() writes it, for sizes that it writes without an exponent. */
export function javaDouble(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
}
