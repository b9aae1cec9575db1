/**
 * Bodies of requests, read as Flink's mapper does: unknown members are ignored, absent ones and null are the same,
 * scalars are taken for each other where that is safe, and anything else is refused.
 */
import { badBody } from "./errors.ts";
import { parseHexId } from "./parameters.ts";

export type FieldKind =
  | "text"
  | "boolean"
  | "integer"
  | "long"
  | "id"
  | "texts"
  | "map"
  | readonly string[];

/** A member of a body, and what OpenAPI says of it. */
export interface Field {
  readonly kind: FieldKind;
  readonly description: string;
}

export interface BodyFormat<F extends Readonly<Record<string, Field>>> {
  /** Of Flink's class, for messages. */
  readonly name: string;
  readonly fields: F;
}

type ValueOf<K extends FieldKind> = K extends "text" | "id"
  ? string
  : K extends "boolean"
    ? boolean
    : K extends "integer" | "long"
      ? number
      : K extends "texts"
        ? readonly string[]
        : K extends "map"
          ? Readonly<Record<string, unknown>>
          : K extends readonly (infer E)[]
            ? E
            : never;

export type Body<F extends Readonly<Record<string, Field>>> = {
  readonly [N in keyof F]: ValueOf<F[N]["kind"]> | null;
};

/** Of requests that take nothing. */
export const EMPTY_BODY = "EmptyRequestBody";

const NO_BODY = "com.fasterxml.jackson.databind.exc.MismatchedInputException";

/** @param bytes empty = {} */
export function parseBody(format: string, bytes: Buffer | undefined): Record<string, unknown> {
  if (bytes === undefined || bytes.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw badBody(format, `com.fasterxml.jackson.core.JsonParseException: ${message}`);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw badBody(format, `${NO_BODY}: Cannot deserialize value of type ${format}: not an object`);
  }
  return value as Record<string, unknown>;
}

export function readBody<F extends Readonly<Record<string, Field>>>(
  { name, fields }: BodyFormat<F>,
  bytes: Buffer | undefined,
): Body<F> {
  const members = parseBody(name, bytes);
  const read = Object.entries(fields).map(([field, { kind }]) => {
    const value = Object.hasOwn(members, field) ? members[field] : null;
    return [field, value === null ? null : readValue(kind, value, `${name}["${field}"]`, name)];
  });
  return Object.fromEntries(read) as Body<F>;
}

function readValue(kind: FieldKind, value: unknown, place: string, format: string): unknown {
  const read = typeof kind === "string" ? READERS[kind](value) : kind.find((one) => one === value);
  if (read !== undefined) return read;
  const expected = typeof kind === "string" ? EXPECTED[kind] : `one of [${kind.join(", ")}]`;
  throw badBody(
    format,
    `com.fasterxml.jackson.databind.exc.InvalidFormatException: Cannot deserialize value from ${typeof value} ${JSON.stringify(value)}: not ${expected} (through reference chain: ${place})`,
  );
}

type NamedKind = Exclude<FieldKind, readonly string[]>;

const EXPECTED: Readonly<Record<NamedKind, string>> = {
  text: "text",
  boolean: '"true" or "false"',
  integer: "an integer of 32 bits",
  long: "an integer",
  id: "32 hexadecimal digits",
  texts: "a list of text",
  map: "an object",
};

const READERS: Readonly<Record<NamedKind, (value: unknown) => unknown>> = {
  text: readText,
  boolean: (value) => {
    if (value === "true" || value === "false") return value === "true";
    return typeof value === "number" && Number.isInteger(value) ? value !== 0 : asBoolean(value);
  },
  integer: (value) => {
    const number = readNumber(value);
    return number !== undefined && number === (number | 0) ? number : undefined;
  },
  long: (value) => {
    const number = readNumber(value);
    return number !== undefined && Number.isSafeInteger(number) ? number : undefined;
  },
  id: (value) => (typeof value === "string" ? parseHexId(value) : undefined),
  texts: (value) => {
    if (!Array.isArray(value)) return undefined;
    const texts = value.map((one) => (one === null ? "" : readText(one)));
    return texts.includes(undefined) ? undefined : texts;
  },
  map: (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined,
};

function asBoolean(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

function readText(value: unknown): string | undefined {
  const isScalar =
    typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isScalar ? String(value) : undefined;
}

function readNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Math.trunc(value);
  return typeof value === "string" && /^[+-]?\d{1,16}$/.test(value.trim())
    ? Number(value)
    : undefined;
}
