/** Which variable of a module stands behind what it exports. */
import type { AnyNode, Node } from "acorn";
import type { SourceModule, Variable } from "./source-module.ts";

/** null = it is exported in a way that is not followed, or not at all. */
export function exported(module: SourceModule, name: string): Variable | null {
  const { bindings, program } = module;
  if (bindings === null || program === null) return null;
  for (const statement of program.body) {
    const local = localName(statement, name);
    const binding = local === null ? null : bindings.find(local, statement);
    if (binding !== null) return { module, bindings, binding };
  }
  return null;
}

function localName(statement: Node, name: string): string | null {
  const node = statement as AnyNode;
  if (node.type === "ExportDefaultDeclaration" && name === "default") {
    const { declaration } = node;
    if (declaration.type === "Identifier") return declaration.name;
    return declaration.type === "FunctionDeclaration" ? (declaration.id?.name ?? null) : null;
  }
  if (node.type !== "ExportNamedDeclaration" || node.source) return null;
  const { declaration, specifiers } = node;
  if (declaration?.type === "VariableDeclaration") {
    const isDeclared = declaration.declarations.some(
      ({ id }) => id.type === "Identifier" && id.name === name,
    );
    return isDeclared ? name : null;
  }
  if (declaration) return declaration.id.name === name ? name : null;
  const specifier = specifiers.find(
    (each) => each.exported.type === "Identifier" && each.exported.name === name,
  );
  return specifier?.local.type === "Identifier" ? specifier.local.name : null;
}
