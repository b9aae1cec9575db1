/** The plan of a job: nodes from the sinks to the sources, with what feeds them. */
import type { JobEdge, JobGraph, JobOperator, JobVertex } from "../../plan/job-graph.ts";
import type { Json } from "../json.ts";

/** @param graph null = the job has no plan yet */
export function planBody(jobId: string, graph: JobGraph | null): Json {
  if (graph === null) return {};
  return {
    jid: jobId,
    name: graph.name,
    type: graph.runtimeMode,
    nodes: sinksFirst(graph).map((vertex) => nodeBody(graph, vertex)),
  };
}

/** As Flink makes its vertices: each behind all that it feeds. */
function sinksFirst(graph: JobGraph): readonly JobVertex[] {
  const ordered: JobVertex[] = [];
  const visited = new Set<string>();
  const visit = (vertex: JobVertex): void => {
    if (visited.has(vertex.id)) return;
    visited.add(vertex.id);
    for (const { source, target } of graph.edges) {
      const next = graph.vertices.find(({ id }) => id === target);
      if (source === vertex.id && next !== undefined) visit(next);
    }
    ordered.push(vertex);
  };
  const fed = new Set(graph.edges.map(({ target }) => target));
  for (const vertex of graph.vertices) if (!fed.has(vertex.id)) visit(vertex);
  return ordered;
}

function nodeBody(graph: JobGraph, vertex: JobVertex): Json {
  const inputs = graph.edges
    .filter(({ target }) => target === vertex.id)
    .map((edge, num) => inputBody(edge, num, graph.runtimeMode));
  return {
    id: vertex.id,
    parallelism: vertex.parallelism,
    operator: "",
    operator_strategy: "",
    description: chainText(vertex),
    inputs: inputs.length === 0 ? undefined : inputs,
    optimizer_properties: {},
  };
}

function inputBody(edge: JobEdge, num: number, mode: JobGraph["runtimeMode"]): Json {
  return {
    num,
    id: edge.source,
    ship_strategy: edge.partitioner.kind.toUpperCase(),
    exchange: mode === "BATCH" ? "blocking" : "pipelined_bounded",
  };
}

/** Operators of a chain, below and right of what feeds them. */
function chainText(vertex: JobVertex): string {
  const shown = shownOperators(vertex);
  const lines = (input: string | null, depth: number): string[] =>
    shown
      .filter((operator) => operator.input === input)
      .flatMap(({ id, text }) => [
        `${depth === 0 ? "" : `${"   ".repeat(depth - 1)}+- `}${escaped(text)}<br/>`,
        ...lines(id, depth + 1),
      ]);
  return lines(null, 0).join("");
}

interface ShownOperator {
  readonly id: string;
  readonly input: string | null;
  readonly text: string;
}

/** Keys are no operators in Flink: what they feed is fed by what feeds them. */
export function shownOperators({ operators }: JobVertex): readonly ShownOperator[] {
  const inputOf = (id: string | null): string | null => {
    const input = operators.find((operator) => operator.id === id);
    return input?.kind === "key" ? inputOf(input.input) : (input?.id ?? null);
  };
  return operators
    .filter(({ kind }) => kind !== "key")
    .map((operator) => ({
      id: operator.id,
      input: inputOf(operator.input),
      text: operatorText(operator),
    }));
}

/** Windows tell how they are made, others what they are called. */
function operatorText(operator: JobOperator): string {
  return operator.kind.toLowerCase().includes("window") ? operator.description : operator.name;
}

/** Names are the user's, and this is put into pages as markup. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
