/** From what a program defined to what can be submitted. Pure: the same graph gives the same plan. */
import { createHash } from "node:crypto";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { JobSettings } from "../config/settings.ts";
import { type FunctionAnalyzer, NO_ANALYZER } from "./function-analysis.ts";
import type { CompiledPlan, JobGraph } from "./job-graph.ts";
import { generateJobGraph } from "./job-graph-generator.ts";
import { planText } from "./plan-text.ts";
import { resolveRuntimeMode } from "./runtime-mode.ts";
import { isSink, type StreamGraph } from "./stream-graph.ts";

/**
 * @param analyze reads user functions; workers do not need it: what they compare, hash and text, and
 *   what they hand over, functions, is of the plan without it
 * Throws MR_GRAPH_EMPTY, MR_GRAPH_INVALID, MR_GRAPH_UNBOUNDED_BATCH, MR_PARALLELISM_INVALID,
 * MR_ENGINE_WASM_REFUSED, MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_KEY_TYPE.
 */
export function compilePlan(
  graph: StreamGraph,
  jobName: string,
  settings: JobSettings,
  analyze: FunctionAnalyzer = NO_ANALYZER,
): CompiledPlan {
  if (!graph.nodes.some(isSink)) throw new EngineError("MR_GRAPH_EMPTY");
  const used = withoutIdleSources(graph);
  const runtimeMode = resolveRuntimeMode(settings.runtimeMode, used);
  const written = generateJobGraph(used, jobName, runtimeMode, settings, NO_ANALYZER);
  const compiled =
    analyze === NO_ANALYZER
      ? written
      : generateJobGraph(used, jobName, runtimeMode, settings, analyze);
  return Object.freeze({
    graph: compiled.graph,
    functions: written.functions,
    requiredModules: compiled.requiredModules,
    hash: planHash(written.graph),
    text: planText(written.graph),
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
