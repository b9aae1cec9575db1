/** Random user functions: map, filter, flatMap and keyBy over scalars, tuples and rows. */
import type { DataType, ScalarKind } from "../../dataplane/protocol/types.ts";
import type { FunctionCase, FuzzRole } from "./cases.ts";
import { Expressions, type Name, type ValueKind } from "./expressions.ts";
import type { Random } from "./random.ts";
import { type Tree, textOf, tree } from "./tree.ts";

export interface Program {
  readonly role: FuzzRole;
  readonly inputType: DataType;
  readonly tree: Tree;
  readonly declaredOutput?: DataType;
}

type FieldKind = "STRING" | "NUMBER" | "INT" | "LONG" | "BOOLEAN";

/** Of the values a function answers; records hold scalars, and one level of records. */
type Shape =
  | { readonly kind: "number" | "string" | "boolean" }
  | { readonly kind: "tuple" | "row"; readonly fields: readonly Shape[] };

/** The input record in a function: its parameter, and what its fields are called. */
interface Parameter {
  readonly text: string;
  readonly names: readonly Name[];
  /** The whole record, to be spread or passed on; null = it is taken apart. */
  readonly whole: string | null;
}

const FIELD_KINDS: readonly FieldKind[] = ["STRING", "STRING", "NUMBER", "INT", "LONG", "BOOLEAN"];
const FIELD_NAMES: readonly string[] = ["a", "b", "c", "d"];
const DEPTHS: readonly number[] = [1, 2, 2, 3, 3, 4];

export function caseOf({ role, inputType, tree: root, declaredOutput }: Program): FunctionCase {
  const code = { role, inputType, source: textOf(root) };
  return declaredOutput === undefined ? code : { ...code, declaredOutput };
}

export function randomProgram(random: Random): Program {
  const inputType = randomInput(random);
  const parameter = parameterOf(inputType, random);
  const role = random.pick<FuzzRole>(["map", "map", "filter", "flatMap", "keySelector"]);
  const program = new FunctionMaker(random, parameter, inputType);
  return { role, inputType, tree: program.make(role) };
}

function randomInput(random: Random): DataType {
  const scalar = (): DataType => ({ kind: random.pick(FIELD_KINDS) });
  const inner = (): DataType => ({
    kind: "ROW",
    fields: ["x", "y"].map((name) => ({ name, type: scalar() })),
  });
  const fields = (): DataType[] =>
    Array.from({ length: 1 + random.below(4) }, () => (random.chance(0.15) ? inner() : scalar()));
  const form = random.below(3);
  if (form === 0) return { kind: random.pick(FIELD_KINDS) };
  if (form === 1) return { kind: "TUPLE", fields: fields() };
  const named = fields().map((type, index) => ({ name: FIELD_NAMES[index] ?? "x", type }));
  return { kind: "ROW", fields: named };
}

function parameterOf(type: DataType, random: Random): Parameter {
  const isTakenApart = random.chance(0.4);
  if (type.kind === "TUPLE") {
    const texts = type.fields.map((_, index) => (isTakenApart ? `p${index}` : `t[${index}]`));
    const names = texts.flatMap((text, index) => named(text, type.fields[index]));
    if (!isTakenApart) return { text: "t", names, whole: "t" };
    return { text: `[${texts.join(", ")}]`, names, whole: null };
  }
  if (type.kind === "ROW") {
    const names = type.fields.flatMap(({ name, type: field }) =>
      named(isTakenApart ? name : `r.${name}`, field),
    );
    if (!isTakenApart) return { text: "r", names, whole: "r" };
    return { text: `{ ${type.fields.map(({ name }) => name).join(", ")} }`, names, whole: null };
  }
  return { text: "x", names: named("x", type), whole: "x" };
}

/** A record's fields are named with ?., or without: where it is null, that throws. */
function named(text: string, type: DataType | undefined): readonly Name[] {
  if (type?.kind !== "ROW") return [{ text, kind: kindOf(type?.kind as ScalarKind) }];
  return type.fields.flatMap(({ name, type: field }, index) =>
    named(`${text}${index === 0 ? "." : "?."}${name}`, field),
  );
}

function kindOf(kind: ScalarKind): ValueKind {
  if (kind === "STRING") return "string";
  return kind === "BOOLEAN" ? "boolean" : "number";
}

class FunctionMaker {
  readonly #random: Random;
  readonly #parameter: Parameter;
  readonly #inputType: DataType;
  readonly #make: Expressions;
  readonly #depth: number;

  constructor(random: Random, parameter: Parameter, inputType: DataType) {
    this.#random = random;
    this.#parameter = parameter;
    this.#inputType = inputType;
    this.#make = new Expressions(random, parameter.names);
    this.#depth = random.pick(DEPTHS);
  }

  make(role: FuzzRole): Tree {
    const parameter = this.#parameter.text;
    if (role === "flatMap") return this.#flatMap();
    const shape = role === "keySelector" ? this.#keyShape() : this.#shape();
    const result =
      role === "filter"
        ? () => tree("result", this.#make.boolean(this.#depth))
        : () => tree("result", this.#value(shape));
    if (this.#random.chance(0.5)) return tree("function", `(${parameter}) => (`, result(), ")");
    return tree("function", `(${parameter}) => {`, ...this.#body(result), "}");
  }

  #flatMap(): Tree {
    const random = this.#random;
    const parameter = this.#parameter.text;
    const shape = this.#shape();
    const form = random.below(5);
    if (form === 0) {
      return tree("function", `(${parameter}) => `, this.#make.strings(this.#depth));
    }
    if (form === 1) {
      const item = this.#make.freshName();
      const list = this.#make.strings(this.#depth - 1);
      const value = this.#make.within([{ text: item, kind: "string" }], () => this.#value(shape));
      return tree("function", `(${parameter}) => `, list, `.map((${item}) => (`, value, "))");
    }
    if (form === 2) {
      const test = this.#make.boolean(this.#depth);
      return tree("function", `(${parameter}) => (`, test, " ? [", this.#value(shape), "] : [])");
    }
    const isGenerator = form === 3;
    const emit = (): Tree =>
      isGenerator
        ? tree("block", "yield ", this.#value(shape), "; ")
        : tree("block", "out.collect(", this.#value(shape), "); ");
    const head = isGenerator ? `function* (${parameter}) {` : `(${parameter}, out) => {`;
    return tree("function", head, ...this.#emitting(emit), "}");
  }

  #emitting(emit: () => Tree): readonly Tree[] {
    const statements = this.#statements();
    const item = this.#make.freshName();
    const list = this.#make.strings(this.#depth - 1);
    const loop = this.#make.within([{ text: item, kind: "string" }], () => {
      const test = this.#make.boolean(this.#depth - 1);
      const leave = this.#random.pick(["continue", "break", "return"]);
      return tree(
        "block",
        `for (const ${item} of `,
        list,
        ") { if (",
        test,
        `) ${leave}; `,
        emit(),
        "} ",
      );
    });
    return [...statements, loop, emit()];
  }

  #body(result: () => Tree): readonly Tree[] {
    const statements = this.#statements();
    const early = this.#random.chance(0.5)
      ? [tree("block", "if (", this.#make.boolean(this.#depth - 1), ") return ", result(), "; ")]
      : [];
    return [...statements, ...early, tree("block", "return ", result(), ";")];
  }

  #statements(): readonly Tree[] {
    return Array.from({ length: this.#random.below(3) }, () => this.#statement());
  }

  #statement(): Tree {
    const random = this.#random;
    const make = this.#make;
    const depth = this.#depth - 1;
    const kind = random.pick<ValueKind>(["number", "string", "boolean", "strings"]);
    const name = make.freshName();
    const value = make.of(kind, depth);
    if (kind === "strings" || kind === "boolean" || random.chance(0.4)) {
      make.declare({ text: name, kind });
      return tree("block", `const ${name} = `, value, "; ");
    }
    const declaration = tree("block", `let ${name} = `, value, "; ");
    const variable: Name = { text: name, kind };
    const change = random.chance(0.5) ? this.#changeOnce(variable) : this.#changeInLoop(variable);
    make.declare(variable);
    return tree("block", declaration, change);
  }

  #changeOnce(variable: Name): Tree {
    const make = this.#make;
    const depth = this.#depth - 1;
    return make.within([variable], () => {
      const test = make.boolean(depth);
      return tree("block", "if (", test, ") { ", this.#change(variable), "} ");
    });
  }

  #changeInLoop(variable: Name): Tree {
    const make = this.#make;
    const item = make.freshName();
    const list = make.strings(this.#depth - 1);
    // A string made of itself would double with every turn.
    const names = variable.kind === "string" ? [] : [variable];
    const change = make.within([...names, { text: item, kind: "string" }], () =>
      this.#change(variable),
    );
    return tree("block", `for (const ${item} of `, list, ") { ", change, "} ");
  }

  #change({ text, kind }: Name): Tree {
    const operators = kind === "number" ? ["=", "+=", "-=", "*="] : ["=", "+="];
    const operator = this.#random.pick(operators);
    return tree("block", `${text} ${operator} `, this.#make.of(kind, this.#depth - 1), "; ");
  }

  /** A scalar, or an array of scalars. */
  #keyShape(): Shape {
    const random = this.#random;
    const scalar = (): Shape => ({ kind: random.pick(["number", "string", "string", "boolean"]) });
    if (random.chance(0.5)) return scalar();
    return { kind: "tuple", fields: Array.from({ length: 1 + random.below(3) }, scalar) };
  }

  #shape(): Shape {
    const random = this.#random;
    const scalar = (): Shape => ({ kind: random.pick(["number", "string", "boolean", "string"]) });
    const record = (field: () => Shape): Shape => ({
      kind: random.pick(["tuple", "row"]),
      fields: Array.from({ length: 1 + random.below(3) }, field),
    });
    const form = random.below(8);
    if (form < 4) return scalar();
    return form < 7
      ? record(scalar)
      : record(() => (random.chance(0.5) ? scalar() : record(scalar)));
  }

  /** A field of a record may be null, a record as a whole may not. */
  #field(shape: Shape): Tree {
    const random = this.#random;
    if (random.chance(0.8)) return this.#value(shape);
    const test = this.#make.boolean(this.#depth - 1);
    const parts = random.chance(0.5)
      ? [" ? ", this.#value(shape), " : null"]
      : [" ? null : ", this.#value(shape)];
    return tree("result", "(", test, ...parts, ")");
  }

  #value(shape: Shape): Tree {
    const { whole } = this.#parameter;
    if (shape.kind !== "tuple" && shape.kind !== "row") {
      return tree(shape.kind, this.#make.of(shape.kind, this.#depth));
    }
    const fields = shape.fields.map((field) => this.#field(field));
    const spread = whole !== null && this.#inputType.kind === shape.kind.toUpperCase();
    const first = spread && shape.fields.length > 1 ? [`...${whole}, `] : [];
    if (shape.kind === "tuple") {
      return tree("result", "[", ...first, ...fields.flatMap((field) => [field, ", "]), "]");
    }
    const entries = fields.flatMap((field, index) => [`${FIELD_NAMES[index + 1]}: `, field, ", "]);
    return tree("result", "{ ", ...first, ...entries, "}");
  }
}
