/**
 * Which compiled operators share a module: those chained one behind the other, each the only reader of
 * the one before. A module is named after its first operator.
 */
import type { ResolvedNode } from "./resolve-nodes.ts";
import type { StreamEdge } from "./stream-edges.ts";

/** Id of the module of each compiled node. */
export function planModules(
  nodes: Iterable<ResolvedNode>,
  edges: readonly StreamEdge[],
): ReadonlyMap<ResolvedNode, string> {
  const modules = new Map<ResolvedNode, string>();
  for (const node of nodes) {
    if (node.program === null) continue;
    const [input] = edges.filter((edge) => edge.target === node);
    const isOnlyReader = edges.filter((edge) => edge.source === input?.source).length === 1;
    const before = input?.chained === true && isOnlyReader ? modules.get(input.source) : undefined;
    modules.set(node, before ?? node.id);
  }
  return modules;
}
