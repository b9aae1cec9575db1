/** The plan in lines, one per vertex and edge: what two runs of a program are compared by. */
import type { BatchType, PartitionerSpec } from "../../dataplane/protocol/deployment.ts";
import { formatType } from "../common/data-types.ts";
import type { JobGraph } from "./job-graph.ts";
import { describeSelector } from "./operator-names.ts";

/** How a type is written that is found out at run time. */
export const UNKNOWN_TYPE = "?";

export function planText(graph: JobGraph): string {
  const { engine, bufferTimeoutMs, operatorChaining } = graph.options;
  const names = new Map(graph.vertices.map((vertex) => [vertex.id, vertex.name]));
  const vertices = graph.vertices.map((vertex) => {
    const operators = vertex.operators.map(
      (operator) =>
        `${operator.description}:${formatBatchType(operator.outputType)}:${operator.engine}${operator.uid === null ? "" : `:uid ${operator.uid}`}`,
    );
    return `vertex ${vertex.name} | parallelism ${vertex.parallelism}/${vertex.maxParallelism} | group ${vertex.slotSharingGroup} | ${operators.join(", ")}`;
  });
  const edges = graph.edges.map(
    (edge) =>
      `edge ${names.get(edge.source)}${edge.output === 0 ? "" : ` (output ${edge.output})`} => ${names.get(edge.target)} | ${formatPartitioner(edge.partitioner, edge.type)} | ${formatBatchType(edge.type)} | buffer timeout ${edge.bufferTimeoutMs} ms`,
  );
  const job = `${graph.runtimeMode} | engine ${engine} | buffer timeout ${bufferTimeoutMs} ms | chaining ${operatorChaining ? "on" : "off"}`;
  return [job, ...vertices, ...edges].join("\n");
}

/** `hash(0, 2)`, `hash(user)`, `hash(key)` for the key column, `rebalance`, `custom(function)`. */
export function formatPartitioner(partitioner: PartitionerSpec, type: BatchType | null): string {
  switch (partitioner.kind) {
    case "hash":
      return `hash(${partitioner.key.kind === "fields" ? fieldList(partitioner.key.fields, type) : "key"})`;
    case "custom":
      return `custom(${describeSelector(partitioner.selector)})`;
    default:
      return partitioner.kind;
  }
}

function fieldList(fields: readonly number[], type: BatchType | null): string {
  const named = type?.record.kind === "ROW" ? type.record.fields : [];
  return fields.map((field) => named[field]?.name ?? String(field)).join(", ");
}

/** `(STRING, INT)`, `(STRING, INT) + key BYTES`, UNKNOWN_TYPE. */
export function formatBatchType(type: BatchType | null): string {
  if (type === null) return UNKNOWN_TYPE;
  return type.key === null
    ? formatType(type.record)
    : `${formatType(type.record)} + key ${formatType(type.key)}`;
}
