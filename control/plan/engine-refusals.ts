/** What engine "wasm" was asked for and cannot do. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { IO } from "./engine-choice.ts";
import type { KeyPlan } from "./key-plan.ts";
import type { PartitionerPlan } from "./partitioner-plan.ts";
import type { ResolvedNode } from "./resolve-nodes.ts";
import type { StreamEdge } from "./stream-edges.ts";

/** Throws MR_ENGINE_WASM_REFUSED, naming every operator, key and partitioner that would run as JavaScript. */
export function refuseFallbacks(
  nodes: Iterable<ResolvedNode>,
  edges: readonly StreamEdge[],
  keys: KeyPlan,
  partitioners: PartitionerPlan,
): void {
  const refused = new Set<string>();
  for (const { engineMode, engine, reason, name } of nodes) {
    if (engineMode !== "wasm" || engine === "wasm" || IO.has(reason)) continue;
    refused.add(`${name} (${reason})`);
  }
  for (const edge of edges) {
    const { target } = edge;
    if (target.engineMode !== "wasm") continue;
    const partitioner = partitioners.get(edge);
    if (partitioner?.program === null) {
      refused.add(`partitioner of ${target.name} (${partitioner.reason})`);
    }
    const operator = keys.operatorOf(edge);
    if (operator === null || operator.program !== null) continue;
    refused.add(`${operator.name} of ${target.name} (${operator.reason})`);
  }
  if (refused.size === 0) return;
  const operators = [...refused].join(", ");
  throw new EngineError("MR_ENGINE_WASM_REFUSED", { count: refused.size, operators });
}
