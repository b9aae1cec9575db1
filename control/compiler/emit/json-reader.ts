/**
 * A function per JSON.parse() for documents that are written as most are: the fields of the shape and no
 * others, in its order, without white space. What stands between two values is then known, and is compared
 * as words. Any other document is for the general parser (assembly/js/json.ts), from its beginning.
 */
import { wtf8Bytes } from "../../../dataplane/formats/wtf8.ts";
import type { JsonShape } from "../ir.ts";
import { suffixed } from "./expressions.ts";
import { type JsonSlot, slotOffset } from "./json-shape.ts";
import type { ModuleSource } from "./module-source.ts";

/** Is read behind the end of a document at most, which JSON_SLACK allows. */
const LEAD_BYTES_MAX = 64;

export interface JsonTarget {
  readonly shape: JsonShape;
  readonly slots: readonly JsonSlot[];
  /** Name of the block that has the slots. */
  readonly state: string;
}

/** Lines of the function: it answers whether it has filled all slots. */
export function jsonReaderLines(
  name: string,
  target: JsonTarget,
  source: ModuleSource,
): readonly string[] {
  const lines = new ReaderLines(target, source).lines();
  const [text, textPtr, textBytes] = ["Text", "textPtr", "textBytes"].map((each) =>
    source.use("text", each),
  );
  return [
    `function ${name}(text: ${text}): bool {`,
    `  let at: usize = ${textPtr}(text);`,
    `  const end: usize = at + ${textBytes}(text);`,
    `  if (!${source.use("json", "jsonHasSlack")}(end)) return false;`,
    ...lines,
    "}",
  ];
}

class ReaderLines {
  readonly #lines: string[] = [];
  readonly #target: JsonTarget;
  readonly #source: ModuleSource;
  /** What has to stand before the next value. */
  #lead = "";
  #isLeadTooLong = false;

  constructor(target: JsonTarget, source: ModuleSource) {
    this.#target = target;
    this.#source = source;
  }

  lines(): readonly string[] {
    this.#addValue(this.#target.shape, 0);
    const bytes = this.#takeLead();
    return this.#isLeadTooLong
      ? ["  return false;"]
      : [...this.#lines, `  return at + ${bytes} === end;`];
  }

  #addValue(shape: JsonShape, depth: number): void {
    switch (shape.kind) {
      case "any":
        this.#parse("json-bytes", "skipValue", String(depth));
        break;
      case "scalar": {
        if (shape.type.kind === "STRING") this.#lead += '"';
        const offset = slotOffset(this.#target.slots, shape.id);
        this.#parse(
          "json-values",
          suffixed("parse", shape.type),
          `${this.#target.state} + ${offset}`,
        );
        break;
      }
      case "object":
        this.#lead += "{";
        for (const [index, field] of shape.fields.entries()) {
          this.#lead += `${index === 0 ? "" : ","}${JSON.stringify(field.name)}:`;
          this.#addValue(field.shape, depth + 1);
        }
        this.#lead += "}";
        break;
      case "array":
        this.#lead += "[";
        for (const [index, item] of shape.items.entries()) {
          if (index > 0) this.#lead += ",";
          this.#addValue(item, depth + 1);
        }
        this.#lead += "]";
        break;
    }
  }

  #parse(module: string, name: string, argument: string): void {
    const bytes = this.#takeLead();
    const from = bytes === 0 ? "at" : `at + ${bytes}`;
    this.#lines.push(`  at = ${this.#source.use(module, name)}(${from}, end, ${argument});`);
    // 0 = it cannot be parsed; what goes on behind the end is another document's.
    this.#lines.push("  if (at - 1 >= end) return false;");
  }

  /** Compares it; answers its length. */
  #takeLead(): number {
    const bytes = wtf8Bytes(this.#lead);
    this.#lead = "";
    if (bytes.length > LEAD_BYTES_MAX) this.#isLeadTooLong = true;
    else if (bytes.length > 0) this.#lines.push(`  if (${differs(bytes)}) return false;`);
    return bytes.length;
  }
}

/** Expression: the bytes at `at` are others. The last word may overlap the one before. */
function differs(bytes: Uint8Array): string {
  const size = [8, 4, 2, 1].find((each) => each <= bytes.length) ?? 1;
  const terms: string[] = [];
  for (let from = 0; from < bytes.length; from += size) {
    const offset = Math.min(from, bytes.length - size);
    const word = bytes.subarray(offset, offset + size).toReversed();
    terms.push(`(load<u${size * 8}>(at, ${offset}) ^ 0x${Buffer.from(word).toString("hex")})`);
  }
  return `(${terms.join(" | ")}) !== 0`;
}
