/**
 * Columns between the operators of one module that no later one reads: their values are not computed, as
 * far as that hides no error of JavaScript, and not handed over.
 */

import { ifStatement } from "../front/code.ts";
import { Harm, simplified } from "../front/passes.ts";
import { visitExpressions, visitStatements } from "../front/visit.ts";
import { type Expr, type IrType, type Program, type Statement, typeOf, type Value } from "../ir.ts";
import { inputPaths, pathKey } from "./input-paths.ts";

/** Of operators one behind the other. */
export function withoutDeadColumns(programs: readonly Program[]): readonly Program[] {
  const live: Program[] = [];
  let isSpread = false;
  for (const program of programs.toReversed()) {
    const [next] = live;
    // Where an object is spread, JavaScript takes along what a document had besides the declared fields.
    const isWhole = next === undefined || isSpread;
    live.unshift(isWhole ? program : emittingOnly(program, inputPaths(next.body)));
    isSpread ||= program.spreads === true;
  }
  return live;
}

/** Stands for a value that is not handed over. */
const UNUSED: Expr = { op: "number-literal", text: "0" };

function emittingOnly(program: Program, wanted: ReadonlySet<string>): Program {
  const harm = new Harm(program.body);
  let nextLocal = localCount(program);
  const change = (value: Value, path: readonly number[], kept: Statement[]): Value => {
    if (value.kind === "record") {
      const fields = value.fields.map((field, index) => change(field, [...path, index], kept));
      return { ...value, fields };
    }
    if (wanted.has(pathKey(path))) return value;
    if (harm.in(value.value)) {
      const type: IrType = typeOf(value.value);
      kept.push({ do: "let", id: nextLocal++, type, value: value.value });
    }
    return { kind: "scalar", value: UNUSED };
  };
  const rewrite = (statements: readonly Statement[]): readonly Statement[] =>
    statements.flatMap((statement): readonly Statement[] => {
      switch (statement.do) {
        case "emit": {
          const kept: Statement[] = [];
          const value = change(statement.value, [], kept);
          return [...kept, { ...statement, value }];
        }
        case "if":
          return [ifStatement(statement.test, rewrite(statement.then), rewrite(statement.else))];
        case "each":
        case "while":
          return [{ ...statement, body: rewrite(statement.body) }];
        default:
          return [statement];
      }
    });
  return simplified({ ...program, body: rewrite(program.body) });
}

/** A number above those of all locals. */
function localCount(program: Program): number {
  let count = 0;
  const note = (id: number): void => {
    count = Math.max(count, id + 1);
  };
  visitStatements(program.body, (statement) => {
    if (statement.do === "let" || statement.do === "set") note(statement.id);
    if (statement.do === "each") {
      note(statement.id);
      if (statement.index !== null) note(statement.index);
    }
  });
  visitExpressions(program.body, (expr) => {
    if (expr.op === "local") note(expr.id);
  });
  return count;
}
