/** Which parameter a function of the program receives an argument as. */
import type { AnyNode, CallExpression, Identifier, Node, Pattern } from "acorn";
import { type FunctionNode, isFunction, unwrapped, walk } from "../front/parse.ts";
import type { Bindings } from "./bindings.ts";
import { isTarget } from "./targets.ts";

/** null = the function is not known, or sees more than its parameters. */
export function parameterFor(
  bindings: Bindings,
  { callee, arguments: args }: CallExpression,
  argument: Node,
): Pattern | null {
  const fn = callee.type === "Identifier" ? functionNamed(bindings, callee) : null;
  if (fn === null) return null;
  const index = args.findIndex((each) => each.start === argument.start);
  const parameter = fn.params[index];
  const isPlain = !args.slice(0, index).some(({ type }) => type === "SpreadElement");
  if (parameter === undefined || !isPlain || seesArguments(fn)) return null;
  return parameter.type === "AssignmentPattern" ? parameter.left : parameter;
}

/** The function that a name always stands for. */
function functionNamed(bindings: Bindings, name: Identifier): FunctionNode | null {
  const binding = bindings.bindingOf(name);
  const [declaration, another] = binding?.declarations ?? [];
  if (!binding || declaration === undefined || another !== undefined) return null;
  const isReplaced = binding.references.some((use) => {
    const parent = bindings.parentOf(use);
    return parent !== null && isTarget(use, parent, bindings);
  });
  const declarator = bindings.parentOf(declaration);
  if (isReplaced || declarator === null) return null;
  if (isFunction(declarator)) return binding.kind === "function" ? declarator : null;
  if (declarator.type !== "VariableDeclarator" || declarator.id !== declaration) return null;
  const value = declarator.init ? (unwrapped(declarator.init) as AnyNode) : null;
  return value !== null && isFunction(value) ? value : null;
}

function seesArguments(fn: FunctionNode): boolean {
  for (const node of walk(fn)) {
    if (node.type === "Identifier" && node.name === "arguments") return true;
  }
  return false;
}
