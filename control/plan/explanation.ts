/** What explain() says, as data: per task and operator what runs, on what, and why. Plain JSON. */

import { expandExecutionGraph } from "./execution-graph.ts";
import type { JobEdge, JobGraph, JobOperator, JobVertex } from "./job-graph.ts";
import { formatBatchType, formatPartitioner } from "./plan-text.ts";

export interface ExplainedOperator {
  readonly id: string;
  readonly name: string;
  readonly kind: JobOperator["kind"];
  readonly description: string;
  readonly engine: "wasm" | "js";
  /** Why; null where there is nothing to say. */
  readonly reason: string | null;
  /** Type of the records it emits; "?" = found out from the first record; null for sinks. */
  readonly output: string | null;
}

export interface ExplainedExchange {
  /** Number of the task it goes to, from 1. */
  readonly task: number;
  readonly operator: string;
  /** Tag of the side output it reads; absent = the main output. */
  readonly sideOutput?: string;
  readonly partitioner: string;
  /** Of a partitioner that is a function; null for the others. */
  readonly engine: "wasm" | "js" | null;
  /** Why; null where there is nothing to say. */
  readonly reason: string | null;
  readonly channels: number;
  readonly type: string;
}

export interface ExplainedTask {
  /** From 1, in topological order. */
  readonly task: number;
  readonly id: string;
  readonly name: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly slotSharingGroup: string;
  readonly operators: readonly ExplainedOperator[];
  readonly exchanges: readonly ExplainedExchange[];
}

/** Plan of a job, for people and programs. @public */
export interface Explanation {
  readonly job: string;
  readonly runtimeMode: "STREAMING" | "BATCH";
  readonly slots: number;
  readonly tasks: readonly ExplainedTask[];
}

const SINKS: ReadonlySet<JobOperator["kind"]> = new Set(["print", "collect", "sink"]);

export function explainGraph(graph: JobGraph): Explanation {
  const execution = expandExecutionGraph(graph);
  const numbers = new Map(graph.vertices.map((vertex, index) => [vertex.id, index + 1]));
  const names = new Map(
    graph.vertices.flatMap((vertex) =>
      vertex.operators.map((operator) => [operator.id, operator.name]),
    ),
  );
  const tasks = graph.vertices.map((vertex, index): ExplainedTask => {
    const exchanges = execution.edges.filter(({ edge }) => edge.source === vertex.id);
    return {
      task: index + 1,
      id: vertex.id,
      name: vertex.name,
      parallelism: vertex.parallelism,
      maxParallelism: vertex.maxParallelism,
      slotSharingGroup: vertex.slotSharingGroup,
      operators: vertex.operators.map(explainOperator),
      exchanges: exchanges.map(({ edge, wires }) => ({
        task: numbers.get(edge.target) ?? 0,
        operator: names.get(edge.operatorId) ?? "",
        ...sideOutputOf(vertex, edge),
        partitioner: formatPartitioner(edge.partitioner, edge.type),
        ...engineOf(edge),
        channels: wires.length,
        type: formatBatchType(edge.type),
      })),
    };
  });
  return { job: graph.name, runtimeMode: graph.runtimeMode, slots: execution.slotCount, tasks };
}

function sideOutputOf(
  { operators }: JobVertex,
  { operatorId, output }: JobEdge,
): Pick<ExplainedExchange, "sideOutput"> {
  const operator = operators.find(({ id }) => id === operatorId);
  const side = operator?.sideOutputs?.[output - 1];
  return side === undefined ? {} : { sideOutput: side.tag };
}

function engineOf({ partitioner }: JobEdge): Pick<ExplainedExchange, "engine" | "reason"> {
  if (partitioner.kind !== "custom") return { engine: null, reason: null };
  const { module, reason } = partitioner;
  return { engine: module === null ? "js" : "wasm", reason };
}

function explainOperator(operator: JobOperator): ExplainedOperator {
  const { id, name, kind, description, engine, reason } = operator;
  const output = SINKS.has(operator.kind) ? null : formatBatchType(operator.outputType);
  return { id, name, kind, description, engine, reason, output };
}
