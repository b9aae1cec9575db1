/**
 * Whether an object can be changed through a use of its variable. Each use is followed outwards for as
 * long as the object, or one that it holds, flows on; values are known, so that `RATES[key]` of a table of
 * numbers is seen to be a number.
 */
import type {
  AnyNode,
  CallExpression,
  Identifier,
  MemberExpression,
  NewExpression,
  Node,
} from "acorn";
import { isNative, isObject, propertyOf } from "../front/parse.ts";
import type { Bindings } from "./bindings.ts";
import { parameterFor } from "./callee.ts";
import { isTarget } from "./targets.ts";

/** What an expression may be; null = not known. */
export type Values = readonly unknown[] | null;

/** Methods of arrays, sets and maps that change nothing and do not hand out the object itself. */
const READING_METHODS: ReadonlySet<string> = new Set(
  (
    "at concat entries every filter find findIndex flat flatMap forEach get has includes indexOf join keys " +
    "lastIndexOf map reduce slice some toReversed toSorted toString values"
  ).split(" "),
);
/** Those of them that call what they are given. */
const CALLING_METHODS: ReadonlySet<string> = new Set(
  "every filter find findIndex flatMap forEach map reduce some toSorted".split(" "),
);
/** Functions that only look at what they are given, and at what lies directly in it. */
const READING_FUNCTIONS: ReadonlySet<string> = new Set(
  (
    "Object.keys Object.values Object.entries Object.freeze Object.fromEntries Object.hasOwn JSON.stringify " +
    "Array.from Array.isArray Set Map"
  ).split(" "),
);
/** Functions that make a number, text or truth of anything. */
const CONVERSIONS: ReadonlySet<string> = new Set([
  "Number",
  "String",
  "Boolean",
  "parseInt",
  "parseFloat",
]);
/** Methods of strings that begin a search anew, whatever the one before has left in the regular expression. */
const SEARCHING_METHODS: ReadonlySet<string> = new Set([
  "match",
  "replace",
  "replaceAll",
  "search",
  "split",
]);
/** Expressions and statements that take no more of an object than its truth, text or number. */
const HARMLESS: ReadonlySet<string> = new Set([
  "BinaryExpression",
  "TemplateLiteral",
  "ExpressionStatement",
  "IfStatement",
  "WhileStatement",
  "ExportSpecifier",
  "ExportDefaultDeclaration",
]);

/**
 * Whether this use of a variable with these values may change what it holds.
 * @param asked uses that are being looked at, or have been
 */
export function mayChange(
  bindings: Bindings,
  use: AnyNode,
  values: Values,
  asked: Set<Node> = new Set(),
): boolean {
  if (asked.has(use)) return false;
  asked.add(use);
  let node = use;
  let holder: Values = null;
  let current = values;
  for (;;) {
    const parent = bindings.parentOf(node);
    if (parent === null || isTarget(node, parent, bindings)) return true;
    if (parent.type === "CallExpression" && parent.callee === node) {
      return !isReadingCall(parent, node, holder, current);
    }
    const isObject = parent.type === "MemberExpression" && parent.object === node;
    if (!isObject && current !== null && current.every(isInert)) return false;
    switch (parent.type) {
      case "MemberExpression":
        if (!isObject) return false;
        holder = current;
        current = membersOf(current, parent);
        break;
      case "ChainExpression":
      case "ParenthesizedExpression":
      case "LogicalExpression":
        break;
      case "ConditionalExpression":
        if (parent.test === node) return false;
        break;
      case "UnaryExpression":
        return parent.operator === "delete";
      case "SpreadElement":
      case "ForOfStatement":
      case "ForInStatement":
        return !isFlat(current);
      case "VariableDeclarator":
        return parent.id.type === "Identifier" || !isFlat(current);
      case "CallExpression":
      case "NewExpression":
        if (isReading(bindings, parent, current) || isSearch(parent, node, current)) return false;
        return (
          parent.type === "NewExpression" || calleeMayChange(bindings, parent, node, current, asked)
        );
      default:
        return !HARMLESS.has(parent.type);
    }
    node = parent;
  }
}

function isReadingCall(
  call: CallExpression,
  callee: Node,
  holder: Values,
  functions: Values,
): boolean {
  if (callee.type !== "MemberExpression") return false;
  const isOwn = (value: unknown) =>
    typeof value === "function" && isInert(value) && !isBuiltin(value);
  const isValue = holder?.every((value) => isInert(value) && typeof value !== "function");
  if (isValue === true || functions?.every(isOwn) === true) return true;
  const { property, computed } = callee as MemberExpression;
  return (
    !computed &&
    property.type === "Identifier" &&
    READING_METHODS.has(property.name) &&
    isFlat(holder) &&
    (!CALLING_METHODS.has(property.name) || call.arguments.every(keepsElementsOnly))
  );
}

/** A callback with more parameters is given the list itself. */
function keepsElementsOnly(argument: Node): boolean {
  const { type } = argument;
  if (type !== "ArrowFunctionExpression" && type !== "FunctionExpression") {
    return type !== "Identifier" && type !== "SpreadElement";
  }
  const { params } = argument as Extract<AnyNode, { type: "ArrowFunctionExpression" }>;
  return type === "ArrowFunctionExpression" && params.length <= 2 && !params.some(isRest);
}

function isRest({ type }: Node): boolean {
  return type === "RestElement";
}

function isReading(
  bindings: Bindings,
  call: CallExpression | NewExpression,
  values: Values,
): boolean {
  const name = calleeName(call);
  const root = rootOf(call.callee);
  if (root === null || bindings.bindingOf(root) !== null) return false;
  return CONVERSIONS.has(name) || (READING_FUNCTIONS.has(name) && isFlat(values));
}

/** `rateOf(RATES, key)` */
function calleeMayChange(
  bindings: Bindings,
  call: CallExpression,
  argument: Node,
  values: Values,
  asked: Set<Node>,
): boolean {
  const parameter = parameterFor(bindings, call, argument);
  if (parameter === null) return true;
  if (parameter.type !== "Identifier") return !isFlat(values);
  const uses = bindings.bindingOf(parameter)?.references ?? [];
  return uses.some((use) => mayChange(bindings, use as AnyNode, values, asked));
}

/** `text.match(re)` */
function isSearch(
  { callee, arguments: [first] }: CallExpression | NewExpression,
  argument: Node,
  values: Values,
): boolean {
  return (
    first === argument &&
    callee.type === "MemberExpression" &&
    !callee.computed &&
    callee.property.type === "Identifier" &&
    SEARCHING_METHODS.has(callee.property.name) &&
    values?.every((value) => value instanceof RegExp) === true
  );
}

/** The name a chain of members begins with. */
export function rootOf(node: Node): Identifier | null {
  if (node.type === "MemberExpression") return rootOf((node as MemberExpression).object);
  return node.type === "Identifier" ? (node as Identifier) : null;
}

function calleeName({ callee }: CallExpression | NewExpression): string {
  const name = (node: Node): string => {
    if (node.type === "Identifier") return (node as Identifier).name;
    if (node.type !== "MemberExpression") return "?";
    const { object, property, computed } = node as MemberExpression;
    return computed ? "?" : `${name(object)}.${name(property)}`;
  };
  return name(callee);
}

function membersOf(values: Values, { property, computed }: MemberExpression): Values {
  if (values === null) return null;
  if (!computed && property.type === "Identifier") {
    return values.map((value) => propertyOf(value, property.name));
  }
  if (property.type === "Literal") {
    return values.map((value) => propertyOf(value, String(property.value)));
  }
  return values.flatMap(contentsOf);
}

/** What lies directly in an object. */
function contentsOf(value: unknown): readonly unknown[] {
  if (value instanceof Set) return [...value];
  if (value instanceof Map) return [...value].flat();
  if (!isObject(value)) return [];
  return Object.values(Object.getOwnPropertyDescriptors(value)).map((property) => property.value);
}

/** null counts as not flat. */
function isFlat(values: Values): boolean {
  return values?.every((value) => contentsOf(value).every(isInert)) === true;
}

/**
 * Primitive values, functions that cannot reach what they are taken from, and regular expressions that
 * do not count on the search before (only compile() changes those).
 */
function isInert(value: unknown): boolean {
  if (value instanceof RegExp) return !(value.global || value.sticky);
  if (typeof value !== "function") return !isObject(value);
  return isBuiltin(value) || !/\b(this|super)\b/.test(Function.prototype.toString.call(value));
}

function isBuiltin(value: unknown): boolean {
  return typeof value === "function" && isNative(Function.prototype.toString.call(value));
}

/** Whether nothing can change it: arrays and plain objects that are frozen, and so is all they hold. */
export function isFrozen(value: unknown): boolean {
  if (!isObject(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null || Array.isArray(value);
  return isPlain && Object.isFrozen(value) && contentsOf(value).every(isFrozen);
}

export function holdsRegexps(value: unknown): boolean {
  return value instanceof RegExp || contentsOf(value).some(holdsRegexps);
}

export function holdsFunctions(value: unknown): boolean {
  return typeof value === "function" || contentsOf(value).some(holdsFunctions);
}
