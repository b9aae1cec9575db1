/** Decides for each node what the program left open: id, name, parallelism, group, types, engine. */
import type { DataType } from "../../dataplane/protocol/types.ts";
import type { EngineMode } from "../config/options.ts";
import type { JobSettings } from "../config/settings.ts";
import { analysisOf, chooseEngine } from "./engine-choice.ts";
import type { FunctionAnalyzer } from "./function-analysis.ts";
import { inputType, type OutputTypes, outputType } from "./node-types.ts";
import { operatorIds } from "./operator-ids.ts";
import { operatorName } from "./operator-names.ts";
import { resolveParallelism, resolveSlotSharingGroup } from "./parallelism.ts";
import type { SideOutputs } from "./side-outputs.ts";
import type { NodeId, SideOutput, StreamGraph, StreamNode } from "./stream-graph.ts";

export interface ResolvedNode {
  readonly node: StreamNode;
  readonly id: string;
  readonly name: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly slotSharingGroup: string;
  /** What was asked for, and what it comes to. */
  readonly engineMode: EngineMode;
  readonly engine: "wasm" | "js";
  readonly reason: string | null;
  /** Records it reads and emits; null = found out at run time. */
  readonly inputType: DataType | null;
  readonly outputType: DataType | null;
  /** The type of what it emits stems from functions: nobody declared it. */
  readonly isInferred: boolean;
  readonly sideOutputs: readonly SideOutput[];
  readonly bufferTimeoutMs: number;
  /** Its function as IR, where it is compiled. */
  readonly program: object | null;
  /** Of a reduce that is compiled: fields that it takes from neither record as they are. */
  readonly changedFields: readonly number[];
  /** Of an aggregate that is compiled. */
  readonly accumulatorType: DataType | null;
}

/** Throws MR_GRAPH_INVALID, MR_PARALLELISM_INVALID. */
export function resolveNodes(
  graph: StreamGraph,
  settings: JobSettings,
  analyze: FunctionAnalyzer,
  sides: SideOutputs,
): ReadonlyMap<NodeId, ResolvedNode> {
  const ids = operatorIds(graph);
  const resolved = new Map<NodeId, ResolvedNode>();
  const types: OutputTypes = (outlet) =>
    outlet.sideOutput === undefined
      ? (resolved.get(outlet.node)?.outputType ?? null)
      : sides.typeOf(outlet);
  /** Nodes whose type stems from their functions. */
  const inferred = new Set<NodeId>();
  for (const node of graph.nodes) {
    const name = operatorName(node);
    const engineMode = node.engine ?? settings.engine;
    const groups = node.inputs.map((input) => resolvedAt(resolved, input.node).slotSharingGroup);
    const input = inputType(node, name, types, inferred);
    const known = outputType(node, name, types, inferred);
    const analysis = analysisOf(node, engineMode, node.kind === "source" ? known : input, analyze);
    const compiled = analysis?.ok === true ? analysis : null;
    const isInferredInput = node.inputs.some(
      (input) => input.sideOutput === undefined && inferred.has(input.node),
    );
    const isOfFunction = known === null && compiled !== null;
    const isInferred = node.type === null && (isOfFunction || isInferredInput);
    const next: ResolvedNode = {
      node,
      id: ids.get(node.id) ?? "",
      name,
      ...resolveParallelism(node, name, settings.maxParallelism),
      slotSharingGroup: resolveSlotSharingGroup(node.slotSharingGroup, groups),
      engineMode,
      ...chooseEngine(node, engineMode, input, analysis),
      inputType: input,
      outputType: compiled?.outputType ?? known,
      isInferred,
      sideOutputs: sides.of(node.id),
      program: compiled?.program ?? null,
      changedFields: compiled?.changedFields ?? [],
      accumulatorType: compiled?.accumulatorType ?? null,
      bufferTimeoutMs: node.bufferTimeoutMs ?? settings.bufferTimeoutMs,
    };
    resolved.set(node.id, next);
    if (isInferred) inferred.add(node.id);
  }
  return resolved;
}

export function resolvedAt(nodes: ReadonlyMap<NodeId, ResolvedNode>, id: NodeId): ResolvedNode {
  const node = nodes.get(id);
  if (node === undefined) throw new TypeError(`Node ${id} is not part of the graph.`);
  return node;
}
