/**
 * Whether code computes the same in every run of the program: it may use what the language computes,
 * settled variables and the program's arguments; not the clock, chance, the environment or the outside.
 */
import type { AnyNode, Identifier, Node } from "acorn";
import { isFunction, liesIn, walk } from "../front/parse.ts";
import type { Binding, Bindings } from "./bindings.ts";
import type { Variable } from "./source-module.ts";
import { isTarget } from "./targets.ts";
import { rootOf } from "./usage.ts";

/** Globals that answer the same when they are asked the same; of Math and process not all members do. */
const GLOBALS: ReadonlySet<string> = new Set(
  (
    "Array Boolean Infinity JSON Map Math NaN Number Object Set String isFinite isNaN parseFloat parseInt " +
    "process undefined"
  ).split(" "),
);
const MADE_BY_NEW: ReadonlySet<string> = new Set(["Array", "Map", "Object", "Set"]);
const REFUSED: Readonly<Record<string, string>> = {
  AwaitExpression: "await",
  ImportExpression: "import()",
  MetaProperty: "a meta property",
  ThisExpression: "this",
  Super: "super",
  TaggedTemplateExpression: "a tagged template",
  YieldExpression: "yield",
  ClassExpression: "a class",
  ClassDeclaration: "a class",
};

/** Of a variable in one, what it takes is looked at with the variable. */
const PATTERNS: ReadonlySet<string> = new Set([
  "ArrayPattern",
  "AssignmentPattern",
  "Property",
  "RestElement",
]);

/** What is asked about the variables that code uses. */
export interface UsedVariables {
  /** The variable behind an import, or why there is none. */
  target(variable: Variable): Variable | string;
  /** Why its value may change; null = it does not. */
  against(variable: Variable): string | null;
  /** Whether process.argv is the same in every run. */
  readonly isArgvShared: boolean;
}

export class Repeatable {
  readonly #used: UsedVariables;
  /** What has been looked at since the question was asked: nothing was found, or the search had ended. */
  readonly #seen = new Set<Node>();
  #depth = 0;

  constructor(used: UsedVariables) {
    this.#used = used;
  }

  /** Continues "captures x, which …". @param root all of it is looked at, functions included */
  against({ module, bindings }: Omit<Variable, "binding">, root: Node): string | null {
    if (this.#seen.has(root)) return null;
    this.#seen.add(root);
    this.#depth += 1;
    try {
      for (const node of walk(root)) {
        const found = refusedForm(bindings, node, root) ?? this.#refusedGlobal(bindings, node);
        if (found !== null) {
          return `is computed with ${found} at ${module.placeOf(node.start)}, which may differ between runs`;
        }
        const reason = this.#againstName(module, bindings, node, root);
        if (reason !== null) return reason;
      }
      return null;
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#seen.clear();
    }
  }

  #againstName(
    module: Variable["module"],
    bindings: Bindings,
    node: AnyNode,
    root: Node,
  ): string | null {
    const binding = node.type === "Identifier" ? bindings.bindingOf(node) : null;
    if (!binding || isWithin(binding, root)) return null;
    const target = this.#used.target({ module, bindings, binding });
    const reason = typeof target === "string" ? target : this.#againstVariable(target);
    return reason === null ? null : `is computed with \`${binding.name}\`, which ${reason}`;
  }

  #refusedGlobal(bindings: Bindings, node: AnyNode): string | null {
    if (node.type !== "Identifier" || bindings.bindingOf(node) !== null) return null;
    const { name } = node;
    if (!GLOBALS.has(name)) return `\`${name}\``;
    if (name !== "Math" && name !== "process") return null;
    const member = memberOf(bindings, node);
    const isKnown =
      name === "Math"
        ? member !== null && member !== "random"
        : member === "argv" && this.#used.isArgvShared;
    return isKnown ? null : `\`${member === null ? name : `${name}.${member}`}\``;
  }

  /** What it holds, and what its functions do, repeat as well. */
  #againstVariable(variable: Variable): string | null {
    const { bindings, binding } = variable;
    const reason = this.#used.against(variable);
    const [declaration] = binding.declarations;
    if (reason !== null || binding.kind === "parameter" || declaration === undefined) return reason;
    const declarator = bindings.parentOf(declaration);
    if (declarator === null || PATTERNS.has(declarator.type)) return null;
    return this.against(variable, declarator);
  }
}

function isWithin({ declarations }: Binding, root: Node): boolean {
  return declarations.some((declaration) => liesIn(declaration, root));
}

function refusedForm(bindings: Bindings, node: AnyNode, root: Node): string | null {
  const form = REFUSED[node.type];
  if (form !== undefined) return form;
  if (isFunction(node)) return node.async ? "an async function" : null;
  if (node.type === "NewExpression") {
    const { callee } = node;
    const isKnown = callee.type === "Identifier" && MADE_BY_NEW.has(callee.name);
    return isKnown ? null : "new";
  }
  if (node.type === "MemberExpression" && !node.computed && node.property.type === "Identifier") {
    const { name } = node.property;
    if (name === "constructor" || name === "__proto__") return name;
  }
  return changesOutside(bindings, node, root) ? "an assignment to what is outside" : null;
}

function changesOutside(bindings: Bindings, node: AnyNode, root: Node): boolean {
  const parent = bindings.parentOf(node);
  if (parent === null || node === root || !isTarget(node, parent, bindings)) return false;
  if (node.type !== "Identifier" && node.type !== "MemberExpression") return false;
  const name = rootOf(node);
  const binding = name === null ? null : bindings.bindingOf(name);
  return !binding || !isWithin(binding, root);
}

function memberOf(bindings: Bindings, object: Identifier): string | null {
  const parent = bindings.parentOf(object);
  if (parent?.type !== "MemberExpression" || parent.computed) return null;
  return parent.property.type === "Identifier" ? parent.property.name : null;
}
