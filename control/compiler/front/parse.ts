/** From a user's function to its syntax tree. Nothing of the user's is called. */
import { createRequire } from "node:module";
import type {
  AnyNode,
  ArrowFunctionExpression,
  Expression,
  FunctionDeclaration,
  FunctionExpression,
  Node,
  Program,
} from "acorn";
import { Refusal, refuse } from "./refusal.ts";

export type FunctionNode = ArrowFunctionExpression | FunctionExpression | FunctionDeclaration;

/** Where in the text of a function of the user, as Function.prototype.toString() gives it. */
export interface SourcePlace {
  readonly source: string | null;
  readonly offset: number;
  /** At most MAX_EXCERPT characters. */
  readonly expression: string | null;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

const MAX_SOURCE_LENGTH = 64 * 1024;
const MAX_DEPTH = 200;
const MAX_EXCERPT = 60;
/** Functions and methods are parsed inside brackets of these lengths. */
const PREFIX_LENGTH = 2;
const SUFFIX_LENGTH = 2;

/** The function itself, or the method of an object. */
export function calledFunction(fn: unknown, method: string): CallableFunction {
  const called = typeof fn === "function" ? fn : propertyOf(fn, method);
  if (typeof called !== "function") refuse(null, `is not a function, and has no ${method}()`);
  return called;
}

/** Of an object or its prototypes. Getters are not called: they are code of the user. */
export function propertyOf(object: unknown, name: string): unknown {
  for (let holder = object; isObject(holder); holder = Object.getPrototypeOf(holder)) {
    const property = Object.getOwnPropertyDescriptor(holder, name);
    if (property !== undefined) return property.value;
  }
  return undefined;
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

export function parseFunction(source: string): FunctionNode {
  if (source.length > MAX_SOURCE_LENGTH) refuse(null, "is longer than 64 KiB");
  if (isNative(source)) {
    refuse(null, "is a native or bound function, whose source is not known");
  }
  const root = parseBracketed(`( ${source}\n)`) ?? parseBracketed(`({${source}\n})`);
  if (root === null) return refuse(null, "cannot be parsed");
  checkDepth(root);
  const fn = functionOf(root);
  if (fn === null) return refuse(root, "is not a function");
  if (fn.async) refuse(fn, "is async");
  return fn;
}

/** What Function.prototype.toString() answers where there is no text of a program. */
export function isNative(source: string): boolean {
  return /\{\s*\[native code\]\s*\}$/.test(source);
}

function parseBracketed(text: string): Program | null {
  try {
    const { parse } = loadAcorn();
    return parse(text, { ecmaVersion: 2024, sourceType: "script", directSourceFile: text });
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(null, "is nested too deeply");
    return null;
  }
}

/** At the first function that is analyzed: workers build graphs too, and analyze nothing. */
export function loadAcorn(): typeof import("acorn") {
  return createRequire(import.meta.url)("acorn") as typeof import("acorn");
}

/** Of `( function )` or `({ method() {} })`. */
function functionOf(program: Program): FunctionNode | null {
  const statement = program.body[0];
  if (program.body.length !== 1 || statement?.type !== "ExpressionStatement") return null;
  const { expression } = statement;
  if (isFunction(expression)) return expression;
  if (expression.type !== "ObjectExpression" || expression.properties.length !== 1) return null;
  const property = expression.properties[0];
  if (property?.type !== "Property" || property.kind !== "init" || !property.method) return null;
  return property.value.type === "FunctionExpression" ? property.value : null;
}

export function isFunction(node: Node): node is FunctionNode {
  return (
    node.type === "ArrowFunctionExpression" ||
    node.type === "FunctionExpression" ||
    node.type === "FunctionDeclaration"
  );
}

/** Without brackets. */
export function unwrapped(node: Expression): Expression {
  return node.type === "ParenthesizedExpression" ? unwrapped(node.expression) : node;
}

/** Without brackets, and without the mark around a chain of `?.`. */
export function withoutChain(node: Expression): Expression {
  const inner = unwrapped(node);
  return inner.type === "ChainExpression" ? withoutChain(inner.expression) : inner;
}

export function liesIn(node: Node, around: Node): boolean {
  return node.start >= around.start && node.end <= around.end;
}

export function childrenOf(node: Node): readonly AnyNode[] {
  return Object.values(node).flat().filter(isNode);
}

function isNode(value: unknown): value is AnyNode {
  return isObject(value) && typeof (value as Partial<Node>).type === "string";
}

/** All nodes below and including `node`; `enters` decides about each whether to go into it. */
export function* walk(
  node: Node,
  enters: (node: AnyNode) => boolean = () => true,
): Generator<AnyNode> {
  const pending = [node as AnyNode];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    yield next;
    if (next === node || enters(next)) pending.push(...childrenOf(next));
  }
}

function checkDepth(root: Node): void {
  let level: readonly Node[] = [root];
  for (let depth = 0; level.length > 0; ++depth) {
    if (depth > MAX_DEPTH) refuse(level[0] ?? null, "is nested too deeply");
    level = level.flatMap(childrenOf);
  }
}

export function placeOf(node: Node | null): SourcePlace {
  const text = node === null ? undefined : textOf(node);
  if (node === null || text === undefined) {
    return { source: null, offset: 0, expression: null, line: 1, column: 1 };
  }
  const offset = Math.max(node.start - PREFIX_LENGTH, 0);
  const source = text.slice(PREFIX_LENGTH, -SUFFIX_LENGTH);
  const before = source.slice(0, offset).split(/\r\n?|\n/);
  return {
    source,
    offset,
    expression: text.slice(node.start, Math.min(node.end, node.start + MAX_EXCERPT)),
    line: before.length,
    column: (before.at(-1) ?? "").length + 1,
  };
}

/** Set by the option directSourceFile, which the types of acorn leave out. */
function textOf(node: Node & { readonly sourceFile?: string }): string | undefined {
  return node.sourceFile;
}
