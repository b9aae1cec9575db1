/** Random expressions over the names in scope, as JavaScript text with the type it has. */
import type { Random } from "./random.ts";
import { type Kind, type Tree, tree } from "./tree.ts";

export type ValueKind = Exclude<Kind, "block" | "result" | "function">;

export interface Name {
  readonly text: string;
  readonly kind: ValueKind;
}

type Maker = (depth: number) => Tree;

/** Regular expressions with a group, and to be used with the flag g. */
const PATTERNS: readonly string[] = [
  ...["(a)|b", "([^,]*),", "(\\d+)(?:\\.\\d)?", "^\\s*(\\S+)", "(\\w+)$", "(a*?)b", "([a-z])=?"],
];
const PATTERNS_G: readonly string[] = ["[a-b]", "\\s+", "\\w+", "[^ ,]+", "-|\\d", "a?"];

const TEXT_LITERALS: readonly string[] = [
  ...[
    '""',
    '" "',
    '","',
    '"a"',
    '"b"',
    '"ab"',
    '"-"',
    '"é"',
    '"😀"',
    '"\\ud83d"',
    '"\\ude00"',
    '"0"',
  ],
  ...[
    '"1.5"',
    '"\\n"',
    '"="',
    '"x y"',
    "'\\u2028'",
    '"漢字"',
    '"aa"',
    "`t`",
    '"\\0"',
    '"$"',
    "NAME",
  ],
];
const NUMBER_LITERALS: readonly string[] = [
  ...["0", "1", "2", "3", "10", "0.5", "0.1", "1.5", "7", "31", "32", "33", "100", "255", "1e3"],
  ...["1e21", "1e-7", "0xff", "2147483648", "4294967295", "9007199254740991", "NaN", "Infinity"],
  ...["Math.PI", "Number.MAX_SAFE_INTEGER", "-1", "-0", "-2.5", "-3", "LIMIT"],
];
const SMALL: readonly string[] = ["0", "1", "2", "3", "5", "-1", "-2", "0.5", "1.9"];
const WIDTHS: readonly string[] = ["-1", "0", "1", "3", "8.5", "20", "NaN", "100"];
/**
 * Strings that are repeated as often as another is long, in one function: with more of them, strings get
 * so long that V8 ends its process.
 */
const GROWTHS_MAX = 2;
const ARITHMETIC: readonly string[] = ["+", "-", "*", "/", "%", "+", "-", "*"];
const BITS: readonly string[] = ["&", "|", "^", "<<", ">>", ">>>"];
const COMPARISONS: readonly string[] = ["<", "<=", ">", ">=", "===", "!==", "==", "!="];
const NULL_TESTS: readonly string[] = [" === null", " !== null", " == null", " != undefined"];
const MATH1: readonly string[] = [
  ...["abs", "ceil", "floor", "round", "trunc", "sign", "sqrt", "fround", "clz32", "exp", "log"],
  ...["log2", "log10", "log1p", "expm1", "sin", "cos", "tan", "atan", "asin", "acos", "sinh"],
  ...["cosh", "tanh", "asinh", "acosh", "atanh", "cbrt", "floor", "round", "trunc"],
];
const MATH2: readonly string[] = ["max", "min", "pow", "atan2", "hypot", "imul", "max", "min"];

export class Expressions {
  readonly #random: Random;
  #names: readonly Name[];
  #fresh = 0;
  #growths = 0;

  constructor(random: Random, names: readonly Name[]) {
    this.#random = random;
    this.#names = names;
  }

  of(kind: ValueKind, depth: number): Tree {
    return this[kind](depth);
  }

  freshName(): string {
    this.#fresh += 1;
    return `v${this.#fresh}`;
  }

  declare(name: Name): void {
    this.#names = [...this.#names, name];
  }

  /** Makes something in which these names are known as well. */
  within<T>(names: readonly Name[], make: () => T): T {
    const outer = this.#names;
    this.#names = [...outer, ...names];
    try {
      return make();
    } finally {
      this.#names = outer;
    }
  }

  number(depth: number): Tree {
    if (depth <= 0) return this.#leaf("number", NUMBER_LITERALS);
    const n: Maker = (less) => this.number(less);
    const s: Maker = (less) => this.string(less);
    const random = this.#random;
    const d = depth - 1;
    return this.#choose([
      [5, () => this.#leaf("number", NUMBER_LITERALS)],
      [5, () => tree("number", "(", n(d), ` ${random.pick(ARITHMETIC)} `, n(d), ")")],
      [2, () => tree("number", "(", n(d), ` ${random.pick(BITS)} `, n(d), ")")],
      [1, () => tree("number", "((", n(d), ") ** ", random.pick(SMALL), ")")],
      [1, () => tree("number", `${random.pick(["-", "+", "~"])}(`, n(d), ")")],
      [2, () => tree("number", "(", this.boolean(d), " ? ", n(d), " : ", n(d), ")")],
      [1, () => tree("number", "(", n(d), random.pick([" || ", " && "]), n(d), ")")],
      [2, () => tree("number", `Math.${random.pick(MATH1)}(`, n(d), ")")],
      [2, () => tree("number", `Math.${random.pick(MATH2)}(`, n(d), ", ", n(d), ")")],
      [2, () => tree("number", s(d), ".length")],
      [1, () => tree("number", s(d), `.search(/${random.pick(PATTERNS)}/)`)],
      [1, () => tree("number", "(", s(d), `.match(/${random.pick(PATTERNS_G)}/g)?.length ?? 0)`)],
      [
        1,
        () => tree("number", s(d), `.${random.pick(["indexOf", "lastIndexOf"])}(`, s(d - 1), ")"),
      ],
      [1, () => tree("number", s(d), ".indexOf(", s(d - 1), ", ", this.#small(d), ")")],
      [1, () => tree("number", s(d), ".charCodeAt(", this.#small(d), ")")],
      [1, () => tree("number", s(d), ".codePointAt(0)")],
      [2, () => tree("number", `${random.pick(["Number", "parseFloat", "+"])}(`, s(d), ")")],
      [
        2,
        () =>
          tree("number", "parseInt(", s(d), random.pick([")", ", 10)", ", 16)", ", 2)", ", 36)"])),
      ],
      [1, () => tree("number", "Number(", this.boolean(d), ")")],
      [2, () => tree("number", this.strings(d), ".length")],
      [1, () => this.#reduced(d)],
      [1, () => tree("number", this.numbers(d), "[", random.pick(["0", "1", "2"]), "]")],
      [1, () => tree("number", "(", this.numbers(d), "[0] ?? ", n(d), ")")],
      [1, () => tree("number", "(RATES[", random.chance(0.7) ? s(d) : n(d), "] ?? ", n(d), ")")],
      [1, () => tree("number", "(SIZES[", this.#small(d), "] ?? ", n(d), ")")],
      [1, () => tree("number", "clip(", n(d), ")")],
      [2, () => this.#nullable("number", "(", [" ?? ", () => n(d)])],
      [1, () => this.#nullable("string", "(", ["?.length ?? ", () => n(d)])],
    ]);
  }

  string(depth: number): Tree {
    if (depth <= 0) return this.#leaf("string", TEXT_LITERALS);
    const s: Maker = (less) => this.string(less);
    const n: Maker = (less) => this.number(less);
    const random = this.#random;
    const d = depth - 1;
    const method = (names: readonly string[]): string => `.${random.pick(names)}(`;
    return this.#choose([
      [6, () => this.#leaf("string", TEXT_LITERALS)],
      [3, () => tree("string", "(", s(d), " + ", s(d), ")")],
      [2, () => tree("string", "(", s(d), " + ", n(d), ")")],
      [3, () => tree("string", "`", random.pick(["", "<", "é"]), "${", s(d), "}-${", n(d), "}`")],
      [1, () => tree("string", "`${", this.boolean(d), "}`")],
      [2, () => tree("string", "(", this.boolean(d), " ? ", s(d), " : ", s(d), ")")],
      [1, () => tree("string", "(", s(d), random.pick([" || ", " && "]), s(d), ")")],
      [3, () => tree("string", s(d), method(["trim", "trimStart", "trimEnd"]), ")")],
      [2, () => tree("string", s(d), method(["toLowerCase", "toUpperCase"]), ")")],
      [3, () => tree("string", s(d), method(["slice", "substring"]), this.#small(d), ")")],
      [
        2,
        () =>
          tree(
            "string",
            s(d),
            method(["slice", "substring"]),
            this.#small(d),
            ", ",
            this.#small(d),
            ")",
          ),
      ],
      [1, () => tree("string", s(d), method(["charAt", "at"]), this.#small(d), ")")],
      [1, () => tree("string", s(d), "[", this.#small(d), "]")],
      [1, () => tree("string", s(d), `.replace(/${random.pick(PATTERNS_G)}/g, "-$&")`)],
      [
        2,
        () => tree("string", "(", s(d), `.match(/${random.pick(PATTERNS)}/)?.[1] ?? `, s(d), ")"),
      ],
      [
        2,
        () =>
          tree(
            "string",
            s(d),
            method(["replace", "replaceAll"]),
            s(d - 1),
            ", ",
            this.#grown(d),
            ")",
          ),
      ],
      [
        1,
        () =>
          tree(
            "string",
            s(d),
            method(["padStart", "padEnd"]),
            random.pick(WIDTHS),
            ", ",
            s(d - 1),
            ")",
          ),
      ],
      [1, () => tree("string", s(d), ".repeat(", random.pick(["0", "1", "2", "3"]), ")")],
      [2, () => tree("string", "String(", n(d), ")")],
      [1, () => tree("string", "(", n(d), ").toString()")],
      [
        2,
        () => tree("string", "(", n(d), ").toFixed(", random.pick(["", "0", "1", "2", "10"]), ")"),
      ],
      [3, () => tree("string", this.strings(d), ".join(", this.#grown(d), ")")],
      [1, () => tree("string", this.numbers(d), ".join(", random.pick(["", '","', '"-"']), ")")],
      [2, () => tree("string", this.strings(d), "[", random.pick(["0", "1", "2"]), "]")],
      [1, () => tree("string", "(", this.strings(d), "[1] ?? ", s(d), ")")],
      [1, () => tree("string", "(TITLES.get(", this.#small(d), ") ?? ", s(d), ")")],
      [1, () => tree("string", "edge(", s(d), ")")],
      [1, () => tree("string", "firstOf(WORD, ", s(d), ")")],
      [1, () => tree("string", s(d), '.replace(SPACES, "-")')],
      [3, () => this.#nullable("string", "(", [" ?? ", () => s(d)])],
      [1, () => this.#nullable("string", "(", ["?.trim() ?? ", () => s(d)])],
      [1, () => this.#nullable("number", "(", ["?.toFixed(1) ?? ", () => s(d)])],
      [
        1,
        () =>
          tree("string", "((", this.boolean(d), " ? ", s(d), " : null) + ", this.#quoted(), ")"),
      ],
    ]);
  }

  boolean(depth: number): Tree {
    const random = this.#random;
    if (depth <= 0) return this.#leaf("boolean", ["true", "false"]);
    const n: Maker = (less) => this.number(less);
    const s: Maker = (less) => this.string(less);
    const b: Maker = (less) => this.boolean(less);
    const d = depth - 1;
    const compare = (): string => ` ${random.pick(COMPARISONS)} `;
    return this.#choose([
      [1, () => this.#leaf("boolean", ["true", "false"])],
      [6, () => tree("boolean", "(", n(d), compare(), n(d), ")")],
      [5, () => tree("boolean", "(", s(d), compare(), s(d), ")")],
      [1, () => tree("boolean", "((", b(d), " ? ", s(d), " : null)", compare(), s(d), ")")],
      [1, () => tree("boolean", "((", b(d), " ? null : ", n(d), ")", compare(), n(d), ")")],
      [1, () => this.#matchTest()],
      [3, () => tree("boolean", "(", b(d), random.pick([" && ", " || "]), b(d), ")")],
      [1, () => tree("boolean", "!", b(d))],
      [2, () => tree("boolean", `/${random.pick(PATTERNS)}/.test(`, s(d), ")")],
      [1, () => tree("boolean", "!!(", random.chance(0.5) ? n(d) : s(d), ")")],
      [1, () => tree("boolean", "(", b(d), " ? ", b(d), " : ", b(d), ")")],
      [
        2,
        () =>
          tree(
            "boolean",
            s(d),
            `.${random.pick(["startsWith", "endsWith", "includes"])}(`,
            s(d - 1),
            ")",
          ),
      ],
      [1, () => tree("boolean", s(d), ".startsWith(", s(d - 1), ", ", this.#small(d), ")")],
      [
        2,
        () =>
          tree(
            "boolean",
            `Number.${random.pick(["isNaN", "isFinite", "isInteger", "isSafeInteger"])}(`,
            n(d),
            ")",
          ),
      ],
      [1, () => tree("boolean", `${random.pick(["isNaN", "isFinite"])}(`, n(d), ")")],
      [1, () => this.#tested(d)],
      [1, () => tree("boolean", this.strings(d), ".includes(", s(d - 1), ")")],
      [1, () => tree("boolean", "STOP.has(", s(d), ")")],
      [3, () => this.#nullTest()],
      [1, () => tree("boolean", "((", b(d), " ? ", n(d), " : null)", random.pick(NULL_TESTS), ")")],
    ]);
  }

  strings(depth: number): Tree {
    const random = this.#random;
    const d = depth - 1;
    if (depth <= 0) {
      return tree(
        "strings",
        this.string(0),
        `.split(${random.pick(['" "', '","', '""', '"a"', '"b c"'])})`,
      );
    }
    return this.#choose([
      [
        5,
        () => tree("strings", this.string(d), ".split(", this.#leaf("string", TEXT_LITERALS), ")"),
      ],
      [2, () => tree("strings", this.string(d), `.split(${random.pick(['" "', '","', '""'])})`)],
      [1, () => tree("strings", "[", this.string(d), ", ", this.string(d), "]")],
      [1, () => tree("strings", this.string(d), `.split(/${random.pick(PATTERNS_G)}/)`)],
      [
        1,
        () => tree("strings", "(", this.string(d), `.match(/${random.pick(PATTERNS_G)}/g) ?? [])`),
      ],
      [2, () => this.#mapped("strings", "strings", "string", d)],
      [2, () => this.#filtered("strings", d)],
      [1, () => this.#mapped("strings", "numbers", "string", d)],
      [1, () => tree("strings", "[...", this.strings(d), ", ", this.string(d), "]")],
      [
        1,
        () =>
          tree("strings", this.strings(d), `.slice(${random.pick(["1", "0, 2", "-1", "1, -1"])})`),
      ],
      [1, () => tree("strings", this.strings(d), ".slice(", this.#small(d), ")")],
    ]);
  }

  numbers(depth: number): Tree {
    const d = depth - 1;
    if (depth <= 0) return tree("numbers", "[", this.number(0), ", ", this.number(0), "]");
    return this.#choose([
      [
        2,
        () => tree("numbers", "[", this.number(d), ", ", this.number(d), ", ", this.number(0), "]"),
      ],
      [3, () => this.#mapped("numbers", "strings", "number", d)],
      [1, () => this.#mapped("numbers", "numbers", "number", d)],
      [1, () => this.#filtered("numbers", d)],
      [1, () => tree("numbers", this.strings(d), ".map(Number)")],
    ]);
  }

  /** A name in scope or a literal. */
  #leaf(kind: ValueKind, literals: readonly string[]): Tree {
    const named = this.#names.filter((name) => name.kind === kind);
    const isNamed = named.length > 0 && this.#random.chance(0.75);
    const text = isNamed ? this.#random.pick(named).text : this.#random.pick(literals);
    return tree(kind, text.startsWith("-") ? `(${text})` : text);
  }

  /** A name in scope, which may be null, and what follows it. */
  #nullable(kind: "number" | "string", head: string, [link, rest]: readonly [string, () => Tree]) {
    const named = this.#names.filter((name) => name.kind === kind);
    const text =
      named.length > 0 ? this.#random.pick(named).text : kind === "string" ? '""' : "(1)";
    return tree(kindOfLink(link, kind), `${head}${text}${link}`, rest(), ")");
  }

  #nullTest(): Tree {
    const name = this.#names.length > 0 ? this.#random.pick(this.#names).text : "null";
    return tree("boolean", `(${name}${this.#random.pick(NULL_TESTS)})`);
  }

  /** Whether what may be null matches: null = not, undefined = it is null. */
  #matchTest(): Tree {
    const { text } = this.#random.pick([
      ...this.#names.filter(({ kind }) => kind === "string"),
      { text: '"ab"' },
    ]);
    const test = this.#random.pick([" ? true : false", ...NULL_TESTS, " === undefined"]);
    return tree("boolean", `(${text}?.match(/${this.#random.pick(PATTERNS)}/)${test})`);
  }

  #quoted(): Tree {
    return tree("string", this.#random.pick(TEXT_LITERALS));
  }

  /** What is written between or in place of the parts of a string. */
  #grown(depth: number): Tree {
    this.#growths += 1;
    if (this.#growths > GROWTHS_MAX) return tree("string", this.#random.pick(TEXT_LITERALS));
    return this.string(depth - 1);
  }

  #small(depth: number): Tree {
    return this.#random.chance(0.7) ? tree("number", this.#random.pick(SMALL)) : this.number(depth);
  }

  #mapped(
    kind: "strings" | "numbers",
    from: "strings" | "numbers",
    to: "string" | "number",
    depth: number,
  ): Tree {
    const [item, index] = [this.freshName(), this.freshName()];
    const names: readonly Name[] = [
      { text: item, kind: from === "strings" ? "string" : "number" },
      { text: index, kind: "number" },
    ];
    const body = this.within(names, () => this.of(to, depth));
    return tree(kind, this.of(from, depth), `.map((${item}, ${index}) => `, body, ")");
  }

  #filtered(kind: "strings" | "numbers", depth: number): Tree {
    const item = this.freshName();
    const name: Name = { text: item, kind: kind === "strings" ? "string" : "number" };
    const test = this.within([name], () => this.boolean(depth));
    return tree(kind, this.of(kind, depth), `.filter((${item}) => `, test, ")");
  }

  #tested(depth: number): Tree {
    const item = this.freshName();
    const method = this.#random.pick(["some", "every"]);
    const test = this.within([{ text: item, kind: "string" }], () => this.boolean(depth));
    return tree("boolean", this.strings(depth), `.${method}((${item}) => `, test, ")");
  }

  #reduced(depth: number): Tree {
    const [sum, item] = [this.freshName(), this.freshName()];
    const names: readonly Name[] = [
      { text: sum, kind: "number" },
      { text: item, kind: "string" },
    ];
    const body = this.within(names, () => this.number(depth));
    return tree("number", this.strings(depth), `.reduce((${sum}, ${item}) => `, body, ", 0)");
  }

  #choose(options: readonly (readonly [weight: number, make: () => Tree])[]): Tree {
    const total = options.reduce((sum, [weight]) => sum + weight, 0);
    let at = this.#random.below(total);
    for (const [weight, make] of options) {
      at -= weight;
      if (at < 0) return make();
    }
    throw new TypeError("there is nothing to choose from");
  }
}

function kindOfLink(link: string, kind: ValueKind): ValueKind {
  if (link.includes("length")) return "number";
  return link.includes("toFixed") ? "string" : kind;
}
