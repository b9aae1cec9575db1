/** What is done to a complete program: folding, and leaving out what has no effect. */
import {
  type Expr,
  type JsonShape,
  type LocalId,
  type Program,
  type Statement,
  typeOf,
  type Value,
} from "../ir.ts";
import { ifStatement } from "./code.ts";
import { folded } from "./fold.ts";
import { operandsOf, visitExpressions, visitStatements } from "./visit.ts";

/** The same program, computed as far as it can be. */
export function simplified(program: Program): Program {
  const harm = new Harm(program.body);
  let body = foldStatements(program.body, harm);
  for (;;) {
    const next = withoutDeadLocals(body, harm);
    if (next === body) return { ...program, body };
    body = next;
  }
}

function foldStatements(statements: readonly Statement[], harm: Harm): readonly Statement[] {
  return statements.flatMap((statement) => foldStatement(statement, harm));
}

function foldStatement(statement: Statement, harm: Harm): readonly Statement[] {
  switch (statement.do) {
    case "let":
    case "set":
      return [{ ...statement, value: folded(statement.value) }];
    case "if":
      return foldIf(statement, harm);
    case "each": {
      const list = folded(statement.list);
      if (list.op === "list" && list.items.length === 0) return [];
      return [{ ...statement, list, body: foldStatements(statement.body, harm) }];
    }
    case "while": {
      const test = folded(statement.test);
      if (test.op === "boolean-literal" && !test.value) return [];
      return [{ ...statement, test, body: foldStatements(statement.body, harm) }];
    }
    case "json":
      return [{ ...statement, text: folded(statement.text) }];
    case "emit":
      return [{ ...statement, value: foldValue(statement.value) }];
    case "give-up":
      return [statement];
  }
}

function foldIf(statement: Statement & { readonly do: "if" }, harm: Harm): readonly Statement[] {
  const test = folded(statement.test);
  const then = foldStatements(statement.then, harm);
  const otherwise = foldStatements(statement.else, harm);
  if (test.op === "boolean-literal") return test.value ? then : otherwise;
  if (then.length === 0 && otherwise.length === 0 && !harm.in(test)) return [];
  if (then.length === 0 && otherwise.length > 0) {
    return [ifStatement(folded({ op: "not", operand: test }), otherwise, [])];
  }
  return [ifStatement(test, then, otherwise)];
}

function foldValue(value: Value): Value {
  if (value.kind === "scalar") return { ...value, value: folded(value.value) };
  const isNull = value.isNull === null ? null : folded(value.isNull);
  return { ...value, fields: value.fields.map(foldValue), isNull };
}

/** Without locals that nothing reads, if leaving out what they hold hides no error of JavaScript. */
function withoutDeadLocals(body: readonly Statement[], harm: Harm): readonly Statement[] {
  const read = new Set<LocalId>();
  const kept = new Set<LocalId>();
  visitExpressions(body, (expr) => {
    if (expr.op === "local") read.add(expr.id);
  });
  visitStatements(body, (statement) => {
    if ((statement.do === "let" || statement.do === "set") && harm.in(statement.value)) {
      kept.add(statement.id);
    }
  });
  let isChanged = false;
  const prune = (statements: readonly Statement[]): readonly Statement[] =>
    statements.flatMap((statement): readonly Statement[] => {
      switch (statement.do) {
        case "let":
        case "set":
          if (read.has(statement.id) || kept.has(statement.id)) return [statement];
          isChanged = true;
          return [];
        case "if": {
          const then = prune(statement.then);
          const otherwise = prune(statement.else);
          if (then.length === 0 && otherwise.length === 0 && !harm.in(statement.test)) {
            isChanged = true;
            return [];
          }
          return [ifStatement(statement.test, then, otherwise)];
        }
        case "each":
        case "while":
          return [{ ...statement, body: prune(statement.body) }];
        case "json": {
          const shape = usedShape(statement.shape, read);
          isChanged ||= shape !== statement.shape;
          return [{ ...statement, shape }];
        }
        default:
          return [statement];
      }
    });
  const pruned = prune(body);
  return isChanged ? pruned : body;
}

/** The shape without scalars that nothing reads; objects they are missing from may have other fields as well. */
function usedShape(shape: JsonShape, read: ReadonlySet<LocalId>): JsonShape {
  if (shape.kind === "scalar") return read.has(shape.id) ? shape : { kind: "any" };
  if (shape.kind === "array") {
    const items = shape.items.map((item) => usedShape(item, read));
    return items.every((item, index) => item === shape.items[index]) ? shape : { ...shape, items };
  }
  if (shape.kind === "any") return shape;
  const shapes = shape.fields.map((field) => usedShape(field.shape, read));
  if (shapes.every((used, index) => used === shape.fields[index]?.shape)) return shape;
  const fields = shape.fields.map(({ name }, index) => ({
    name,
    shape: shapes[index] ?? { kind: "any" as const },
  }));
  return { kind: "object", fields, isClosed: false };
}

/** Operations that throw for no operands, and neither for null. */
const HARMLESS = /^(math\.|number\.is)/;

/** Knows at what JavaScript may throw. */
export class Harm {
  /** Hold values of JSON.parse(): objects, for all that is known, which operations may throw at. */
  readonly #parsed = new Set<LocalId>();

  constructor(body: readonly Statement[]) {
    visitStatements(body, (statement) => {
      if (statement.do === "json") this.#addLocals(statement.shape);
      if (statement.do === "let" || statement.do === "set") {
        if (this.#isParsed(statement.value)) this.#parsed.add(statement.id);
      }
    });
  }

  /** Whether leaving the expression out may hide an error. */
  in(expr: Expr): boolean {
    if (expr.op === "number" && typeOf(expr.operand).kind !== "INT") return true;
    if (expr.op === "call" && !HARMLESS.test(expr.name)) return true;
    if (expr.op === "nullable") return true;
    const operands = operandsOf(expr);
    // An element beyond the end is undefined, which is harmless unless something is done with it.
    return operands.some(
      (operand) => operand.op === "element" || this.#isParsed(operand) || this.in(operand),
    );
  }

  #isParsed(expr: Expr): boolean {
    return expr.op === "local" && this.#parsed.has(expr.id);
  }

  #addLocals(shape: JsonShape): void {
    if (shape.kind === "scalar") this.#parsed.add(shape.id);
    if (shape.kind === "object") for (const field of shape.fields) this.#addLocals(field.shape);
    if (shape.kind === "array") for (const item of shape.items) this.#addLocals(item);
  }
}
