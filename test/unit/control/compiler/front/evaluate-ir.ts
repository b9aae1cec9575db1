/**
 * What programs of the IR mean: an interpreter that is slow and checks everything. Tests of the front end
 * compare it with the user's function, tests of the back end with compiled modules.
 */
import assert from "node:assert/strict";
import { BUILTINS, SEARCHES } from "../../../../../control/compiler/builtins.ts";
import {
  type BinaryOperator,
  type Expr,
  type IrType,
  type JsonShape,
  type LocalId,
  type Program,
  type Statement,
  typeOf,
  type Value,
} from "../../../../../control/compiler/ir.ts";
import { isScalarOf } from "../../../../../dataplane/formats/type-check.ts";
import type { ScalarKind } from "../../../../../dataplane/protocol/types.ts";

/** JavaScript's function has to take the record. */
export const GAVE_UP = "gave up";

type Scalar = number | string | boolean;
type Held = Scalar | readonly Scalar[] | bigint;

class GiveUp extends Error {}

const MAX_STEPS = 1_000_000;

/** What the program emits for a record: JavaScript values. */
export function evaluateProgram(
  program: Program,
  record: unknown,
): readonly unknown[] | typeof GAVE_UP {
  try {
    return new Evaluation(record).run(program);
  } catch (error) {
    if (error instanceof GiveUp) return GAVE_UP;
    throw error;
  }
}

class Evaluation {
  readonly #record: unknown;
  readonly #locals = new Map<LocalId, Held>();
  readonly #types = new Map<LocalId, IrType>();
  readonly #emitted: unknown[] = [];
  #steps = 0;

  constructor(record: unknown) {
    this.#record = record;
  }

  run(program: Program): readonly unknown[] {
    this.#statements(program.body);
    return this.#emitted;
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    this.#steps += 1;
    assert.ok(this.#steps <= MAX_STEPS, "the program does not end");
    switch (statement.do) {
      case "let":
        this.#types.set(statement.id, statement.type);
        this.#assign(statement.id, this.#value(statement.value));
        break;
      case "set":
        assert.ok(this.#locals.has(statement.id), `set of local ${statement.id} before its let`);
        this.#assign(statement.id, this.#value(statement.value));
        break;
      case "if":
        this.#statements(this.#boolean(statement.test) ? statement.then : statement.else);
        break;
      case "each":
        this.#each(statement);
        break;
      case "while":
        while (this.#boolean(statement.test)) this.#statements(statement.body);
        break;
      case "json":
        this.#bind(statement.shape, parsed(String(this.#value(statement.text))));
        break;
      case "give-up":
        giveUp();
        break;
      case "emit":
        this.#emitted.push(this.#emittedValue(statement.value));
        break;
    }
  }

  #each({ list, id, type, index, body }: Statement & { readonly do: "each" }): void {
    for (const [position, item] of this.#list(list).entries()) {
      this.#types.set(id, type);
      this.#assign(id, item);
      if (index !== null) {
        this.#types.set(index, { kind: "NUMBER" });
        this.#assign(index, position);
      }
      this.#statements(body);
    }
  }

  #bind(shape: JsonShape, value: unknown): void {
    if (shape.kind === "any") return;
    if (shape.kind === "scalar") {
      if (!isScalarOf(shape.type.kind as ScalarKind, value)) giveUp();
      this.#types.set(shape.id, shape.type);
      this.#assign(shape.id, value as Scalar);
      return;
    }
    if (typeof value !== "object" || value === null) giveUp();
    if (shape.kind === "array") {
      if (!Array.isArray(value) || value.length !== shape.items.length) giveUp();
      for (const [index, item] of shape.items.entries())
        this.#bind(item, Reflect.get(value, index));
      return;
    }
    if (Array.isArray(value)) giveUp();
    const names = shape.fields.map(({ name }) => name);
    if (shape.isClosed && !Object.keys(value).every((name) => names.includes(name))) giveUp();
    for (const field of shape.fields) {
      const own = Object.hasOwn(value, field.name) ? Reflect.get(value, field.name) : undefined;
      this.#bind(field.shape, own);
    }
  }

  #assign(id: LocalId, value: Held): void {
    const type = this.#types.get(id);
    assert.ok(type !== undefined, `local ${id} is declared`);
    checkType(value, type);
    this.#locals.set(id, value);
  }

  #emittedValue(value: Value): unknown {
    if (value.kind === "scalar") return this.#emittedScalar(value.value);
    if (value.isNull !== null && this.#boolean(value.isNull)) return null;
    const fields = value.fields.map((field) => this.#emittedValue(field));
    if (value.type.kind === "TUPLE") {
      assert.equal(fields.length, value.type.fields.length);
      return fields;
    }
    assert.ok(value.type.kind === "ROW", `records are of type ROW or TUPLE`);
    assert.equal(fields.length, value.type.fields.length);
    return Object.fromEntries(value.type.fields.map(({ name }, index) => [name, fields[index]]));
  }

  #emittedScalar(expr: Expr): unknown {
    if (expr.op !== "nullable") return this.#emittedValueOf(expr);
    if (!this.#boolean(expr.isNull)) return this.#emittedValueOf(expr.value);
    assert.equal(expr.absent, "null", "undefined is not emitted");
    return null;
  }

  /** Columns that are passed on may be of any type. */
  #emittedValueOf(expr: Expr): unknown {
    if (expr.op !== "input") return this.#value(expr);
    return inputAt(this.#record, expr.path) ?? neutralOf(expr.type);
  }

  #value(expr: Expr): Held {
    const value = this.#compute(expr);
    checkType(value, typeOf(expr));
    return value;
  }

  #compute(expr: Expr): Held {
    switch (expr.op) {
      case "number-literal":
        return numberOfLiteral(expr.text);
      case "string-literal":
      case "boolean-literal":
        return expr.value;
      case "input":
        return (inputAt(this.#record, expr.path) ?? neutralOf(expr.type)) as Held;
      case "is-null":
        return inputAt(this.#record, expr.path) === null;
      case "nullable":
        return this.#boolean(expr.isNull) ? giveUp() : this.#value(expr.value);
      case "local": {
        const value = this.#locals.get(expr.id);
        assert.ok(value !== undefined, `local ${expr.id} is read before its let`);
        return value;
      }
      case "number":
        return this.#integer(expr.operand);
      case "negate":
        return -this.#number(expr.operand);
      case "bit-not":
        return ~this.#number(expr.operand);
      case "not":
        return !this.#boolean(expr.operand);
      case "binary":
        return binary(expr.operator, this.#value(expr.left), this.#value(expr.right));
      case "and":
        return this.#boolean(expr.left) && this.#boolean(expr.right);
      case "or":
        return this.#boolean(expr.left) || this.#boolean(expr.right);
      case "conditional":
        return this.#value(this.#boolean(expr.test) ? expr.whenTrue : expr.whenFalse);
      case "call":
        return this.#call(expr);
      case "list":
        return expr.items.map((item) => this.#value(item) as Scalar);
      case "element":
        return known(this.#list(expr.list)[this.#number(expr.index)]);
    }
  }

  #integer(expr: Expr): number {
    const { kind } = typeOf(expr);
    assert.ok(["INT", "LONG", "TIMESTAMP"].includes(kind), `number of ${kind}`);
    const value = this.#value(expr);
    return typeof value === "bigint" ? giveUp() : (value as number);
  }

  #call({ name, args, type }: Expr & { readonly op: "call" }): Held {
    const builtin = BUILTINS[name] ?? SEARCHES[name];
    assert.ok(builtin !== undefined, `${name} is a builtin`);
    assert.equal(args.length, builtin.args.length, `arguments of ${name}`);
    assert.equal(type.kind, builtin.result.kind, `result of ${name}`);
    args.forEach((arg, index) => {
      assert.equal(storedKind(typeOf(arg)), builtin.args[index]?.kind, `argument of ${name}`);
    });
    const values = args.map((arg) => this.#value(arg));
    const meaning = MEANINGS[name];
    assert.ok(meaning !== undefined, `${name} has a meaning`);
    try {
      return known(meaning(...(values as never[])));
    } catch (error) {
      // What JavaScript throws is up to JavaScript to throw.
      if (error instanceof RangeError) return giveUp();
      throw error;
    }
  }

  #boolean(expr: Expr): boolean {
    const value = this.#value(expr);
    assert.ok(typeof value === "boolean");
    return value;
  }

  #number(expr: Expr): number {
    const value = this.#value(expr);
    assert.ok(typeof value === "number" && storedKind(typeOf(expr)) === "NUMBER");
    return value;
  }

  #list(expr: Expr): readonly Scalar[] {
    const value = this.#value(expr);
    assert.ok(Array.isArray(value));
    return value as readonly Scalar[];
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return giveUp();
  }
}

function giveUp(): never {
  throw new GiveUp();
}

function known(value: Held | null | undefined): Held {
  return value === null || value === undefined ? giveUp() : value;
}

function neutralOf(type: IrType): Held {
  switch (type.kind) {
    case "STRING":
      return "";
    case "BOOLEAN":
      return false;
    case "LIST":
      return [];
    default:
      return 0;
  }
}

function numberOfLiteral(text: string): number {
  const value = Number(text);
  assert.ok(text === "NaN" || !Number.isNaN(value), `${text} is a number`);
  return value;
}

/** DOUBLE is held as a NUMBER is. */
function storedKind(type: IrType): string {
  return type.kind === "DOUBLE" ? "NUMBER" : type.kind;
}

function inputAt(record: unknown, path: readonly number[]): unknown {
  let value = record;
  for (const index of path) {
    if (value === null) return null;
    value = Array.isArray(value) ? value[index] : Object.values(value as object)[index];
  }
  return value;
}

const TYPES_OF_VALUES: Readonly<Partial<Record<IrType["kind"], readonly string[]>>> = {
  STRING: ["string"],
  BOOLEAN: ["boolean"],
  NUMBER: ["number"],
  DOUBLE: ["number"],
  INT: ["number"],
  LONG: ["number", "bigint"],
  TIMESTAMP: ["number", "bigint"],
};

function checkType(value: Held, type: IrType): void {
  if (type.kind === "LIST") {
    assert.ok(Array.isArray(value), "a LIST is an array");
    for (const item of value as readonly Scalar[]) checkType(item, type.element);
    return;
  }
  const expected = TYPES_OF_VALUES[type.kind];
  assert.ok(expected?.includes(typeof value), `${typeof value} as ${type.kind}`);
}

function binary(operator: BinaryOperator, left: Held, right: Held): Held {
  assert.equal(typeof left, typeof right, `operands of ${operator}`);
  if (operator === "===") return left === right;
  if (operator === "!==") return left !== right;
  assert.ok(typeof left !== "boolean" && typeof left !== "object", `operands of ${operator}`);
  const order = ORDERS[operator];
  if (order !== undefined) return order(left as number, right as number);
  assert.equal(typeof left, "number", `operands of ${operator}`);
  const arithmetic = ARITHMETIC[operator];
  assert.ok(arithmetic !== undefined, `${operator} is an operator`);
  return arithmetic(left as number, right as number);
}

const ORDERS: Readonly<Partial<Record<BinaryOperator, (a: number, b: number) => boolean>>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

const ARITHMETIC: Readonly<Partial<Record<BinaryOperator, (a: number, b: number) => number>>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "**": (a, b) => a ** b,
  "&": (a, b) => a & b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "<<": (a, b) => a << b,
  ">>": (a, b) => a >> b,
  ">>>": (a, b) => a >>> b,
};

/** Stands in the list of a match for a group that took no part. */
const ABSENT_GROUP = "\0 no part";

type Meaning = (...args: never[]) => Held | undefined;

const MEANINGS: Readonly<Record<string, Meaning>> = {
  "string.length": (s: string) => s.length,
  "string.concat": (s: string, t: string) => s + t,
  "string.at": (s: string, i: number) => s.at(i),
  "string.charAt": (s: string, i: number) => s.charAt(i),
  "string.charCodeAt": (s: string, i: number) => s.charCodeAt(i),
  "string.codePointAt": (s: string, i: number) => s.codePointAt(i),
  "string.slice": (s: string, a: number, b: number) => s.slice(a, b),
  "string.substring": (s: string, a: number, b: number) => s.substring(a, b),
  "string.startsWith": (s: string, t: string, i: number) => s.startsWith(t, i),
  "string.endsWith": (s: string, t: string, i: number) => s.endsWith(t, i),
  "string.includes": (s: string, t: string, i: number) => s.includes(t, i),
  "string.indexOf": (s: string, t: string, i: number) => s.indexOf(t, i),
  "string.lastIndexOf": (s: string, t: string, i: number) => s.lastIndexOf(t, i),
  "string.split": (s: string, t: string) => s.split(t),
  "string.trim": (s: string) => s.trim(),
  "string.trimStart": (s: string) => s.trimStart(),
  "string.trimEnd": (s: string) => s.trimEnd(),
  "string.toLowerCase": (s: string) => s.toLowerCase(),
  "string.toUpperCase": (s: string) => s.toUpperCase(),
  "string.replace": (s: string, a: string, b: string) => s.replace(a, b),
  "string.replaceAll": (s: string, a: string, b: string) => s.replaceAll(a, b),
  "string.padStart": (s: string, n: number, t: string) => s.padStart(n, t),
  "string.padEnd": (s: string, n: number, t: string) => s.padEnd(n, t),
  "string.repeat": (s: string, n: number) => s.repeat(n),
  "regexp.test": (s: string, p: string, f: string) => new RegExp(p, f).test(s),
  "regexp.search": (s: string, p: string, f: string) => s.search(new RegExp(p, f)),
  "regexp.match": (s: string, p: string, f: string) =>
    [...(s.match(new RegExp(p, f)) ?? [])].map((group) => group ?? ABSENT_GROUP),
  "regexp.matches": (s: string, p: string, f: string) => [...(s.match(new RegExp(p, f)) ?? [])],
  "regexp.split": (s: string, p: string, f: string) => s.split(new RegExp(p, f)),
  "regexp.replace": (s: string, p: string, f: string, r: string) => s.replace(new RegExp(p, f), r),
  "regexp.group": group,
  "regexp.optionalGroup": group,
  "regexp.hasGroup": (groups: readonly string[], i: number) => group(groups, i) !== undefined,
  "regexp.found": (list: readonly string[]) => (list.length === 0 ? giveUp() : list),
  "list.length": (list: readonly Scalar[]) => list.length,
  "list.join": (list: readonly string[], s: string) => list.join(s),
  "number.toString": (x: number) => String(x),
  "number.toFixed": (x: number, digits: number) => x.toFixed(digits),
  "number.parse": (s: string) => Number(s),
  "number.parseFloat": (s: string) => Number.parseFloat(s),
  "number.parseInt": (s: string, radix: number) => Number.parseInt(s, radix),
  "number.isNaN": (x: number) => Number.isNaN(x),
  "number.isFinite": (x: number) => Number.isFinite(x),
  "number.isInteger": (x: number) => Number.isInteger(x),
  "number.isSafeInteger": (x: number) => Number.isSafeInteger(x),
  "number.notNaN": (x: number) => (Number.isNaN(x) ? giveUp() : x),
  "number.toInt": (x: number) => (x === (x | 0) ? x | 0 : giveUp()),
  "number.toLong": (x: number) => (Number.isSafeInteger(x) ? x + 0 : giveUp()),
  "number.toTimestamp": (x: number) => (Number.isSafeInteger(x) ? x + 0 : giveUp()),
  ...mathMeanings(),
};

function group(groups: readonly string[], index: number): string | undefined {
  return groups[index] === ABSENT_GROUP ? undefined : groups[index];
}

function mathMeanings(): Readonly<Record<string, Meaning>> {
  const names = Object.keys(BUILTINS).filter((name) => name.startsWith("math."));
  const functions = Math as unknown as Readonly<Record<string, Meaning>>;
  return Object.fromEntries(
    names.map((name) => {
      const fn = functions[name.slice("math.".length)];
      assert.ok(fn !== undefined, `${name} is a function of Math`);
      return [name, fn];
    }),
  );
}
