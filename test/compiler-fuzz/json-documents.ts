/** Random JSON documents, and functions that parse them: mostly what the type says, now and then not. */
import type { DataType } from "../../dataplane/protocol/types.ts";
import type { Program } from "./programs.ts";
import type { Random } from "./random.ts";
import { tree } from "./tree.ts";

const NUMBERS: readonly string[] = [
  ...["0", "-0", "1", "-1", "42", "1436918400000", "12345678", "123456789", "0.5", "-2.50", "1e3"],
  ...["1E+2", "1e-7", "9007199254740991", "9007199254740993", "-9007199254740992", "1e400", "0e0"],
  ...["123456789012345678", "1234567890123456789", "12345678901234567890123", "2147483648", "-0.0"],
  ...["4503599627370495.5", "5e-324", "1.7976931348623157e308", "100.0", "3.0e0", "0.1e1"],
];
/** Not JSON, but close to it. */
const NO_NUMBERS: readonly string[] = [
  ...["01", "+1", ".5", "1.", "1e", "1e+", "-", "--1", "0x10", "NaN", "Infinity", "1_0", "1.e3"],
];
const STRINGS: readonly string[] = [
  ...["", "a", "Google", "channel-123", "https://www.nexmark.com/abc_def/item.htm?query=1&id=5"],
  ...["fifteen bytes..", "sixteen bytes ..", "é", "漢字かな", "\ud83d\ude00", "\ud83d", "\ude00"],
  ...["\u2028", "\u007f", "a/b", "[x]{y}:,", "'", "true", "null", "0"],
];
const ESCAPES: readonly string[] = [
  ...['\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0041", "\\u00e9", "\\u6f22"],
  ...["\\ud83d\\ude00", "\\ud83d", "\\ude00", "\\uD83D\ude00", "\ud83d\\uDE00", "\\u0000"],
];
const NO_ESCAPES: readonly string[] = ["\\x41", "\\u12", "\\u12g4", "\\'", "\\", "\t", "\u0000"];
const NAMES: readonly string[] = ["a", "b", "c", "long name of a field", "é", 'q"\\', "__proto__"];
const EXTRA: readonly string[] = ["x", "y", "extra", "toString", "__proto__", "z\\u0031", "a"];
const SCALARS = ["NUMBER", "DOUBLE", "INT", "LONG", "STRING", "STRING", "BOOLEAN"] as const;

/** A type JSON.parse() may be declared to answer. */
export function randomJsonType(random: Random, depth = 2): DataType {
  if (depth === 0 || random.chance(0.3)) return { kind: random.pick(SCALARS) };
  const count = 1 + random.below(4);
  const fields = Array.from({ length: count }, () => randomJsonType(random, depth - 1));
  if (random.chance(0.2)) return { kind: "TUPLE", fields };
  const first = random.below(2);
  const named = fields.map((type, index) => ({ name: NAMES[first + index] ?? "n", type }));
  return { kind: "ROW", fields: named };
}

/** A function that answers what a document holds. */
export function jsonProgram(random: Random): Program {
  const root = tree("function", "(s) => JSON.parse(s)");
  const inputType: DataType = { kind: "STRING" };
  return { role: "map", inputType, tree: root, declaredOutput: randomJsonType(random) };
}

/** Documents of one source: most have their keys in one order. */
export function randomDocuments(type: DataType, count: number, random: Random): readonly string[] {
  return Array.from({ length: count }, () => {
    const text = new DocumentWriter(random).document(type);
    return random.chance(0.2) ? mutated(text, random) : text;
  });
}

function mutated(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const form = random.below(4);
  if (form === 0) return text.slice(0, at);
  if (form === 1) return text.slice(0, at) + text.slice(at + 1);
  const unit = random.pick([...'{}[]:,"\\ 0-.eEtfn\n\u0001é']);
  return text.slice(0, at) + unit + text.slice(form === 2 ? at : at + 1);
}

class DocumentWriter {
  readonly #random: Random;
  readonly #hasSpaces: boolean;
  /** Of things that are unusual. */
  readonly #chance: number;

  constructor(random: Random) {
    this.#random = random;
    this.#hasSpaces = random.chance(0.2);
    this.#chance = random.pick([0, 0, 0.03, 0.2]);
  }

  document(type: DataType): string {
    return this.#space() + this.#value(type) + this.#space();
  }

  #value(type: DataType): string {
    if (this.#unusual()) return this.#anything(2);
    switch (type.kind) {
      case "ROW":
        return this.#object(type.fields.map((field) => [field.name, this.#value(field.type)]));
      case "TUPLE":
        return this.#array(type.fields.map((field) => this.#value(field)));
      case "STRING":
        return this.#string();
      case "BOOLEAN":
        return this.#random.pick(["true", "false"]);
      default:
        return this.#number(type.kind);
    }
  }

  #object(fields: readonly (readonly [name: string, value: string])[]): string {
    const random = this.#random;
    const entries = fields.map(([name, value]) => [this.#key(name), value] as const);
    if (this.#unusual()) entries.splice(random.below(entries.length + 1), 1);
    if (this.#unusual()) entries.reverse();
    if (this.#unusual()) {
      const extra = [`"${random.pick(EXTRA)}"`, this.#anything(2)] as const;
      entries.splice(random.below(entries.length + 1), 0, extra);
    }
    const [again] = entries;
    if (again !== undefined && this.#unusual()) entries.push([again[0], again[1]]);
    const texts = entries.map(
      ([key, value]) => `${this.#space()}${key}${this.#space()}:${this.#space()}${value}`,
    );
    return `{${texts.join(`${this.#space()},`)}${this.#space()}}`;
  }

  /** Now and then in another way of writing it. */
  #key(name: string): string {
    if (!this.#unusual()) return JSON.stringify(name);
    const units = [...name].map((unit) => {
      const code = unit.charCodeAt(0).toString(16).padStart(4, "0");
      return `\\u${code}`;
    });
    return `"${units.join("")}"`;
  }

  #array(items: readonly string[]): string {
    const texts = items.map((item) => `${this.#space()}${item}${this.#space()}`);
    if (this.#unusual()) texts.pop();
    return `[${texts.join(",")}]`;
  }

  #string(): string {
    const random = this.#random;
    if (random.chance(0.6)) return `"${random.pick(STRINGS)}"`;
    const parts = Array.from({ length: random.below(5) }, () => {
      if (this.#unusual()) return random.pick(NO_ESCAPES);
      return random.pick(random.chance(0.5) ? STRINGS : ESCAPES);
    });
    return `"${parts.join("")}"`;
  }

  #number(kind: DataType["kind"]): string {
    const random = this.#random;
    if (this.#unusual()) return random.pick(NO_NUMBERS);
    if (random.chance(0.3)) return random.pick(NUMBERS);
    if (kind === "INT" || random.chance(0.5)) return String(random.below(200_000) - 1000);
    return String((random.bits32() - 2 ** 31) / random.pick([1, 8, 10, 1000, 3]));
  }

  #anything(depth: number): string {
    const random = this.#random;
    const form = random.below(depth === 0 ? 4 : 6);
    if (form === 0) return random.pick(["null", "true", "false", "nul", "True"]);
    if (form === 1) return this.#number("NUMBER");
    if (form < 4) return this.#string();
    const items = Array.from({ length: random.below(3) }, () => this.#anything(depth - 1));
    if (form === 4) return `[${items.join(",")}]`;
    return `{${items.map((item, index) => `"k${index}":${item}`).join(",")}}`;
  }

  #space(): string {
    if (!this.#hasSpaces || this.#random.chance(0.5)) return "";
    return this.#random.pick([" ", "\n", "\t", "\r\n", "  ", this.#unusual() ? "\u00a0" : " "]);
  }

  #unusual(): boolean {
    return this.#chance > 0 && this.#random.chance(this.#chance);
  }
}
