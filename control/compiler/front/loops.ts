/** for…of, for and while. What leaves a loop early sets a flag that its iterations look at. */
import type { ForOfStatement, ForStatement, Statement, WhileStatement } from "acorn";
import type { Expr, LocalExpr } from "../ir.ts";
import { not } from "./conversions.ts";
import { type Flow, hasBreak, hasReturn } from "./flow.ts";
import { booleanLiteral } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { bindPattern } from "./patterns.ts";
import { refuse } from "./refusal.ts";
import { Scope } from "./scope.ts";

type Loop = ForOfStatement | ForStatement | WhileStatement;

/** A flag that is set once; null = nothing would set it. */
type Flag = LocalExpr | null;

interface Exits {
  /** The function has returned. */
  readonly returned: Flag;
  /** The loop is over, for whatever reason. */
  readonly stopped: Flag;
  /** In its body. */
  readonly flow: Flow;
}

export function lowerLoop(
  lowering: Lowering,
  node: Loop,
  outer: Scope,
  flow: Flow,
  next: () => void,
): void {
  const { code } = lowering;
  const exits = exitsOf(lowering, node, flow);
  const scope = new Scope(outer);
  if (node.type === "ForOfStatement") lowerForOf(lowering, node, scope, exits);
  else lowerWhile(lowering, node, scope, exits);
  if (isEndless(node)) return;
  if (exits.returned === null) next();
  else code.branch(not(exits.returned), next);
}

function exitsOf(lowering: Lowering, { body }: Loop, flow: Flow): Exits {
  const { code } = lowering;
  const set = (flag: Flag): void => {
    if (flag !== null) code.set(flag.id, booleanLiteral(true));
  };
  const returned = hasReturn(body) ? newFlag(lowering) : null;
  const stopped = hasBreak(body) ? newFlag(lowering) : returned;
  const inner: Flow = {
    onReturn(statement, scope) {
      flow.onReturn(statement, scope);
      set(returned);
      if (stopped !== returned) set(stopped);
    },
    onBreak: () => set(stopped),
    onContinue: () => {},
  };
  return { returned, stopped, flow: inner };
}

function newFlag({ code }: Lowering): LocalExpr {
  return code.letPresent(booleanLiteral(false));
}

/** Never ends at its test. */
function isEndless(node: Loop): boolean {
  if (node.type === "ForOfStatement" || hasBreak(node.body)) return false;
  return !node.test || (node.test.type === "Literal" && node.test.value === true);
}

function lowerForOf(
  lowering: Lowering,
  node: ForOfStatement,
  scope: Scope,
  { stopped, flow }: Exits,
): void {
  if (node.await) refuse(node, "uses for await, which is not compiled");
  const { left } = node;
  const pattern = left.type === "VariableDeclaration" ? left.declarations[0]?.id : undefined;
  if (left.type !== "VariableDeclaration" || pattern === undefined || !isLexical(left.kind)) {
    refuse(left, "iterates without const or let");
  }
  const { kind } = left;
  lowering.sequence(lowering.value(node.right, scope), node.right).each((item) => {
    const iterate = (): void => {
      const inner = new Scope(scope);
      bindPattern(lowering, pattern, item, inner, kind === "const" ? "const" : "let");
      lowering.statements([node.body], inner, flow, () => {});
    };
    if (stopped === null) iterate();
    else lowering.code.branch(not(stopped), iterate);
  });
}

function isLexical(kind: string): boolean {
  return kind === "const" || kind === "let";
}

function lowerWhile(
  lowering: Lowering,
  node: ForStatement | WhileStatement,
  scope: Scope,
  exits: Exits,
): void {
  const { code } = lowering;
  if (node.type === "ForStatement" && node.init) initialise(lowering, node, scope);
  const update = node.type === "ForStatement" ? node.update : null;
  const advance = (): void => {
    if (update) lowering.effect(update, scope);
  };
  const flow: Flow = { ...exits.flow, onContinue: advance };
  const body = (): void => lowering.statements([node.body], new Scope(scope), flow, advance);
  let test: Expr = booleanLiteral(true);
  const preparation = code.block(() => {
    if (node.test) test = lowering.condition(node.test, scope);
  });
  const goesOn = (condition: Expr): Expr =>
    exits.stopped === null ? condition : { op: "and", left: not(exits.stopped), right: condition };
  if (preparation.length === 0) {
    code.push({ do: "while", test: goesOn(test), body: code.block(body) });
    return;
  }
  // The test needs statements of its own: they run at the beginning of every iteration.
  const ended = newFlag(lowering);
  const iteration = code.block(() => {
    for (const statement of preparation) code.push(statement);
    code.branch(test, body, () => code.set(ended.id, booleanLiteral(true)));
  });
  code.push({ do: "while", test: goesOn(not(ended)), body: iteration });
}

function initialise(lowering: Lowering, node: ForStatement, scope: Scope): void {
  const { init } = node;
  if (!init) return;
  if (init.type !== "VariableDeclaration") lowering.effect(init, scope);
  else lowering.statements([init as Statement], scope, NO_FLOW, () => {});
}

const NO_FLOW: Flow = {
  onReturn: (node) => refuse(node, "returns where that is not compiled"),
  onBreak: null,
  onContinue: null,
};
