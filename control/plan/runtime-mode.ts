/** STREAMING or BATCH, from what was asked and the sources there are. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { RuntimeMode } from "../config/options.ts";
import { operatorName } from "./operator-names.ts";
import type { StreamGraph } from "./stream-graph.ts";

/** Throws MR_GRAPH_UNBOUNDED_BATCH. */
export function resolveRuntimeMode(asked: RuntimeMode, graph: StreamGraph): "STREAMING" | "BATCH" {
  if (asked === "STREAMING") return "STREAMING";
  const unbounded = graph.nodes.find(
    (node) => node.kind === "source" && node.source.boundedness !== "BOUNDED",
  );
  if (unbounded === undefined) return "BATCH";
  if (asked === "AUTOMATIC") return "STREAMING";
  throw new EngineError("MR_GRAPH_UNBOUNDED_BATCH", { operator: operatorName(unbounded) });
}
