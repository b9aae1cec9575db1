/** What is done to a complete program: folding, and leaving out what has no effect. */
import {
  type Expr,
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
  let body = foldStatements(program.body);
  for (;;) {
    const next = withoutDeadLocals(body);
    if (next === body) return { ...program, body };
    body = next;
  }
}

function foldStatements(statements: readonly Statement[]): readonly Statement[] {
  return statements.flatMap(foldStatement);
}

function foldStatement(statement: Statement): readonly Statement[] {
  switch (statement.do) {
    case "let":
    case "set":
      return [{ ...statement, value: folded(statement.value) }];
    case "if":
      return foldIf(statement);
    case "each": {
      const list = folded(statement.list);
      if (list.op === "list" && list.items.length === 0) return [];
      return [{ ...statement, list, body: foldStatements(statement.body) }];
    }
    case "while": {
      const test = folded(statement.test);
      if (test.op === "boolean-literal" && !test.value) return [];
      return [{ ...statement, test, body: foldStatements(statement.body) }];
    }
    case "emit":
      return [{ ...statement, value: foldValue(statement.value) }];
  }
}

function foldIf(statement: Statement & { readonly do: "if" }): readonly Statement[] {
  const test = folded(statement.test);
  const then = foldStatements(statement.then);
  const otherwise = foldStatements(statement.else);
  if (test.op === "boolean-literal") return test.value ? then : otherwise;
  if (then.length === 0 && otherwise.length === 0 && isHarmless(test)) return [];
  if (then.length === 0 && otherwise.length > 0) {
    return [ifStatement(folded({ op: "not", operand: test }), otherwise, [])];
  }
  return [ifStatement(test, then, otherwise)];
}

function foldValue(value: Value): Value {
  if (value.kind === "scalar") return { ...value, value: folded(value.value) };
  return { ...value, fields: value.fields.map(foldValue) };
}

/** Without locals that nothing reads, if leaving out what they hold hides no error of JavaScript. */
function withoutDeadLocals(body: readonly Statement[]): readonly Statement[] {
  const read = new Set<LocalId>();
  const kept = new Set<LocalId>();
  visitExpressions(body, (expr) => {
    if (expr.op === "local") read.add(expr.id);
  });
  visitStatements(body, (statement) => {
    if ((statement.do === "let" || statement.do === "set") && !isHarmless(statement.value)) {
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
          if (then.length === 0 && otherwise.length === 0 && isHarmless(statement.test)) {
            isChanged = true;
            return [];
          }
          return [ifStatement(statement.test, then, otherwise)];
        }
        case "each":
        case "while":
          return [{ ...statement, body: prune(statement.body) }];
        default:
          return [statement];
      }
    });
  const pruned = prune(body);
  return isChanged ? pruned : body;
}

/** Operations that throw for no operands, and neither for null. */
const HARMLESS = /^(math\.|number\.is)/;

/** Whether JavaScript cannot throw at it. */
function isHarmless(expr: Expr): boolean {
  if (expr.op === "number" && typeOf(expr.operand).kind !== "INT") return false;
  if (expr.op === "call" && !HARMLESS.test(expr.name)) return false;
  const operands = operandsOf(expr);
  // An element beyond the end is undefined, which is harmless unless something is done with it.
  const hasElement = operands.some((operand) => operand.op === "element");
  return !hasElement && operands.every(isHarmless);
}
