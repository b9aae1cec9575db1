/** What a job did, for people: rows in and out, and what each operator ran on. */
import type { JobMetrics, JobSummary, SubtaskMetrics } from "../api/job-client.ts";
import type { JobGraph } from "../plan/job-graph.ts";

export function summarize(graph: JobGraph, metrics: JobMetrics): JobSummary {
  const total = (vertexIds: ReadonlySet<string>, counter: keyof SubtaskMetrics): number => {
    let sum = 0;
    for (const vertex of metrics.vertices) {
      if (!vertexIds.has(vertex.id)) continue;
      for (const subtask of vertex.subtasks) sum += Number(subtask[counter] ?? 0);
    }
    return sum;
  };
  const sources = new Set(
    graph.vertices.filter(({ operators }) => operators[0]?.kind === "source").map(({ id }) => id),
  );
  const sinks = new Set(
    graph.vertices
      .filter(({ operators }) => operators.some(({ kind }) => SINK_KINDS.has(kind)))
      .map(({ id }) => id),
  );
  return {
    rowsIn: total(sources, "numRecordsIn"),
    rowsOut: total(sinks, "numRecordsOut"),
    operators: graph.vertices.flatMap(({ operators }) =>
      operators.map(({ id, name, engine, reason }) => ({ id, name, engine, reason })),
    ),
  };
}

const SINK_KINDS: ReadonlySet<string> = new Set(["print", "collect", "sink"]);
