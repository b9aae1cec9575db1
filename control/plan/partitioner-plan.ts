/** Which custom partitioners are compiled: each with its key, in a module of its edge's. */
import type { DataType } from "../../dataplane/protocol/types.ts";
import { ASKED_FOR, TYPE_UNKNOWN } from "./engine-choice.ts";
import { fieldOf } from "./field-of.ts";
import type { FunctionAnalyzer } from "./function-analysis.ts";
import type { StreamEdge } from "./stream-edges.ts";
import type { StreamPartitioner } from "./stream-graph.ts";

export interface PlannedPartitioner {
  /** What it does as IR; null = JavaScript. */
  readonly program: object | null;
  /** Why it is JavaScript. */
  readonly reason: string | null;
}

export type PartitionerPlan = ReadonlyMap<StreamEdge, PlannedPartitioner>;

type Custom = Extract<StreamPartitioner, { readonly kind: "custom" }>;

const CHANNEL: DataType = { kind: "NUMBER" };

/** Throws MR_FIELD_UNKNOWN. */
export function planPartitioners(
  edges: readonly StreamEdge[],
  analyze: FunctionAnalyzer,
): PartitionerPlan {
  const planned = new Map<StreamEdge, PlannedPartitioner>();
  for (const edge of edges) {
    const { partitioner } = edge;
    if (partitioner.kind === "custom") planned.set(edge, planOne(partitioner, edge, analyze));
  }
  return planned;
}

function planOne(
  { partitioner, selector, keyFunction }: Custom,
  { type: inputType, target }: StreamEdge,
  analyze: FunctionAnalyzer,
): PlannedPartitioner {
  if (inputType === null) return { program: null, reason: TYPE_UNKNOWN };
  const key =
    selector.kind === "field" ? fieldOf(inputType, selector.field, target.name).index : keyFunction;
  if (target.engineMode === "js") return { program: null, reason: ASKED_FOR };
  const analysis = analyze({
    fn: partitioner,
    role: "partitioner",
    inputType,
    declaredOutput: CHANNEL,
    partition: { key, channels: target.parallelism },
  });
  return analysis.ok
    ? { program: analysis.program, reason: null }
    : { program: null, reason: analysis.reason };
}
