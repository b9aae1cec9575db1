/**
 * Columns between the operators of one module that no later one reads: their values are not computed, as
 * far as that hides no error of JavaScript, and not handed over.
 */

import { ifStatement } from "../front/code.ts";
import { absenceOf, nullable, presentOf } from "../front/nulls.ts";
import { Harm, simplified } from "../front/passes.ts";
import { inputPaths, type Path, pathKey } from "../front/usage.ts";
import { visitExpressions, visitStatements } from "../front/visit.ts";
import { type Expr, type IrType, type Program, type Statement, typeOf, type Value } from "../ir.ts";

/** Of operators one behind the other. */
export function withoutDeadColumns(programs: readonly Program[]): readonly Program[] {
  const live: Program[] = [];
  let isSpread = false;
  for (const program of programs.toReversed()) {
    const [next] = live;
    // Where an object is spread, JavaScript takes along what a document had besides the declared fields.
    const isWhole = next === undefined || isSpread;
    live.unshift(isWhole ? program : emittingOnly(program, wantedBy(next)));
    isSpread ||= program.spreads === true;
  }
  return live;
}

/** Places in its input, as keys. */
interface Wanted {
  /** Leaves that a program reads. */
  readonly values: ReadonlySet<string>;
  /** Where it has to know of nulls, and the records around these places. */
  readonly nulls: ReadonlySet<string>;
}

function wantedBy({ body }: Program): Wanted {
  const nulls = new Set<string>();
  visitExpressions(body, (expr) => {
    if (expr.op !== "input" && expr.op !== "is-null") return;
    for (let depth = 0; depth <= expr.path.length; depth++) {
      nulls.add(pathKey(expr.path.slice(0, depth)));
    }
  });
  return { values: inputPaths(body), nulls };
}

/** Stands for a value that is not handed over. */
const UNUSED: Expr = { op: "number-literal", text: "0" };

function emittingOnly(program: Program, { values, nulls }: Wanted): Program {
  const harm = new Harm(program.body);
  let nextLocal = localCount(program);
  const change = (value: Value, path: Path, kept: Statement[]): Value => {
    const key = pathKey(path);
    if (value.kind === "record") {
      const fields = value.fields.map((field, index) => change(field, [...path, index], kept));
      return { ...value, fields, isNull: nulls.has(key) ? value.isNull : null };
    }
    if (values.has(key)) return value;
    const present = presentOf(value.value);
    if (harm.in(present)) {
      const type: IrType = typeOf(present);
      kept.push({ do: "let", id: nextLocal++, type, value: present });
    }
    const isNull = nulls.has(key) ? absenceOf(value.value) : absenceOf(UNUSED);
    return { kind: "scalar", value: nullable(UNUSED, isNull) };
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
