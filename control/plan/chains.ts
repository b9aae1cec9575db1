/** Chains: trees of nodes joined by chained edges, one per task. */
import { chainName } from "./operator-names.ts";
import type { ResolvedNode } from "./resolve-nodes.ts";
import type { StreamEdge } from "./stream-edges.ts";

export interface Chain {
  readonly head: ResolvedNode;
  /** Head first, every branch to its end before the next. */
  readonly members: readonly ResolvedNode[];
  /** As Flink prints it: `A -> B -> (C, D)`. */
  readonly name: string;
}

/** In an order in which producers stand before consumers. */
export function buildChains(
  nodes: Iterable<ResolvedNode>,
  edges: readonly StreamEdge[],
): readonly Chain[] {
  const ordered = [...nodes];
  const chainedTo = new Map<ResolvedNode, ResolvedNode[]>(ordered.map((node) => [node, []]));
  const inside = new Set<ResolvedNode>();
  for (const { source, target, chained } of edges) {
    if (!chained) continue;
    inside.add(target);
    chainedTo.get(source)?.push(target);
  }
  const names = namesFrom(ordered, chainedTo);
  return ordered
    .filter((node) => !inside.has(node))
    .map((head) => ({
      head,
      members: membersFrom(head, chainedTo),
      name: names.get(head) ?? head.name,
    }));
}

type ChainedTo = ReadonlyMap<ResolvedNode, readonly ResolvedNode[]>;

function membersFrom(head: ResolvedNode, chainedTo: ChainedTo): readonly ResolvedNode[] {
  const members: ResolvedNode[] = [];
  const waiting = [head];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    members.push(node);
    waiting.push(...(chainedTo.get(node) ?? []).toReversed());
  }
  return members;
}

/** Name of the part of a chain that starts at each node; consumers stand behind producers. */
function namesFrom(
  ordered: readonly ResolvedNode[],
  chainedTo: ChainedTo,
): ReadonlyMap<ResolvedNode, string> {
  const names = new Map<ResolvedNode, string>();
  for (const node of ordered.toReversed()) {
    const branches = (chainedTo.get(node) ?? []).map((next) => names.get(next) ?? next.name);
    names.set(node, chainName(node.name, branches));
  }
  return names;
}
