/** Encoders for FileSink: how records become bytes, with what ends them. */
import { EngineError } from "../protocol/errors.ts";

/** @public */
export interface Encoder<T> {
  /** What stands in the file for a record, its line end included; text is written as UTF-8. */
  encode(record: T): string | Uint8Array;
}

/** A record as print() shows it, and a newline. @public */
export class SimpleStringEncoder {}

/**
 * A line of JSON per record. bigints are numbers with all their digits, Maps and Sets objects and
 * arrays, a Uint8Array is base64; the rest is as JSON.stringify() has it.
 * @public
 */
export class JsonLinesEncoder<T> implements Encoder<T> {
  encode(record: T): string {
    return `${jsonText(record) ?? "null"}\n`;
  }
}

/** As JSON.stringify(), which refuses bigints and makes `{}` of a Map; undefined = it is left out. */
function jsonText(value: unknown): string | undefined {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString("base64"));
  if (Array.isArray(value)) return `[${value.map((item) => jsonText(item) ?? "null").join(",")}]`;
  if (value instanceof Set) return jsonText([...value]);
  if (value instanceof Map) return jsonText(Object.fromEntries(value));
  if ("toJSON" in value) return JSON.stringify(value);
  const fields = Object.entries(value).flatMap(([name, item]) => {
    const text = jsonText(item);
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return `{${fields.join(",")}}`;
}

/** @public */
export interface CsvOptions {
  /** Fields of an object to write, in order; default: those of the first record. */
  readonly columns?: readonly string[];
  /** One character; default ",". */
  readonly delimiter?: string;
}

/**
 * A line of CSV (RFC 4180) per record: an object's fields, a tuple's values, or the record as the only
 * value. null and undefined are nothing at all, an empty text is `""`.
 * @public
 */
export class CsvEncoder<T> implements Encoder<T> {
  readonly #delimiter: string;
  readonly #special: RegExp;
  /** null = those of the first record. */
  readonly #columns: readonly string[] | null;
  #first: readonly string[] | null = null;

  /** Throws MR_FUNCTION_INVALID. */
  constructor({ columns, delimiter = "," }: CsvOptions = {}) {
    if (typeof delimiter !== "string" || !/^[^"\r\n]$/u.test(delimiter)) {
      throw new EngineError("MR_FUNCTION_INVALID", {
        operation: "new CsvEncoder()",
        expected: "a delimiter of one character, neither a quote nor a line end",
        actual: JSON.stringify(delimiter),
      });
    }
    this.#delimiter = delimiter;
    this.#special = new RegExp(
      `["\\r\\n\\u{${(delimiter.codePointAt(0) ?? 0).toString(16)}}]`,
      "u",
    );
    this.#columns = columns ?? null;
  }

  encode(record: T): string {
    return `${this.#valuesOf(record)
      .map((value) => this.#field(value))
      .join(this.#delimiter)}\n`;
  }

  #valuesOf(record: T): readonly unknown[] {
    if (Array.isArray(record)) return record;
    const isPlain = typeof record === "object" && record !== null && !(record instanceof Date);
    if (!isPlain || record instanceof Uint8Array) return [record];
    const columns = this.#columns ?? this.#columnsOf(record);
    return columns.map((column) => (record as Readonly<Record<string, unknown>>)[column]);
  }

  #columnsOf(record: object): readonly string[] {
    const own = Object.keys(record);
    this.#first ??= own;
    const first = this.#first;
    if (own.length === first.length && first.every((column) => column in record)) return first;
    const message = `the record has the fields ${own.join(", ")}, the first one had ${first.join(", ")}`;
    throw new TypeError(`${message}: give CsvEncoder the columns to write`);
  }

  #field(value: unknown): string {
    if (value === null || value === undefined) return "";
    const text = textOf(value);
    if (text !== "" && !this.#special.test(text)) return text;
    return `"${text.replaceAll('"', '""')}"`;
  }
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? (jsonText(value) ?? "") : String(value);
}

/** Records that are bytes or text already, written as they are, with nothing between them. @public */
export class RawEncoder implements Encoder<string | Uint8Array> {
  encode(record: string | Uint8Array): string | Uint8Array {
    return record;
  }
}
