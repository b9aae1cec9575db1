/** From what a program defined to what can be submitted. Pure: the same graph gives the same plan. */
import { createHash } from "node:crypto";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { JobSettings } from "../config/settings.ts";
import type { CompiledPlan, JobGraph } from "./job-graph.ts";
import { generateJobGraph } from "./job-graph-generator.ts";
import { planText } from "./plan-text.ts";
import { resolveRuntimeMode } from "./runtime-mode.ts";
import { isSink, type StreamGraph } from "./stream-graph.ts";

/**
 * Throws MR_GRAPH_EMPTY, MR_GRAPH_INVALID, MR_GRAPH_UNBOUNDED_BATCH, MR_PARALLELISM_INVALID,
 * MR_ENGINE_WASM_REFUSED, MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_KEY_TYPE.
 */
export function compilePlan(
  graph: StreamGraph,
  jobName: string,
  settings: JobSettings,
): CompiledPlan {
  if (!graph.nodes.some(isSink)) throw new EngineError("MR_GRAPH_EMPTY");
  const used = withoutIdleSources(graph);
  const runtimeMode = resolveRuntimeMode(settings.runtimeMode, used);
  const { graph: jobGraph, functions } = generateJobGraph(used, jobName, runtimeMode, settings);
  return Object.freeze({
    graph: jobGraph,
    functions,
    hash: planHash(jobGraph),
    text: planText(jobGraph),
  });
}

/** A source nobody reads does not run, as in Flink; any other operator does, also without a sink behind it. */
function withoutIdleSources(graph: StreamGraph): StreamGraph {
  const read = new Set(graph.nodes.flatMap((node) => node.inputs.map((input) => input.node)));
  return { nodes: graph.nodes.filter((node) => node.kind !== "source" || read.has(node.id)) };
}

/** SHA-256, in hex, of the graph's canonical JSON; its name may differ between runs. */
export function planHash(graph: JobGraph): string {
  const { name: _, ...hashed } = graph;
  return createHash("sha256").update(canonicalJson(hashed)).digest("hex");
}

/** JSON with the keys of every object in order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
