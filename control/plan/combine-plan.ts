/**
 * Which hash edges get an operator in front of them that folds rows of one key into one, as the first of
 * two phases: those to a built-in aggregate that puts out final results only, and those to one over windows of
 * event time. Where a sum of doubles depends on the order, the operator finds out and lets rows pass.
 */
import type { BatchType, KeySpec, RollingFunction } from "../../dataplane/protocol/deployment.ts";
import {
  type CombinePanes,
  holdsAggregateOnly,
  type WindowAssignerSpec,
} from "../../dataplane/protocol/window-spec.ts";
import type { JobOperator } from "./job-graph.ts";
import { combineOperatorId } from "./operator-ids.ts";
import { describeNode } from "./operator-names.ts";
import { inputOutput } from "./operator-specs.ts";
import type { StreamEdge } from "./stream-edges.ts";
import type { StreamNode } from "./stream-graph.ts";

/** What travels on the edge, and by which key. */
export interface CombinePlace {
  /** Operator whose rows it reads: the edge's producer, or the `key` operator behind it. */
  readonly input: string;
  /** Which output of that operator. */
  readonly output: number;
  readonly type: BatchType | null;
  readonly key: KeySpec;
  /** Rolling aggregates put out final results only. */
  readonly finalOnly: boolean;
}

/** What is folded, and which rows together. */
interface Combine {
  readonly function: RollingFunction;
  readonly field: string | number;
  readonly first: boolean;
  readonly panes: CombinePanes | null;
}

/** The operator in front of a hash edge, where one helps; null = none. */
export function combineOperatorOf(
  { source, output: sourceOutput, target }: StreamEdge,
  place: CombinePlace,
): JobOperator | null {
  const { input, output, type, key, finalOnly } = place;
  const { node, name, engine, maxParallelism } = target;
  if (engine !== "wasm" || type === null) return null;
  const combine = node.kind === "rolling" && !finalOnly ? null : combineOf(node, type, key);
  if (combine === null) return null;
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
    ...combine,
    key,
    maxParallelism,
  };
}

function combineOf(node: StreamNode, type: BatchType, key: KeySpec): Combine | null {
  if (node.kind === "rolling") {
    return { function: node.function, field: node.field, first: node.first, panes: null };
  }
  if (node.kind !== "window" || !("field" in node.window.fold)) return null;
  const { assigner, fold } = node.window;
  const { kind, field, first } = fold;
  const panes = panesOf(assigner, () => holdsAggregateOnly(fold, type, key));
  return panes && { function: kind, field, first, panes };
}

/**
 * Rows of a tumbling window are folded in the order they came in. Those of sliding ones are not, where they come
 * out of order: then their order must not be seen in the results.
 */
function panesOf(assigner: WindowAssignerSpec, isOrderFree: () => boolean): CombinePanes | null {
  if (assigner.kind === "tumbling") {
    return { sizeMs: assigner.sizeMs, offsetMs: assigner.offsetMs };
  }
  if (assigner.kind !== "sliding" || !isOrderFree()) return null;
  const { sizeMs, slideMs, offsetMs } = assigner;
  return { sizeMs: divisorOf(sizeMs, slideMs), offsetMs };
}

function divisorOf(one: number, other: number): number {
  return other === 0 ? one : divisorOf(other, one % other);
}
