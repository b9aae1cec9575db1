/**
 * Which hash edges get an operator in front of them that folds rows of one key into one, as the first of
 * two phases: those to a built-in aggregate that puts out final results only. Where a sum of doubles depends
 * on the order, the operator finds out and lets rows pass.
 */
import type { BatchType, KeySpec } from "../../dataplane/protocol/deployment.ts";
import type { JobOperator } from "./job-graph.ts";
import { combineOperatorId } from "./operator-ids.ts";
import { describeNode } from "./operator-names.ts";
import { inputOutput } from "./operator-specs.ts";
import type { StreamEdge } from "./stream-edges.ts";

/** What travels on the edge, and by which key. */
export interface CombinePlace {
  /** Operator whose rows it reads: the edge's producer, or the `key` operator behind it. */
  readonly input: string;
  /** Which output of that operator. */
  readonly output: number;
  readonly type: BatchType | null;
  readonly key: KeySpec;
}

/** The operator in front of a hash edge, if final results are all that is wanted; null = none. */
export function combineOperatorOf(
  { source, output: sourceOutput, target }: StreamEdge,
  { input, output, type, key }: CombinePlace,
): JobOperator | null {
  const { node, name, engine, maxParallelism } = target;
  if (node.kind !== "rolling" || engine !== "wasm" || type === null) return null;
  return {
    id: combineOperatorId(source.id, sourceOutput, target.id),
    name: `Local ${name}`,
    input,
    ...inputOutput(output),
    inputType: type,
    outputType: type,
    engine: "wasm",
    reason: null,
    description: `combine ${describeNode(node)}`,
    uid: null,
    kind: "combine",
    function: node.function,
    field: node.field,
    first: node.first,
    key,
    maxParallelism,
  };
}
