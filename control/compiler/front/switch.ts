/** switch whose cases do not fall through into each other: a chain of conditions. */
import type { Node, Statement, SwitchCase, SwitchStatement } from "acorn";
import type { Expr } from "../ir.ts";
import { type Flow, hasExit } from "./flow.ts";
import type { Lowering } from "./lowering.ts";
import { equal } from "./operators.ts";
import { refuse } from "./refusal.ts";
import { Scope } from "./scope.ts";

interface Arm {
  /** The cases that lead to it; one without a test is the default. */
  readonly tests: readonly SwitchCase[];
  readonly body: readonly Statement[];
}

export function lowerSwitch(
  lowering: Lowering,
  node: SwitchStatement,
  outer: Scope,
  flow: Flow,
  next: () => void,
): void {
  const value = lowering.code.pin(lowering.scalar(node.discriminant, outer));
  const scope = new Scope(outer);
  const arms = armsOf(node);
  const isOpen = arms.some(({ body }) => body.some(hasExit));
  const after = isOpen ? next : () => {};
  // `break` ends the switch; `continue` is the loop's around it.
  const inner: Flow = { ...flow, onBreak: after };
  const from = (index: number): void => {
    const arm = arms[index];
    if (arm === undefined) {
      after();
      return;
    }
    const enter = (): void => lowering.statements(arm.body, new Scope(scope), inner, after);
    const test = testOf(lowering, arm, value, scope, node);
    if (test === null) {
      enter();
      return;
    }
    lowering.code.branch(test, enter, () => from(index + 1));
  };
  from(0);
  if (!isOpen) next();
}

/** null = always. */
function testOf(lowering: Lowering, arm: Arm, value: Expr, scope: Scope, node: Node): Expr | null {
  let test: Expr | null = null;
  for (const { test: label } of arm.tests) {
    if (!label) return null;
    const matches = equal("===", value, lowering.scalar(label, scope), node);
    test = test === null ? matches : { op: "or", left: test, right: matches };
  }
  return test;
}

function armsOf(node: SwitchStatement): readonly Arm[] {
  const arms: Arm[] = [];
  let tests: SwitchCase[] = [];
  for (const [index, switchCase] of node.cases.entries()) {
    const isLast = index === node.cases.length - 1;
    if (!switchCase.test && !isLast) refuse(switchCase, "has a default that is not the last case");
    tests.push(switchCase);
    const body = flattened(switchCase.consequent);
    if (body.length === 0 && !isLast) continue;
    const last = body.at(-1);
    const isClosed =
      isLast ||
      last?.type === "BreakStatement" ||
      last?.type === "ReturnStatement" ||
      last?.type === "ContinueStatement";
    if (!isClosed) refuse(switchCase, "has a case that falls through into the next");
    arms.push({ tests, body: last?.type === "BreakStatement" ? body.slice(0, -1) : body });
    tests = [];
  }
  return arms;
}

/** `case x: { … }` is written with a block often. */
function flattened(body: readonly Statement[]): readonly Statement[] {
  const [only] = body;
  return body.length === 1 && only?.type === "BlockStatement" ? only.body : body;
}
