/** What a job did, for people: rows in and out, and what each operator ran on. */
import type { JobMetrics, JobSummary, SubtaskMetrics } from "../api/job-client.ts";
import type { JobGraph, JobOperator } from "../plan/job-graph.ts";

type OperatorSummary = JobSummary["operators"][number];

const MODULE_MISSING = "its module was not there before the job ended";

/** @param hasModule whether the job was given a module before it ended */
export function summarize(
  graph: JobGraph,
  metrics: JobMetrics,
  hasModule: (moduleId: string) => boolean,
): JobSummary {
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
      operators.map((operator) => summarizeOperator(operator, hasModule)),
    ),
  };
}

function summarizeOperator(
  operator: JobOperator,
  hasModule: (moduleId: string) => boolean,
): OperatorSummary {
  const { id, name, engine, reason } = operator;
  const moduleId = "module" in operator ? operator.module : null;
  return moduleId === null || hasModule(moduleId)
    ? { id, name, engine, reason }
    : { id, name, engine: "js", reason: MODULE_MISSING };
}

const SINK_KINDS: ReadonlySet<string> = new Set(["print", "collect", "sink"]);
