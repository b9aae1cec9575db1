/**
 * What a user's function means, typed and independent of any target: plain JSON, part of the JobGraph.
 *
 * A program is in push form: it gets one record and emits none, one or many. Records are taken apart at
 * compile time, so that expressions have scalar types or lists of scalars; numbers are f64 as in
 * JavaScript, whatever the width of the column they come from (`number` converts). What would throw, or
 * leave the types the program was compiled for (an index out of range, a LONG beyond 2^53), gives the row
 * up: the JavaScript function takes it instead. So a program has no error paths of its own.
 *
 * Any leaf and any record within the input may be null. A leaf that is null reads as the neutral value of
 * its type (0, "", false, the empty list), and `is-null` tells; of a record that is null, all leaves are.
 */
import type { DataType } from "../../dataplane/protocol/types.ts";

/**
 * NUMBER, DOUBLE: f64; INT, LONG, TIMESTAMP: a column passed on as it is, converted by `number` before it
 * is used; BOOLEAN; STRING; LIST of STRING, NUMBER or BOOLEAN.
 */
export type IrType = DataType;

/** Numbers of locals are unique within a program. */
export type LocalId = number;

export type BinaryOperator =
  // NUMBER x NUMBER -> NUMBER
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "**"
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | ">>>"
  // NUMBER x NUMBER or STRING x STRING (by UTF-16 code units) -> BOOLEAN
  | "<"
  | "<="
  | ">"
  | ">="
  // two of NUMBER, STRING or BOOLEAN -> BOOLEAN; === and !== of JavaScript
  | "==="
  | "!==";

export type Absent = "null" | "undefined" | "either";

export type Expr =
  /** NUMBER: as text, since JSON has no NaN, Infinity and -0: "NaN", "-0", "1e3". */
  | { readonly op: "number-literal"; readonly text: string }
  | { readonly op: "string-literal"; readonly value: string }
  | { readonly op: "boolean-literal"; readonly value: boolean }
  /** A leaf of the input record: field indexes from the outside in; empty = the record is the value. */
  | { readonly op: "input"; readonly path: readonly number[]; readonly type: IrType }
  /** BOOLEAN: what lies at a path of the input, a leaf or a record, is null. */
  | { readonly op: "is-null"; readonly path: readonly number[] }
  /**
   * A value that may be null; `value` is neutral where it is. Emitted as a field it is null there; as an
   * operand it gives the row up.
   */
  | {
      readonly op: "nullable";
      readonly value: Expr;
      readonly isNull: Expr;
      /** What JavaScript has in its place. Only null is emitted. */
      readonly absent: Absent;
    }
  | { readonly op: "local"; readonly id: LocalId; readonly type: IrType }
  /** INT, LONG or TIMESTAMP as NUMBER; gives up beyond the safe integers. */
  | { readonly op: "number"; readonly operand: Expr }
  | { readonly op: "negate" | "bit-not"; readonly operand: Expr }
  | { readonly op: "not"; readonly operand: Expr }
  | {
      readonly op: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expr;
      readonly right: Expr;
    }
  /** BOOLEAN operands; the right one is evaluated only if it matters. */
  | { readonly op: "and" | "or"; readonly left: Expr; readonly right: Expr }
  | {
      readonly op: "conditional";
      readonly test: Expr;
      readonly whenTrue: Expr;
      readonly whenFalse: Expr;
      readonly type: IrType;
    }
  /** A function of builtins.ts. */
  | {
      readonly op: "call";
      readonly name: string;
      readonly args: readonly Expr[];
      readonly type: IrType;
    }
  | { readonly op: "list"; readonly items: readonly Expr[]; readonly type: IrType }
  /** Element of a list at an index (NUMBER); gives up out of range or at a fraction. */
  | { readonly op: "element"; readonly list: Expr; readonly index: Expr; readonly type: IrType };

export type LocalExpr = Expr & { readonly op: "local" };

/** What is emitted: a scalar or list, or a record of such, as deep as its type. */
export type Value =
  | { readonly kind: "scalar"; readonly value: Expr }
  | {
      readonly kind: "record";
      readonly fields: readonly Value[];
      readonly type: IrType;
      /** BOOLEAN; null = it never is. */
      readonly isNull: Expr | null;
    };

export type Statement =
  | { readonly do: "let"; readonly id: LocalId; readonly type: IrType; readonly value: Expr }
  | { readonly do: "set"; readonly id: LocalId; readonly value: Expr }
  | {
      readonly do: "if";
      readonly test: Expr;
      readonly then: readonly Statement[];
      readonly else: readonly Statement[];
    }
  /** For each element of a list: it is local `id`, its index (NUMBER) local `index`, if not null. */
  | {
      readonly do: "each";
      readonly list: Expr;
      readonly id: LocalId;
      readonly type: IrType;
      readonly index: LocalId | null;
      readonly body: readonly Statement[];
    }
  /** While `test` holds. */
  | { readonly do: "while"; readonly test: Expr; readonly body: readonly Statement[] }
  /** JSON.parse(text): the locals of the shape are let. Gives up where it throws or `shape` does not fit. */
  | { readonly do: "json"; readonly text: Expr; readonly shape: JsonShape }
  | { readonly do: "emit"; readonly value: Value }
  /** JavaScript takes the row. */
  | { readonly do: "give-up" };

/** What a program wants of a JSON document; what it does not want may be there, unless an object is closed. */
export type JsonShape =
  | { readonly kind: "any" }
  | { readonly kind: "scalar"; readonly id: LocalId; readonly type: IrType }
  | { readonly kind: "object"; readonly fields: readonly JsonField[]; readonly isClosed: boolean }
  | { readonly kind: "array"; readonly items: readonly JsonShape[] };

/** May be missing where its shape is "any". */
export interface JsonField {
  readonly name: string;
  readonly shape: JsonShape;
}

/** One operator's function. */
export interface Program {
  readonly inputType: IrType;
  readonly outputType: IrType;
  readonly body: readonly Statement[];
  /** It takes fields of records that it does not name: what JavaScript has there is in no column. */
  readonly spreads?: true;
}

/** The methods of an AggregateFunction. The type of its accumulator is what add() gives. */
export interface AggregateProgram {
  /** add(record, createAccumulator()); its input is that of `add`, of which it reads the record only. */
  readonly start: Program;
  /** Of the accumulator at path [0] and the record at [1]. */
  readonly add: Program;
  readonly result: Program;
  /** Of the accumulators at paths [0] and [1]; null = not compiled. */
  readonly merge: Program | null;
}

export const NUMBER: IrType = { kind: "NUMBER" };
export const STRING: IrType = { kind: "STRING" };
export const BOOLEAN: IrType = { kind: "BOOLEAN" };

/** Type of an expression's value. */
export function typeOf(expr: Expr): IrType {
  switch (expr.op) {
    case "number-literal":
    case "number":
    case "negate":
    case "bit-not":
      return NUMBER;
    case "string-literal":
      return STRING;
    case "boolean-literal":
    case "is-null":
    case "not":
    case "and":
    case "or":
      return BOOLEAN;
    case "nullable":
      return typeOf(expr.value);
    case "binary":
      return isComparison(expr.operator) ? BOOLEAN : NUMBER;
    default:
      return expr.type;
  }
}

function isComparison(operator: BinaryOperator): boolean {
  return /^[<>]=?$|==/.test(operator);
}
