/** What names outside a function stand for: values that whoever loaded the program has looked up. */
import { isLiteralValue, type LiteralValue, literalOf } from "./literals.ts";
import { type FunctionNode, parseFunction } from "./parse.ts";
import { Refusal, refuse } from "./refusal.ts";
import { type Binding, type FunctionTerm, type RegexpTerm, Scope, type Term } from "./scope.ts";
import { rowOf, scalar, tupleOf } from "./terms.ts";

export type Captured =
  /** What the variable holds, now and in every run. */
  | { readonly kind: "value"; readonly value: unknown }
  /** Continues "captures x, which …". */
  | { readonly kind: "refused"; readonly reason: string };

/** What a name stands for around a function; null = nothing, so that it is a global. */
export type CaptureResolver = (fn: CallableFunction, name: string) => Captured | null;

/** Values in a table, and how deep they may lie. */
const MAX_VALUES = 2000;
const MAX_DEPTH = 8;

export class Captures {
  readonly #resolve: CaptureResolver;
  readonly #onFunction: (fn: CallableFunction, node: FunctionNode) => void;
  /** So that a function that calls itself is seen to. */
  readonly #functions = new Map<CallableFunction, FunctionTerm>();
  #values = 0;

  /** @param onFunction is told of each function before it is used */
  constructor(
    resolve: CaptureResolver,
    onFunction: (fn: CallableFunction, node: FunctionNode) => void,
  ) {
    this.#resolve = resolve;
    this.#onFunction = onFunction;
  }

  /** The scope a function was written in. */
  around(fn: CallableFunction): Scope {
    return new Scope(null, (name) => this.#bindingOf(fn, name));
  }

  #bindingOf(fn: CallableFunction, name: string): Binding | null {
    const captured = this.#resolve(fn, name);
    if (captured === null) return null;
    if (captured.kind === "refused") return notCompiled(name, captured.reason);
    try {
      return { kind: "constant", term: this.#termOf(captured.value, 0) };
    } catch (error) {
      if (error instanceof Refusal) return notCompiled(name, error.message);
      throw error;
    }
  }

  #termOf(value: unknown, depth: number): Term {
    this.#values += 1;
    if (this.#values > MAX_VALUES) refuse(null, `holds more than ${MAX_VALUES} values`);
    if (depth > MAX_DEPTH) refuse(null, "is nested too deeply");
    if (isLiteralValue(value)) return scalar(literalOf(value));
    if (typeof value === "function") return this.functionOf(value);
    if (value instanceof RegExp) return regexpOf(value);
    const inner = (item: unknown): Term => this.#termOf(item, depth + 1);
    if (Array.isArray(value)) return tupleOf(elementsOf(value).map(inner));
    if (value instanceof Set) {
      return { kind: "table", keys: keysOf([...value]), values: null };
    }
    if (value instanceof Map) {
      const keys = keysOf([...value.keys()]);
      return { kind: "table", keys, values: [...value.values()].map(inner) };
    }
    const fields = fieldsOf(value).map(([name, field]) => [name, inner(field)] as const);
    return rowOf(new Map(fields));
  }

  /** A function as something that can be called. */
  functionOf(fn: CallableFunction): FunctionTerm {
    const known = this.#functions.get(fn);
    if (known !== undefined) return known;
    const node = parseFunction(Function.prototype.toString.call(fn));
    this.#onFunction(fn, node);
    const term: FunctionTerm = { kind: "function", node, scope: this.around(fn) };
    this.#functions.set(fn, term);
    return term;
  }
}

function notCompiled(name: string, reason: string): Binding {
  return { kind: "refused", reason: `captures \`${name}\`, which ${reason}` };
}

function regexpOf(regexp: RegExp): RegexpTerm {
  const isPlain = Object.getPrototypeOf(regexp) === RegExp.prototype;
  if (!isPlain || propertiesOf(regexp, "lastIndex").length > 1) {
    return refuse(null, "holds a regular expression with properties of its own");
  }
  return { kind: "regexp", source: regexp.source, flags: regexp.flags };
}

function keysOf(keys: readonly unknown[]): readonly LiteralValue[] {
  return keys.map((key) =>
    isLiteralValue(key) && !Number.isNaN(key)
      ? key
      : refuse(null, "has keys that are not compiled"),
  );
}

/** Nothing but elements, without holes. */
function elementsOf(list: readonly unknown[]): readonly unknown[] {
  const fields = propertiesOf(list, "length").filter(([name]) => name !== "length");
  const isDense =
    fields.length === list.length && fields.every(([name], index) => name === `${index}`);
  return isDense ? fields.map(([, value]) => value) : refuse(null, "is an array with holes");
}

function fieldsOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (typeof value !== "object" || value === null) {
    return refuse(null, `holds ${value == null ? value : `a ${typeof value}`}`);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return refuse(null, `holds an object of class ${classOf(prototype)}`);
  }
  const fields = propertiesOf(value);
  if (fields.some(([name]) => name === "__proto__")) refuse(null, "has a property __proto__");
  return fields;
}

/**
 * Getters are not called: they are code of the user.
 * @param hidden the property that need not be enumerable
 */
function propertiesOf(
  value: object,
  hidden: string | null = null,
): readonly (readonly [string, unknown])[] {
  if (Object.getOwnPropertySymbols(value).length > 0) refuse(null, "has a symbol as key");
  return Object.entries(Object.getOwnPropertyDescriptors(value)).map(([name, property]) => {
    if (!("value" in property)) return refuse(null, "has a getter or setter");
    if (property.enumerable === false && name !== hidden) {
      return refuse(null, "has a property that is not enumerable");
    }
    return [name, property.value as unknown] as const;
  });
}

function classOf(prototype: unknown): string {
  const { value } = Object.getOwnPropertyDescriptor(prototype, "constructor") ?? {};
  return typeof value === "function" ? `\`${value.name}\`` : "no name";
}
