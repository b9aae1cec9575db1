/** IR expressions as AssemblyScript. Names and literals are made here, never taken from a program. */
import { isDeepStrictEqual } from "node:util";
import { BUILTINS, SEARCHES } from "../builtins.ts";
import type { BinaryOperator, Expr, IrType, LocalId } from "../ir.ts";
import { NUMBER, typeOf } from "../ir.ts";
import { asType } from "./columns.ts";
import { isInteger } from "./integers.ts";
import { isLong, longText } from "./longs.ts";
import type { ModuleSource } from "./module-source.ts";
import { searchFunction } from "./regexp/searches.ts";

/** What the arena gives in any case (assembly/js/arena.ts). */
const LIST_ITEMS_MAX = 127;

/** What expressions are read in: how leaves of the input record are named. */
export interface ExpressionScope {
  readonly source: ModuleSource;
  /** Locals kept as i32. */
  readonly integers: ReadonlySet<LocalId>;
  inputName(path: readonly number[]): string;
  /** Condition that a leaf or record of it is null. */
  isNullText(path: readonly number[]): string;
}

export function localName(id: number): string {
  return `local${id}`;
}

export function expressionText(expr: Expr, scope: ExpressionScope): string {
  const text = (operand: Expr): string => expressionText(operand, scope);
  const { source } = scope;
  switch (expr.op) {
    case "number-literal":
      return numberText(Number(expr.text));
    case "string-literal":
      return source.string(expr.value);
    case "boolean-literal":
      return String(expr.value);
    case "input":
      return scope.inputName(expr.path);
    case "is-null":
      return scope.isNullText(expr.path);
    case "nullable": {
      const present = source.use("give-up", "present");
      return `${present}<${asType(typeOf(expr))}>(${text(expr.value)}, ${text(expr.isNull)})`;
    }
    case "local":
      return scope.integers.has(expr.id) ? `<f64>${localName(expr.id)}` : localName(expr.id);
    case "number":
      return toNumber(text(expr.operand), typeOf(expr.operand), source);
    case "negate":
      return `(-${text(expr.operand)})`;
    case "bit-not":
      return `<f64>(~${int32(text(expr.operand), source)})`;
    case "not":
      return `(!${text(expr.operand)})`;
    case "binary":
      return (
        integerComparison(expr, scope) ??
        longComparison(expr, scope) ??
        binaryText(expr.operator, text(expr.left), text(expr.right), {
          type: typeOf(expr.left),
          source,
        })
      );
    case "and":
      return `(${text(expr.left)} && ${text(expr.right)})`;
    case "or":
      return `(${text(expr.left)} || ${text(expr.right)})`;
    case "conditional":
      if (isGuardedElement(expr, scope)) return guardedElementText(expr, scope);
      return `(${text(expr.test)} ? ${text(expr.whenTrue)} : ${text(expr.whenFalse)})`;
    case "call":
      if (expr.name in SEARCHES) return searchText(expr, scope);
      return `${builtinName(expr.name, source)}(${expr.args.map(text).join(", ")})`;
    case "list":
      return listText(expr.items, expr.type, scope);
    case "element":
      return elementText(expr, scope);
  }
}

/** An expression that isInteger(), as i32. */
export function integerText(expr: Expr, scope: ExpressionScope): string {
  const { source } = scope;
  switch (expr.op) {
    case "number-literal":
      return String(Number(expr.text));
    case "local":
      return localName(expr.id);
    case "binary": {
      const name = expr.operator === "+" ? "addIntegers" : "subtractIntegers";
      const operands = [expr.left, expr.right].map((operand) => integerText(operand, scope));
      return `${source.use("number", name)}(${operands.join(", ")})`;
    }
    case "call": {
      if (expr.name !== "list.length") return `<i32>${expressionText(expr, scope)}`;
      const lists = expr.args.map((list) => expressionText(list, scope));
      return `<i32>${source.use("list-values", "listCount")}(${lists.join(", ")})`;
    }
    default:
      throw new TypeError(`${expr.op} is no integer`);
  }
}

const COMPARISONS: ReadonlySet<BinaryOperator> = new Set(["<", "<=", ">", ">=", "===", "!=="]);

/** A comparison of two integers without converting them; null = it is another operation. */
function integerComparison(
  { operator, left, right }: Extract<Expr, { op: "binary" }>,
  scope: ExpressionScope,
): string | null {
  const areIntegers = isInteger(left, scope.integers) && isInteger(right, scope.integers);
  if (!areIntegers || !COMPARISONS.has(operator)) return null;
  return `(${integerText(left, scope)} ${plain(operator)} ${integerText(right, scope)})`;
}

/** A comparison of what comes from LONG or INT; null = it is another operation. */
function longComparison(
  { operator, left, right }: Extract<Expr, { op: "binary" }>,
  scope: ExpressionScope,
): string | null {
  if (!COMPARISONS.has(operator) || !isLong(left) || !isLong(right)) return null;
  const text = (expr: Expr): string => expressionText(expr, scope);
  const [first, second] = [left, right].map((operand) => longText(operand, text, scope.source));
  return `(${first} ${plain(operator)} ${second})`;
}

/** A literal of type f64. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return "f64.NaN";
  if (value === Infinity) return "f64.POSITIVE_INFINITY";
  if (value === -Infinity) return "f64.NEGATIVE_INFINITY";
  if (Object.is(value, -0)) return "(-0.0)";
  const text = String(Math.abs(value));
  const literal = /[.e]/.test(text) ? text : `${text}.0`;
  return value < 0 ? `(-${literal})` : literal;
}

function toNumber(operand: string, type: IrType, source: ModuleSource): string {
  if (type.kind === "INT") return `<f64>${operand}`;
  if (type.kind === "LONG" || type.kind === "TIMESTAMP") {
    return `${source.use("row-input", "numberOfLong")}(${operand})`;
  }
  return operand;
}

function int32(operand: string, source: ModuleSource): string {
  return `${source.use("number", "toInt32")}(${operand})`;
}

const BITWISE: ReadonlySet<BinaryOperator> = new Set(["&", "|", "^"]);
const SHIFTS: ReadonlySet<BinaryOperator> = new Set(["<<", ">>"]);

function binaryText(
  operator: BinaryOperator,
  left: string,
  right: string,
  { type, source }: { readonly type: IrType; readonly source: ModuleSource },
): string {
  if (type.kind === "STRING") return compareText(operator, left, right, source);
  if (operator === "**") return `${source.use("number", "numberPow")}(${left}, ${right})`;
  if (operator === "%") return `${source.use("number", "numberRemainder")}(${left}, ${right})`;
  if (BITWISE.has(operator)) {
    return `<f64>(${int32(left, source)} ${operator} ${int32(right, source)})`;
  }
  if (SHIFTS.has(operator)) {
    return `<f64>(${int32(left, source)} ${operator} (${int32(right, source)} & 31))`;
  }
  if (operator === ">>>") {
    const unsigned = source.use("number", "toUint32");
    return `<f64>(${unsigned}(${left}) >>> (${unsigned}(${right}) & 31))`;
  }
  return `(${left} ${plain(operator)} ${right})`;
}

function compareText(
  operator: BinaryOperator,
  left: string,
  right: string,
  source: ModuleSource,
): string {
  if (operator === "===") return `${source.use("text", "textEquals")}(${left}, ${right})`;
  if (operator === "!==") return `(!${source.use("text", "textEquals")}(${left}, ${right}))`;
  return `(${source.use("text", "textCompare")}(${left}, ${right}) ${operator} 0)`;
}

function plain(operator: BinaryOperator): string {
  if (operator === "===") return "==";
  return operator === "!==" ? "!=" : operator;
}

function builtinName(name: string, source: ModuleSource): string {
  const builtin = BUILTINS[name];
  if (builtin === undefined) throw new TypeError(`the IR calls ${name}, which is no builtin`);
  return source.use(builtin.module, builtin.fn);
}

function searchText(call: Extract<Expr, { op: "call" }>, scope: ExpressionScope): string {
  const [subject, ...literals] = call.args;
  if (subject === undefined) throw new TypeError(`${call.name} has no text`);
  const values = literals.map((literal) =>
    literal.op === "string-literal" ? literal.value : refuseArgument(call.name),
  );
  const name = searchFunction(call.name, values, scope.source);
  return `${name}(${expressionText(subject, scope)})`;
}

function refuseArgument(name: string): never {
  throw new TypeError(`the IR calls ${name} of what is no literal`);
}

function listText(items: readonly Expr[], type: IrType, scope: ExpressionScope): string {
  if (items.length > LIST_ITEMS_MAX) {
    scope.source.refusal = `a list of more than ${LIST_ITEMS_MAX} elements`;
  }
  const start = scope.source.use("list-values", "listOf");
  const element = type.kind === "LIST" ? type.element : type;
  const push = scope.source.use("list-values", suffixed("listPush", element));
  return items.reduce(
    (list, item) => `${push}(${list}, ${expressionText(item, scope)})`,
    `${start}(${items.length})`,
  );
}

function elementText(expr: Extract<Expr, { op: "element" }>, scope: ExpressionScope): string {
  const list = expressionText(expr.list, scope);
  const isAt = isInteger(expr.index, scope.integers);
  const name = suffixed(isAt ? "listAt" : "listElement", expr.type);
  const index = isAt ? integerText(expr.index, scope) : expressionText(expr.index, scope);
  return `${scope.source.use("list-values", name)}(${list}, ${index})`;
}

type Conditional = Extract<Expr, { op: "conditional" }>;

interface GuardedElement extends Conditional {
  readonly whenTrue: Extract<Expr, { op: "element" }>;
}

/** `index >= 0 && index < list.length ? list[index] : other` of locals, as reading what may be undefined is. */
function isGuardedElement(
  expr: Conditional,
  { integers }: ExpressionScope,
): expr is GuardedElement {
  const { test, whenTrue } = expr;
  if (whenTrue.op !== "element" || test.op !== "and") return false;
  const { list, index } = whenTrue;
  if (list.op !== "local" || index.op !== "local" || !integers.has(index.id)) return false;
  const zero: Expr = { op: "number-literal", text: "0" };
  const length: Expr = { op: "call", name: "list.length", args: [list], type: NUMBER };
  return (
    isDeepStrictEqual(test.left, { op: "binary", operator: ">=", left: index, right: zero }) &&
    isDeepStrictEqual(test.right, { op: "binary", operator: "<", left: index, right: length })
  );
}

/** With one comparison, and none in reading the element. */
function guardedElementText(
  { whenTrue, whenFalse }: GuardedElement,
  scope: ExpressionScope,
): string {
  const { source } = scope;
  const list = expressionText(whenTrue.list, scope);
  const index = `<u32>${integerText(whenTrue.index, scope)}`;
  const count = `${source.use("list-values", "listCount")}(${list})`;
  const get = source.use("list-values", suffixed("listGet", whenTrue.type));
  return `(${index} < ${count} ? ${get}(${list}, ${index}) : ${expressionText(whenFalse, scope)})`;
}

/** Functions of lists exist per type of element: listElementText, listElementF64, listElementBool. */
export function suffixed(name: string, element: IrType): string {
  const type = asType(element);
  return `${name}${type.charAt(0).toUpperCase()}${type.slice(1)}`;
}
