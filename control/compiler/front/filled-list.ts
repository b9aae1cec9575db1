/**
 * The list that a flatMap, or a helper whose answer it returns, fills and returns: what is pushed is emitted
 * at once, and the list is never built. So there must be no way to return anything else after a push.
 */
import type { AnyNode, ArrayExpression, Identifier, Node, ReturnStatement } from "acorn";
import { type FunctionNode, isFunction, liesIn, unwrapped, walk } from "./parse.ts";

/** The literal that the list begins as; null = the function has no such list. */
export function filledList(fn: FunctionNode): ArrayExpression | null {
  const { body } = fn;
  const statements = body.type === "BlockStatement" ? body.body : [];
  const last = statements.at(-1);
  const list = last?.type === "ReturnStatement" ? returnedName(last) : null;
  if (list === null || fn.generator) return null;
  const declarators = statements.flatMap((statement) =>
    statement.type === "VariableDeclaration" ? statement.declarations : [],
  );
  const declared = declarators.find(({ id }) => id.type === "Identifier" && id.name === list.name);
  const init = declared?.init ? unwrapped(declared.init) : null;
  if (declared === undefined || init?.type !== "ArrayExpression") return null;
  const pushed = pushesTo(fn, list.name);
  const returns = ownReturns(fn);
  const known = new Set<Node | null>([declared.id, ...pushed, ...returns.map(returnedName)]);
  const isElsewhere = identifiersNamed(fn, list.name).some((use) => !known.has(use));
  if (init.elements.length > 0 || pushed.length === 0 || isElsewhere) return null;
  const firstPush = statements.findIndex((statement) =>
    pushed.some((use) => liesIn(use, statement)),
  );
  const isLost = returns.some(
    (statement) =>
      returnedName(statement)?.name !== list.name &&
      statements.findIndex((each) => liesIn(statement, each)) >= firstPush,
  );
  return isLost || isHoisted(fn, pushed) ? null : init;
}

function returnedName({ argument }: ReturnStatement): Identifier | null {
  const value = argument ? unwrapped(argument) : null;
  return value?.type === "Identifier" ? value : null;
}

function identifiersNamed(fn: FunctionNode, name: string): readonly Identifier[] {
  return [...walk(fn)].filter(
    (node): node is Identifier => node.type === "Identifier" && node.name === name,
  );
}

/** `list` of each `list.push(…)`. */
function pushesTo(fn: FunctionNode, name: string): readonly Identifier[] {
  return [...walk(fn)].flatMap((node) => {
    const callee = node.type === "CallExpression" ? node.callee : null;
    if (callee?.type !== "MemberExpression" || callee.computed) return [];
    const { object, property } = callee;
    const isPush = property.type === "Identifier" && property.name === "push";
    return isPush && object.type === "Identifier" && object.name === name ? [object] : [];
  });
}

function ownReturns(fn: FunctionNode): readonly ReturnStatement[] {
  const nodes: readonly AnyNode[] = [...walk(fn, (node) => !isFunction(node))];
  return nodes.filter((node): node is ReturnStatement => node.type === "ReturnStatement");
}

/** Within a function that may be called above its text. */
function isHoisted(fn: FunctionNode, pushed: readonly Node[]): boolean {
  return [...walk(fn)].some(
    (node) =>
      node !== fn && node.type === "FunctionDeclaration" && pushed.some((use) => liesIn(use, node)),
  );
}
