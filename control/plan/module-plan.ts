/**
 * Which compiled operators share a module: those chained one behind the other, each the only reader of
 * the one before. A module is named after its first operator.
 */
import type { KeyPlan } from "./key-plan.ts";
import type { ResolvedNode } from "./resolve-nodes.ts";
import type { StreamEdge } from "./stream-edges.ts";
import type { StreamNode } from "./stream-graph.ts";

/** Ids of the modules that hold an operator that must be WebAssembly, or its key. */
export function requiredModules(
  modules: ReadonlyMap<string, string>,
  edges: readonly StreamEdge[],
  keys: KeyPlan,
): ReadonlySet<string> {
  const required = edges
    .filter(({ target }) => target.engineMode === "wasm")
    .flatMap((edge) => [edge.target.id, keys.operatorOf(edge)?.id ?? edge.target.id]);
  return new Set(required.flatMap((id) => modules.get(id) ?? []));
}

/** Id of the module of each compiled operator, by the operator's id. */
export function planModules(
  nodes: Iterable<ResolvedNode>,
  edges: readonly StreamEdge[],
  keys: KeyPlan,
): ReadonlyMap<string, string> {
  const modules = new Map<string, string>();
  for (const node of nodes) {
    if (node.program !== null) {
      const [input] = edges.filter((edge) => edge.target === node);
      const isOnlyReader = edges.filter((edge) => edge.source === input?.source).length === 1;
      const isJoined = input?.chained === true && isOnlyReader && isFusible(node, input.source);
      modules.set(node.id, (isJoined ? modules.get(input.source.id) : undefined) ?? node.id);
    }
    for (const operator of keys.operatorsBehind(node)) {
      if (operator.program === null) continue;
      const readers = edges.filter((edge) => edge.source === node);
      const isOnlyReader = readers.every((edge) => keys.operatorOf(edge) === operator);
      const before = isOnlyReader && isFusible(node) ? modules.get(node.id) : undefined;
      modules.set(operator.id, before ?? operator.id);
    }
  }
  return modules;
}

/** Others have modules of their own: there is state, or an event, between them and what is around them. */
function isFusible(...nodes: readonly ResolvedNode[]): boolean {
  return nodes.every(({ node }) => FUSIBLE.has(node.kind));
}

const FUSIBLE: ReadonlySet<StreamNode["kind"]> = new Set(["map", "flatMap", "filter"]);
