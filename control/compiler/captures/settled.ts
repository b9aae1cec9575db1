/**
 * Whether the value of a variable now is its value in every row and in every worker, which run the
 * program again with the same arguments. What is found against it is the reason not to compile it in.
 */
import type { AnyNode, Expression, Identifier, Node } from "acorn";
import { isLoop } from "../front/flow.ts";
import { isFunction, unwrapped, walk } from "../front/parse.ts";
import type { Binding, Bindings } from "./bindings.ts";
import { exported } from "./exports.ts";
import { frozenArgument, sampleOf } from "./origins.ts";
import type { ProgramModules } from "./program-modules.ts";
import { Repeatable } from "./repeatable.ts";
import type { SourceModule, Variable } from "./source-module.ts";
import { isTarget } from "./targets.ts";
import { holdsFunctions, holdsRegexps, isFrozen, mayChange, type Values } from "./usage.ts";

export class Settled {
  readonly #modules: ProgramModules;
  readonly #repeatable: Repeatable;
  /** Variables that are being looked at: what they say of each other is what they say of the rest. */
  readonly #open = new Set<Binding>();

  /** @param isArgvShared workers have the same process.argv */
  constructor(modules: ProgramModules, isArgvShared: boolean) {
    this.#modules = modules;
    this.#repeatable = new Repeatable({
      target: (variable) => this.target(variable),
      against: (variable) => this.against(variable, null),
      isArgvShared,
    });
  }

  /**
   * Continues "captures x, which …"; null = it is settled.
   * @param variable no import
   * @param values   what it may hold; null = not known
   */
  against(variable: Variable, values: Values): string | null {
    const { binding } = variable;
    if (this.#open.has(binding)) return null;
    this.#open.add(binding);
    try {
      return this.#againstDeclaration(variable) ?? this.#againstValue(variable, values);
    } finally {
      this.#open.delete(binding);
    }
  }

  /** The variable that is imported, or a reason. */
  target(variable: Variable): Variable | string {
    const { module, bindings, binding } = variable;
    const [local] = binding.declarations;
    if (binding.kind !== "import" || local === undefined) return variable;
    const specifier = bindings.parentOf(local);
    const declaration = specifier === null ? null : bindings.parentOf(specifier);
    if (specifier === null || declaration?.type !== "ImportDeclaration") return "is not known";
    const url = module.imports.find(({ node }) => node === declaration)?.url;
    const target = url === undefined ? null : this.#modules.at(url);
    if (target === null) {
      return `comes from \`${String(declaration.source.value)}\`, outside the program`;
    }
    if (specifier.type === "ImportNamespaceSpecifier") return "is a module";
    const isNamed = specifier.type === "ImportSpecifier";
    const name =
      isNamed && specifier.imported.type === "Identifier" ? specifier.imported.name : "default";
    const found = exported(target, name);
    if (found === null) return `is exported by ${target.placeOf(0)} in a way that is not followed`;
    return this.target(found);
  }

  #againstDeclaration({ module, bindings, binding }: Variable): string | null {
    const [, second] = binding.declarations;
    if (second !== undefined) return `is declared again at ${module.placeOf(second.start)}`;
    for (const reference of binding.references) {
      const parent = bindings.parentOf(reference);
      if (parent !== null && isTarget(reference, parent, bindings)) {
        return `is assigned to at ${module.placeOf(reference.start)}`;
      }
    }
    return null;
  }

  #againstValue(variable: Variable, values: Values): string | null {
    const { module, bindings, binding } = variable;
    const [declaration] = binding.declarations;
    if (declaration === undefined) return "is not declared";
    const place = module.placeOf(declaration.start);
    if (binding.kind === "function") return null;
    if (binding.kind === "parameter") {
      const parameter = jobArguments(bindings, declaration);
      if (parameter === null) return `is a parameter, at ${place}`;
      return this.#repeatable.against(variable, parameter);
    }
    const declarator = [...bindings.ancestorsOf(declaration)].find(
      ({ type }) => type === "VariableDeclarator",
    );
    if (declarator?.type !== "VariableDeclarator")
      return `is no constant, but declared at ${place}`;
    if (binding.kind === "var" && isInLoop(bindings, declarator))
      return `is set in a loop at ${place}`;
    const origin = declarator.init ?? loopedOver(bindings, declarator);
    if (origin === null) return `is given no value at ${place}`;
    const isWhole = declarator.init !== null && declarator.id === declaration;
    const against = this.#againstUses(
      variable,
      values ?? (isWhole ? sampleOf(origin) : null),
      origin,
    );
    // What a function names is asked for when it is compiled.
    if (against !== null || (isWhole && isFunction(unwrapped(origin)))) return against;
    for (const part of [origin, ...choicesBetween(bindings, declaration, declarator)]) {
      const reason = this.#repeatable.against(variable, part);
      if (reason !== null) return reason;
    }
    return null;
  }

  /** The object stays what it is, in this module and in those that import it. */
  #againstUses(variable: Variable, values: Values, origin: Expression): string | null {
    if (values?.every((value) => typeof value === "function" || isFrozen(value))) return null;
    const literal = frozenArgument(unwrapped(origin));
    const isLiteral = literal.type === "ObjectExpression" || literal.type === "ArrayExpression";
    if (!isLiteral && values?.some(holdsFunctions)) {
      return `holds functions, at ${variable.module.placeOf(origin.start)}`;
    }
    const recompiling = values?.some(holdsRegexps) ? this.#recompiling() : null;
    if (recompiling !== null) return recompiling;
    const changeBy = ({ module, bindings, binding }: Variable, held: Values): string | null => {
      const use = binding.references.find((reference) => {
        const isOwn = binding === variable.binding && isWhileMade(bindings, reference, origin);
        return !isOwn && mayChange(bindings, reference as AnyNode, held);
      });
      return use === undefined ? null : `may be changed at ${module.placeOf(use.start)}`;
    };
    const own = changeBy(variable, values);
    if (own !== null || !isAtTop(variable)) return own;
    for (const module of this.#modules) {
      if (module === variable.module) continue;
      const found = this.#againstUsesIn(module, variable, values, changeBy);
      if (found !== null) return found;
    }
    return null;
  }

  /** Of regular expressions, which this alone turns into others, wherever they are. */
  #recompiling(): string | null {
    for (const module of this.#modules) {
      const at = module.text.search(/\.compile\s*\(/);
      if (at >= 0) return `may be changed by compile() at ${module.placeOf(at)}`;
    }
    return null;
  }

  /** In a module that may import the variable. */
  #againstUsesIn(
    module: SourceModule,
    variable: Variable,
    values: Values,
    changeBy: (imported: Variable, held: Values) => string | null,
  ): string | null {
    const { bindings } = module;
    if (bindings === null || /\bimport\s*\(/.test(module.text)) {
      return `may be changed in ${module.placeOf(0)}`;
    }
    for (const { node, url } of module.imports) {
      if (this.#modules.at(url) !== variable.module) continue;
      if (node.type !== "ImportDeclaration") return `is passed on at ${module.placeOf(node.start)}`;
      for (const imported of importedBy(module, bindings, node)) {
        const target = this.target(imported);
        const isModule = typeof target === "string";
        if (!isModule && target.binding !== variable.binding) continue;
        const found = changeBy(imported, isModule ? null : values);
        if (found !== null) return found;
      }
    }
    return null;
  }
}

function isAtTop({ bindings, binding }: Variable): boolean {
  const [declaration] = binding.declarations;
  return declaration !== undefined && ![...bindings.ancestorsOf(declaration)].some(isFunction);
}

function importedBy(module: SourceModule, bindings: Bindings, node: Node): readonly Variable[] {
  return [...walk(node)].flatMap((inner) => {
    const binding = inner.type === "Identifier" ? bindings.bindingOf(inner) : null;
    return binding?.kind === "import" ? [{ module, bindings, binding }] : [];
  });
}

/** The parameter `args` of `defineJob((env, args) => …)`, which the engine freezes. */
function jobArguments(bindings: Bindings, declaration: Identifier): Node | null {
  const around = [declaration as AnyNode, ...bindings.ancestorsOf(declaration)];
  const fn = around.find(isFunction);
  const call = fn === undefined ? null : bindings.parentOf(fn);
  const second = fn?.params[1];
  if (second === undefined || call?.type !== "CallExpression") return null;
  const { callee } = call;
  const [imported] =
    callee.type === "Identifier" ? (bindings.bindingOf(callee)?.declarations ?? []) : [];
  const specifier = imported === undefined ? null : bindings.parentOf(imported);
  const isDefineJob =
    specifier?.type === "ImportSpecifier" &&
    specifier.imported.type === "Identifier" &&
    specifier.imported.name === "defineJob";
  return isDefineJob && around.includes(second as AnyNode) ? second : null;
}

/** What decides, in a pattern, which value a variable takes: keys and defaults on the way to it. */
function choicesBetween(bindings: Bindings, declaration: Node, declarator: Node): readonly Node[] {
  const choices: Node[] = [];
  for (const around of bindings.ancestorsOf(declaration)) {
    if (around === declarator) break;
    if (around.type === "AssignmentPattern") choices.push(around.right);
    if (around.type === "Property" && around.computed) choices.push(around.key);
  }
  return choices;
}

function isInLoop(bindings: Bindings, node: Node): boolean {
  for (const around of bindings.ancestorsOf(node)) {
    if (isFunction(around)) return false;
    if (isLoop(around.type)) return true;
  }
  return false;
}

/** `xs` of `for (const x of xs)`. */
function loopedOver(bindings: Bindings, declarator: Node): Expression | null {
  const declaration = bindings.parentOf(declarator);
  const loop = declaration === null ? null : bindings.parentOf(declaration);
  if (loop?.type !== "ForOfStatement" && loop?.type !== "ForInStatement") return null;
  return loop.left === declaration ? loop.right : null;
}

/** Uses while the value is computed: the variable has none yet. */
function isWhileMade(bindings: Bindings, use: Node, origin: Node): boolean {
  for (const around of bindings.ancestorsOf(use)) {
    if (around === origin) return true;
    if (isFunction(around)) return false;
  }
  return false;
}
