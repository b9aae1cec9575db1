/**
 * Statements, in the style of continuations: what follows a statement is passed on as `next`, and a
 * return, break or continue simply does not go on. So code behind an `if` whose branch returns is
 * written into the other branch, and the program needs no jumps.
 */
import type { IfStatement, Statement, VariableDeclaration } from "acorn";
import { type Flow, hasExit } from "./flow.ts";
import { lowerLoop } from "./loops.ts";
import type { Lowering } from "./lowering.ts";
import { bindPattern, bindWithoutValue } from "./patterns.ts";
import { refuse } from "./refusal.ts";
import { Scope } from "./scope.ts";
import { lowerSwitch } from "./switch.ts";

/** Kinds of statements that are never compiled, as reasons name them. */
const REFUSED: Readonly<Record<string, string>> = {
  ThrowStatement: "uses throw, which is not compiled",
  TryStatement: "uses try, which is not compiled",
  DoWhileStatement: "uses do, which is not compiled",
  ForInStatement: "uses for…in, which is not compiled",
  LabeledStatement: "uses a label, which is not compiled",
  ClassDeclaration: "defines a class, which is not compiled",
};

export function lowerStatements(
  lowering: Lowering,
  statements: readonly Statement[],
  scope: Scope,
  flow: Flow,
  next: () => void,
): void {
  for (const statement of statements) {
    if (statement.type !== "FunctionDeclaration") continue;
    const term = { kind: "function", node: statement, scope } as const;
    scope.declare(statement.id.name, { kind: "constant", term });
  }
  const from = (index: number): void => {
    const statement = statements[index];
    if (statement === undefined) next();
    else lowerStatement(lowering, statement, scope, flow, () => from(index + 1));
  };
  from(0);
}

function lowerStatement(
  lowering: Lowering,
  node: Statement,
  scope: Scope,
  flow: Flow,
  next: () => void,
): void {
  switch (node.type) {
    case "ExpressionStatement":
      if (node.directive === undefined) lowering.effect(node.expression, scope);
      next();
      return;
    case "VariableDeclaration":
      declare(lowering, node, scope);
      next();
      return;
    case "EmptyStatement":
    case "FunctionDeclaration":
      next();
      return;
    case "ReturnStatement":
      flow.onReturn(node, scope);
      return;
    case "BlockStatement":
      lowerStatements(lowering, node.body, new Scope(scope), flow, next);
      return;
    case "IfStatement":
      lowerIf(lowering, node, scope, flow, next);
      return;
    case "SwitchStatement":
      lowerSwitch(lowering, node, scope, flow, next);
      return;
    case "ForStatement":
    case "ForOfStatement":
    case "WhileStatement":
      lowerLoop(lowering, node, scope, flow, next);
      return;
    case "BreakStatement":
    case "ContinueStatement": {
      if (node.label) refuse(node, "uses a label, which is not compiled");
      const leave = node.type === "BreakStatement" ? flow.onBreak : flow.onContinue;
      if (leave === null) refuse(node, "leaves no loop");
      leave();
      return;
    }
    default:
      refuse(node, REFUSED[node.type] ?? `uses ${node.type}, which is not compiled`);
  }
}

export function declare(lowering: Lowering, node: VariableDeclaration, scope: Scope): void {
  const { kind } = node;
  if (kind !== "const" && kind !== "let") {
    refuse(node, `uses ${kind}; only let and const are compiled`);
  }
  for (const { id, init } of node.declarations) {
    if (init) bindPattern(lowering, id, lowering.value(init, scope), scope, kind);
    else bindWithoutValue(lowering, id, scope);
  }
}

function lowerIf(
  lowering: Lowering,
  node: IfStatement,
  scope: Scope,
  flow: Flow,
  next: () => void,
): void {
  const { consequent, alternate } = node;
  const test = lowering.condition(node.test, scope);
  const isOpen = hasExit(node);
  const after = isOpen ? next : () => {};
  lowering.code.branch(
    test,
    () => lowerStatements(lowering, [consequent], new Scope(scope), flow, after),
    () => lowerStatements(lowering, alternate ? [alternate] : [], new Scope(scope), flow, after),
  );
  if (!isOpen) next();
}
