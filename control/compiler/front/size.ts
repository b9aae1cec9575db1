/** How large a program is. */
import type { Expr, Program, Statement, Value } from "../ir.ts";
import { blocksOf, expressionsOf, operandsOf, partsOf } from "./visit.ts";

/** Whether a program has more than `limit` nodes. */
export function exceeds(program: Program, limit: number): boolean {
  let left = limit;
  const expression = (expr: Expr): void => {
    left -= 1;
    if (left < 0) return;
    for (const operand of operandsOf(expr)) expression(operand);
  };
  const value = (emitted: Value): void => {
    for (const expr of partsOf(emitted)) expression(expr);
  };
  const statements = (body: readonly Statement[]): void => {
    for (const statement of body) {
      left -= 1;
      if (left < 0) return;
      for (const expr of expressionsOf(statement)) expression(expr);
      if (statement.do === "emit") value(statement.value);
      for (const block of blocksOf(statement)) statements(block);
    }
  };
  statements(program.body);
  return left < 0;
}
