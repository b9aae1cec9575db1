/** Which declaration each name of a module stands for, and where it is used. */
import type { AnyNode, Identifier, Node, Pattern, Program } from "acorn";
import { childrenOf, isFunction } from "../front/parse.ts";

export type BindingKind =
  | "const"
  | "let"
  | "var"
  | "function"
  | "class"
  | "parameter"
  | "import"
  | "catch";

export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  /** More than one where var or function repeats a name. */
  readonly declarations: Identifier[];
  readonly references: Identifier[];
}

/** The names that one block or function declares. */
type Names = Map<string, Binding>;

const BLOCKS: ReadonlySet<string> = new Set([
  "BlockStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "SwitchStatement",
  "CatchClause",
  "ClassDeclaration",
  "ClassExpression",
  "StaticBlock",
]);

export class Bindings {
  readonly #parents = new Map<Node, AnyNode>();
  readonly #scopes = new Map<Node, Names>();
  readonly #declared = new Map<Node, Binding>();
  readonly #resolved = new Map<Node, Binding | null>();

  constructor(program: Program) {
    const scope: Names = new Map();
    this.#scopes.set(program, scope);
    const identifiers: Identifier[] = [];
    this.#declareAll(program as AnyNode, scope, scope, identifiers);
    for (const identifier of identifiers) {
      const parent = this.parentOf(identifier);
      if (parent === null || this.#declared.has(identifier) || !isReference(identifier, parent)) {
        continue;
      }
      const binding = this.find(identifier.name, identifier);
      this.#resolved.set(identifier, binding);
      binding?.references.push(identifier);
    }
  }

  parentOf(node: Node): AnyNode | null {
    return this.#parents.get(node) ?? null;
  }

  /** Nodes around a node, from the inside out. */
  *ancestorsOf(node: Node): Generator<AnyNode> {
    for (let next = this.parentOf(node); next !== null; next = this.parentOf(next)) yield next;
  }

  /** What a name stands for at a node, whose own variables do not count; null = a global. */
  find(name: string, at: Node): Binding | null {
    for (const around of this.ancestorsOf(at)) {
      const binding = this.#scopes.get(around)?.get(name);
      if (binding !== undefined) return binding;
    }
    return null;
  }

  /** undefined = the identifier is no use of a variable. */
  bindingOf(identifier: Identifier): Binding | null | undefined {
    return this.#declared.get(identifier) ?? this.#resolved.get(identifier);
  }

  #declareAll(node: AnyNode, scope: Names, functionScope: Names, identifiers: Identifier[]): void {
    if (node.type === "Identifier") identifiers.push(node);
    this.#declare(node, scope, functionScope);
    const inner = this.#scopeInside(node, scope);
    const innerFunction = isFunction(node) || node.type === "StaticBlock" ? inner : functionScope;
    this.#declareInside(node, inner);
    for (const child of childrenOf(node)) {
      this.#parents.set(child, node);
      this.#declareAll(child, inner, innerFunction, identifiers);
    }
  }

  /** Names that a node declares in the scope it stands in. */
  #declare(node: AnyNode, scope: Names, functionScope: Names): void {
    switch (node.type) {
      case "VariableDeclaration": {
        const kind = node.kind === "const" || node.kind === "let" ? node.kind : "var";
        const target = kind === "var" ? functionScope : scope;
        for (const { id } of node.declarations) this.#bind(id, kind, target);
        return;
      }
      case "FunctionDeclaration":
        if (node.id) this.#bind(node.id, "function", scope);
        return;
      case "ClassDeclaration":
        if (node.id) this.#bind(node.id, "class", scope);
        return;
      case "ImportDeclaration":
        for (const { local } of node.specifiers) this.#bind(local, "import", scope);
        return;
    }
  }

  /** Names that a node declares for what is in it. */
  #declareInside(node: AnyNode, scope: Names): void {
    if (node.type === "CatchClause" && node.param) this.#bind(node.param, "catch", scope);
    if (node.type === "FunctionExpression" && node.id) this.#bind(node.id, "function", scope);
    if (node.type === "ClassExpression" && node.id) this.#bind(node.id, "class", scope);
    if (!isFunction(node)) return;
    for (const parameter of node.params) this.#bind(parameter, "parameter", scope);
  }

  #scopeInside(node: AnyNode, scope: Names): Names {
    const parent = this.parentOf(node);
    const isBody = node.type === "BlockStatement" && parent !== null && isFunction(parent);
    if (isBody || !(isFunction(node) || BLOCKS.has(node.type))) return scope;
    const inner: Names = new Map();
    this.#scopes.set(node, inner);
    return inner;
  }

  #bind(pattern: Pattern, kind: BindingKind, names: Names): void {
    for (const identifier of identifiersOf(pattern)) {
      const { name } = identifier;
      const known = names.get(name);
      const binding = known ?? { name, kind, declarations: [], references: [] };
      binding.declarations.push(identifier);
      names.set(name, binding);
      this.#declared.set(identifier, binding);
    }
  }
}

/** Names that a pattern binds. */
function identifiersOf(pattern: Pattern): readonly Identifier[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        identifiersOf(property.type === "RestElement" ? property.argument : property.value),
      );
    case "ArrayPattern":
      return pattern.elements.flatMap((element) =>
        element === null ? [] : identifiersOf(element),
      );
    case "AssignmentPattern":
      return identifiersOf(pattern.left);
    case "RestElement":
      return identifiersOf(pattern.argument);
    default:
      return [];
  }
}

function isReference(identifier: Identifier, parent: AnyNode): boolean {
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === identifier || parent.computed;
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      return parent.value === identifier || parent.computed;
    case "ExportSpecifier":
      return parent.local === identifier;
    case "ImportSpecifier":
    case "MetaProperty":
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "ImportAttribute":
    case "ExportAllDeclaration":
      return false;
    default:
      return true;
  }
}
