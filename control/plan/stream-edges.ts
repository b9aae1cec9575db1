/** The edges of a StreamGraph: with every partitioner decided, and chained or not, by Flink's rules. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { type ResolvedNode, resolvedAt } from "./resolve-nodes.ts";
import type { SideOutputs } from "./side-outputs.ts";
import type { NodeId, StreamPartitioner } from "./stream-graph.ts";

export interface StreamEdge {
  readonly source: ResolvedNode;
  /** Which output of the source; 0 = the main one. */
  readonly output: number;
  /** Of the records of that output; null = found out at run time. */
  readonly type: DataType | null;
  readonly target: ResolvedNode;
  readonly partitioner: StreamPartitioner;
  /** Which input of the target it feeds: 0, or 1 of those that have two. */
  readonly which: 0 | 1;
  /** Both ends run in one task: records go from one to the other by a call. */
  readonly chained: boolean;
}

/** In order of their targets, then of the targets' inputs. Throws MR_GRAPH_INVALID. */
export function streamEdges(
  nodes: ReadonlyMap<NodeId, ResolvedNode>,
  operatorChaining: boolean,
  sides: SideOutputs,
): readonly StreamEdge[] {
  return [...nodes.values()].flatMap((target) =>
    target.node.inputs.map((input) => {
      const source = resolvedAt(nodes, input.node);
      const partitioner = input.partitioner ?? defaultPartitioner(source, target);
      checkForward(source, target, partitioner);
      const chained = operatorChaining && isChainable(source, target, partitioner);
      const output = sides.numberOf(input);
      const type = output === 0 ? source.outputType : sides.typeOf(input);
      return { source, output, type, target, partitioner, which: input.which ?? 0, chained };
    }),
  );
}

function defaultPartitioner(source: ResolvedNode, target: ResolvedNode): StreamPartitioner {
  return { kind: source.parallelism === target.parallelism ? "forward" : "rebalance" };
}

function checkForward(
  source: ResolvedNode,
  target: ResolvedNode,
  partitioner: StreamPartitioner,
): void {
  if (partitioner.kind !== "forward" || source.parallelism === target.parallelism) return;
  throw new EngineError("MR_GRAPH_INVALID", {
    message: `Forward partitioning does not allow change of parallelism: ${source.name} has ${source.parallelism}, ${target.name} has ${target.parallelism}. Use rebalance() or rescale(), or give both one parallelism.`,
  });
}

function isChainable(
  source: ResolvedNode,
  target: ResolvedNode,
  partitioner: StreamPartitioner,
): boolean {
  return (
    target.node.inputs.length === 1 &&
    partitioner.kind === "forward" &&
    source.parallelism === target.parallelism &&
    source.maxParallelism === target.maxParallelism &&
    source.slotSharingGroup === target.slotSharingGroup &&
    source.node.chaining !== "NEVER" &&
    target.node.chaining === "ALWAYS"
  );
}
